"""What was asked: recorded with what Loa did, judged by who asked, counted so that nobody floods."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import webhooks
from db.knowledge import Entry, Question
from db.webhooks import Event
from knowledge import personal, turn
from knowledge.answer import Kind
from knowledge.turn import Asked

A_MINUTE = 20  # questions one person may ask in a minute
A_TURN = timedelta(minutes=15)  # after that a question is no longer taken to go on from the one before
BACK = 5  # questions looked back for a subject


@dataclass(frozen=True, slots=True)
class Before:
    """What was asked just before: the question whose subject still holds, and the brief it was about."""

    text: str = ""
    brief_id: int | None = None


async def before(db: AsyncSession, person_id: int | None, identity_id: int | None, now: datetime) -> Before:
    """Of this identity alone: who changes to another phone begins anew."""
    if person_id is None:
        return Before()
    here = (Question.person_id == person_id, Question.identity_id == identity_id, Question.at > now - A_TURN)
    latest = select(Question).where(*here).order_by(Question.at.desc(), Question.id.desc()).limit(BACK)
    for question in await db.scalars(latest):
        if said := question.follows or turn.subject("", question.text):
            return Before(said, question.brief_id)
    return Before()


async def too_many(db: AsyncSession, person_id: int, now: datetime) -> bool:
    recent = select(func.count()).where(Question.person_id == person_id, Question.at > now - timedelta(minutes=1))
    return (await db.scalar(recent) or 0) >= A_MINUTE


async def record(
    db: AsyncSession, person_id: int | None, identity_id: int | None, asked: Asked, entry: Entry | None,
    now: datetime, *, brief_id: int | None = None,
) -> Question:
    decision = asked.decision
    question = Question(
        person_id=person_id, identity_id=identity_id, text=asked.text[:2000], follows=asked.follows[:2000] or None,
        decision=decision.kind,
        entry_id=entry.id if entry else None, candidates=[hit.id for hit in decision.hits],
        score=decision.best.score if decision.best else None, brief_id=brief_id, at=now,
    )
    db.add(question)
    await db.flush()
    if decision.kind == Kind.NONE:
        said = {"question": question.id, "text": personal.hidden(question.text)}
        await webhooks.happened(db, Event.QUESTION_UNANSWERED, said, now)
    return question


async def mine(db: AsyncSession, question_id: str, person_id: int | None) -> Question | None:
    """The question, if this person asked it."""
    if not question_id.isdigit() or person_id is None:
        return None
    return await db.scalar(select(Question).where(Question.id == int(question_id), Question.person_id == person_id))
