"""Entries from an office's files: shown as they would become, before anything is written."""

import base64
import zlib
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from console.visit import Visit
from handlers import entry_page, importing
from handlers.importing import Fate, Planned
from knowledge import entry_files
from knowledge.wrong import Wrong

PART = 200_000  # characters of a hidden field: the file goes with its own preview, so that nothing is kept before
FATES = {Fate.NEW: "mới", Fate.CHANGED: "thay đổi", Fate.SAME: "không đổi", Fate.WRONG: "có lỗi"}
SHOWN = 100


async def start(visit: Visit) -> Response:
    return visit.page("import.html", planned=None, name="", kept=[], broken=[], fates=FATES, counts={}, changes={})


async def preview(visit: Visit) -> Response:
    upload = visit.form.get("file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise Wrong("Vui lòng chọn một tệp.")
    data = await upload.read(entry_files.LARGEST + 1)  # one more than allowed is refused below
    await upload.close()
    return await _shown(visit, upload.filename[:120], data, await _planned(visit, upload.filename, data))


async def _planned(visit: Visit, name: str, data: bytes) -> list[Planned]:
    base = visit.needs.catalogue.snapshot
    return await importing.plan(visit.db, entry_files.read(name, data), base, entry_page.today(visit.now))


async def _shown(visit: Visit, name: str, data: bytes, planned: list[Planned]) -> Response:
    packed = base64.b64encode(zlib.compress(data)).decode()
    changes: dict[int, Any] = {}
    for number, one in enumerate(planned[:SHOWN]):
        if one.fate in (Fate.NEW, Fate.CHANGED):
            old = importing.curate.plain(one.entry) if one.entry else None
            changes[number] = await entry_page.named_changes(visit.db, old, importing.curate.BLANK | one.content)
    return visit.page(
        "import.html", planned=planned, name=name, fates=FATES, changes=changes,
        kept=[packed[i : i + PART] for i in range(0, len(packed), PART)],
        broken=await importing.broken(visit.db, planned, visit.needs.catalogue.snapshot),
        counts={said: n for fate, said in FATES.items() if (n := sum(one.fate == fate for one in planned))},
    )


async def apply(visit: Visit) -> Response:
    """Read and judged again: what stood in the preview may have been written by somebody else meanwhile."""
    name, parts = visit.text("name")[:120], visit.form.getlist("kept")
    unpack = zlib.decompressobj()
    try:
        packed = base64.b64decode("".join(part for part in parts if isinstance(part, str)), validate=True)
        data = unpack.decompress(packed, entry_files.LARGEST + 1)
    except (ValueError, zlib.error):
        raise Wrong("Không đọc lại được tệp. Vui lòng chọn tệp lần nữa.") from None
    planned = await _planned(visit, name, data)
    if any(one.fate == Fate.WRONG for one in planned):
        raise Wrong("Tệp còn mục có lỗi nên chưa nhập mục nào. Vui lòng sửa tệp rồi chọn lại.")
    if not await importing.write(visit.db, planned, name, visit.who.person_id, visit.now):
        raise Wrong("Mọi mục trong tệp đã có trong kho, không có gì để nhập.")
    return visit.to("/knowledge?trang-thai=review", "nhap")
