"""What was last offered to somebody who answers by numbers: in the conversation, in a notice, in a letter."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.briefs import Edition
from db.people import Offer
from db.pushes import Delivery, DeliveryState, Notice, Push, PushKind

Choices = list[list[str | None]]  # [[label, packed action, address of a link], …]
WITHOUT_CHOICES = (PushKind.RECALL,)


async def keep(db: AsyncSession, identity_id: int, choices: Choices, now: datetime) -> None:
    await db.merge(Offer(identity_id=identity_id, choices=choices, made_at=now))
    await db.flush()


async def last_notice(db: AsyncSession, identity_id: int) -> Notice | None:
    """Of those that arrived."""
    told = select(Notice).where(Notice.identity_id == identity_id, Notice.state == DeliveryState.SENT)
    return await db.scalar(told.order_by(Notice.sent_at.desc()).limit(1))


async def last_letter(db: AsyncSession, person_id: int, identity_id: int) -> tuple[Delivery, Push, int, Any] | None:
    """(its row, its push, the brief's id, the edition's content) of the last letter that arrived there."""
    rows = (
        select(Delivery, Push, Edition.brief_id, Edition.content)
        .join(Push, Push.id == Delivery.push_id)
        .join(Edition, Edition.id == Push.edition_id)
        .where(Delivery.person_id == person_id, Delivery.identity_id == identity_id, Delivery.sent_at.is_not(None))
        .where(Delivery.state.in_((DeliveryState.SENT, DeliveryState.UNKNOWN)), Push.kind.not_in(WITHOUT_CHOICES))
    )
    row = (await db.execute(rows.order_by(Delivery.sent_at.desc(), Delivery.id.desc()).limit(1))).first()
    return (row[0], row[1], row[2], row[3]) if row else None
