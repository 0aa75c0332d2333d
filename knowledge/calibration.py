"""Where "answer" and "offer" begin for this base: learned from its own phrasings, again at every change.

A phrasing asked of a base that holds the half of its entry's others that are least like it shows what scores right
answers get: one editor's phrasings resemble each other more than a stranger's question resembles any, and with all of
them kept the thresholds would silence real questions (docs/benchmarks.md). The best score of another entry shows what
questions get that have no answer here, the hardest of them: on the same subjects.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge import text
from knowledge.index import Index, Passage

SAMPLE = 200  # phrasings asked, in two thirds of a second; twice as many move the thresholds by .01
WRONG = 0.4  # share of questions' best other entries that would be answered, were they first: it shows the match
LOST = 0.05  # share of the answerable that may get no offer
FEWEST = 20  # entries with phrasings below which the defaults are better: too few near twins to learn from


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Scores from which a hit is the answer, and from which it is offered as a candidate."""

    answer: float = 0.47
    offer: float = 0.27


USUAL = Thresholds()


def calibrate(passages: Sequence[Passage], index: Index) -> Thresholds:
    """`index` holds these passages. Deterministic."""
    phrased = [p for p in passages if len(p.variants) > 1]
    if len(phrased) < FEWEST:
        return USUAL
    asked = [(p, variant) for p in phrased for variant in p.variants]
    asked = asked[:: max(1, len(asked) // SAMPLE)]
    right, missing = _scores(asked, index)
    answer = float(np.quantile(missing, 1 - WRONG))
    offer = float(min(np.quantile(right, LOST), answer))
    return Thresholds(round(answer, 4), round(offer, 4))


def _scores(asked: Sequence[tuple[Passage, str]], index: Index) -> tuple[list[float], list[float]]:
    right, missing = [], []
    for passage, variant in asked:
        without = index.changed([Passage(passage.id, passage.title, passage.text, _least_like(variant, passage))])
        for hit in without.search(variant, 2):
            (right if hit.id == passage.id else missing).append(hit.score)
    return right, missing


def _least_like(asked: str, passage: Passage) -> tuple[str, ...]:
    others = sorted((v for v in passage.variants if v != asked), key=lambda v: _shared(asked, v))
    return tuple(others[: len(others) // 2])


def _shared(one: str, other: str) -> float:
    """Share of the syllables of both that are in each, 0 to 1."""
    a, b = set(text.folded_syllables(one)), set(text.folded_syllables(other))
    return len(a & b) / max(1, len(a | b))
