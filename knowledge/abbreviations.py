"""Abbreviations of the civil service and of chat, spelt out before searching; and document numbers in one spelling."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from knowledge import text

CHAT = {
    "ko": "không", "k": "không", "hok": "không", "kh": "không", "khum": "không", "dc": "được", "đc": "được",
    "j": "gì", "ntn": "như thế nào", "bn": "bao nhiêu", "vs": "với", "ng": "người", "sđt": "số điện thoại",
    "sdt": "số điện thoại", "đk": "đăng ký", "dk": "đăng ký", "tp": "thành phố", "vn": "việt nam", "tt": "thông tin",
    "ttin": "thông tin", "pl": "pháp luật", "cb": "cán bộ", "qđ": "quyết định", "qd": "quyết định", "nđ": "nghị định",
    "nd": "nghị định", "ct": "chỉ thị", "cq": "cơ quan", "bc": "báo chí", "tg": "thời gian", "hs": "hồ sơ",
}
GLUED = re.compile(r"\b(ct|nđ|nd|qđ|qd|nq|tt)[\s-]?0*(\d{1,4})\b", re.I)
KINDS = {
    "ct": "chỉ thị", "nđ": "nghị định", "nd": "nghị định", "qđ": "quyết định", "qd": "quyết định", "nq": "nghị quyết",
    "tt": "thông tư",
}
ZEROS = re.compile(r"\b0+(\d)")


class Abbreviations:
    """`rows` as in content/abbreviations.yaml; ambiguous ones keep their first meaning."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], written_by_base: frozenset[str] = frozenset()) -> None:
        meant = {text.normal(row["abbr"]): text.normal(row["expansions"][0]) for row in rows if row["expansions"]}
        # What the base itself writes short (VNeID) is found as it is; spelling it out would hide it.
        known = {**CHAT, **meant}
        self._meant = {short: long for short, long in known.items() if text.fold(short) not in written_by_base}
        for short, long in list(self._meant.items()):
            self._meant.setdefault(text.fold(short), long)

    def spelt_out(self, question: str) -> str:
        """Lower case; "ct07", "CT 07" and "chỉ thị 07" become the same."""
        whole = GLUED.sub(lambda m: f"{KINDS[m[1].lower()]} {m[2]}", text.normal(question))
        words = [self._meant.get(word, word) for word in re.split(r"(\W+)", whole)]
        return ZEROS.sub(r"\1", "".join(words))


def plain_numbers(passage: str) -> str:
    """As `spelt_out` does to questions: 07 and 7 are the same number."""
    return ZEROS.sub(r"\1", text.normal(passage))
