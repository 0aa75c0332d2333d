"""Cases: a question handed to an expert; everybody who asked the same hangs on it and gets the answer."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum

from sqlalchemy import select, update
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from db import briefs
from db.knowledge import OPEN, Case, CaseNote, CaseState, Entry, EntryState, Question
from db.people import Person
from knowledge import entry, manners, text

AGAIN = timedelta(days=30)  # an expert's answer is given again to who asks the same, while it waits for review


class Step(IntEnum):
    """What is done next about a case's deadline."""

    SOON = 0  # the expert is reminded
    LATE = 1  # again
    LEAD = 2  # who leads the expert's agency is told
    ADMINS = 3
    OVER = 4


async def said(db: AsyncSession, question: Question) -> str:
    """As an expert reads it: with the question it goes on from and the brief it is about."""
    words = f"{question.follows} – {question.text}" if question.follows else question.text
    title = await briefs.title(db, question.brief_id) if question.brief_id else ""
    return f"Về tin “{title}”: {words}" if title else words


def same(question: Question) -> str:
    """Equal for the same words about the same brief, typed with or without marks and with or without courtesy."""
    words = f"{question.follows} {question.text}" if question.follows else question.text
    plain = manners.without([text.canonical(w) for w in text.PIECE.findall(text.spelt(words))])
    about = f"{question.brief_id or ''}:{' '.join(text.fold(w) for w in plain)}"
    return hashlib.sha256(about.encode()).hexdigest()


