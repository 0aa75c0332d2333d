"""Whether what somebody writes is answered already: two entries that answer one question get in each other's way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.catalogue import Snapshot
from knowledge.entry import Standing, standing
from knowledge.entry_content import Content

FEWEST_WORDS = 2


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A served entry, the phrasing of the draft it answers, and how well."""

    entry_id: int
    key: str
    question: str
    phrasing: str
    score: float


def find(base: Snapshot, content: Content, key: str, today: date) -> Duplicate | None:
    """What answers the question, else what answers one of the other phrasings best, from the score on from which it
    would be given as the answer. `key`: the entry being written."""
    by_question = _best(base, [content["question"]], key, today)
    return by_question or _best(base, content["variants"], key, today)


def _best(base: Snapshot, phrasings: Sequence[str], key: str, today: date) -> Duplicate | None:
    found = []
    for phrasing in phrasings:
        if len(phrasing.split()) < FEWEST_WORDS:
            continue
        for hit in base.index.search(phrasing, 4):
            entry = base.entries.get(hit.id)
            if entry is None or hit.id == key or standing(entry, today) != Standing.NOW:
                continue
            if hit.score >= base.thresholds.answer:
                found.append(Duplicate(entry.id, entry.key, entry.question, phrasing, hit.score))
            break
    return max(found, key=lambda one: one.score) if found else None
