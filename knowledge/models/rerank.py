"""The five best of the lexical engine, put in order again by an encoder. The best score stays what it was, so that the
calibrated thresholds hold."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from knowledge import text
from knowledge.index import Hit, Passage
from knowledge.models import Encoder
from knowledge.models.rest import Resting

FIVE = 5
WEIGHT = 4.0  # of a cosine beside a lexical score: measured, docs/benchmarks.md
TEXT = 600  # characters of an answer that are read


class Reranker:
    """`learn` reads passages beforehand; a question about passages not read yet keeps its order."""

    def __init__(self, encoder: Encoder, rest: Resting | None = None) -> None:
        self._encoder, self._rest = encoder, rest or Resting("reranking")
        self._known: dict[str, tuple[int, np.ndarray]] = {}  # id → (of which text, its question and its whole)
        self._asked = lru_cache(maxsize=512)(self._vector)

    def learn(self, passages: Sequence[Passage], most: int = 16) -> int:
        """Reads so many of those that are new or changed; how many are left. Forgets the others."""
        wanted = {p.id: (hash((p.title, p.text)), p) for p in passages}
        self._known = {id: kept for id, kept in self._known.items() if id in wanted and wanted[id][0] == kept[0]}
        missing = [(mark, p) for id, (mark, p) in wanted.items() if id not in self._known]
        now = missing[:most]
        if now and (rows := self._rest.attempt(lambda: self._read([p for _, p in now]))) is not None:
            self._known |= {p.id: (mark, row) for (mark, p), row in zip(now, rows, strict=True)}
            return len(missing) - len(now)
        return len(missing)

    def _read(self, passages: Sequence[Passage]) -> np.ndarray:
        titles = self._encoder.questions([p.title or p.text[:TEXT] for p in passages])
        wholes = self._encoder.passages([f"{p.title}\n{p.text}"[:TEXT] for p in passages])
        return np.stack((titles, wholes), axis=1)

    def _vector(self, question: str) -> np.ndarray:
        return self._encoder.questions([question])[0]

    def order(self, typed: str, meant: str, hits: Sequence[Hit]) -> list[Hit]:
        """`meant` is the question restored. Who asks in a phrasing's own words has the first place already."""
        five = list(hits[:FIVE])
        if len(five) < 2 or any(hit.id not in self._known for hit in five) or _same_words((typed, meant), five[0]):
            return list(hits)
        asked = self._rest.attempt(lambda: self._asked(meant))
        if asked is None:
            return list(hits)
        near = np.array([(self._known[hit.id][1] @ asked).mean() for hit in five])
        both = np.array([hit.score for hit in five]) + WEIGHT * near
        shifted = both - both.max() + max(hit.score for hit in five)
        again = [replace(hit, score=float(s)) for hit, s in zip(five, shifted, strict=True)]
        return sorted([*again, *hits[FIVE:]], key=lambda hit: -hit.score)


def _same_words(questions: Sequence[str], hit: Hit) -> bool:
    said = text.folded_syllables(text.spelt(hit.phrasing))
    return any(text.folded_syllables(text.spelt(question)) == said for question in questions)
