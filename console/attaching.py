"""Files of a draft: dropped or picked on its page, kept at once, taken off again."""

from dataclasses import replace

from starlette.datastructures import UploadFile
from starlette.responses import Response

from console.visit import Visit
from network import attachments, briefs
from network.refusals import Refusal


async def attach(visit: Visit) -> Response:
    """All of the chosen files or none."""
    number, ids = visit.number("brief"), []
    draft = await briefs.load(visit.db, number, lock=True)
    for file in _files(visit):
        if (file.size or 0) > attachments.DOCUMENT_BYTES:
            problem = attachments.problem_of(file.size or 0, "application/pdf")
            raise Refusal(f"Tệp “{attachments.shown(file.filename or '')}”: {problem}")
        ids.append((await attachments.store(visit.db, file.filename or "", await file.read(), visit.now)).id)
    new = tuple(dict.fromkeys((*draft.content.attachments, *ids)))
    await briefs.edit(visit.db, number, visit.who, visit.now, content=replace(draft.content, attachments=new))
    return visit.to(f"/briefs/{number}", "dinhkem")


def _files(visit: Visit) -> list[UploadFile]:
    chosen = [file for file in visit.form.getlist("files") if isinstance(file, UploadFile) and file.filename]
    if not chosen:
        raise Refusal("Vui lòng chọn tệp: ảnh (JPG, PNG, GIF, WEBP) hoặc PDF.")
    return chosen


async def detach(visit: Visit) -> Response:
    number, typed = visit.number("brief"), visit.text("file")
    draft = await briefs.load(visit.db, number, lock=True)
    left = tuple(one for one in draft.content.attachments if str(one) != typed)
    if left == draft.content.attachments:
        raise Refusal("Tệp này không còn trong bản tin.")
    await briefs.edit(visit.db, number, visit.who, visit.now, content=replace(draft.content, attachments=left))
    return visit.to(f"/briefs/{number}", "botep")
