"""The syllables of the base, numbered in the order they were first seen. It only grows, so numbers never change."""

from collections.abc import Iterable, Sequence

import numpy as np

from knowledge import text

PAIR = 20  # bits of a syllable's number; above them, in a pair's code, stands the one before it

UNKNOWN = (1 << PAIR) - 2  # stands for a syllable that has no number


class Vocabulary:
    """Syllables with diacritics, and their folded forms, each with numbers of its own."""

    def __init__(self, syllables: Iterable[str] = ()) -> None:
        self.syllables: list[str] = []
        self.folds: list[str] = []
        self.fold_of: list[int] = []  # syllable → fold
        self.spellings: list[list[int]] = []  # fold → syllables written so without diacritics
        self._numbers: dict[str, int] = {}  # also of spellings that are not canonical ("hoà")
        self._folds: dict[str, int] = {}
        for syllable in syllables:
            self._add(syllable)

    def __len__(self) -> int:
        return len(self.syllables)

    def take(self, passage: str) -> list[int]:
        """Numbers of the passage's syllables; new ones are added."""
        numbers = self._numbers
        found = []
        for written in text.PIECE.findall(passage):
            number = numbers.get(written)
            if number is None:
                number = numbers[written] = self._add(text.canonical(written))
            found.append(number)
        return found

    def _add(self, syllable: str) -> int:
        if (known := self._numbers.get(syllable)) is not None:
            return known
        folded = text.fold(syllable)
        if (fold := self._folds.get(folded)) is None:
            fold = len(self.folds)
            self.folds.append(folded)
            self.spellings.append([])
            self._folds[folded] = fold
        number = len(self.syllables)
        self.syllables.append(syllable)
        self.fold_of.append(fold)
        self.spellings[fold].append(number)
        self._numbers[syllable] = number
        return number

    def number(self, syllable: str) -> int | None:
        return self._numbers.get(syllable)

    def fold(self, folded: str) -> int | None:
        return self._folds.get(folded)


def codes(numbers: Sequence[int] | np.ndarray) -> np.ndarray:
    """Single syllables and neighbouring pairs, as one kind of term: int64."""
    one = np.asarray(numbers, dtype=np.int64)
    return np.concatenate((one, pairs(one[:-1], one[1:])))


def pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return ((first + 1) << PAIR) | second
