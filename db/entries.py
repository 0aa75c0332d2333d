"""Entries and their versions: what is where, who wrote it, what waits for whom."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.knowledge import Entry, EntryState, EntryVersion, VersionState
from db.people import Person

OPEN = (VersionState.DRAFT, VersionState.REVIEW)


async def locked(db: AsyncSession, entry_id: int) -> Entry | None:
    """As it is now; nobody else changes it before this transaction ends."""
    row = select(Entry).where(Entry.id == entry_id).with_for_update().execution_options(populate_existing=True)
    return await db.scalar(row)


async def by_key(db: AsyncSession, key: str) -> Entry | None:
    return await db.scalar(select(Entry).where(Entry.key == key))


async def changed_since(db: AsyncSession, revision: int) -> Sequence[Entry]:
    """What was served or ceased to be, after that revision."""
    return (await db.scalars(select(Entry).where(Entry.revision > revision))).all()


async def newest(db: AsyncSession, entry_id: int) -> int:
    """Number of the latest version, served or not."""
    return await db.scalar(select(func.max(EntryVersion.version)).where(EntryVersion.entry_id == entry_id)) or 0


async def pending(db: AsyncSession, entry_id: int) -> EntryVersion | None:
    """The version being written or reviewed."""
    found = select(EntryVersion).where(EntryVersion.entry_id == entry_id, EntryVersion.state.in_(OPEN))
    return await db.scalar(found.order_by(EntryVersion.version.desc()).limit(1))


async def version(db: AsyncSession, entry_id: int, number: int) -> EntryVersion | None:
    wanted = (EntryVersion.entry_id == entry_id, EntryVersion.version == number)
    return await db.scalar(select(EntryVersion).where(*wanted))


async def before(db: AsyncSession, entry_id: int, number: int) -> EntryVersion | None:
    """What was served before this version."""
    earlier = select(EntryVersion).where(
        EntryVersion.entry_id == entry_id, EntryVersion.version < number, EntryVersion.state == VersionState.ACCEPTED
    )
    return await db.scalar(earlier.order_by(EntryVersion.version.desc()).limit(1))


async def history(db: AsyncSession, entry_id: int, limit: int = 50) -> Sequence[Row[Any]]:
    """(EntryVersion, writer's name, reviewer's name), the latest first."""
    writer, reviewer = Person.__table__.alias("writer"), Person.__table__.alias("second")
    rows = (
        select(EntryVersion, writer.c.full_name, reviewer.c.full_name)
        .outerjoin(writer, writer.c.id == EntryVersion.editor_id)
        .outerjoin(reviewer, reviewer.c.id == EntryVersion.reviewer_id)
        .where(EntryVersion.entry_id == entry_id)
        .order_by(EntryVersion.version.desc())
        .limit(limit)
    )
    return (await db.execute(rows)).all()


async def waiting(
    db: AsyncSession, person_id: int | None, limit: int = 10, among: ColumnElement[bool] | None = None
) -> Sequence[Row[Any]]:
    """(Entry, EntryVersion) that this person, who did not write it, may review; the oldest first. `among`: a condition
    on Entry."""
    others = or_(EntryVersion.editor_id.is_(None), EntryVersion.editor_id != person_id)
    rows = select(Entry, EntryVersion).join(EntryVersion, EntryVersion.entry_id == Entry.id)
    rows = rows.where(EntryVersion.state == VersionState.REVIEW, others)
    rows = rows if among is None else rows.where(among)
    return (await db.execute(rows.order_by(EntryVersion.id).limit(limit))).all()


async def written_by(db: AsyncSession, person_id: int, limit: int = 10) -> Sequence[Row[Any]]:
    """(Entry, EntryVersion) of this person that are not decided yet, the latest first."""
    rows = select(Entry, EntryVersion).join(EntryVersion, EntryVersion.entry_id == Entry.id)
    rows = rows.where(EntryVersion.state.in_(OPEN), EntryVersion.editor_id == person_id)
    return (await db.execute(rows.order_by(EntryVersion.id.desc()).limit(limit))).all()


async def move(
    db: AsyncSession, version_id: int, states: Sequence[VersionState], values: dict[str, Any]
) -> bool:
    """False when somebody was faster."""
    same = update(EntryVersion).where(EntryVersion.id == version_id, EntryVersion.state.in_(states))
    moved = await db.execute(same.values(**values).execution_options(synchronize_session="fetch"))
    return moved.rowcount == 1


async def settle(db: AsyncSession, version_id: int, reviewer: int | None, now: datetime, note: str | None) -> bool:
    """Review → accepted, once."""
    decided = {"state": VersionState.ACCEPTED, "reviewer_id": reviewer, "reviewed_at": now, "note": note}
    return await move(db, version_id, (VersionState.REVIEW,), decided)


async def ending(db: AsyncSession, until: date) -> Sequence[Entry]:
    """Served entries whose validity or review date lies before the end of `until`."""
    dated = or_(Entry.valid_to <= until, Entry.review_due <= until)
    rows = select(Entry).where(Entry.state == EntryState.PUBLISHED, dated)
    return (await db.scalars(rows.order_by(Entry.id))).all()


async def warned(db: AsyncSession, entry_id: int, of: date) -> bool:
    """False when another process has told them."""
    fresh = or_(Entry.warned_of.is_(None), Entry.warned_of != of)
    done = await db.execute(update(Entry).where(Entry.id == entry_id, fresh).values(warned_of=of))
    return done.rowcount == 1
