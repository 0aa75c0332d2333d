"""Where each person of a brief stands, and the same counted by agency: the live matrix, and who is told of silence."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, case, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency
from db.briefs import Acknowledgement, editions_of
from db.followups import ORIGINAL, Escalation, FollowUp
from db.people import Person
from db.pushes import Delivery, DeliveryState, Push

STATES = ("sent", "waiting", "unknown", "failed", "skipped", "stopped")  # the best of a person's deliveries counts
_RANK = {
    DeliveryState.SENT: 0, DeliveryState.PLANNED: 1, DeliveryState.LEASED: 1, DeliveryState.UNKNOWN: 2,
    DeliveryState.FAILED: 3, DeliveryState.SKIPPED: 4, DeliveryState.STOPPED: 5,
}


def standing(brief_id: int) -> Subquery:
    """person_id, rank (a place in STATES), done (None: not acknowledged), late; 0 or 1: reminded, delivered, seen."""
    best = (
        select(
            Delivery.person_id, func.min(case(_RANK, value=Delivery.state)).label("rank"),
            func.count(Delivery.delivered_at).label("delivered"), func.count(Delivery.seen_at).label("seen"),
        )
        .join(Push, Push.id == Delivery.push_id)
        .where(Push.edition_id.in_(editions_of(brief_id)), Push.kind.in_(ORIGINAL))
        .group_by(Delivery.person_id)
        .subquery("best")
    )
    reminded = (
        select(Delivery.person_id)
        .join(FollowUp, FollowUp.push_id == Delivery.push_id)
        .where(FollowUp.brief_id == brief_id, Delivery.state.in_((DeliveryState.SENT, DeliveryState.UNKNOWN)))
        .group_by(Delivery.person_id)
        .subquery("reminded")
    )
    done = Acknowledgement
    return (
        select(
            best.c.person_id, best.c.rank, done.person_id.label("done"),
            func.coalesce(done.late, false()).label("late"),
            one(reminded.c.person_id.is_not(None)).label("reminded"),
            one(best.c.delivered > 0).label("delivered"), one(best.c.seen > 0).label("seen"),
        )
        .select_from(best)
        .outerjoin(done, and_(done.person_id == best.c.person_id, done.brief_id == brief_id))
        .outerjoin(reminded, reminded.c.person_id == best.c.person_id)
        .subquery("standing")
    )


def one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def silent(s: Subquery) -> ColumnElement[bool]:
    """It arrived, and nothing came back."""
    return and_(s.c.rank == STATES.index("sent"), s.c.done.is_(None))


def lost(s: Subquery) -> ColumnElement[bool]:
    """It did not arrive, for all we know."""
    return and_(s.c.rank.in_([STATES.index(state) for state in ("unknown", "failed", "skipped")]), s.c.done.is_(None))


async def by_agency(
    db: AsyncSession, brief_id: int, *, limit: int | None = None, offset: int = 0
) -> Sequence[Row[Any]]:
    """A row per agency, by name: agency_id, agency, people, each of STATES, acknowledged, late, silent, reminded,
    delivered, seen, escalated_at, lead (name of who was told).
    """
    s, lead = standing(brief_id), Person.__table__.alias("lead")
    counted = [func.sum(one(s.c.rank == rank)).label(state) for rank, state in enumerate(STATES)]
    rows = (
        select(
            func.coalesce(Agency.id, 0).label("agency_id"), Agency.name.label("agency"), func.count().label("people"),
            *counted, func.count(s.c.done).label("acknowledged"), func.sum(one(s.c.late)).label("late"),
            func.sum(one(silent(s))).label("silent"), func.sum(s.c.reminded).label("reminded"),
            func.sum(s.c.delivered).label("delivered"), func.sum(s.c.seen).label("seen"),
            func.max(Escalation.at).label("escalated_at"), func.max(lead.c.full_name).label("lead"),
        )
        .select_from(s)
        .join(Person, Person.id == s.c.person_id)
        .outerjoin(Agency, Agency.id == Person.agency_id)
        .outerjoin(Escalation, _of_agency(brief_id))
        .outerjoin(lead, lead.c.id == Escalation.lead_id)
        .group_by(Agency.id, Agency.name)
        .order_by(Agency.name.is_(None), Agency.name, Agency.id)
    )
    return (await db.execute(rows.limit(limit).offset(offset))).all()


async def by_province(db: AsyncSession, brief_id: int) -> Sequence[Row[Any]]:
    """province (None: not known), people, sent, acknowledged."""
    s = standing(brief_id)
    rows = (
        select(
            Person.province_code.label("province"), func.count().label("people"),
            func.sum(one(s.c.rank == STATES.index("sent"))).label("sent"), func.count(s.c.done).label("acknowledged"),
        )
        .select_from(s)
        .join(Person, Person.id == s.c.person_id)
        .group_by(Person.province_code)
    )
    return (await db.execute(rows)).all()


def _of_agency(brief_id: int) -> ColumnElement[bool]:
    return and_(Escalation.brief_id == brief_id, Escalation.agency_id == func.coalesce(Person.agency_id, 0))


async def agencies(db: AsyncSession, brief_id: int) -> int:
    """How many rows `by_agency` has."""
    s = standing(brief_id)
    ids = select(func.coalesce(Person.agency_id, 0)).join(s, s.c.person_id == Person.id).distinct().subquery()
    return await db.scalar(select(func.count()).select_from(ids)) or 0


async def untold(db: AsyncSession, brief_id: int, limit: int) -> Sequence[tuple[int, str | None]]:
    """Agencies (0: none) with silent or lost people whose lead was not told yet."""
    s = standing(brief_id)
    rows = (
        select(func.coalesce(Agency.id, 0), Agency.name)
        .select_from(s)
        .join(Person, Person.id == s.c.person_id)
        .outerjoin(Agency, Agency.id == Person.agency_id)
        .outerjoin(Escalation, _of_agency(brief_id))
        .where(or_(silent(s), lost(s)), Escalation.brief_id.is_(None))
        .group_by(Agency.id, Agency.name)
        .order_by(Agency.name.is_(None), Agency.name, Agency.id)
    )
    return [tuple(row) for row in await db.execute(rows.limit(limit))]


async def names(db: AsyncSession, brief_id: int, agency_id: int) -> tuple[list[str], list[str]]:
    """The silent, and those it did not reach."""
    s = standing(brief_id)
    found = await db.execute(_people(s, agency_id, Person.full_name, silent(s).label("silent")))
    rows = [(name or "(chưa có tên)", quiet) for name, quiet in found]
    return [name for name, quiet in rows if quiet], [name for name, quiet in rows if not quiet]


def _people(s: Subquery, agency_id: int, *columns: Any) -> Select[Any]:
    rows = select(*columns).select_from(s).join(Person, Person.id == s.c.person_id)
    rows = rows.where(func.coalesce(Person.agency_id, 0) == agency_id, or_(silent(s), lost(s)))
    return rows.order_by(Person.full_name, Person.id)


async def totals(db: AsyncSession, brief_id: int) -> tuple[int, int, int]:
    """People it reached, who acknowledged, who are silent."""
    s = standing(brief_id)
    sums = (func.sum(one(s.c.rank == 0)), func.count(s.c.done), func.sum(one(silent(s))))
    return tuple(int(count or 0) for count in (await db.execute(select(*sums).select_from(s))).one())


async def told(db: AsyncSession, brief_id: int) -> Sequence[tuple[str | None, int | None, datetime]]:
    """(agency, lead, when) of every agency that was escalated."""
    rows = select(Agency.name, Escalation.lead_id, Escalation.at).outerjoin(Agency, Agency.id == Escalation.agency_id)
    found = await db.execute(rows.where(Escalation.brief_id == brief_id).order_by(Agency.name))
    return [tuple(row) for row in found]
