"""Files of briefs: images and PDF, known by their first bytes, kept once however often they are sent."""

import hashlib
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import briefs as table
from db.briefs import Attachment, Upload
from network.refusals import Refusal

MB = 1_000_000
PHOTO_BYTES, DOCUMENT_BYTES = 10 * MB, 50 * MB  # what Telegram takes from a bot
FETCH_BYTES = 20 * MB  # what it lets a bot download
KINDS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "application/pdf": "pdf"}
NOT_ALLOWED = "Loa chỉ nhận ảnh (JPG, PNG, GIF, WEBP) và tệp PDF. Anh/chị vui lòng chuyển tệp sang PDF rồi gửi lại."
NAME = 120


def kind_of(data: bytes) -> str | None:
    """The MIME type by the first bytes; what the name claims does not count."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "application/pdf" if data.startswith(b"%PDF-") else None


def _no_kind(name: str, data: bytes) -> str:
    """Names the file, and says so when its ending promises what its bytes are not."""
    claimed = _claimed(name)
    if not data:
        return f"Tệp “{shown(name)}” rỗng. Anh/chị vui lòng kiểm tra và gửi lại."
    if claimed is None:
        return f"Không đính kèm được “{shown(name)}”. {NOT_ALLOWED}"
    kind = KINDS[claimed].upper()
    return (
        f"Tệp “{shown(name)}” mang đuôi {kind} nhưng nội dung không phải {kind}. "
        "Anh/chị vui lòng mở tệp gốc, lưu lại đúng dạng rồi gửi lại."
    )


def _pretends(name: str, mime: str) -> bool:
    """A picture that calls itself PDF, or the other way round; one kind of picture may bear another's ending."""
    claimed, pdf = _claimed(name), "application/pdf"
    return claimed is not None and (claimed == pdf) != (mime == pdf)


def shown(name: str) -> str:
    """A file's name as a sentence may hold it."""
    bare = " ".join(name.replace("\\", "/").rpartition("/")[2].split())
    return bare if len(bare) <= NAME else f"{bare[:NAME]}…"


def is_photo(mime: str) -> bool:
    """Shown as a picture; the other kinds travel as documents."""
    return mime in ("image/jpeg", "image/png", "image/webp")


def problem_of(size: int, mime: str) -> str | None:
    limit = PHOTO_BYTES if is_photo(mime) else DOCUMENT_BYTES
    if size == 0:
        return "Tệp rỗng. Anh/chị vui lòng kiểm tra và gửi lại."
    if size > limit:
        return f"Tệp nặng {size / MB:.1f} MB, tối đa {limit // MB} MB. Anh/chị vui lòng giảm dung lượng rồi gửi lại."
    return None


async def store(db: AsyncSession, name: str, data: bytes, now: datetime) -> Attachment:
    """The same bytes twice are one attachment, under the name they first came with."""
    mime = kind_of(data)
    if mime is None or _pretends(name, mime):
        raise Refusal(_no_kind(name, data))
    if problem := problem_of(len(data), mime):
        raise Refusal(f"Tệp “{shown(name)}”: {problem}")
    digest = hashlib.sha256(data).hexdigest()
    if known := await table.attachment_of(db, digest):
        return known
    kept = Attachment(
        name=_name(name, mime), mime=mime, size=len(data), sha256=digest, data=data, fetched_at=now, created_at=now
    )
    db.add(kept)
    await db.flush()
    return kept


async def remember(
    db: AsyncSession, channel: str, file_id: str, name: str, size: int, *, photo: bool, now: datetime
) -> Attachment:
    """A file sent in the chat. The platform keeps the bytes for the moment: nobody waits for a download here.

    A worker reads `unfetched`, downloads, and hands the bytes to `fetched`.
    """
    mime = "image/jpeg" if photo else _claimed(name)
    if mime is None:
        raise Refusal(NOT_ALLOWED)
    problem = problem_of(size or 1, mime)
    if not problem and size > FETCH_BYTES:
        problem = f"Tệp nặng {size / MB:.1f} MB; qua tin nhắn Loa chỉ tải được tối đa {FETCH_BYTES // MB} MB."
    if problem:
        raise Refusal(problem)
    digest = hashlib.sha256(f"{channel}:{file_id}".encode()).hexdigest()
    if known := await table.attachment_of(db, digest):
        return known
    kept = Attachment(
        name=_name(name, mime), mime=mime, size=size, sha256=digest, channel=channel, created_at=now
    )
    db.add(kept)
    await db.flush()
    db.add(Upload(attachment_id=kept.id, channel=channel, file_id=file_id, uploaded_at=now))
    await db.flush()
    return kept


async def fetched(db: AsyncSession, attachment_id: int, data: bytes, now: datetime) -> None:
    """The bytes of a remembered file have arrived. Drafts that show a file known already are led to that one."""
    kept = await db.get(Attachment, attachment_id)
    if kept is None or kept.fetched_at is not None:
        return
    mime = kind_of(data)
    bad = mime is None or _pretends(kept.name, mime)
    kept.problem = _no_kind(kept.name, data) if bad else problem_of(len(data), mime)
    if kept.problem or mime is None:
        return
    digest = hashlib.sha256(data).hexdigest()
    if known := await table.attachment_of(db, digest):
        await _replace(db, kept, known)
        return
    kept.data, kept.sha256, kept.size, kept.fetched_at = data, digest, len(data), now
    kept.mime, kept.name = mime, _name(kept.name, mime)
    await db.flush()


async def failed(db: AsyncSession, attachment_id: int) -> None:
    kept = await db.get(Attachment, attachment_id)
    if kept is not None and kept.fetched_at is None:
        kept.problem = f"không tải được tệp “{kept.name}” từ ứng dụng nhắn tin; vui lòng gửi lại tệp"
        await db.flush()


async def _replace(db: AsyncSession, kept: Attachment, known: Attachment) -> None:
    for edition in await table.draft_editions(db):
        ids = edition.content.get("attachments", [])
        if kept.id in ids:
            led = dict.fromkeys(known.id if i == kept.id else i for i in ids)
            edition.content = {**edition.content, "attachments": list(led)}
    uploads = await db.scalars(select(Upload).where(Upload.attachment_id == kept.id))
    for upload in uploads.all():
        if await db.get(Upload, (known.id, upload.channel)) is None:
            db.add(
                Upload(
                    attachment_id=known.id, channel=upload.channel, file_id=upload.file_id,
                    uploaded_at=upload.uploaded_at, expires_at=upload.expires_at,
                )
            )
    await db.execute(delete(Upload).where(Upload.attachment_id == kept.id))
    await db.flush()
    await db.delete(kept)
    await db.flush()


def _claimed(name: str) -> str | None:
    ending = name.rpartition(".")[2].lower().replace("jpeg", "jpg")
    return next((mime for mime, known in KINDS.items() if known == ending), None)


def _name(name: str, mime: str) -> str:
    """Without a path, with the ending its bytes deserve."""
    bare = name.replace("\\", "/").rpartition("/")[2].strip() or "tep"
    stem, dot, ending = bare.rpartition(".")
    right = KINDS[mime]
    if not dot or ending.lower().replace("jpeg", "jpg") != right:
        stem = stem if dot else bare
        return f"{stem[:NAME]}.{right}"
    return f"{stem[:NAME]}.{ending}"