async def join(db: AsyncSession, question: Question, now: datetime) -> Case | None:
    """The case somebody else's same question has made: open, or answered lately and not in the base yet. Until the
    transaction ends nobody else opens a case for it."""
    if db.get_bind().dialect.name == "postgresql":  # SQLite has one writer
        lock = int(same(question)[:15], 16)
        await db.execute(sql("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
    alike = select(Case).outerjoin(Entry, Case.entry_id == Entry.id).where(Case.same == same(question))
    lately = (Case.state == CaseState.ANSWERED) & (Case.answered_at > now - AGAIN) & (Entry.state != EntryState.RETIRED)
    case = await db.scalar(alike.where(Case.state.in_(OPEN) | lately).order_by(Case.id.desc()).limit(1))
    if case is not None:
        question.case_id = case.id
        await db.flush()
    return case


async def begin(
    db: AsyncSession, question: Question, experts: Sequence[int], now: datetime, due: datetime, *,
    topic: str | None = None, keeper_id: int | None = None,
) -> Case:
    """`experts`, best first; with none the case waits for whoever looks."""
    case = Case(
        state=CaseState.ASSIGNED if experts else CaseState.OPEN, text=await said(db, question),
        same=same(question),
        topic=topic, keeper_id=keeper_id, asked_by=question.person_id, expert_id=experts[0] if experts else None,
        due_at=due, created_at=now,
    )
    db.add(case)
    await db.flush()
    question.case_id = case.id
    await db.flush()
    return case


def plan(case: Case, moments: Sequence[datetime], now: datetime) -> None:
    """What is done next about the deadline: the first of the moments that is still ahead."""
    case.step = next((n for n, moment in enumerate(moments) if moment > now), Step.OVER)
    case.next_at = moments[case.step] if case.step < len(moments) else None


async def waiting(db: AsyncSession, expert: int) -> Sequence[Case]:
    """Open cases of this expert, and those nobody has, the most urgent first."""
    mine = Case.expert_id.in_([expert]) | Case.expert_id.is_(None)
    return (await db.scalars(select(Case).where(Case.state.in_(OPEN), mine).order_by(Case.due_at).limit(20))).all()


async def listed(db: AsyncSession, *, ended: bool) -> Sequence[Case]:
    """Open cases, the most urgent first; with `ended` also the others, after them."""
    rows = select(Case).order_by(Case.state.not_in(OPEN), Case.due_at, Case.id)
    return (await db.scalars(rows if ended else rows.where(Case.state.in_(OPEN)))).all()


def late(case: Case, now: datetime) -> bool:
    return case.state in OPEN and case.due_at is not None and case.due_at < now


async def locked(db: AsyncSession, case_id: str | int | None) -> Case | None:
    """As it is now; nobody else ends or hands it over before this transaction does."""
    if not str(case_id or "").isdigit():
        return None
    row = select(Case).where(Case.id == int(case_id or 0)).with_for_update()
    return await db.scalar(row.execution_options(populate_existing=True))


def seal(case: Case) -> str:
    """Of the drafted answer, so that a button sends what was read beside it."""
    return hashlib.sha256(f"{case.answer}\n{case.source}".encode()).hexdigest()[:8]


async def give(db: AsyncSession, case: Case, expert: int) -> None:
    """What somebody else has begun to write goes with them."""
    if case.expert_id != expert:
        case.answer, case.source = None, None
    case.expert_id = expert
    if case.state == CaseState.OPEN:
        case.state = CaseState.ASSIGNED
    await db.flush()


async def ask_back(db: AsyncSession, case: Case, expert: int, words: str, now: datetime, until: datetime) -> None:
    """The asker has the word, `until` at most."""
    db.add(CaseNote(case_id=case.id, person_id=expert, by_expert=True, text=words, at=now))
    case.state, case.expert_id, case.next_at = CaseState.WAITING, expert, until
    await db.flush()


async def say_more(db: AsyncSession, case: Case, person: int | None, words: str, now: datetime) -> None:
    db.add(CaseNote(case_id=case.id, person_id=person, by_expert=False, text=words, at=now))
    await db.flush()


async def take_back(db: AsyncSession, case: Case, due: datetime) -> None:
    """The expert has the word again, with a new deadline."""
    case.state = CaseState.ASSIGNED if case.expert_id else CaseState.OPEN
    case.due_at = due
    await db.flush()


async def notes(db: AsyncSession, case_id: int) -> Sequence[CaseNote]:
    return (await db.scalars(select(CaseNote).where(CaseNote.case_id == case_id).order_by(CaseNote.id))).all()


async def refuse(db: AsyncSession, case_id: int, expert: int, reason: str, now: datetime) -> bool:
    """False when somebody has answered meanwhile."""
    return await _end(db, case_id, state=CaseState.CLOSED, reason=reason, answered_by=expert, answered_at=now)


async def answer(db: AsyncSession, case_id: int, expert: int, words: str, source: str, now: datetime) -> bool:
    """False when somebody has answered meanwhile. The answer becomes an entry waiting for review."""
    given = {"answer": words, "source": source, "answered_by": expert, "answered_at": now}
    if not await _end(db, case_id, state=CaseState.ANSWERED, **given):
        return False
    case = await db.get_one(Case, case_id, populate_existing=True)
    alone = (Question.follows.is_(None), Question.brief_id.is_(None))  # words that say it all
    own = select(Question.text).where(Question.case_id == case_id, *alone)
    variants = [t for t in await db.scalars(own.distinct()) if t != case.text][:8]
    drafted = await entry.draft(
        db, f"case-{case_id}", case.text, words, source, now, author=expert, topic=case.topic, variants=variants,
        owner_agency_id=case.keeper_id or await db.scalar(select(Person.agency_id).where(Person.id == expert)),
    )
    case.entry_id = drafted.id
    await db.flush()
    return True


async def _end(db: AsyncSession, case_id: int, **values: object) -> bool:
    ending = update(Case).where(Case.id == case_id, Case.state.in_(OPEN)).values(next_at=None, **values)
    return bool((await db.execute(ending)).rowcount)


async def askers(db: AsyncSession, case_id: int) -> list[tuple[int, int | None]]:
    """(person, identity asked from last) of everybody who asked, once each."""
    asked = select(Question.person_id, Question.identity_id).where(
        Question.case_id == case_id, Question.person_id.is_not(None)
    )
    return list(dict((await db.execute(asked.order_by(Question.id))).all()).items())


async def due(db: AsyncSession, now: datetime) -> Sequence[int]:
    """Cases of which something falls due."""
    return (await db.scalars(select(Case.id).where(Case.next_at <= now).order_by(Case.next_at))).all()


async def take_due(db: AsyncSession, case_id: int, now: datetime, look: datetime) -> Case | None:
    """None when another process has it, or had it already. Until `look` nobody else will."""
    mine = update(Case).where(Case.id == case_id, Case.next_at <= now, Case.state.in_(OPEN)).values(next_at=look)
    if not (await db.execute(mine)).rowcount:
        return None
    return await db.get_one(Case, case_id, populate_existing=True)
