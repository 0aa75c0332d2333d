"""Lane rows: what all workers of a channel must know about its budget."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from db.pushes import Lane

L = Lane.__table__


async def ensure(db: AsyncSession, channel: str) -> None:
    """The channel's row exists; two workers starting together make one."""
    dialect: Any = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    await db.execute(dialect.insert(L).values(channel=channel).on_conflict_do_nothing())


async def read(db: AsyncSession, channel: str) -> Lane | None:
    return await db.scalar(select(Lane).where(Lane.channel == channel).execution_options(populate_existing=True))


async def pause(db: AsyncSession, channel: str, until: datetime, why: str) -> None:
    """Never shortens a pause another worker stored."""
    await ensure(db, channel)
    shorter = or_(L.c.paused_until.is_(None), L.c.paused_until < until)
    await db.execute(update(L).where(L.c.channel == channel, shorter).values(paused_until=until, pause_reason=why))


async def freeze(db: AsyncSession, channel: str, why: str) -> bool:
    """False when it was frozen already."""
    await ensure(db, channel)
    result = await db.execute(update(L).where(L.c.channel == channel, L.c.frozen.is_(None)).values(frozen=why))
    return cast(CursorResult[Any], result).rowcount == 1


async def thaw(db: AsyncSession, channel: str) -> None:
    """An operator says the bot may send again."""
    await db.execute(update(L).where(L.c.channel == channel).values(frozen=None, paused_until=None))
