"""A segment as one snapshot sees it: which of its passages are still alive, and what its phrasings weigh."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from knowledge.postings import Postings
from knowledge.segment import SIZE, Segment

K1, B = 0.6, 0.9  # measured on FAQ and statutes, docs/benchmarks.md


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of the base when it was last read whole: rarity of letter groups, and of a passage the mean length in terms
    and the mean number of phrasings."""

    rarity: np.ndarray  # letter group → idf
    mean: float
    phrasings: float

    @classmethod
    def of(cls, segments: Sequence[Segment]) -> "Statistics":
        often = np.zeros(SIZE, dtype=np.int32)
        for s in segments:
            often[s.letters.terms] += np.diff(s.letters.starts).astype(np.int32)
        size = sum(len(s.phrasings) for s in segments)
        count = sum(len(s.ids) for s in segments)
        mean = sum(int(s.lengths.sum()) for s in segments) / count if count else 1.0
        return cls(np.log(1 + (size - often + 0.5) / (often + 0.5)).astype(np.float32), mean, size / max(count, 1))


@dataclass(frozen=True, slots=True)
class Part:
    segment: Segment
    alive: np.ndarray  # bool for each passage
    norms: np.ndarray  # for each phrasing
    rarity: np.ndarray

    @classmethod
    def whole(cls, segment: Segment, statistics: Statistics) -> "Part":
        letters, rarity = segment.letters, statistics.rarity
        squares = np.repeat(rarity[letters.terms] ** 2, np.diff(letters.starts))
        norms = np.sqrt(np.bincount(letters.rows, squares, len(segment.phrasings)) + 1e-9).astype(np.float32)
        return cls(segment, np.ones(len(segment.ids), dtype=bool), norms, rarity)

    @classmethod
    def merge(cls, parts: Sequence["Part"], statistics: Statistics) -> "Part":
        return cls.whole(Segment.merge([part.segment for part in parts], [part.alive for part in parts]), statistics)

    def without(self, gone: Collection[str]) -> "Part":
        hit = [row for row, id in enumerate(self.segment.ids) if id in gone] if gone else []
        if not hit:
            return self
        alive = self.alive.copy()
        alive[hit] = False
        return replace(self, alive=alive)

    def only(self, alive: np.ndarray) -> "Part":
        return replace(self, alive=alive)

    @property
    def size(self) -> int:
        return int(self.alive.sum())

    def ids(self) -> list[str]:
        return [id for id, alive in zip(self.segment.ids, self.alive, strict=True) if alive]

    def bm25(self, view: Postings, terms: np.ndarray, weights: np.ndarray, mean: float) -> np.ndarray:
        """A value for each passage."""
        rows, counts, weight = view.of(terms, weights)
        often = counts.astype(np.float32)
        dampened = often * (K1 + 1) / (often + K1 * (1 - B + B * self.segment.lengths[rows] / mean))
        return np.bincount(rows, weight * dampened, len(self.segment.ids))

    def by_letters(self, ways: Sequence[tuple[np.ndarray, float]]) -> np.ndarray:
        """A value from 0 to 1 for each phrasing; `ways` are (letter groups, share)."""
        total = np.zeros(len(self.segment.phrasings))
        for groups, share in ways:
            weights = self.rarity[groups] ** 2
            rows, _, weight = self.segment.letters.of(groups, weights)
            most = float(np.sqrt(weights.sum())) or 1.0
            total += share * np.bincount(rows, weight, len(total)) / self.norms / most
        return total

    def closest(self, row: int, phrases: np.ndarray) -> str:
        """Which phrasing of the passage the question resembles most."""
        first, last = np.searchsorted(self.segment.owners, (row, row + 1))
        return self.segment.phrasings[first + int(np.argmax(phrases[first:last]))] if last > first else ""
