"""What is served has changed: a number that only grows, in the order of the commits, and a ring for who serves it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from db.bell import ring
from db.knowledge import Entry, Revision

ENTRIES = "entries"


async def stamp(db: AsyncSession, changed: Iterable[Entry]) -> None:
    """In the transaction that changes them; every process that answers reads them again."""
    number = await following(db)
    for entry in changed:
        entry.revision = number
    await db.flush()


async def following(db: AsyncSession) -> int:
    """The next number. Until this transaction ends nobody else gets one."""
    dialect: Any = sqlite if db.get_bind().dialect.name == "sqlite" else postgresql
    begin = dialect.insert(Revision).values(name=ENTRIES, number=1)
    counted = begin.on_conflict_do_update(index_elements=[Revision.name], set_={"number": Revision.number + 1})
    number = (await db.execute(counted.returning(Revision.number))).scalar_one()
    await ring(db)
    return number


async def latest(db: AsyncSession) -> int:
    return await db.scalar(select(Revision.number).where(Revision.name == ENTRIES)) or 0
