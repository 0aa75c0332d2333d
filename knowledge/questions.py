"""What was asked: recorded with what Loa did, judged by who asked, counted so that nobody floods."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.knowledge import Entry, Question
from knowledge.answer import Decision

A_MINUTE = 20  # questions one person may ask in a minute


async def too_many(db: AsyncSession, person_id: int, now: datetime) -> bool:
    recent = select(func.count()).where(Question.person_id == person_id, Question.at > now - timedelta(minutes=1))
    return (await db.scalar(recent) or 0) >= A_MINUTE


async def record(
    db: AsyncSession, person_id: int | None, identity_id: int | None, text: str, decision: Decision,
    entry: Entry | None, now: datetime, *, brief_id: int | None = None,
) -> Question:
    question = Question(
        person_id=person_id, identity_id=identity_id, text=text[:2000], decision=decision.kind,
        entry_id=entry.id if entry else None, candidates=[hit.id for hit in decision.hits],
        score=decision.best.score if decision.best else None, brief_id=brief_id, at=now,
    )
    db.add(question)
    await db.flush()
    return question


async def mine(db: AsyncSession, question_id: str, person_id: int | None) -> Question | None:
    """The question, if this person asked it."""
    if not question_id.isdigit() or person_id is None:
        return None
    return await db.scalar(select(Question).where(Question.id == int(question_id), Question.person_id == person_id))
