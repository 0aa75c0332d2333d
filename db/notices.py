"""Notices: one message to one person outside a push (an expert's answer, a request to approve, a warning)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import bell, fallback
from db.people import Identity
from db.pushes import DeliveryState, Notice

N = Notice.__table__
OPEN = text("notice.state = 'planned'")
LEASED = text("notice.state = 'leased'")
TRIES = 5
STILL_OF_USE = timedelta(days=30)


async def put(
    db: AsyncSession, person_id: int, reply: dict[str, Any], now: datetime, not_before: datetime | None = None,
    at: int | None = None,
) -> Notice | None:
    """Queue `reply` (handlers.reply.Reply.plain()) for a person, `at` this identity of theirs if it can be reached;
    None when nobody can reach them."""
    identity = await _next(db, person_id, at=at)
    if identity is None:
        return None
    notice = Notice(
        identity_id=identity.id, channel=identity.channel, address=identity.address, reply=reply,
        not_before=not_before or now, created_at=now,
    )
    db.add(notice)
    await db.flush()
    await bell.ring(db)
    return notice


async def _next(
    db: AsyncSession, person_id: int, *, tried: Sequence[int] = (), at: int | None = None
) -> Identity | None:
    """The first of the person's addresses in the order of letters, `at` before all."""
    reachable = select(Identity).where(Identity.person_id == person_id, Identity.unreachable.is_(None))
    found = await db.scalars(reachable.where(Identity.id.not_in(tried)))
    return min(found, key=lambda one: (one.id != at, fallback.key(one)), default=None)


async def put_at(db: AsyncSession, channel: str, address: str, reply: dict[str, Any], now: datetime) -> bool:
    """For whoever wrote from this address; False when it is nobody's."""
    mine = select(Identity).where(Identity.channel == channel, Identity.address == address)
    identity = await db.scalar(mine)
    if identity is None:
        return False
    db.add(Notice(
        identity_id=identity.id, channel=channel, address=address, reply=reply, not_before=now, created_at=now
    ))
    await db.flush()
    await bell.ring(db)
    return True


async def due(db: AsyncSession, channel: str, now: datetime) -> bool:
    found = select(N.c.id).where(OPEN, N.c.channel == channel, N.c.not_before <= now).limit(1)
    return await db.scalar(found) is not None


async def claim(
    db: AsyncSession, channel: str, worker: str, now: datetime, lease_until: datetime, limit: int
) -> Sequence[Any]:
    """Rows (id, identity_id, address, attempts, reply) now leased to `worker`."""
    picked = (
        select(N.c.id)
        .where(OPEN, N.c.channel == channel, N.c.not_before <= now)
        .order_by(N.c.not_before)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    lease = update(N).where(N.c.id.in_(select(picked.c.id)))
    rows = await db.execute(
        lease.values(state=DeliveryState.LEASED, worker=worker, lease_until=lease_until).returning(
            N.c.id, N.c.identity_id, N.c.address, N.c.attempts, N.c.reply
        )
    )
    return rows.all()


_SETTLE = (
    update(N)
    .where(N.c.id == bindparam("b_id"))
    .values(
        state=bindparam("b_state"), attempts=bindparam("b_attempts"), error=bindparam("b_error"),
        not_before=bindparam("b_not_before"), sent_at=bindparam("b_sent_at"), worker=None, lease_until=None,
    )
)


async def settle(db: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Each row: b_id, b_state, b_attempts, b_error, b_not_before, b_sent_at."""
    if rows:
        await (await db.connection()).execute(_SETTLE, list(rows))


async def elsewhere(db: AsyncSession, notice_id: int, now: datetime) -> None:
    """This address of the person could not take it; the next one they have is tried, or the notice has failed."""
    notice = await db.get_one(Notice, notice_id, populate_existing=True)
    notice.tried = f"{notice.tried.rstrip()} {notice.identity_id} "
    person = (await db.get_one(Identity, notice.identity_id)).person_id
    other = await _next(db, person, tried=[int(number) for number in notice.tried.split()])
    if other is not None:
        notice.identity_id, notice.channel, notice.address = other.id, other.channel, other.address
        notice.state, notice.attempts, notice.error, notice.not_before = DeliveryState.PLANNED, 0, None, now
        await bell.ring(db)
    await db.flush()


async def window_opened(db: AsyncSession, identity_id: int, now: datetime) -> None:
    """The person has written: what this address could not take, and no other could, is said now, unless it is old."""
    here = await db.get_one(Identity, identity_id)
    theirs = select(Identity.id).where(Identity.person_id == here.person_id)
    missed = update(N).where(N.c.identity_id.in_(theirs), N.c.state == DeliveryState.FAILED)
    missed = missed.where(N.c.tried.contains(f" {here.id} "), N.c.created_at > now - STILL_OF_USE)
    again = missed.values(
        state=DeliveryState.PLANNED, not_before=now, error=None, tried="", attempts=0, identity_id=here.id,
        channel=here.channel, address=here.address,
    )
    if (await db.execute(again.returning(N.c.id))).all():
        await bell.ring(db)


async def lessees(db: AsyncSession) -> set[str]:
    """Workers that hold leases."""
    return set(await db.scalars(select(N.c.worker).where(LEASED).distinct()))


async def lapse(db: AsyncSession, now: datetime, dead: Sequence[str]) -> None:
    """What a dead worker held goes out again: a repeated notice harms less than a lost one."""
    lost = or_(N.c.lease_until < now, N.c.worker.in_(dead))
    tried = case((N.c.attempts + 1 < TRIES, DeliveryState.PLANNED.value), else_=DeliveryState.FAILED.value)
    back = update(N).where(LEASED, lost)
    await db.execute(back.values(state=tried, attempts=N.c.attempts + 1, worker=None, lease_until=None))
