"""Entries brought in a file: a preview that writes nothing, then versions that wait for a second person."""

import html
import re

from sqlalchemy import func, select

from db import entries as rows
from db.knowledge import EntryVersion
from db.pushes import Notice
from tests.integration.desks import full_desk  # noqa: F401 - a fixture

FILE = """## Lệ phí nuôi chim yến là bao nhiêu?
Lệ phí là 150.000 đồng.
Nguồn: Điều 3 Nghị quyết 12/2026/NQ-HĐND

## {question}
{answer}
"""


async def versions(database) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(EntryVersion))


async def brought(lan, path: str, name: str, data: bytes, status: int):
    answer = await lan.client.post(path, data={"csrf": lan.csrf}, files={"file": (name, data)})
    assert answer.status_code == status, answer.text
    return answer


async def test_a_file_is_shown_first_and_written_for_review(database, full_desk):  # noqa: F811
    lan, _ = await full_desk("Lan", "editor"), await full_desk("Bình", "super_admin")
    async with database.reading() as db:
        known = await rows.by_key(db, "ct07-01")
    before = await versions(database)
    data = FILE.format(question=known.question, answer="Câu trả lời đã đổi.").encode()
    shown = await brought(lan, "knowledge/import", "hỏi đáp.md", data, 200)
    text = html.unescape(shown.text)
    assert "1 mới, 1 thay đổi" in text and "<ins>Câu trả lời đã đổi.</ins>" in text and "Chưa có gì được ghi" in text
    assert await versions(database) == before
    kept = re.findall(r'name="kept" value="([^"]+)"', shown.text)
    answer = await lan.client.post(
        "knowledge/import/apply", data={"csrf": lan.csrf, "name": "hỏi đáp.md", "kept": kept}
    )
    assert answer.status_code == 303, answer.text
    assert await versions(database) == before + 2
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Notice)) == 1  # one for the whole file
        assert (await rows.by_key(db, "ct07-01")).answer == known.answer  # served as before
    assert "Lệ phí nuôi chim yến" in await lan.get("knowledge?trang-thai=review")
    again = await lan.client.post("knowledge/import/apply", data={"csrf": lan.csrf, "name": "a.md", "kept": kept})
    assert again.status_code == 409 and "bản soạn chưa xong" not in again.text and "có lỗi" in again.text
    await lan.post("knowledge/import/apply", 409, name="a.md", kept="không phải")
    refused = await brought(lan, "knowledge/import", "a.xlsm", b"x", 409)
    assert "macro" in refused.text and 'type="file"' in refused.text
