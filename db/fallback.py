"""The order in which a person's addresses are tried, and a letter that goes on to the next of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import bell
from db.people import Identity
from db.pushes import Delivery, DeliveryState, Push, PushKind

PLATFORMS = ("zalo_oa", "telegram", "zalo_bot")  # where none is preferred
PLACES = {name: number for number, name in enumerate(PLATFORMS)}
D = Delivery.__table__


def key(identity: Identity) -> tuple[bool, int, int]:
    """To sort by."""
    return not identity.preferred, PLACES.get(identity.platform, len(PLACES)), identity.id


def before(one: Any, other: Any) -> ColumnElement[bool]:
    """Whether `one` is tried before `other`, both of the same person."""
    alike = one.preferred == other.preferred
    place, later = (case(PLACES, value=each.platform, else_=len(PLACES)) for each in (one, other))
    older = and_(alike, place == later, one.id < other.id)
    return or_(and_(one.preferred, ~other.preferred), and_(alike, place < later), older)


async def move_on(db: AsyncSession, delivery_id: int) -> bool:
    """The letter that cannot be delivered here is planned for the person's next address, never for one before it.

    What is taken back has to be taken back here.
    """
    row = await db.get_one(Delivery, delivery_id, populate_existing=True)
    push, here = await db.get_one(Push, row.push_id), await db.get_one(Identity, row.identity_id)
    if push.kind == PushKind.RECALL or row.state not in (DeliveryState.FAILED, DeliveryState.PLANNED):
        return False
    taken = exists().where(D.c.push_id == row.push_id, D.c.identity_id == Identity.id)
    mine = select(Identity).where(Identity.person_id == row.person_id, Identity.unreachable.is_(None), ~taken)
    to = next((one for one in sorted(await db.scalars(mine), key=key) if key(one) > key(here)), None)
    if to is None:
        return False
    there = {"identity_id": to.id, "channel": to.channel, "address": to.address, "target": None}
    fresh = {"state": DeliveryState.PLANNED, "kind": None, "attempts": 0, "not_before": None}
    await db.execute(update(D).where(D.c.id == delivery_id).values(**there, **fresh))
    await bell.ring(db)
    return True


async def planned_for(db: AsyncSession, identity_id: int) -> Sequence[int]:
    """Letters of unfinished pushes that wait to go to this address."""
    going = select(Push.id).where(Push.finished_at.is_(None))
    mine = select(D.c.id).where(D.c.push_id.in_(going), D.c.identity_id == identity_id)
    return (await db.scalars(mine.where(D.c.state == DeliveryState.PLANNED))).all()
