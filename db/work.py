"""Work for editors: questions that wait for an answer, put together by meaning; who owns it and who asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, case, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.knowledge import Question, SavedIndex, Work, WorkKind, WorkState
from db.people import Person

ACTIVE = (WorkState.OPEN, WorkState.WRITING)
KNOWN = 2000  # pieces of work that a new question is compared with


async def alone(db: AsyncSession) -> None:
    """One process at a time puts questions together, or the same meaning would become two pieces of work."""
    if db.get_bind().dialect.name == "postgresql":
        await db.execute(text("SELECT pg_advisory_xact_lock(7002)"))


async def unsorted(db: AsyncSession, since: datetime, until: datetime, limit: int = 200) -> Sequence[Question]:
    """Questions nothing answered and no expert has, and answers called wrong; the oldest first."""
    missing = and_(
        Question.decision.in_(("none", "candidates")), Question.chosen.is_(False), Question.case_id.is_(None)
    )
    wrong = and_(Question.decision == "answer", Question.helpful.is_(False), Question.entry_id.is_not(None))
    rows = select(Question).where(
        Question.at > since, Question.at < until, Question.work_id.is_(None), or_(missing, wrong)
    )
    return (await db.scalars(rows.order_by(Question.id).limit(limit))).all()


async def known(db: AsyncSession) -> Sequence[Work]:
    """What a question may belong to; what was refused takes up its like, so that it does not come back."""
    rows = select(Work).where(Work.kind == WorkKind.MISSING, Work.state.in_((*ACTIVE, WorkState.REFUSED)))
    return (await db.scalars(rows.order_by(Work.last_at.desc(), Work.id).limit(KNOWN))).all()


async def about(db: AsyncSession, entry_id: int) -> Work | None:
    """The open complaint about an entry."""
    rows = select(Work).where(Work.kind == WorkKind.WRONG, Work.entry_id == entry_id, Work.state.in_(ACTIVE))
    return await db.scalar(rows.order_by(Work.id).limit(1))


async def saved_index(db: AsyncSession) -> bytes | None:
    return await db.scalar(select(SavedIndex.data).order_by(SavedIndex.id).limit(1))


async def listed(
    db: AsyncSession, person_id: int | None = None, states: Sequence[WorkState] = ACTIVE, limit: int = 20
) -> Sequence[Row[Any]]:
    """(Work, owner's name): this person's own first, then nobody's, then what was asked most often."""
    place = case((Work.owner_id == person_id, 0), (Work.owner_id.is_(None), 1), else_=2)
    rows = select(Work, Person.full_name).outerjoin(Person, Person.id == Work.owner_id)
    rows = rows.where(Work.state.in_(states)).order_by(place, Work.count.desc(), Work.id)
    return (await db.execute(rows.limit(limit))).all()


async def how_many(db: AsyncSession) -> int:
    return await db.scalar(select(func.count()).select_from(Work).where(Work.state.in_(ACTIVE))) or 0


async def busy(db: AsyncSession, people: Sequence[int]) -> dict[int, int]:
    """Person → pieces of work they own."""
    rows = select(Work.owner_id, func.count()).where(Work.state.in_(ACTIVE), Work.owner_id.in_(people))
    return {person: count for person, count in await db.execute(rows.group_by(Work.owner_id))}


async def waiting_for(db: AsyncSession, entry_id: int) -> Sequence[Work]:
    """Work that ends when this entry is published."""
    return (await db.scalars(select(Work).where(Work.entry_id == entry_id, Work.state.in_(ACTIVE)))).all()


async def questions(db: AsyncSession, work_id: int) -> Sequence[Question]:
    return (await db.scalars(select(Question).where(Question.work_id == work_id).order_by(Question.id))).all()


async def askers(db: AsyncSession, work_id: int) -> list[tuple[int, int | None]]:
    """(person, identity asked from last) of everybody who asked, once each."""
    asked = select(Question.person_id, Question.identity_id).where(
        Question.work_id == work_id, Question.person_id.is_not(None)
    )
    return list({person: identity for person, identity in await db.execute(asked.order_by(Question.id))}.items())


async def move(db: AsyncSession, work_id: int, values: dict[str, Any]) -> bool:
    """False when it has ended meanwhile."""
    same = update(Work).where(Work.id == work_id, Work.state.in_(ACTIVE))
    done = await db.execute(same.values(**values).execution_options(synchronize_session="fetch"))
    return done.rowcount == 1
