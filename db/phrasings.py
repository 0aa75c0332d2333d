"""People's words on their way into entries: which questions found their answer, and what is suggested."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.knowledge import (
    Case,
    CaseState,
    Entry,
    EntryState,
    PhrasingState,
    Question,
    SavedIndex,
    SuggestedPhrasing,
)

S = SuggestedPhrasing


async def answered(
    db: AsyncSession, since: datetime, until: datetime, unsure: float, limit: int = 500
) -> list[tuple[Question, int]]:
    """(question, id of its entry): chosen by the asker, told by an expert, or found helpful below the score `unsure`.
    Only of entries that are served; taken under a lock, what another process looks at is left out."""
    served = Case.entry_id.is_not(None), Case.state == CaseState.ANSWERED
    entry = func.coalesce(Case.entry_id, Question.entry_id)
    direct = and_(
        Question.entry_id.is_not(None),
        or_(Question.chosen, and_(Question.helpful.is_(True), Question.score < unsure)),
    )
    rows = (
        select(Question, entry)
        .outerjoin(Case, and_(Case.id == Question.case_id, *served))
        .join(Entry, and_(Entry.id == entry, Entry.state == EntryState.PUBLISHED))
        .where(Question.at > since, Question.at < until, Question.suggested.is_(False), Question.follows.is_(None))
        .where(or_(Case.id.is_not(None), direct))
        .order_by(Question.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Question)
    )
    return [(question, entry_id) for question, entry_id in await db.execute(rows)]


async def thresholds(db: AsyncSession) -> tuple[float, float] | None:
    """(answer, offer) of the base as it was last read."""
    kept = await db.scalar(select(SavedIndex.thresholds).order_by(SavedIndex.id).limit(1))
    return (kept[0], kept[1]) if kept else None


async def one(db: AsyncSession, entry_id: int, folded: str) -> SuggestedPhrasing | None:
    return await db.scalar(select(S).where(S.entry_id == entry_id, S.folded == folded))


async def waiting(db: AsyncSession, limit: int = 50) -> Sequence[Row[Any]]:
    """(SuggestedPhrasing, Entry), what was asked most often first."""
    rows = select(S, Entry).join(Entry, Entry.id == S.entry_id)
    rows = rows.where(S.state == PhrasingState.OPEN, Entry.state == EntryState.PUBLISHED)
    return (await db.execute(rows.order_by(S.count.desc(), S.id).limit(limit))).all()


async def how_many(db: AsyncSession) -> int:
    rows = select(func.count()).select_from(S).join(Entry, Entry.id == S.entry_id)
    return await db.scalar(rows.where(S.state == PhrasingState.OPEN, Entry.state == EntryState.PUBLISHED)) or 0


async def decide(
    db: AsyncSession, number: int, state: PhrasingState, by: int | None, now: datetime
) -> bool:
    """False when somebody was faster."""
    same = update(S).where(S.id == number, S.state == PhrasingState.OPEN)
    done = await db.execute(same.values(state=state, decided_by=by, decided_at=now))
    return done.rowcount == 1
