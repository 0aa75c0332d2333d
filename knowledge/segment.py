"""A part of the index: passages read once into postings. Never changed; a newer version of a passage hides this one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge import text
from knowledge.postings import Postings
from knowledge.vocabulary import Vocabulary, pairs

GRAMS = (3, 4)
LETTERS = 38  # none, a–z, digits, the gap between words
_ALPHABET = np.zeros(256, dtype=np.int64)
for _place, _letter in enumerate(b"abcdefghijklmnopqrstuvwxyz0123456789 ", 1):
    _ALPHABET[_letter] = _place


@dataclass(frozen=True, slots=True)
class Passage:
    """What is searched: an entry with its phrasings, or an article of a statute (no variants)."""

    id: str
    title: str
    text: str
    variants: tuple[str, ...] = ()

    @property
    def phrasings(self) -> tuple[str, ...]:
        return tuple(p for p in (self.title, *self.variants) if p)


@dataclass(frozen=True, slots=True)
class Segment:
    """`marked` and `folded` have a row for each passage, `letters` for each phrasing."""

    ids: tuple[str, ...]
    phrasings: tuple[str, ...]
    owners: np.ndarray  # phrasing → passage
    lengths: np.ndarray  # passage → terms
    marked: Postings
    folded: Postings
    letters: Postings

    @classmethod
    def read(cls, passages: Sequence[Passage], vocabulary: Vocabulary) -> "Segment":
        phrasings = [phrase for p in passages for phrase in p.phrasings]
        owners = np.repeat(np.arange(len(passages)), [len(p.phrasings) for p in passages])
        wholes = [vocabulary.take(text.spelt(" \n ".join((p.title, *p.phrasings, p.text)))) for p in passages]
        lengths = np.array([max(1, 2 * len(w) - 1) for w in wholes], dtype=np.int32)
        marked, folded = _syllables(wholes, vocabulary)
        folds = [[vocabulary.fold_of[n] for n in vocabulary.take(text.spelt(p))] for p in phrasings]
        return cls(
            tuple(p.id for p in passages), tuple(phrasings), owners.astype(np.int32), lengths, marked, folded,
            _letters([" ".join(vocabulary.folds[f] for f in fold) for fold in folds]),
        )


    @classmethod
    def merge(cls, parts: Sequence["Segment"], alive: Sequence[np.ndarray]) -> "Segment":
        """One of several, without the passages that are no longer alive."""
        places, phrase_places, ids, phrasings, owners, lengths = [], [], [], [], [], []
        for part, lives in zip(parts, alive, strict=True):
            places.append(_places(lives, len(ids)))
            phrase_places.append(_places(lives[part.owners], len(phrasings)))
            ids += [id for id, life in zip(part.ids, lives, strict=True) if life]
            kept = [(p, o) for p, o in zip(part.phrasings, part.owners, strict=True) if lives[o]]
            phrasings += [phrase for phrase, _ in kept]
            owners += [int(places[-1][owner]) for _, owner in kept]
            lengths.append(part.lengths[lives])
        return cls(
            tuple(ids), tuple(phrasings), np.array(owners, dtype=np.int32), np.concatenate(lengths),
            Postings.merge([p.marked for p in parts], places, len(ids)),
            Postings.merge([p.folded for p in parts], places, len(ids)),
            Postings.merge([p.letters for p in parts], phrase_places, len(phrasings)),
        )


def _places(kept: np.ndarray, first: int) -> np.ndarray:
    """Where each row goes, -1 for those left out."""
    return np.where(kept, np.cumsum(kept) - 1 + first, -1)


def _syllables(wholes: Sequence[list[int]], vocabulary: Vocabulary) -> tuple[Postings, Postings]:
    numbers = np.array([n for whole in wholes for n in whole], dtype=np.int64)
    rows = np.repeat(np.arange(len(wholes)), [len(whole) for whole in wholes])
    together = rows[1:] == rows[:-1]
    all_rows = np.concatenate((rows, rows[1:][together]))
    fold_of = np.array(vocabulary.fold_of or [0], dtype=np.int64)
    both = []
    for found in (numbers, fold_of[numbers] if len(numbers) else numbers):
        terms = np.concatenate((found, pairs(found[:-1], found[1:])[together]))
        both.append(Postings.build(terms, all_rows, len(wholes)))
    return both[0], both[1]


def _letters(phrases: Sequence[str]) -> Postings:
    found = [grams(phrase) for phrase in phrases]
    rows = np.repeat(np.arange(len(found)), [len(f) for f in found])
    return Postings.build(np.concatenate(found) if found else np.zeros(0, np.int64), rows, len(found))


def grams(folded: str) -> np.ndarray:
    """Codes of the runs of three and four letters, word borders included."""
    letters = _ALPHABET[np.frombuffer(f" {folded} ".encode("ascii", "replace"), dtype=np.uint8)]
    parts = []
    for size in GRAMS:
        length = len(letters) - size + 1
        if length > 0:
            code = np.zeros(length, dtype=np.int64)
            for place in range(size):
                code = code * LETTERS + letters[place : place + length]
            parts.append(code + (LETTERS**3 if size == 4 else 0))
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


SIZE = LETTERS**3 + LETTERS**4  # number of possible gram codes
