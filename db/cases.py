"""Cases looked through at a desk: whose, how late, how many asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.knowledge import OPEN, Case, Question
from db.people import Consent, Person


@dataclass(frozen=True, slots=True)
class Wanted:
    """`late`: the moment after whose deadline a case is late; `mine`: a person's id."""

    ended: bool = False
    mine: int | None = None
    nobodys: bool = False
    late: datetime | None = None
    topic: str = ""


def _narrowed(rows: Select[Any], wanted: Wanted) -> Select[Any]:
    rows = rows.where(Case.state.not_in(OPEN) if wanted.ended else Case.state.in_(OPEN))
    if wanted.mine is not None:
        rows = rows.where(Case.expert_id == wanted.mine)
    if wanted.nobodys:
        rows = rows.where(Case.expert_id.is_(None))
    if wanted.late is not None:
        rows = rows.where(Case.due_at < wanted.late)
    return rows.where(Case.topic == wanted.topic) if wanted.topic else rows


async def count(db: AsyncSession, wanted: Wanted) -> int:
    return await db.scalar(_narrowed(select(func.count()).select_from(Case), wanted)) or 0


async def listed(
    db: AsyncSession, wanted: Wanted, limit: int, offset: int = 0
) -> Sequence[Row[tuple[Case, str | None]]]:
    """(Case, its expert's name): open ones by deadline, ended ones the latest first."""
    rows = _narrowed(select(Case, Person.full_name).outerjoin(Person, Person.id == Case.expert_id), wanted)
    order = (Case.id.desc(),) if wanted.ended else (Case.due_at, Case.id)
    return (await db.execute(rows.order_by(*order).limit(limit).offset(offset))).all()


async def how_many_asked(db: AsyncSession, ids: Iterable[int]) -> dict[int, int]:
    people = func.count(Question.person_id.distinct())
    rows = select(Question.case_id, people).where(Question.case_id.in_(list(ids))).group_by(Question.case_id)
    return {case: number for case, number in await db.execute(rows)}


async def asked_of(db: AsyncSession, case_id: int) -> Sequence[Question]:
    """Every question that hangs on it, the earliest first."""
    return (await db.scalars(select(Question).where(Question.case_id == case_id).order_by(Question.id))).all()


async def consented(db: AsyncSession, people: Iterable[int]) -> set[int]:
    """Those whose consent stands."""
    given = select(Consent.person_id).where(Consent.person_id.in_(list(people)), Consent.withdrawn_at.is_(None))
    return set(await db.scalars(given))


async def conversation(db: AsyncSession, person_id: int, limit: int) -> Sequence[Question]:
    """The latest of somebody's questions, the latest first."""
    rows = select(Question).where(Question.person_id == person_id)
    return (await db.scalars(rows.order_by(Question.at.desc(), Question.id.desc()).limit(limit))).all()
