"""What a question is about and whom it is handed to: the subject's words, the nearest entry, the asker's agency."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.knowledge import Case, Entry, Question
from db.people import Person
from knowledge import routing
from knowledge.routing import Wanted
from network import people, topics
from network.roles import Permission

SPECIALISTS = ("expert", "spokesperson")
RESEMBLES = 0.25  # score from which the nearest entry says what a question is about


@dataclass(frozen=True, slots=True)
class Subject:
    topic: str | None = None
    keeper_id: int | None = None


async def subject_of(db: AsyncSession, question: Question) -> Subject:
    """By the topics' own words, else by the entry that came nearest; its owner keeps the subject."""
    named = topics.suggest(question.text) or topics.suggest(question.follows or "")
    near = await _nearest(db, question)
    topic = named[0] if named else near.topic if near else None
    keeper = near.owner_agency_id if near and (not named or near.topic == topic) else None
    return Subject(topic, keeper)


async def _nearest(db: AsyncSession, question: Question) -> Entry | None:
    if not question.candidates or (question.score or 0.0) < RESEMBLES:
        return None
    return await db.scalar(select(Entry).where(Entry.key == str(question.candidates[0])))


async def ranked(db: AsyncSession, case: Case, besides: int | None = None) -> list[int]:
    """Who may answer, best first, but not `besides` and not who asked; specialists where there are any."""
    return await find(db, Subject(case.topic, case.keeper_id), case.asked_by, besides)


async def find(db: AsyncSession, subject: Subject, asked_by: int | None, besides: int | None = None) -> list[int]:
    able = [p for p in await people.with_permission(db, Permission.ANSWER_CASES) if p.id != besides]
    chosen = [p for p in able if p.role in SPECIALISTS and p.id != asked_by] or [p for p in able if p.id != asked_by]
    asker = await db.get(Person, asked_by) if asked_by else None
    wanted = Wanted(
        subject.topic, await routing.path_of(db, subject.keeper_id),
        await routing.path_of(db, asker.agency_id) if asker else "", asker.province_code if asker else None,
    )
    return routing.rank(await routing.experts(db, chosen), wanted)
