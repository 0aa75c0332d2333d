"""What was meant: diacritics put back, Telex keys, typing errors, glued words and abbreviations read.

Every word has readings with a cost; the cheapest way through all of them wins, by how often the base (and the
background list) writes two syllables after each other. Nothing is learned beforehand: the counts are the index's own
postings, so a published entry is known at once.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from knowledge import telex, text
from knowledge.syllable import possible, possible_plain
from knowledge.vocabulary import UNKNOWN, Vocabulary, pairs

TOGETHER = 0.85  # share of the neighbour in a syllable's likelihood; the rest is how common it is at all
READINGS = 10  # of one word that are followed up
MARKS_LOST = 2.0  # a word without marks among words with marks (nats)
TONE_WRONG = 4.0
KEYS = 1.0
SHORT, SHORT_KNOWN = 1.0, 3.0
GLUED, APART = 3.0, 3.0
ERROR = 5.0
STRANGE = 9.0  # a word nobody ever wrote, and no Vietnamese syllable
NEW, NEW_PLAIN = 1.0, 4.0  # a syllable that the base does not know, typed with marks or without
LONGEST_WORD = 20  # letters: longer ones are no typing errors, and the ways to mend them grow with the square
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Reading:
    """Syllables a piece of the question may mean, and what it costs to believe so (nats)."""

    syllables: tuple[str, ...]
    cost: float
    words: int = 1  # how many words of the question it covers


class Restorer:
    """`frequency` says for term codes how many passages have them; `total` how many passages there are."""

    def __init__(
        self, vocabulary: Vocabulary, frequency: Callable[[np.ndarray], np.ndarray], total: int,
        meanings: Callable[..., Sequence[tuple[str, ...]]],
    ) -> None:
        self._vocabulary, self._frequency, self._total, self._meanings = vocabulary, frequency, max(total, 1), meanings

    def restore(self, question: str) -> list[str]:
        """The syllables of the question as they were probably meant."""
        words = [text.canonical(w) for w in text.PIECE.findall(question)]
        if not words:
            return []
        marked = sum(text.fold(w) != w for w in words) > 0.2 * len(words)
        lattice = [self._at(words, i, marked) for i in range(len(words))]
        return _cheapest(lattice, self._likelihoods(lattice))

    def _at(self, words: list[str], i: int, marked: bool) -> list[Reading]:
        found = self._readings(words[i], marked)
        if i + 1 < len(words):
            both = words[i] + words[i + 1]
            if not (self._seen(words[i]) and self._seen(words[i + 1])):
                found += [Reading((s,), APART, 2) for s in self._spellings(both)]
        return self._likeliest(found)

    def _readings(self, word: str, marked: bool) -> list[Reading]:
        if word.isdigit():
            return [Reading((word,), 0.0)]
        folded = text.fold(word)
        known = self._vocabulary.number(word) is not None
        short = [Reading(m, SHORT_KNOWN if known else SHORT) for m in self._meanings(word, known=known)]
        if folded != word:  # typed with marks
            right = known or possible(word)
            found = [Reading((word,), 0.0 if known else NEW)] if right else []
            found += [Reading((s,), TONE_WRONG if right else KEYS) for s in self._spellings(word) if s != word]
        else:
            lost = MARKS_LOST if marked else 0.0
            found = [Reading((s,), 0.0 if s == word else lost) for s in self._spellings(word)]
        found += [Reading((s,), KEYS + (KEYS if known else 0.0)) for s in self._keys(word)]
        if not found and not short:
            found = self._mended(folded, marked)
        return [*found, *short] or [Reading((word,), STRANGE)]

    def _keys(self, word: str) -> list[str]:
        return [s for s in telex.decoded(word) if self._vocabulary.number(s) is not None]

    def _spellings(self, word: str) -> list[str]:
        fold = self._vocabulary.fold(text.fold(word))
        return [] if fold is None else [self._vocabulary.syllables[n] for n in self._vocabulary.spellings[fold]]

    def _seen(self, word: str) -> bool:
        return self._vocabulary.fold(text.fold(word)) is not None

    def _mended(self, folded: str, marked: bool) -> list[Reading]:
        """Two words without a gap, or one letter wrong."""
        if len(folded) > LONGEST_WORD:
            return [Reading((folded,), STRANGE)]
        found = []
        for i in range(1, len(folded)):
            for a in self._spellings(folded[:i])[:READINGS] if i > 1 or folded[0] in "aeouy" else ():
                found += [Reading((a, b), GLUED) for b in self._spellings(folded[i:])[:READINGS]]
        near = [s for other in _one_error(folded) if self._vocabulary.fold(other) is not None
                for s in self._spellings(other)]
        itself = (NEW if marked else NEW_PLAIN) if possible_plain(folded) else STRANGE
        return [*found, *(Reading((s,), ERROR) for s in near), Reading((folded,), itself)]

    def _likeliest(self, readings: list[Reading]) -> list[Reading]:
        if len(readings) <= READINGS:
            return readings
        numbers = [[self._number(s) for s in (r.syllables[0], r.syllables[-1])] for r in readings]
        often = self._counted(np.array(numbers).ravel()).reshape(-1, 2).min(axis=1)
        rank = [r.cost - math.log(o + 0.5) for r, o in zip(readings, often, strict=True)]
        return [readings[i] for i in sorted(range(len(rank)), key=rank.__getitem__)[:READINGS]]

    def _number(self, syllable: str) -> int:
        number = self._vocabulary.number(syllable)
        return UNKNOWN if number is None else number

    def _counted(self, numbers: np.ndarray) -> np.ndarray:
        return self._frequency(numbers.astype(np.int64))

    def _likelihoods(self, lattice: list[list[Reading]]) -> Callable[[str, str], float]:
        """Cost of a syllable after another, looked up for the whole lattice at once."""
        firsts: list[str] = []
        seconds: list[str] = []
        for i, readings in enumerate(lattice):
            for reading in readings:
                firsts += reading.syllables[:-1]
                seconds += reading.syllables[1:]
                if (after := i + reading.words) < len(lattice):
                    for following in lattice[after]:
                        firsts.append(reading.syllables[-1])
                        seconds.append(following.syllables[0])
        alone = list({s for readings in lattice for r in readings for s in r.syllables})
        number = {s: self._number(s) for s in alone}
        often = dict(zip(alone, self._counted(np.array([number[s] for s in alone])).tolist(), strict=True))
        codes = pairs(np.array([number[s] for s in firsts], np.int64), np.array([number[s] for s in seconds], np.int64))
        together = dict(zip(zip(firsts, seconds, strict=True), self._frequency(codes).tolist(), strict=True))

        def cost(first: str, second: str) -> float:
            common = (often[second] + 0.05) / (self._total * 20)
            if not first:
                return -math.log(common)
            near = together[first, second] / (often[first] + 0.5)
            return -math.log(TOGETHER * near + (1 - TOGETHER) * common)

        return cost


def _cheapest(lattice: list[list[Reading]], cost: Callable[[str, str], float]) -> list[str]:
    """Viterbi: at every border of words, by last syllable, the cheapest way there."""
    ways: list[dict[str, tuple[float, tuple]]] = [{} for _ in range(len(lattice) + 1)]
    ways[0][""] = (0.0, ())
    for i, readings in enumerate(lattice):
        for reading in readings:
            inside = sum(cost(a, b) for a, b in zip(reading.syllables, reading.syllables[1:], strict=False))
            best = min(
                ((so_far + cost(last, reading.syllables[0]), path) for last, (so_far, path) in ways[i].items()),
                key=lambda way: way[0], default=None,
            )
            if best is None:
                continue
            total, end = best[0] + inside + reading.cost, i + reading.words
            known = ways[end].get(reading.syllables[-1])
            if known is None or total < known[0]:
                ways[end][reading.syllables[-1]] = (total, (best[1], reading.syllables))
    _, path = min(ways[-1].values(), key=lambda way: way[0])
    found: list[str] = []
    while path:
        path, syllables = path
        found[:0] = syllables
    return found


@lru_cache(maxsize=4096)
def _one_error(word: str) -> tuple[str, ...]:
    """All words one lost, added, changed or swapped letter away."""
    halves = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    found = {a + b[1:] for a, b in halves if b}
    found |= {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    found |= {a + c + b[1:] for a, b in halves if b for c in LETTERS}
    found |= {a + c + b for a, b in halves for c in LETTERS}
    return tuple(sorted(found - {word, ""}))
