"""What to do with a question: answer it, offer up to three candidates, or be silent. Pure."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from knowledge import text
from knowledge.calibration import USUAL, Thresholds
from knowledge.index import Hit, Index

CLEAR = 0.06  # by how much the first must lead the second to be the answer
NEAR = 0.62  # candidates score at least this share of the best
OFFERED = 3
QUOTE = 0.35  # score from which a passage of a statute is quoted: 95 % of foreign questions stay under it (ALQAC 2022)
QUOTES = 3
SHORT = 3  # syllables of a question that resembles too much to be answered outright, unless it is most of a phrasing
FEWEST_WORDS = 3  # of a question that statutes are searched for
ABOUT = 1.6  # a question about a brief means that brief's entries, unless another fits far better
POLITE = re.compile(r"^(da|a|ad|em|minh|cho|toi|hoi|xin|xiu|chut|oi|loa|bot|ban|cau|anh|chi|bac|voi|nhe|nha)$")


class Kind(StrEnum):
    ANSWER = "answer"
    CANDIDATES = "candidates"
    NONE = "none"
    SMALLTALK = "smalltalk"
    QUOTE = "quote"  # no entry, but a passage of a statute


@dataclass(frozen=True, slots=True)
class Decision:
    """`hits`, best first, are what would be offered next; `said` is small talk's answer."""

    kind: Kind
    hits: tuple[Hit, ...] = ()
    said: str = ""

    @property
    def best(self) -> Hit | None:
        return self.hits[0] if self.hits else None


def decide(
    index: Index, question: str, smalltalk: Mapping[str, str], about: Collection[str] = frozenset(),
    thresholds: Thresholds = USUAL, fits: Callable[[Hit], bool] | None = None,
    again: Callable[[list[Hit]], list[Hit]] | None = None,
) -> Decision:
    """`about` are ids of passages the question is likely to mean; only what `fits` is answered or offered; `again` may
    put hits in another order."""
    if said := small(question, smalltalk):
        return Decision(Kind.SMALLTALK, said=said)
    hits = index.search(question, 20 if about else 10)
    if about:
        lifted = [replace(h, score=min(1.0, h.score * ABOUT)) if h.id in about else h for h in hits]
        hits = sorted(lifted, key=lambda h: -h.score)
    if fits is not None:
        hits = [hit for hit in hits if fits(hit)]
    if not hits or hits[0].score < thresholds.offer:
        return Decision(Kind.NONE, tuple(hits[:1]))
    if again is not None:
        hits = again(hits)
    near = tuple(h for h in hits if h.score >= thresholds.offer and h.score >= NEAR * hits[0].score)
    lead = hits[0].score - (hits[1].score if len(hits) > 1 else 0.0)
    if hits[0].score >= thresholds.answer and lead >= CLEAR and _says_enough(question, hits[0]):
        return Decision(Kind.ANSWER, near)
    return Decision(Kind.CANDIDATES, near[:OFFERED])


def _says_enough(question: str, hit: Hit) -> bool:
    asked = text.folded_syllables(question)
    return len(asked) > SHORT or 2 * len(asked) >= len(text.folded_syllables(hit.phrasing))


def quotable(index: Index, question: str) -> tuple[Hit, ...]:
    """Passages that fit well enough to be shown to who asked, best first."""
    if len(text.folded_syllables(question)) < FEWEST_WORDS:
        return ()
    return tuple(hit for hit in index.search(question, QUOTES) if hit.score >= QUOTE)


def small(question: str, smalltalk: Mapping[str, str]) -> str:
    """Small talk, said plainly or with a polite word around it; "" when it is a question."""
    words = text.folded_syllables(question)
    if not words:
        return ""
    if said := smalltalk.get(" ".join(words)):
        return said
    while words and POLITE.match(words[-1]) and len(words) > 1:
        words = words[:-1]
    return smalltalk.get(" ".join(words), "")


def has_words(question: str) -> bool:
    """Whether there is anything to search for (not only emoji, signs, other scripts)."""
    return any(re.search(r"[a-z0-9]", syllable) for syllable in text.folded_syllables(question))
