"""Which documents words name by number: a question about one decree is not answered with another. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.legal_numbers import fold, key, kind_of, numbers_in
from knowledge.legal_register import BY_NUMBER, SHORT

BARE = re.compile(r"(?<![\w/.,-])(\d{1,4})/((?:19|20)\d\d)(?![\w/])")  # “Luật Báo chí 126/2025”
MONTHS = 12  # 7/2026 is more often a month
YEAR_AFTER = re.compile(r",?\s*(?:NAM\s+|NGAY\s+\d{1,2}\s*[/-]\s*\d{1,2}\s*[/-]\s*|/\s*)?((?:19|20)\d\d)(?![\d/])")


@dataclass(frozen=True, slots=True)
class Named:
    """As far as the words tell: kind and issuer folded ("NGHI DINH", "CP"); nothing stands for what they leave out."""

    number: int
    kind: str = ""
    year: int | None = None
    issuer: str = ""

    def fits(self, other: "Named") -> bool:
        """Nothing that both state differs."""
        pairs = ((self.kind, other.kind), (self.year, other.year), (self.issuer, other.issuer))
        return self.number == other.number and all(mine == theirs for mine, theirs in pairs if mine and theirs)

    @property
    def stated(self) -> int:
        return sum(map(bool, (self.kind, self.year, self.issuer)))


def documents(words: str) -> frozenset[Named]:
    """In any spelling: 244/2026/NĐ-CP, NĐ 244, "nghi dinh 244". What is named twice counts as it is named best."""
    words = unicodedata.normalize("NFC", words)
    folded = fold(words)
    found = {
        _of(number, _year(YEAR_AFTER.match(folded, end))) for number, _, end in numbers_in(words)
    }
    found |= {Named(int(m[2]), SHORT[m[1]], _year(m, 3)) for m in BY_NUMBER.finditer(folded)}
    found |= {Named(int(m[1]), year=_year(m, 2)) for m in BARE.finditer(folded) if int(m[1]) > MONTHS}
    known = {named for named in found if named}
    return frozenset(
        named for named in known if not any(named.fits(more) and named.stated < more.stated for more in known)
    )


def of_numbers(numbers: Iterable[str]) -> frozenset[Named]:
    return frozenset(named for number in numbers if (named := _of(number)))


def _of(number: str, year: int | None = None) -> Named | None:
    """Of a number in its official spelling: 07/CT-TTg, 126/2025/QH15, 19-CT/TW."""
    spelt = key(number)
    digits = re.match(r"\d+", spelt)
    if not digits:
        return None
    issuer = re.split(r"[/-]", spelt)[-1]
    own = re.search(r"/((?:19|20)\d\d)/", spelt)
    return Named(int(digits[0]), fold(kind_of(number)), _year(own) or year, issuer)


def _year(found: re.Match[str] | None, group: int = 1) -> int | None:
    return int(found[group]) if found and found[group] else None
