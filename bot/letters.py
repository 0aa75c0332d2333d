"""Letters for a channel: an edition is turned into one once, and then only the address changes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from bot.channels import Button, File, Letter
from bot.lanes import Priority
from db.briefs import Attachment, Edition, Upload
from handlers import briefs
from handlers.reply import Choice, Reply
from network.brief_content import Content


class MissingFile(Exception):
    """An attachment is neither known to the channel nor kept by us."""


async def of_edition(db: AsyncSession, edition_id: int, channel: str, priority: int) -> Letter:
    """Without an address."""
    edition = await db.get_one(Edition, edition_id)
    reply = briefs.letter(edition.brief_id, Content.from_json(edition.content))
    known = await files(db, reply.files, channel)
    return Letter("", reply.text, _rows(reply.choices, reply.columns), known, priority=priority)


async def reminding(db: AsyncSession, edition_id: int, priority: int) -> Letter:
    """The reminder of an edition, without an address."""
    edition = await db.get_one(Edition, edition_id)
    reply = briefs.reminder(edition.brief_id, Content.from_json(edition.content))
    return Letter("", reply.text, _rows(reply.choices, reply.columns), priority=priority)


async def of_notice(db: AsyncSession, address: str, plain: dict[str, Any], channel: str) -> Letter:
    reply = Reply.from_plain(plain)
    known = await files(db, reply.files, channel)
    return Letter(address, reply.text, _rows(reply.choices, reply.columns), known, priority=Priority.REPLY)


def addressed(letter: Letter, address: str) -> Letter:
    return replace(letter, address=address)


def _rows(choices: Sequence[Choice], columns: int) -> tuple[tuple[Button, ...], ...]:
    buttons = [Button(c.label, c.action.pack() if c.action else None, c.url) for c in choices]
    return tuple(tuple(buttons[i : i + columns]) for i in range(0, len(buttons), columns))


async def files(db: AsyncSession, ids: Sequence[int], channel: str) -> tuple[File, ...]:
    """Bytes only where the channel does not know the file yet."""
    if not ids:
        return ()
    known = {u.attachment_id: u.file_id for u in await db.scalars(select(Upload).where(Upload.channel == channel))}
    rows = await db.scalars(select(Attachment).where(Attachment.id.in_(ids)).options(undefer(Attachment.data)))
    found = {a.id: a for a in rows}
    for i in ids:
        if i not in known and (i not in found or found[i].data is None):
            raise MissingFile(f"tệp đính kèm số {i} không còn trong kho lưu trữ")
    return tuple(
        File(a.id, a.name, a.mime, known.get(a.id), None if a.id in known else a.data)
        for i in ids
        if (a := found.get(i))
    )
