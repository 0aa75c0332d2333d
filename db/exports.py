"""Rows of files that leave the desk, a part at a time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency, standing_under
from db.briefs import Acknowledgement
from db.people import Person
from db.pushes import Delivery, DeliveryState


async def deliveries(
    db: AsyncSession, push_id: int, brief_id: int, *, after: int, limit: int, under: int | None,
    kinds: Sequence[str] = (),
) -> Sequence[Row[Any]]:
    """By identity, which the unique index keeps in order. `inside`: the person stands under that agency.

    `kinds`: only what ended so (db.pushes.Delivery.kind).
    """
    inside = true() if under is None else func.coalesce(Person.agency_id.in_(standing_under([under])), False)
    rows = (
        select(
            Delivery.identity_id, Delivery.person_id, Person.full_name, Agency.name.label("agency"), Delivery.channel,
            Delivery.state, Delivery.kind, Delivery.sent_at, Acknowledgement.at.label("acknowledged_at"),
            inside.label("inside"),
        )
        .join(Person, Person.id == Delivery.person_id)
        .outerjoin(Agency, Agency.id == Person.agency_id)
        .outerjoin(
            Acknowledgement,
            and_(Acknowledgement.brief_id == brief_id, Acknowledgement.person_id == Delivery.person_id),
        )
        .where(Delivery.push_id == push_id, Delivery.identity_id > after)
        .order_by(Delivery.identity_id)
        .limit(limit)
    )
    if kinds:
        rows = rows.where(Delivery.kind.in_(kinds), Delivery.state != DeliveryState.SENT)
    return (await db.execute(rows)).all()
