"""The search index: a snapshot of the passages that may be answered from. A change makes a new one and shares the rest.

Three views of a question are scored and added: syllables and their pairs with diacritics, restored (BM25); the same
folded, restored and as typed (BM25); letter groups against single phrasings (cosine; the best phrasing counts). Each
is divided by the greatest score this question could reach in it, so that one threshold fits all questions.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from knowledge import manners, text
from knowledge.abbreviations import Abbreviations
from knowledge.parts import Part, Statistics
from knowledge.postings import Postings
from knowledge.restorer import Restorer
from knowledge.segment import Passage, Segment, grams
from knowledge.vocabulary import UNKNOWN, Vocabulary, codes

__all__ = ["Background", "Hit", "Index", "Passage"]

AS_MEANT = 0.6  # share of the restored question where it differs from the typed one
SAME_WORDS = 0.8  # who asks in a phrasing's own words means that passage, however well another fits
MOST_PARTS = 8  # small ones are merged beyond this
READ = 15_000  # passages read into one part
LONG = 200  # terms: passages longer than this on average are statutes


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the three views. A question resembles the phrasing of an entry, but hardly the heading of an article."""

    marked: float
    folded: float
    phrasing: float


STATUTES = Weights(1.0, 1.0, 0.5)
SEVERAL = 1.5  # phrasings a passage: somebody curates them
ONE_PHRASING = 1.4  # weight of the phrasing of an entry that has no other; the best of many fits by chance


def _weights(statistics: Statistics) -> Weights:
    if statistics.mean > LONG and statistics.phrasings < SEVERAL:
        return STATUTES
    return Weights(1.0, 1.0, ONE_PHRASING / max(1.0, statistics.phrasings) ** 0.5)


@dataclass(frozen=True, slots=True)
class Hit:
    """`score` lies between 0 and about 1 and compares between questions; `phrasing` is the passage's closest one."""

    id: str
    score: float
    phrasing: str


@dataclass(frozen=True, slots=True)
class Background:
    """Text that is no answer but shows how syllables follow each other, for small bases."""

    counts: Postings
    size: int

    @classmethod
    def read(cls, passages: Sequence[Passage], vocabulary: Vocabulary) -> "Background":
        return cls(Segment.read(passages, vocabulary).marked, len(passages))


