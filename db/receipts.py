"""What came back from the people a brief went to: acknowledgements and reports."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency
from db.briefs import Acknowledgement, Edition, Report, editions_of
from db.people import Person
from db.pushes import Delivery, DeliveryState, Push, PushKind

ARRIVED = (DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.LEASED)  # leased: pressed before it was written
ANNOUNCED, FETCHED = "template", "fetched"  # kinds of a row that went by template: its text not yet, or asked for


async def first_delivery(db: AsyncSession, brief_id: int, person_id: int) -> Delivery | None:
    """Of any edition of the brief, test sendings left out."""
    mine = (
        select(Delivery)
        .join(Push, Push.id == Delivery.push_id)
        .where(Delivery.person_id == person_id, Delivery.state.in_(ARRIVED))
        .where(Push.edition_id.in_(editions_of(brief_id)), Push.kind != PushKind.TEST)
    )
    return await db.scalar(mine.order_by(Delivery.id).limit(1))


async def acknowledge(db: AsyncSession, row: dict[str, Any]) -> bool:
    """False when this person's row stands already."""
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    added = insert(Acknowledgement).values(row).on_conflict_do_nothing().returning(Acknowledgement.person_id)
    return (await db.execute(added)).first() is not None


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


async def acknowledged(db: AsyncSession, brief_id: int) -> tuple[int, int]:
    """How many people, and how many of them late."""
    counted = select(func.count(), func.coalesce(func.sum(_one(Acknowledgement.late.is_(True))), 0))
    row = (await db.execute(counted.where(Acknowledgement.brief_id == brief_id))).one()
    return int(row[0]), int(row[1])


async def open_report(db: AsyncSession, brief_id: int, person_id: int) -> Report | None:
    mine = select(Report).where(Report.brief_id == brief_id, Report.person_id == person_id, Report.closed_at.is_(None))
    return await db.scalar(mine.order_by(Report.id.desc()).limit(1))


async def report_counts(db: AsyncSession, brief_id: int) -> tuple[int, int]:
    """How many closed reports, and the reach they claim in sum."""
    closed = select(func.count(), func.coalesce(func.sum(Report.reach), 0))
    row = (await db.execute(closed.where(Report.brief_id == brief_id, Report.closed_at.is_not(None)))).one()
    return int(row[0]), int(row[1])


async def reports_of(
    db: AsyncSession, brief_id: int, *, limit: int, offset: int = 0
) -> Sequence[tuple[Report, str | None, str | None]]:
    """(closed report, person, agency), the latest first."""
    rows = (
        select(Report, Person.full_name, func.coalesce(Agency.name, Person.agency_typed))
        .join(Person, Person.id == Report.person_id)
        .outerjoin(Agency, Agency.id == Person.agency_id)
        .where(Report.brief_id == brief_id, Report.closed_at.is_not(None))
        .order_by(Report.closed_at.desc(), Report.id.desc())
    )
    return [(report, name, agency) for report, name, agency in await db.execute(rows.limit(limit).offset(offset))]


async def announced(db: AsyncSession, person_id: int) -> Sequence[int]:
    """Briefs of which this person got the announcement by template and not yet the text, the latest first."""
    rows = (
        select(Edition.brief_id)
        .join(Push, Push.edition_id == Edition.id)
        .join(Delivery, Delivery.push_id == Push.id)
        .where(Delivery.person_id == person_id, Delivery.state.in_(ARRIVED), Delivery.kind == ANNOUNCED)
        .group_by(Edition.brief_id)
        .order_by(func.max(Delivery.id).desc())
    )
    return (await db.scalars(rows)).all()


async def fetched(db: AsyncSession, brief_id: int, person_id: int) -> None:
    """The text of an announced brief was asked for."""
    of_brief = select(Push.id).where(Push.edition_id.in_(editions_of(brief_id)))
    mine = update(Delivery).where(Delivery.person_id == person_id, Delivery.push_id.in_(of_brief))
    await db.execute(mine.where(Delivery.kind == ANNOUNCED).values(kind=FETCHED))


async def briefs_of(db: AsyncSession, person_id: int, limit: int) -> Sequence[tuple[int, dict[str, Any]]]:
    """(brief id, content) of the newest edition of each brief that reached this person, the latest first."""
    rows = (
        select(Edition.brief_id, func.max(Edition.id).label("edition"), func.max(Delivery.id).label("last"))
        .join(Push, Push.edition_id == Edition.id)
        .join(Delivery, Delivery.push_id == Push.id)
        .where(Delivery.person_id == person_id, Delivery.state.in_(ARRIVED), Push.kind != PushKind.TEST)
        .group_by(Edition.brief_id)
        .order_by(func.max(Delivery.id).desc())
        .limit(limit)
        .subquery()
    )
    found = select(Edition.brief_id, Edition.content).join(rows, rows.c.edition == Edition.id)
    return [(row.brief_id, row.content) for row in await db.execute(found.order_by(rows.c.last.desc()))]
