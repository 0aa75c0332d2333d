"""Inverted lists as three flat arrays: which rows have a term, and how often. Never changed once built."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOST = 255  # a term counts at most so often in one row


@dataclass(frozen=True, slots=True)
class Postings:
    """`terms` sorted and unique (int64); term i stands in `rows[starts[i]:starts[i + 1]]`, `counts` times each."""

    terms: np.ndarray
    starts: np.ndarray
    rows: np.ndarray  # int32
    counts: np.ndarray  # uint8

    @classmethod
    def build(cls, terms: np.ndarray, rows: np.ndarray, size: int) -> "Postings":
        """From one (term, row) for every occurrence; `size` rows in all."""
        both, counts = np.unique(_joined(terms, rows, size), return_counts=True)
        return cls._of(both, np.minimum(counts, MOST).astype(np.uint8), size)

    @classmethod
    def merge(cls, parts: Sequence["Postings"], places: Sequence[np.ndarray], size: int) -> "Postings":
        """One of several. `places[i]` says where part i's rows went, -1 for those left out."""
        terms = np.concatenate([np.repeat(p.terms, np.diff(p.starts)) for p in parts])
        rows = np.concatenate([place[p.rows] for p, place in zip(parts, places, strict=True)])
        counts = np.concatenate([p.counts for p in parts])
        kept = rows >= 0
        both = _joined(terms[kept], rows[kept], size)
        order = np.argsort(both, kind="stable")
        return cls._of(both[order], counts[kept][order], size)

    @classmethod
    def _of(cls, both: np.ndarray, counts: np.ndarray, size: int) -> "Postings":
        terms, starts = np.unique(both // max(size, 1), return_index=True)
        rows = (both % max(size, 1)).astype(np.int32)
        return cls(terms, np.append(starts, len(both)).astype(np.int64), rows, counts)

    def frequency(self, terms: np.ndarray) -> np.ndarray:
        """In how many rows each term stands."""
        if not len(self.terms):
            return np.zeros(len(terms), dtype=np.int64)
        at, there = self._find(terms)
        return np.where(there, self.starts[at + 1] - self.starts[at], 0)

    def _find(self, terms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        at = np.minimum(np.searchsorted(self.terms, terms), max(len(self.terms) - 1, 0))
        return at, (self.terms[at] == terms) if len(self.terms) else np.zeros(len(terms), bool)

    def of(self, terms: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(rows, counts, weight of the term) of every occurrence of the asked terms."""
        at, there = self._find(terms)
        at, weights = at[there], weights[there]
        slices = [slice(self.starts[i], self.starts[i + 1]) for i in at]
        if not slices:
            return np.zeros(0, np.int32), np.zeros(0, np.uint8), np.zeros(0)
        long = [s.stop - s.start for s in slices]
        rows = np.concatenate([self.rows[s] for s in slices])
        return rows, np.concatenate([self.counts[s] for s in slices]), np.repeat(weights, long)


def _joined(terms: np.ndarray, rows: np.ndarray, size: int) -> np.ndarray:
    """One sortable number for both: a term takes at most 41 bits, so a segment may have four million rows."""
    return terms.astype(np.int64) * max(size, 1) + rows