class Index:
    """`Index.build(passages)`; then `search`. `changed` gives the next snapshot, without reading the rest again."""

    def __init__(
        self, parts: Sequence[Part], statistics: Statistics, vocabulary: Vocabulary, abbreviations: Abbreviations,
        background: Background | None = None, weights: Weights | None = None,
    ) -> None:
        self.parts, self.statistics, self.vocabulary = tuple(parts), statistics, vocabulary
        self.abbreviations, self.background = abbreviations, background
        self.size = sum(part.size for part in self.parts)
        self.weights = weights or _weights(statistics)
        total = self.size + (background.size if background else 0)
        self.restorer = Restorer(vocabulary, self._how_often, total, abbreviations.of)

    @classmethod
    def build(
        cls, passages: Sequence[Passage], abbreviations: Sequence[Mapping[str, Any]] = (),
        background: Sequence[Passage] = (), weights: Weights | None = None,
    ) -> "Index":
        """Without `weights`, what the passages look like decides: entries or statutes."""
        vocabulary = Vocabulary()
        behind = Background.read(background, vocabulary) if background else None
        chunks = [passages[i : i + READ] for i in range(0, len(passages), READ)]
        segments = [Segment.read(chunk, vocabulary) for chunk in chunks]
        statistics = Statistics.of(segments)
        short = Abbreviations(abbreviations, (phrase for s in segments for phrase in s.phrasings))
        return cls([Part.whole(s, statistics) for s in segments], statistics, vocabulary, short, behind, weights)

    def changed(self, passages: Sequence[Passage], removed: Collection[str] = ()) -> "Index":
        """With these passages new or in place of older ones, and without the removed."""
        gone = {*removed, *(p.id for p in passages)}
        parts = [part.without(gone) for part in self.parts]
        if passages:
            parts.append(Part.whole(Segment.read(passages, self.vocabulary), self.statistics))
        if len(parts) > MOST_PARTS:
            parts = _fewer(parts, self.statistics)
        statistics = self.statistics if self.size else Statistics.of([part.segment for part in parts])
        return Index(parts, statistics, self.vocabulary, self.abbreviations, self.background, self.weights)

    @cached_property
    def ids(self) -> frozenset[str]:
        return frozenset(id for part in self.parts for id in part.ids())

    def _how_often(self, terms: np.ndarray) -> np.ndarray:
        behind = self.background.counts.frequency(terms) if self.background else 0
        return sum((part.segment.marked.frequency(terms) for part in self.parts), np.zeros(len(terms))) + behind

    def understood(self, question: str) -> str:
        """The question as restored, for people who want to know why."""
        words = manners.without(text.PIECE.findall(text.spelt(question[: text.LONGEST])))
        return " ".join(text.readable(s) for s in self.restorer.restore(" ".join(words)))

    def search(self, question: str, limit: int = 10) -> list[Hit]:
        """Best first."""
        asked = text.spelt(question[: text.LONGEST])
        typed = manners.without([text.canonical(word) for word in text.PIECE.findall(asked)][: text.MOST_WORDS])
        if not typed or not self.size:
            return []
        meant = self.restorer.restore(" ".join(typed))
        ways = [([text.fold(s) for s in meant], AS_MEANT), ([text.fold(s) for s in typed], 1 - AS_MEANT)]
        if ways[0][0] == ways[1][0]:
            ways = [(ways[0][0], 1.0)]
        marked = self._terms("marked", [self.vocabulary.number(s) for s in meant])
        folded = [(self._terms("folded", [self.vocabulary.fold(f) for f in folds]), share) for folds, share in ways]
        letters = [(np.unique(grams(" ".join(folds))), share) for folds, share in ways]
        found: list[Hit] = []
        for part in self.parts:
            phrases = part.by_letters(letters)
            best = np.zeros(len(part.segment.ids))
            np.maximum.at(best, part.segment.owners, phrases + SAME_WORDS * (phrases > 0.999))
            total = self.weights.phrasing * best + self.weights.marked * self._bm25(part, "marked", marked)
            for terms, share in folded:
                total += self.weights.folded * share * self._bm25(part, "folded", terms)
            total *= part.alive / (self.weights.marked + self.weights.folded + self.weights.phrasing)
            rows = _greatest(total, limit)
            found += [Hit(part.segment.ids[r], float(total[r]), part.closest(r, phrases)) for r in rows]
        return sorted(found, key=lambda hit: -hit.score)[:limit]

    def _terms(self, view: str, numbers: Sequence[int | None]) -> tuple[np.ndarray, np.ndarray]:
        """Codes of the question's terms and their weights, the greatest possible score being one."""
        terms, counts = np.unique(codes([UNKNOWN if n is None else n for n in numbers]), return_counts=True)
        often = sum((getattr(part.segment, view).frequency(terms) for part in self.parts), np.zeros(len(terms)))
        # A term nobody writes counts against every passage.
        idf = np.where(often > 0, np.log(1 + (self.size - np.minimum(often, self.size) + 0.5) / (often + 0.5)),
                       np.log(1 + 2 * self.size))
        weights = idf * np.minimum(counts, 2)
        return terms, weights / max(float(weights.sum()), 1e-9)

    def _bm25(self, part: Part, view: str, terms: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        return part.bm25(getattr(part.segment, view), *terms, self.statistics.mean)


def _greatest(scores: np.ndarray, limit: int) -> list[int]:
    """Rows of the greatest scores above zero, ties by row."""
    if len(scores) > 4 * limit:
        floor = np.partition(scores, -limit)[-limit]
        rows = np.flatnonzero(scores >= max(floor, 1e-12))
    else:
        rows = np.flatnonzero(scores > 0)
    return [int(r) for r in rows[np.argsort(-scores[rows], kind="stable")][:limit]]


def _fewer(parts: Sequence[Part], statistics: Statistics) -> list[Part]:
    """The large ones as they are, all small ones in one."""
    limit = max(part.size for part in parts) // 4
    small = [part for part in parts if part.size <= limit]
    large = [part for part in parts if part.size > limit]
    return [*large, Part.merge(small, statistics)] if len(small) > 1 else list(parts)
