"""Cases: a question handed to an expert; everybody who asked the same hangs on it and gets the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.knowledge import Case, CaseState, Question
from knowledge import entry, text

DUE = timedelta(hours=24)
OPEN = (CaseState.OPEN, CaseState.ASSIGNED)


@dataclass(frozen=True, slots=True)
class Opened:
    case: Case
    new: bool


async def open_for(db: AsyncSession, question: Question, experts: Sequence[int], now: datetime) -> Opened:
    """The open case with the same words, or a new one for the expert with the fewest open cases."""
    for case in await db.scalars(select(Case).where(Case.state.in_(OPEN)).order_by(Case.id)):
        if text.folded_syllables(case.text) == text.folded_syllables(question.text):
            question.case_id = case.id
            await db.flush()
            return Opened(case, False)
    expert = await _least_busy(db, experts)
    case = Case(
        state=CaseState.ASSIGNED if expert else CaseState.OPEN, text=question.text, expert_id=expert, due_at=now + DUE,
        created_at=now,
    )
    db.add(case)
    await db.flush()
    question.case_id = case.id
    await db.flush()
    return Opened(case, True)


async def _least_busy(db: AsyncSession, experts: Sequence[int]) -> int | None:
    if not experts:
        return None
    busy = select(Case.expert_id, func.count()).where(Case.state.in_(OPEN), Case.expert_id.in_(experts))
    counts = {person: count for person, count in await db.execute(busy.group_by(Case.expert_id))}
    return min(experts, key=lambda person: (counts.get(person, 0), person))


async def waiting(db: AsyncSession, expert: int) -> Sequence[Case]:
    """Open cases of this expert, and those nobody has, the most urgent first."""
    mine = Case.expert_id.in_([expert]) | Case.expert_id.is_(None)
    return (await db.scalars(select(Case).where(Case.state.in_(OPEN), mine).order_by(Case.due_at).limit(20))).all()


async def pass_on(db: AsyncSession, case: Case, experts: Sequence[int], now: datetime) -> int | None:
    """To somebody else; None when there is nobody."""
    others = [person for person in experts if person != case.expert_id]
    chosen = await _least_busy(db, others)
    if chosen is not None:
        case.expert_id, case.state = chosen, CaseState.ASSIGNED
        await db.flush()
    return chosen


async def answer(db: AsyncSession, case_id: int, expert: int, said: str, source: str, now: datetime) -> bool:
    """False when somebody has answered meanwhile. The answer becomes an entry waiting for review."""
    done = await db.execute(
        update(Case)
        .where(Case.id == case_id, Case.state.in_(OPEN))
        .values(state=CaseState.ANSWERED, answer=said, source=source, answered_by=expert, answered_at=now)
    )
    if not done.rowcount:
        return False
    case = await db.get_one(Case, case_id, populate_existing=True)
    asked = await db.scalars(select(Question.text).where(Question.case_id == case_id).distinct())
    variants = [t for t in asked if t != case.text][:8]
    drafted = await entry.draft(
        db, f"case-{case_id}", case.text, said, source, now, author=expert, topic=case.topic, variants=variants
    )
    case.entry_id = drafted.id
    await db.flush()
    return True


async def askers(db: AsyncSession, case_id: int) -> list[int]:
    """Everybody who asked, once each."""
    asked = select(Question.person_id).where(Question.case_id == case_id, Question.person_id.is_not(None))
    return list(await db.scalars(asked.distinct()))


async def overdue(db: AsyncSession, now: datetime) -> Sequence[Case]:
    late = select(Case).where(Case.state.in_(OPEN), Case.due_at < now)
    return (await db.scalars(late.order_by(Case.due_at))).all()
