"""Phrasings suggested by real questions: people's own words for what an entry turned out to answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from db import entries
from db import phrasings as rows
from db.knowledge import Entry, EntryState, PhrasingState, Question, SuggestedPhrasing, VersionState
from knowledge import curate, entry, golden, personal
from knowledge.calibration import USUAL
from knowledge.catalogue import Snapshot
from knowledge.entry_content import folded, problems
from knowledge.wrong import Wrong

SETTLED = timedelta(minutes=30)  # after which nobody presses another button under an answer
BACK = timedelta(days=30)
UNSURE = 1.25  # helpful answers below this share of the answer threshold were found by luck rather than by words
WORDS = range(3, 31)
WHY = "Cách hỏi từ câu hỏi thật"
MACHINE = "Cách hỏi do máy đề xuất"
DECIDED = "Gợi ý này đã được người khác xử lý."


async def gather(db: AsyncSession, now: datetime) -> int:
    """New suggestions from what was asked; how many."""
    answer = (await rows.thresholds(db) or (USUAL.answer, USUAL.offer))[0]
    new = 0
    for question, entry_id in await rows.answered(db, now - BACK, now - SETTLED, UNSURE * answer):
        question.suggested = True
        new += await suggest(db, question, entry_id)
    await db.flush()
    return new


async def suggest(db: AsyncSession, question: Question, entry_id: int) -> bool:
    """False when it is no phrasing, or known as one."""
    said = " ".join(question.text.split()).rstrip("?!. ")
    key = folded(said)
    if len(key.split()) not in WORDS or len(key) > 300 or personal.holds_any(said):
        return False
    if known := await rows.one(db, entry_id, key):
        known.count, known.last_at = known.count + 1, max(known.last_at, question.at)
        return False
    found = await db.get_one(Entry, entry_id)
    if key in {folded(phrase) for phrase in (found.question, *found.variants)}:
        return False
    db.add(SuggestedPhrasing(entry_id=entry_id, text=said, folded=key, last_at=question.at))
    await db.flush()
    return True


async def of_machine(db: AsyncSession, found: Entry, drafted: Sequence[str], now: datetime) -> list[SuggestedPhrasing]:
    """What a model drafted, marked as such; only a person makes phrasings of it."""
    known = {folded(phrase) for phrase in (found.question, *found.variants)}
    new = []
    for said in drafted:
        key = folded(said)
        if key in known or len(key) > 300 or await rows.one(db, found.id, key) is not None:
            continue
        known.add(key)
        new.append(SuggestedPhrasing(
            entry_id=found.id, text=said.rstrip("?!. "), folded=key, count=0, machine=True, last_at=now
        ))
    db.add_all(new)
    await db.flush()
    return new


@dataclass(frozen=True, slots=True)
class Accepted:
    entry: Entry
    live: bool  # else it waits for a second person


async def accept(
    db: AsyncSession, number: int, by: int | None, now: datetime, base: Snapshot, *, reviews: bool
) -> Accepted:
    """A new version with these words. Who `reviews` entries is the second person already: the first is who asked.
    What a machine drafted nobody asked, so it takes two."""
    suggestion = await _open(db, number)
    found = await entries.locked(db, suggestion.entry_id)
    if found is None or found.state != EntryState.PUBLISHED:
        raise Wrong("Mục này không còn được công bố.", over=True)
    if not await rows.decide(db, number, PhrasingState.ACCEPTED, by, now):
        raise Wrong(DECIDED, over=True)
    why, at_once = MACHINE if suggestion.machine else WHY, reviews and not suggestion.machine
    return Accepted(found, await take_up(db, found, [suggestion.text], by, now, base, reviews=at_once, why=why))


async def take_up(
    db: AsyncSession, found: Entry, phrasings: list[str], by: int | None, now: datetime, base: Snapshot, *,
    reviews: bool, why: str = WHY,
) -> bool:
    """At once when the person reviews; else as a version that waits for a second person, or in their own draft."""
    if reviews:
        await add(db, found, phrasings, by, now, base)
        return True
    draft = await entries.pending(db, found.id)
    begun = draft is not None and draft.state == VersionState.DRAFT
    content = draft.content if draft else entry.plain(found)
    change = {"variants": _with(content["question"], content["variants"], phrasings)}
    version = await curate.write(db, found.id, change, by, now, why=why if draft is None else "")
    if not begun:
        await curate.submit(db, version.id, by, version.why or why, now)
    return False


def _with(question: str, variants: list[str], phrasings: list[str]) -> list[str]:
    known = {folded(phrase) for phrase in (question, *variants)}
    return [*variants, *(phrase for phrase in phrasings if folded(phrase) not in known)]


async def add(
    db: AsyncSession, found: Entry, phrasings: list[str], by: int | None, now: datetime, base: Snapshot
) -> None:
    """At once. What breaks a golden question is refused: it takes the long way, where somebody can say why."""
    content = entry.plain(found) | {"variants": _with(found.question, found.variants, phrasings)}
    if wrong := problems(content, found.key):
        raise Wrong("\n".join(wrong))
    await golden.guard(db, base, [golden.passage(found.key, content)], (), "")
    found.variants = content["variants"]
    await entry.newer(db, found, by, now, why=WHY)


async def refuse(db: AsyncSession, number: int, by: int | None, now: datetime) -> SuggestedPhrasing:
    """For good: the same words are not suggested for this entry again."""
    suggestion = await _open(db, number)
    if not await rows.decide(db, number, PhrasingState.REFUSED, by, now):
        raise Wrong(DECIDED, over=True)
    return suggestion


async def _open(db: AsyncSession, number: int) -> SuggestedPhrasing:
    suggestion = await db.get(SuggestedPhrasing, number)
    if suggestion is None:
        raise Wrong(f"Không có gợi ý số {number}.")
    if suggestion.state != PhrasingState.OPEN:
        raise Wrong(DECIDED, over=True)
    return suggestion
