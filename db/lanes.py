"""Lane rows: what all workers of a channel must know about its budget."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Float, case, func, literal, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from db.pushes import Lane

L = Lane.__table__
AHEAD = 60.0  # seconds; each of many workers holds two blocks of some 20 ms


async def ensure(db: AsyncSession, channel: str) -> None:
    """The channel's row exists; two workers starting together make one."""
    dialect: Any = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    await db.execute(dialect.insert(L).values(channel=channel).on_conflict_do_nothing())


async def set_rate(db: AsyncSession, channel: str, rate: float) -> None:
    """Calls a second its workers are set to, for estimates."""
    known = rate if math.isfinite(rate) else None
    changed = L.c.rate.is_distinct_from(known)
    await db.execute(update(L).where(L.c.channel == channel, changed).values(rate=known))


async def set_tariff(db: AsyncSession, channel: str, tariff: dict[str, Any] | None) -> None:
    """What its workers know of windows and prices, for estimates."""
    await db.execute(update(L).where(L.c.channel == channel).values(tariff=tariff))


async def tariffs(db: AsyncSession) -> dict[str, dict[str, Any]]:
    """Channel → tariff, of the channels that have one."""
    rows = await db.execute(select(L.c.channel, L.c.tariff))
    return {channel: tariff for channel, tariff in rows if tariff}


async def rates(db: AsyncSession) -> dict[str, float]:
    """Channel → calls a second, of the channels that have a ceiling."""
    rows = await db.execute(select(L.c.channel, L.c.rate).where(L.c.rate.is_not(None)))
    return {channel: rate for channel, rate in rows}


async def read(db: AsyncSession, channel: str) -> Lane | None:
    return await db.scalar(select(Lane).where(Lane.channel == channel).execution_options(populate_existing=True))


async def everything(db: AsyncSession) -> Sequence[Lane]:
    return (await db.scalars(select(Lane).order_by(Lane.channel))).all()


async def pause(db: AsyncSession, channel: str, until: datetime, why: str) -> None:
    """Never shortens a pause another worker stored."""
    await ensure(db, channel)
    shorter = or_(L.c.paused_until.is_(None), L.c.paused_until < until)
    await db.execute(update(L).where(L.c.channel == channel, shorter).values(paused_until=until, pause_reason=why))


async def set_down(db: AsyncSession, channel: str, why: str | None) -> None:
    """Not obeyed by other workers, whose network may be better: for those who look on."""
    await db.execute(update(L).where(L.c.channel == channel).values(down=why))


async def freeze(db: AsyncSession, channel: str, why: str) -> bool:
    """False when it was frozen already."""
    await ensure(db, channel)
    result = await db.execute(update(L).where(L.c.channel == channel, L.c.frozen.is_(None)).values(frozen=why))
    return cast(CursorResult[Any], result).rowcount == 1


async def thaw(db: AsyncSession, channel: str) -> None:
    """An operator says the bot may send again."""
    await db.execute(update(L).where(L.c.channel == channel).values(frozen=None, paused_until=None))


@dataclass(frozen=True, slots=True)
class Block:
    """Slots start, start + spacing, … given to one process. Seconds by the clock `now` was read from; `asked` is the
    caller's clock just before."""

    start: float
    now: float
    asked: float


async def reserve(
    db: AsyncSession, channel: str, seconds: float, clock: Callable[[], float] = time.monotonic
) -> Block | None:
    """The next `seconds` of the lane belong to the caller; None while it is paused or frozen.

    On PostgreSQL the database's clock counts, so that the clocks of several machines need not agree. Slots further
    ahead than workers ever reserve mean that it was set back: the lane begins anew, a second from now, when what was
    given away before has left. A pause that is over is forgotten, lest such a clock bring it back.
    """
    if db.get_bind().dialect.name == "postgresql":
        # A crash of the server may forget the last reservations, a fraction of a second; waiting for the disk
        # fifty times a second would cost more.
        await db.execute(text("SET LOCAL synchronous_commit TO off"))
        now: ColumnElement[Any] = func.extract("epoch", func.clock_timestamp())
        free = or_(L.c.paused_until.is_(None), L.c.paused_until <= func.clock_timestamp())
        later: Any = func.greatest
    else:
        await db.connection()  # waits for other writers before the clock is read
        now = literal(time.time(), Float)
        free = or_(L.c.paused_until.is_(None), L.c.paused_until <= datetime.now(UTC))
        later = func.max
    next_slot = func.coalesce(L.c.next_slot, 0.0)
    latest = case((next_slot > now + AHEAD, now + 1.0), else_=later(next_slot, now))
    given = update(L).where(L.c.channel == channel, L.c.frozen.is_(None), free)
    given = given.values(next_slot=latest + seconds, paused_until=None)
    asked = clock()
    taken = await db.execute(given.returning(L.c.next_slot - seconds, now))
    row = taken.one_or_none()
    return Block(float(row[0]), float(row[1]), asked) if row else None


async def pause_left(db: AsyncSession, channel: str) -> float:
    """Seconds of a stored pause still to go."""
    lane = await read(db, channel)
    if lane is None or lane.paused_until is None:
        return 0.0
    return max(0.0, (lane.paused_until - datetime.now(UTC)).total_seconds())
