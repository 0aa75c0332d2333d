"""Names as people type them: folding, finding by typed text, and what a person may be called."""

import re
import unicodedata
from collections.abc import Hashable, Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TypeVar

NAME_LIMIT = 100
K = TypeVar("K", bound=Hashable)
ALIKE = 0.8  # ratio from which a misspelt name is still offered


@lru_cache(maxsize=16_384)
def fold(text: str) -> str:
    """Lower case, no diacritics, single spaces: "Tỉnh  Đắk Lắk" → "tinh dak lak"."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9&]+", " ", plain).strip()


def tidy(text: str) -> str:
    """One line, NFC, without control characters and invisible marks (direction overrides, zero-width letters)."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(c if c.isprintable() or c.isspace() else "" for c in text)
    return " ".join(text.split())


def name_problem(name: str) -> str | None:
    """Why a tidied text cannot be a person's name, as a sentence; None when it can."""
    if len(name) > NAME_LIMIT:
        return f"Họ và tên dài quá {NAME_LIMIT} ký tự. Vui lòng gõ họ và tên đầy đủ, không kèm nội dung khác."
    if sum(c.isalpha() for c in name) < 2:
        return "Loa chưa nhận ra họ và tên. Vui lòng gõ bằng chữ, ví dụ: Nguyễn Thị Minh."
    if problem := text_problem(name):
        return f"Họ và tên {problem}. Vui lòng gõ họ và tên, ví dụ: Nguyễn Thị Minh."
    if "&" in name:
        return "Họ và tên không được chứa &. Vui lòng gõ họ và tên, ví dụ: Nguyễn Thị Minh."
    if "://" in name or "@" in name or name.startswith("/"):
        return "Họ và tên không được là liên kết hay lệnh. Vui lòng gõ họ và tên, ví dụ: Nguyễn Thị Minh."
    return None


def text_problem(text: str) -> str | None:
    """What a name of anything may not look like: a spreadsheet's formula, or markup."""
    if text.lstrip("' \"").startswith(("=", "+", "-", "@")):
        return "không được bắt đầu bằng = + - @"
    return "không được chứa < hoặc >" if "<" in text or ">" in text else None


def best(typed: str, named: Iterable[tuple[K, Iterable[str]]], limit: int = 8) -> list[K]:
    """The keys whose names fit the typed text best: one when it is clear, several to choose from, none.

    The first of these that finds anything decides: the same text, the same letters, the same beginning, every word
    inside, nearly the same letters.
    """
    wanted = fold(typed)
    if not wanted:
        return []
    spelt = _spelt(typed)
    ranks: dict[K, float] = {}
    for key, names in named:
        rank = min((_rank(wanted, spelt, name) for name in names), default=9.0)
        if rank < ranks.get(key, 9.0):
            ranks[key] = rank
    tier = min((int(rank) for rank in ranks.values()), default=9)
    found = sorted((rank, place, key) for place, (key, rank) in enumerate(ranks.items()) if int(rank) == tier)
    return [key for _rank, _place, key in found][:limit]


def _spelt(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def _rank(wanted: str, spelt: str, name: str) -> float:
    """0 exact … 4 similar; the fraction orders within a kind; 9 is no match."""
    folded = fold(name)
    if folded == wanted:
        return 0.0 if _spelt(name) == spelt or spelt == wanted else 1.0
    if folded.startswith(wanted + " "):
        return 2.0
    words = folded.split()
    if all(word in words for word in wanted.split()):
        return 3.0
    if len(wanted) >= 4 and not wanted.isdigit():
        if folded.startswith(wanted):
            return 3.5
        matcher = SequenceMatcher(None, wanted, folded)
        measures = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)  # the cheap upper bounds first
        if all(measure() >= ALIKE for measure in measures):
            return 5.0 - matcher.ratio()
    return 9.0
