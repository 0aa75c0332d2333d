"""Which documents words name by number: a question about one decree is not answered with another. Pure."""

from collections.abc import Iterable

from knowledge.legal_numbers import fold, key, kind_of, numbers_in
from knowledge.legal_register import BY_NUMBER, SHORT

Named = tuple[str, int]  # kind, folded, and number; the year is often left out


def documents(words: str) -> frozenset[Named]:
    """In any spelling: 244/2026/NĐ-CP, NĐ 244, "nghi dinh 244"."""
    found = {_of(number) for number, _, _ in numbers_in(words)}
    found |= {(SHORT[m[1]], int(m[2])) for m in BY_NUMBER.finditer(fold(words))}
    return frozenset(named for named in found if named)


def of_numbers(numbers: Iterable[str]) -> frozenset[Named]:
    return frozenset(named for number in numbers if (named := _of(number)))


def _of(number: str) -> Named | None:
    digits = key(number).partition("/")[0].partition("-")[0]
    return (fold(kind_of(number)), int(digits)) if digits.isdigit() else None
