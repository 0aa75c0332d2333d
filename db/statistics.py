"""Sums over briefs, receipts and questions since a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Float, and_, case, cast, extract, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.briefs import Acknowledgement, Edition
from db.knowledge import Entry, Question
from db.pushes import Delivery, DeliveryState, Push, PushKind

HOURS = (1, 2, 4, 8, 24, 48, 72)


@dataclass(frozen=True, slots=True)
class Reached:
    brief_id: int
    title: str
    at: datetime
    planned: int
    sent: int
    acknowledged: int
    asked: bool  # for an acknowledgement


async def briefs_since(db: AsyncSession, since: datetime, limit: int) -> list[Reached]:
    """Of the briefs pushed since, the newest first."""
    got = func.sum(case((Delivery.state == DeliveryState.SENT, 1), else_=0))
    pushes = (
        select(Push.id, Push.edition_id, Push.created_at, Push.planned)
        .where(Push.kind == PushKind.BRIEF, Push.created_at >= since)
        .order_by(Push.created_at.desc())
        .limit(limit)
        .subquery()
    )
    sent = (
        select(Delivery.push_id, got.label("sent"))
        .where(Delivery.push_id.in_(select(pushes.c.id)))
        .group_by(Delivery.push_id)
        .subquery()
    )
    said = (
        select(Acknowledgement.brief_id, func.count().label("said"))
        .where(Acknowledgement.brief_id.in_(select(Edition.brief_id).join(pushes, pushes.c.edition_id == Edition.id)))
        .group_by(Acknowledgement.brief_id)
        .subquery()
    )
    rows = await db.execute(
        select(Edition.brief_id, Edition.content, pushes.c.created_at, pushes.c.planned, sent.c.sent, said.c.said)
        .join(pushes, pushes.c.edition_id == Edition.id)
        .outerjoin(sent, sent.c.push_id == pushes.c.id)
        .outerjoin(said, said.c.brief_id == Edition.brief_id)
        .order_by(pushes.c.created_at.desc())
    )
    return [
        Reached(b, content.get("title", ""), at, planned, sent or 0, said or 0, bool(content.get("ack")))
        for b, content, at, planned, sent, said in rows
    ]


async def acknowledged_within(db: AsyncSession, since: datetime) -> list[tuple[int, int, int]]:
    """(hours, acknowledged within them, received at all), of what was received since and asks for it."""
    took = _hours(db, Acknowledgement.at, Delivery.sent_at)
    within = [func.count(case((took <= hours, 1))) for hours in HOURS]
    received = (
        select(func.count(), *within)
        .select_from(Delivery)
        .join(Push, and_(Push.id == Delivery.push_id, Push.kind == PushKind.BRIEF, Push.created_at >= since))
        .join(Edition, Edition.id == Push.edition_id)
        .outerjoin(
            Acknowledgement,
            and_(Acknowledgement.brief_id == Edition.brief_id, Acknowledgement.person_id == Delivery.person_id),
        )
        .where(Delivery.state == DeliveryState.SENT, Edition.content["ack"].as_boolean())
    )
    total, *counts = (await db.execute(received)).one()
    return [(hours, count, total) for hours, count in zip(HOURS, counts, strict=True)]


def _hours(db: AsyncSession, later: Any, earlier: Any) -> Any:
    if db.get_bind().dialect.name == "sqlite":
        return (func.julianday(later) - func.julianday(earlier)) * 24
    return cast(extract("epoch", later - earlier), Float) / 3600


async def questions_by_topic(db: AsyncSession, since: datetime, limit: int = 12) -> Sequence[tuple[str | None, int]]:
    """Of the questions an entry answered, the most asked topics first."""
    rows = (
        select(Entry.topic, func.count())
        .join(Question, Question.entry_id == Entry.id)
        .where(Question.at >= since)
        .group_by(Entry.topic)
        .order_by(func.count().desc(), Entry.topic)
        .limit(limit)
    )
    return [(topic, count) for topic, count in await db.execute(rows)]
