"""A crowd of made-up people and a frozen brief for them, put into a database in a few statements."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import deliveries
from db.briefs import Attachment, Brief, BriefState, Edition
from db.people import Identity, Person, PersonState
from db.pushes import Delivery, Push, PushKind
from db.session import Database
from network import audiences, pushes
from network.brief_content import Content

FIRST = 1_000_000  # chat ids begin here
PART = 50_000
CONTENT = Content(
    title="Cảnh báo mưa lũ tại các tỉnh miền Trung",
    summary="Từ **19 giờ hôm nay** mưa rất to; người dân vùng trũng chuẩn bị di dời theo hướng dẫn của chính quyền xã.",
    body="Theo dõi thông báo của Ban Chỉ huy phòng, chống thiên tai. Không đi qua ngầm tràn, cầu yếu khi nước lên.",
    key_messages=("Di dời trước 17 giờ", "Gọi 112 khi cần cứu nạn"),
    citizen_actions=("Chuẩn bị thuốc, nước uống, đèn pin", "Giữ liên lạc với trưởng thôn"),
)


async def people(database: Database, count: int, *, channel: str = "telegram", first: int = FIRST) -> None:
    """Active people, each with one identity on the channel; addresses count up from `first`."""
    now = datetime.now(UTC)
    for start in range(0, count, PART):
        ids = range(first + start, first + min(start + PART, count))
        async with database.transaction() as db:
            raw = await db.connection()
            await raw.execute(insert(Person), [_person(i, now) for i in ids])
            await raw.execute(insert(Identity), [_identity(i, channel, now) for i in ids])
    if not database.sqlite:
        async with database.transaction() as db:
            await db.execute(text("SELECT setval('person_id_seq', (SELECT max(id) FROM person))"))
            await db.execute(text("SELECT setval('identity_id_seq', (SELECT max(id) FROM identity))"))
            await db.execute(text("ANALYZE person, identity"))


def _person(number: int, now: datetime) -> dict[str, Any]:
    roles = ("communicator_commune", "communicator_province", "reporter", "radio")
    return {
        "id": number, "state": PersonState.ACTIVE, "full_name": f"Người {number}", "role": roles[number % 4],
        "topics_chosen": True, "zone": "Asia/Ho_Chi_Minh", "created_at": now, "joined_at": now,
    }


def _identity(number: int, channel: str, now: datetime) -> dict[str, Any]:
    return {
        "id": number, "person_id": number, "platform": "telegram", "channel": channel, "address": str(number),
        "preferred": True, "created_at": now,
    }


async def edition(
    db: AsyncSession, now: datetime, *, content: Content = CONTENT, files: Sequence[tuple[str, str, bytes]] = (),
    author: int | None = None,
) -> Edition:
    """A brief that is being sent. `files` are (name, mime, data)."""
    kept = [await _kept(db, name, mime, data, now) for name, mime, data in files]
    brief = Brief(state=BriefState.SENDING, author_id=author, created_at=now, updated_at=now)
    db.add(brief)
    await db.flush()
    frozen = Edition(
        brief_id=brief.id, number=1, content=replace(content, attachments=tuple(kept)).to_json(), audience={},
        hash="0" * 64, created_at=now, frozen_at=now,
    )
    db.add(frozen)
    await db.flush()
    brief.edition_id = frozen.id
    await db.flush()
    return frozen


async def _kept(db: AsyncSession, name: str, mime: str, data: bytes, now: datetime) -> int:
    sha256 = hashlib.sha256(data).hexdigest()
    file = Attachment(name=name, mime=mime, size=len(data), sha256=sha256, data=data, created_at=now)
    db.add(file)
    await db.flush()
    return file.id


async def push(
    database: Database, *, priority: int = 0, resend_unsure: bool = True, recipients: Select[Any] | None = None,
    content: Content = CONTENT, kind: PushKind = PushKind.BRIEF, files: Sequence[tuple[str, str, bytes]] = (),
    created_by: int | None = None, now: datetime | None = None,
) -> Push:
    """A new brief planned for everybody, or for `recipients`."""
    now = now or datetime.now(UTC)
    async with database.transaction() as db:
        frozen = await edition(db, now, content=content, files=files, author=created_by)
        return await pushes.plan(
            db, frozen, recipients=everybody() if recipients is None else recipients, priority=priority,
            resend_unsure=resend_unsure, created_by=created_by, now=now, kind=kind,
        )


def everybody() -> Select[Any]:
    return audiences.recipients(audiences.Audience(everybody=True), flash=True)


async def states(database: Database, push_id: int) -> dict[str, int]:
    """How many rows are in which state."""
    query = "SELECT state, count(*) FROM delivery WHERE push_id = :p GROUP BY state"
    async with database.reading() as db:
        return {state: count for state, count in await db.execute(text(query), {"p": push_id})}


async def one(database: Database, statement: Select[Any]) -> Any:
    async with database.reading() as db:
        return await db.scalar(statement)


async def push_of(database: Database, push_id: int) -> Push:
    return await one(database, select(Push).where(Push.id == push_id))


async def resent(database: Database, push_id: int) -> int:
    """Rows that may have arrived twice, as the ledger lists them."""
    mine = select(func.count()).where(Delivery.push_id == push_id, Delivery.kind == deliveries.RESENT)
    return await one(database, mine)


async def message_ids(database: Database, push_id: int) -> list[str]:
    async with database.reading() as db:
        return [ids or "" for ids in await db.scalars(select(Delivery.message_ids).where(Delivery.push_id == push_id))]
