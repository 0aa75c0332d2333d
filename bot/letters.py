"""Letters for a channel: an edition is turned into one once, and then only the address changes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Button, File, Letter
from bot.lanes import Priority
from db import briefs as table
from db import corrections
from db.briefs import Attachment, Edition, Upload
from db.pushes import Push
from handlers import briefs
from handlers.reply import Choice, Reply
from network.brief_content import Content, Correction
from network.letters import hours, recall_text
from network.zalo_text import TEMPLATE, cut

log = structlog.get_logger()


class MissingFile(Exception):
    """An attachment is neither known to the channel nor kept by us."""


async def of_edition(db: AsyncSession, edition_id: int, channel: str, priority: int) -> Letter:
    """Without an address."""
    edition = await db.get_one(Edition, edition_id)
    reply = briefs.letter(edition.brief_id, Content.from_json(edition.content))
    known = await files(db, reply.files, channel)
    content, rows = Content.from_json(edition.content), _rows(reply.choices, reply.columns)
    nudge = await _nudge(db, edition.brief_id, content)
    return Letter("", reply.text, rows, known, priority=priority, nudge=nudge)


async def _nudge(db: AsyncSession, brief_id: int, content: Content) -> tuple[tuple[str, str], ...]:
    """What fills the approved template “bạn có tin chính sách mới” (docs/zalo.md)."""
    said = {
        "co_quan": await table.issuer(db, brief_id) or "Mạng lưới truyền thông chính sách",
        "tieu_de": content.title,
        "han": hours(content.ack_hours) if content.ack and content.ack_hours else "không yêu cầu",
    }
    return tuple((name, cut(text, TEMPLATE[name])) for name, text in said.items())


async def reminding(db: AsyncSession, edition_id: int, priority: int) -> Letter:
    """The reminder of an edition, without an address."""
    edition = await db.get_one(Edition, edition_id)
    content = Content.from_json(edition.content)
    reply, nudge = briefs.reminder(edition.brief_id, content), await _nudge(db, edition.brief_id, content)
    return Letter("", reply.text, _rows(reply.choices, reply.columns), priority=priority, nudge=nudge)


async def correcting(
    db: AsyncSession, edition_id: int, channel: str, priority: int
) -> tuple[Letter, Letter, Letter]:
    """Of a correction's edition: the notice, what takes the wrong letter's place, the whole for who has nothing yet.

    New files come with the notice: a message's file cannot be changed in place. Without an address.
    """
    edition = await db.get_one(Edition, edition_id)
    content = Content.from_json(edition.content)
    corrects = content.corrects or Correction()
    wrong = Content.from_json((await db.get_one(Edition, corrects.edition)).content)
    whole = briefs.letter(edition.brief_id, content)
    place = briefs.letter(corrects.brief, content)
    notice = briefs.correction(edition.brief_id, content, await corrections.sent_at(db, corrects.edition))
    known = await files(db, whole.files, channel)
    new = tuple(file for file in known if file.attachment_id not in wrong.attachments)
    nudge = await _nudge(db, edition.brief_id, content)
    return (
        Letter("", notice.text, _rows(notice.choices, notice.columns), new, priority=priority, nudge=nudge),
        Letter("", place.text, _rows(place.choices, place.columns), known, priority=priority),
        Letter("", whole.text, _rows(whole.choices, whole.columns), known, priority=priority, nudge=nudge),
    )


async def recalling(db: AsyncSession, push_id: int, priority: int) -> Letter:
    """The note that takes the place of what cannot be deleted any more, without an address."""
    push = await db.get_one(Push, push_id)
    title = (await db.get_one(Edition, push.edition_id)).content.get("title", "")
    return Letter("", recall_text(title, push.reason or "", push.created_at), priority=priority)


async def of_notice(db: AsyncSession, address: str, plain: dict[str, Any], channel: str) -> Letter:
    reply, known = await with_files(db, Reply.from_plain(plain), channel)
    return Letter(address, reply.text, _rows(reply.choices, reply.columns), known, priority=Priority.REPLY)


async def with_files(db: AsyncSession, reply: Reply, channel: str) -> tuple[Reply, tuple[File, ...]]:
    """What one person asked for: a missing file is said, and the words go all the same."""
    try:
        return reply, await files(db, reply.files, channel)
    except MissingFile as missing:
        log.error("an attachment is missing, the message goes without", files=reply.files, cause=str(missing),
                  remedy="restore the database's backup, or attach the file again")
        return replace(reply, text=f"{reply.text}\n\n⚠️ Chưa gửi kèm được tệp: {missing}.", files=()), ()


def addressed(letter: Letter, address: str) -> Letter:
    return replace(letter, address=address)


def _rows(choices: Sequence[Choice], columns: int) -> tuple[tuple[Button, ...], ...]:
    buttons = [Button(c.label, c.action.pack() if c.action else None, c.url) for c in choices]
    return tuple(tuple(buttons[i : i + columns]) for i in range(0, len(buttons), columns))


async def files(db: AsyncSession, ids: Sequence[int], channel: str) -> tuple[File, ...]:
    """Bytes only where the channel does not know the file yet."""
    if not ids:
        return ()
    there = select(Upload).where(Upload.channel == channel, Upload.attachment_id.in_(ids))
    lives = or_(Upload.expires_at.is_(None), Upload.expires_at > datetime.now(UTC))
    known = {u.attachment_id: u.file_id for u in await db.scalars(there.where(lives))}
    found = {a.id: a for a in await db.scalars(select(Attachment).where(Attachment.id.in_(ids)))}
    bytes_of = select(Attachment.id, Attachment.data).where(Attachment.id.in_(set(ids) - set(known)))
    data = {number: held for number, held in await db.execute(bytes_of)}
    for i in ids:
        if i not in known and data.get(i) is None:
            raise MissingFile(f"tệp đính kèm số {i} không còn trong kho lưu trữ")
    return tuple(
        File(a.id, a.name, a.mime, known.get(a.id), data.get(a.id))
        for i in ids
        if (a := found.get(i))
    )
