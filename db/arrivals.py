"""What a platform tells of letters it took: that they came to the telephone, that they were seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.people import Identity
from db.pushes import Delivery, DeliveryState

D, ID = Delivery.__table__, Identity.__table__
OLDEST = timedelta(days=60)  # a letter seen later is not looked for
ON_THE_WAY = (DeliveryState.LEASED, DeliveryState.SENT, DeliveryState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Arrival:
    addresses: tuple[str, ...]  # the person's is among them
    message_ids: tuple[str, ...]
    at: datetime
    seen: bool  # and not only delivered


async def note(db: AsyncSession, channel: str, told: Sequence[Arrival]) -> list[bool]:
    """The first time counts; who has seen a letter, has it. False: it may be of one whose ids are not written yet."""
    if not told:
        return []
    rows = await db.execute(
        select(ID.c.address, D.c.id, D.c.state, D.c.message_ids)
        .join(ID, (ID.c.person_id == D.c.person_id) & (ID.c.id == D.c.identity_id))
        .where(ID.c.channel == channel, ID.c.address.in_({address for one in told for address in one.addresses}))
        .where(or_(D.c.delivered_at.is_(None), D.c.seen_at.is_(None)), D.c.state.in_(ON_THE_WAY))
        .where(or_(D.c.sent_at.is_(None), D.c.sent_at > min(one.at for one in told) - OLDEST))
    )
    letters: dict[str, list[Any]] = {}
    for row in rows:
        letters.setdefault(row.address, []).append(row)
    changes, done = [], []
    for one in told:
        mine, known = [row for at in one.addresses for row in letters.get(at, [])], set(one.message_ids)
        ids = [row.id for row in mine if row.message_ids and known & set(row.message_ids.split())]
        changes += [{"b_id": i, "b_at": one.at, "b_seen": one.at if one.seen else None} for i in ids]
        done.append(bool(ids) or all(row.state != DeliveryState.LEASED for row in mine))
    if changes:
        changes.sort(key=lambda change: change["b_id"])  # two processes that write the same rows never wait in a ring
        await (await db.connection()).execute(_CAME, changes)
    return done


_CAME = (
    update(D)
    .where(D.c.id == bindparam("b_id"))
    .values(
        delivered_at=func.coalesce(D.c.delivered_at, bindparam("b_at", type_=D.c.delivered_at.type)),
        seen_at=func.coalesce(D.c.seen_at, bindparam("b_seen", type_=D.c.seen_at.type)),
    )
)


async def counts(db: AsyncSession, push_id: int) -> tuple[int, int]:
    """How many of the push's letters came to the telephone, and how many were seen."""
    came = select(func.count()).select_from(D).where(D.c.push_id == push_id, D.c.delivered_at.is_not(None))
    seen = select(func.count()).select_from(D).where(D.c.push_id == push_id, D.c.seen_at.is_not(None))
    row = (await db.execute(select(came.scalar_subquery(), seen.scalar_subquery()))).one()
    return int(row[0]), int(row[1])
