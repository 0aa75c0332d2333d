"""What a platform tells of letters it took: that they came to the telephone, that they were seen."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.people import Identity
from db.pushes import Delivery, DeliveryState

D = Delivery.__table__


async def note(
    db: AsyncSession, channel: str, address: str, message_ids: Sequence[str], at: datetime, *, seen: bool
) -> bool:
    """The first time counts; who has seen it, has it. False: it may be of a letter whose ids are not written yet."""
    who = select(Identity.id, Identity.person_id).where(Identity.channel == channel, Identity.address == address)
    found = (await db.execute(who)).first()
    if found is None:
        return True
    mine = (D.c.person_id == found.person_id, D.c.identity_id == found.id)
    words = literal(" ") + D.c.message_ids + literal(" ")
    known = or_(*(words.contains(f" {one} ", autoescape=True) for one in message_ids))
    came = {"delivered_at": func.coalesce(D.c.delivered_at, at)}
    change = update(D).where(*mine, D.c.sent_at.is_not(None), known)
    noted = await db.execute(change.values(**came, **({"seen_at": func.coalesce(D.c.seen_at, at)} if seen else {})))
    if noted.rowcount:
        return True
    under_way = select(D.c.id).where(*mine, D.c.state == DeliveryState.LEASED).limit(1)
    return await db.scalar(under_way) is None


async def counts(db: AsyncSession, push_id: int) -> tuple[int, int]:
    """How many of the push's letters came to the telephone, and how many were seen."""
    came = select(func.count()).select_from(D).where(D.c.push_id == push_id, D.c.delivered_at.is_not(None))
    seen = select(func.count()).select_from(D).where(D.c.push_id == push_id, D.c.seen_at.is_not(None))
    row = (await db.execute(select(came.scalar_subquery(), seen.scalar_subquery()))).one()
    return int(row[0]), int(row[1])
