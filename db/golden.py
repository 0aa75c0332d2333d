"""Golden questions with the entries that must answer them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.knowledge import Entry, Golden


async def listed(db: AsyncSession) -> list[tuple[int, str, str]]:
    """(id, question, the entry's key), in the order they were set."""
    rows = select(Golden.id, Golden.question, Entry.key).join(Entry, Entry.id == Golden.entry_id).order_by(Golden.id)
    return [(number, question, key) for number, question, key in await db.execute(rows)]


async def of_entry(db: AsyncSession, entry_id: int) -> Sequence[Golden]:
    return (await db.scalars(select(Golden).where(Golden.entry_id == entry_id).order_by(Golden.id))).all()


async def ever(db: AsyncSession) -> bool:
    return await db.scalar(select(Golden.id).limit(1)) is not None


async def ids_by_key(db: AsyncSession) -> dict[str, int]:
    return {key: number for key, number in await db.execute(select(Entry.key, Entry.id))}
