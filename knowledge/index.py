"""The search index: an immutable snapshot of the passages that may be answered from.

Four views of a question are scored and added: syllables and their pairs with diacritics (BM25), the same folded
(BM25), folded letter groups against the whole entry, and against its single phrasings (the best one counts). Each view
is divided by the greatest score this question could reach in it, so that one threshold fits all questions.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from knowledge import text
from knowledge.abbreviations import Abbreviations, plain_numbers

K1, B = 0.8, 0.75
GRAMS = (2, 3, 4)
SAME_WORDS = 0.1  # who asks in a phrasing's own words means that passage, however well another fits
WEIGHTS = {"marked": 1.0, "folded": 1.0, "letters": 0.7, "phrasing": 1.8}


@dataclass(frozen=True, slots=True)
class Passage:
    """What is searched: an entry with its phrasings, or an article of a statute (no variants)."""

    id: str
    title: str
    text: str
    variants: tuple[str, ...] = ()

    @property
    def phrasings(self) -> tuple[str, ...]:
        return (self.title, *self.variants)


@dataclass(frozen=True, slots=True)
class Hit:
    """`score` lies between 0 and 1 and compares between questions; `phrasing` is the closest one of the passage."""

    id: str
    score: float
    phrasing: str


Terms = Callable[[str], list[str]]


def _marked(passage: str) -> list[str]:
    return _with_pairs(text.syllables(passage))


def _folded(passage: str) -> list[str]:
    return _with_pairs(text.folded_syllables(passage))


def _with_pairs(words: list[str]) -> list[str]:
    return [*words, *(f"{a} {b}" for a, b in pairwise(words))]


def _letters(passage: str) -> list[str]:
    joined = f" {' '.join(text.folded_syllables(passage))} "
    return [joined[i : i + n] for n in GRAMS for i in range(len(joined) - n + 1)]


class _View:
    """One inverted list: term → rows and weights. With `k1` BM25, without it cosine of log counts."""

    def __init__(self, documents: Iterable[str], terms: Terms, *, bm25: bool) -> None:
        self._terms = terms
        counted = [Counter(terms(d)) for d in documents]
        self.size = len(counted)
        lengths = np.array([max(1, sum(c.values())) for c in counted], dtype=np.float64)
        rows: dict[str, list[int]] = defaultdict(list)
        counts: dict[str, list[int]] = defaultdict(list)
        for row, counter in enumerate(counted):
            for term, count in counter.items():
                rows[term].append(row)
                counts[term].append(count)
        self._idf = {t: float(np.log(1 + (self.size - len(r) + 0.5) / (len(r) + 0.5))) for t, r in rows.items()}
        self._unknown = float(np.log(1 + self.size * 2))  # a term nobody writes counts against every passage
        mean = float(lengths.mean()) if self.size else 1.0
        self._lists: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        squares = np.zeros(self.size)
        for term, found in rows.items():
            at, tf = np.array(found), np.array(counts[term], dtype=np.float64)
            idf = self._idf[term]
            if bm25:
                weight = idf * tf * (K1 + 1) / (tf + K1 * (1 - B + B * lengths[at] / mean))
            else:
                weight = idf * (1 + np.log(tf))
                squares[at] += weight**2
            self._lists[term] = (at, weight)
        if not bm25:
            norm = np.sqrt(np.maximum(squares, 1e-9))
            self._lists = {t: (at, w / norm[at]) for t, (at, w) in self._lists.items()}
        self._bm25 = bm25

    def scores(self, question: str) -> np.ndarray:
        """One value a document, 0 to about 1."""
        out = np.zeros(self.size)
        counted = Counter(self._terms(question))
        most = 0.0
        for term, count in counted.items():
            idf = self._idf.get(term, self._unknown)
            ours = min(count, 2) if self._bm25 else idf * (1 + np.log(count))
            most += ours * idf if self._bm25 else ours**2
            if term in self._lists:
                at, weight = self._lists[term]
                out[at] += weight * ours
        return out / (most if self._bm25 else np.sqrt(most)) if most else out


class Index:
    """Built whole from passages; searching changes nothing."""

    def __init__(self, passages: Sequence[Passage], abbreviations: Sequence[dict] = ()) -> None:
        self.passages = tuple(passages)
        whole = [plain_numbers(" \n ".join((p.title, *p.phrasings, p.text))) for p in self.passages]
        self._abbreviations = Abbreviations(abbreviations, _written_short(self.passages))
        self._marked = _View(whole, _marked, bm25=True)
        self._folded = _View(whole, _folded, bm25=True)
        self._letters = _View(whole, _letters, bm25=False)
        owned = [(row, phrase) for row, p in enumerate(self.passages) for phrase in p.phrasings if phrase]
        self._owners = np.array([row for row, _ in owned], dtype=np.int64)
        self._phrases = [phrase for _, phrase in owned]
        spelt = [self._abbreviations.spelt_out(phrase) for phrase in self._phrases]
        self._phrasing = _View(spelt, _letters, bm25=False)

    def search(self, question: str, limit: int = 10) -> list[Hit]:
        """Best first."""
        if not self.passages or not text.syllables(question):
            return []
        spelt = self._abbreviations.spelt_out(question)
        marked = any(text.fold(s) != s for s in text.PIECE.findall(text.normal(question)))
        by_phrase = self._phrasing.scores(spelt)
        best = np.zeros(len(self.passages))
        np.maximum.at(best, self._owners, by_phrase + SAME_WORDS * (by_phrase > 0.999))
        weights = {**WEIGHTS, "marked": WEIGHTS["marked"] if marked else 0.0}
        total = (
            weights["marked"] * self._marked.scores(spelt)
            + weights["folded"] * self._folded.scores(spelt)
            + weights["letters"] * self._letters.scores(spelt)
            + weights["phrasing"] * best
        ) / sum(weights.values())
        first = np.argsort(-total, kind="stable")[:limit]
        return [
            Hit(self.passages[row].id, float(total[row]), self._closest(int(row), by_phrase))
            for row in first
            if total[row] > 0
        ]

    def _closest(self, row: int, by_phrase: np.ndarray) -> str:
        mine = np.flatnonzero(self._owners == row)
        return self._phrases[int(mine[np.argmax(by_phrase[mine])])] if len(mine) else self.passages[row].title


def _written_short(passages: Iterable[Passage]) -> frozenset[str]:
    """Words the passages write in capitals inside running text (VNeID, OTP)."""
    words = (word for p in passages for word in text.PIECE.findall(p.text))
    found = Counter(word for word in words if sum(letter.isupper() for letter in word) > 1)
    return frozenset(text.fold(word) for word, count in found.items() if count >= 3)
