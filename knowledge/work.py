"""What editors have to do: unanswered questions and answers called wrong, put together, owned, ended with a result."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from db import work as rows
from db.knowledge import Entry, EntryState, Question, Work, WorkKind, WorkState
from knowledge import clustering, content, curate, personal
from knowledge.entry_content import QUESTION, folded
from knowledge.index import Index
from knowledge.saved import load
from knowledge.wrong import Wrong

SETTLED = timedelta(minutes=10)  # in which the asker may still choose, or ask an expert
BACK = timedelta(days=7)  # whoever calls an answer wrong later than that is not heard
EXAMPLES = 10
ENDED = "Việc này đã có người làm xong."


def said(question: Question) -> str:
    """As others may read it."""
    whole = f"{question.follows} – {question.text}" if question.follows else question.text
    return personal.hidden(" ".join(whole.split()))[:500]


async def gather(db: AsyncSession, now: datetime) -> list[tuple[Work, Question]]:
    """Questions asked since the last time become work, or join what is open. Returns what is new."""
    await rows.alone(db)
    found = await rows.unsorted(db, now - BACK, now - SETTLED)
    if not found:
        return []
    missing = [question for question in found if question.decision != "answer"]
    new = await _unanswered(db, missing) if missing else []
    for question in found:
        if question.decision == "answer" and (work := await _called_wrong(db, question)):
            new.append((work, question))
    await db.flush()
    return new


async def _unanswered(db: AsyncSession, questions: Sequence[Question]) -> list[tuple[Work, Question]]:
    known = list(await rows.known(db))
    data = await rows.saved_index(db)
    words, phrasings = [said(q) for q in questions], [[w.text, *w.examples] for w in known]

    def put_together() -> list[clustering.Group]:
        base = load(data, content.abbreviations()) if data else None
        return clustering.put_together(words, phrasings, base or Index.build((), content.abbreviations()))

    new = []
    for number, group in enumerate(await asyncio.to_thread(put_together)):
        joined = [questions[place] for place in group.new]
        if not joined:
            continue
        if number >= len(known):
            known.append(_begun(db, WorkKind.MISSING, joined[0]))
            new.append((known[number], joined[0]))
            await db.flush()
            joined[0].work_id = known[number].id
            joined = joined[1:]
        for question in joined:
            _join(known[number], question)
    return new


async def _called_wrong(db: AsyncSession, question: Question) -> Work | None:
    """One piece of work for an entry; None when it was there."""
    entry_id = question.entry_id or 0
    if work := await rows.about(db, entry_id):
        _join(work, question)
        return None
    work = _begun(db, WorkKind.WRONG, question)
    work.entry_id = entry_id
    await db.flush()
    question.work_id = work.id
    return work


def _begun(db: AsyncSession, kind: WorkKind, question: Question) -> Work:
    work = Work(
        kind=kind, state=WorkState.OPEN, text=said(question), examples=[], count=1, first_at=question.at,
        last_at=question.at,
    )
    db.add(work)
    return work


def _join(work: Work, question: Question) -> None:
    words = said(question)
    known = {folded(phrase) for phrase in (work.text, *work.examples)}
    if folded(words) not in known and len(work.examples) < EXAMPLES:
        work.examples = [*work.examples, words]
    work.count, work.last_at = work.count + 1, max(work.last_at, question.at)
    work.first_at = min(work.first_at, question.at)
    question.work_id = work.id


async def find(db: AsyncSession, work_id: int) -> Work:
    work = await db.get(Work, work_id)
    if work is None:
        raise Wrong(f"Không có việc số {work_id}.", over=True)
    return work


async def take(db: AsyncSession, work_id: int, by: int) -> Work:
    """Whoever takes it owns it, also from somebody else."""
    work = await find(db, work_id)
    await _move(db, work_id, owner_id=by)
    return work


async def write(db: AsyncSession, work_id: int, by: int, now: datetime) -> Entry:
    """A draft entry in the askers' words, for the owner to answer; who asked hears of it when it is published."""
    work = await find(db, work_id)
    if work.kind != WorkKind.MISSING or work.state != WorkState.OPEN:
        raise Wrong(ENDED if work.state != WorkState.OPEN else "Việc này là sửa một mục đã có; vui lòng mở mục đó.")
    phrasings = [words for words in work.examples if "[" not in words]
    change = {"question": work.text[:QUESTION], "variants": phrasings, "topic": work.topic}
    entry, _ = await curate.begin(db, change, by, now, why=f"Từ {work.count} lần hỏi chưa có câu trả lời")
    await _move(db, work_id, owner_id=by, entry_id=entry.id, state=WorkState.WRITING)
    return entry


async def link(db: AsyncSession, work_id: int, entry: Entry, by: int, now: datetime) -> Work:
    """An entry that is served answers it already."""
    if entry.state != EntryState.PUBLISHED:
        raise Wrong(f"Mục {entry.key} chưa được công bố nên chưa trả lời được ai.")
    work = await find(db, work_id)
    if work.kind != WorkKind.MISSING:
        raise Wrong("Việc này là sửa một mục đã có; vui lòng mở mục đó.")
    await _move(db, work_id, entry_id=entry.id, **_end(WorkState.DONE, by, now))
    return work


async def refuse(db: AsyncSession, work_id: int, by: int, reason: str, now: datetime) -> Work:
    """The like of it is not put before anybody again."""
    if len(reason.strip()) < 3:
        raise Wrong("Vui lòng ghi lý do không làm.")
    work = await find(db, work_id)
    await _move(db, work_id, reason=reason.strip(), **_end(WorkState.REFUSED, by, now))
    return work


async def published(db: AsyncSession, entry: Entry, by: int | None, now: datetime) -> list[Work]:
    """What ended with this entry's publication."""
    found = list(await rows.waiting_for(db, entry.id))
    for work in found:
        await _move(db, work.id, **_end(WorkState.DONE, by, now))
    return found


async def given_up(db: AsyncSession, entry: Entry) -> None:
    """The draft is gone: the work is open again."""
    for work in await rows.waiting_for(db, entry.id):
        if work.kind == WorkKind.MISSING:
            await _move(db, work.id, entry_id=None, state=WorkState.OPEN)


def _end(state: WorkState, by: int | None, now: datetime) -> dict[str, object]:
    return {"state": state, "closed_by": by, "closed_at": now}


async def _move(db: AsyncSession, work_id: int, **values: object) -> None:
    if not await rows.move(db, work_id, values):
        raise Wrong(ENDED, over=True)
