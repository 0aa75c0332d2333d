"""Sums over briefs, receipts and questions since a moment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Float, Row, and_, case, cast, extract, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import standing_under
from db.briefs import Acknowledgement, Edition
from db.knowledge import Entry, Question
from db.people import Person
from db.pushes import Delivery, DeliveryState, Push, PushKind

HOURS = (1, 2, 4, 8, 24, 48, 72)


async def pushed(db: AsyncSession, since: datetime) -> Sequence[Row[Any]]:
    """One row for each push of a brief since, people's agency and province: push_id, agency_id, province, planned,
    sent, acknowledged, and how many acknowledged within each of HOURS (h1, h2, …)."""
    arrived = Delivery.state == DeliveryState.SENT
    each = (
        select(
            Delivery.push_id, Person.agency_id, Person.province_code,
            case((arrived, 1), else_=0).label("sent"),
            case((arrived, _hours(db, Acknowledgement.at, Delivery.sent_at))).label("took"),
        )
        .select_from(Push)
        .join(Delivery, Delivery.push_id == Push.id)
        .join(Person, Person.id == Delivery.person_id)
        .join(Edition, Edition.id == Push.edition_id)
        .outerjoin(
            Acknowledgement,
            and_(Acknowledgement.brief_id == Edition.brief_id, Acknowledgement.person_id == Delivery.person_id),
        )
        .where(Push.kind == PushKind.BRIEF, Push.created_at >= since)
        .cte("each").prefix_with("MATERIALIZED")  # else SQLite works the hours out anew for each of HOURS
    )
    rows = select(
        each.c.push_id, each.c.agency_id, each.c.province_code, func.count().label("planned"),
        func.sum(each.c.sent).label("sent"), func.count(each.c.took).label("acknowledged"),
        *(func.count(case((each.c.took <= hours, 1))).label(f"h{hours}") for hours in HOURS),
    ).group_by(each.c.push_id, each.c.agency_id, each.c.province_code)
    return (await db.execute(rows)).all()


async def pushes_since(db: AsyncSession, since: datetime) -> Sequence[Row[Any]]:
    """push_id, brief_id, at and what its content says (title, ack), the newest first."""
    rows = (
        select(Push.id, Edition.brief_id, Push.created_at, Edition.content)
        .join(Edition, Edition.id == Push.edition_id)
        .where(Push.kind == PushKind.BRIEF, Push.created_at >= since)
        .order_by(Push.created_at.desc(), Push.id.desc())
    )
    return (await db.execute(rows)).all()


async def asked(
    db: AsyncSession, since: datetime, *, under: int | None = None, province: str = ""
) -> Sequence[Row[Any]]:
    """One row for each day in Vietnam, topic and decision: day (ISO), topic, decision, count, judged, helpful."""
    day = _day(db, Question.at).label("day")
    rows = (
        select(
            day, Entry.topic, Question.decision, func.count().label("count"),
            func.count(Question.helpful).label("judged"), func.count(case((Question.helpful, 1))).label("helpful"),
        )
        .outerjoin(Entry, Entry.id == Question.entry_id)
        .where(Question.at >= since)
        .group_by(day, Entry.topic, Question.decision)
    )
    if under is not None or province:
        rows = rows.join(Person, Person.id == Question.person_id)
    if under is not None:
        rows = rows.where(Person.agency_id.in_(standing_under([under])))
    if province:
        rows = rows.where(Person.province_code == province)
    return (await db.execute(rows)).all()


def _day(db: AsyncSession, at: Any) -> Any:
    if db.get_bind().dialect.name == "sqlite":
        return func.date(at, "+7 hours")
    return func.to_char(func.timezone("Asia/Ho_Chi_Minh", at), "YYYY-MM-DD")


def _hours(db: AsyncSession, later: Any, earlier: Any) -> Any:
    if db.get_bind().dialect.name == "sqlite":
        return (func.julianday(later) - func.julianday(earlier)) * 24
    return cast(extract("epoch", later - earlier), Float) / 3600
