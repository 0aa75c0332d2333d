"""Vietnamese text as a search engine needs it: normal form, folding, syllables. Pure; works on any string."""

import re
import unicodedata
from functools import lru_cache

TONES = "\u0300\u0301\u0303\u0309\u0323"
WORD = re.compile(r"[^\W_]+(?:[/-][^\W_]+)*")
PIECE = re.compile(r"[^\W_]+")
LONGEST = 10_000  # characters looked at
MOST_WORDS = 200  # of a question: what comes after them changes no answer


def normal(text: str) -> str:
    """NFC, lower case, at most LONGEST characters."""
    return unicodedata.normalize("NFC", text[:LONGEST]).lower()


def fold(text: str) -> str:
    """Without diacritics, đ → d: "Chỉ thị Đề án" → "chi thi de an"."""
    bare = unicodedata.normalize("NFD", normal(text).replace("đ", "d"))
    return unicodedata.normalize("NFC", "".join(c for c in bare if not unicodedata.combining(c)))


@lru_cache(maxsize=50_000)
def canonical(syllable: str) -> str:
    """One spelling for a syllable: its tone written last ("hoà" = "hòa", "uỷ" = "ủy")."""
    parts = unicodedata.normalize("NFD", syllable)
    tone = "".join(sorted(c for c in parts if c in TONES))
    if not tone:
        return syllable
    return unicodedata.normalize("NFC", "".join(c for c in parts if c not in TONES)) + tone


def readable(syllable: str) -> str:
    """A canonical syllable as people write it."""
    tone = syllable[-1:] if syllable[-1:] in TONES else ""
    if not tone:
        return syllable
    base = syllable[:-1]
    return unicodedata.normalize("NFC", base[: (at := _bearer(base)) + 1] + tone + base[at + 1 :])


def _bearer(base: str) -> int:
    """Which letter carries the tone: a letter with a mark of its own, else the vowel before a last consonant, else
    the last but one of the vowels."""
    vowels = [i for i, c in enumerate(base) if c in "aăâeêioôơuưy"]
    if base.startswith(("gi", "qu")) and len(vowels) > 1:
        vowels = vowels[1:]
    special = [i for i in vowels if base[i] in "ăâêôơư"]
    if special:
        return special[-1]
    if not vowels:
        return len(base) - 1
    return vowels[-1] if vowels[-1] < len(base) - 1 or len(vowels) == 1 else vowels[-2]


def syllables(text: str) -> list[str]:
    """Canonical syllables with diacritics. "07/CT-TTg" gives "07", "ct", "ttg"."""
    return [canonical(s) for s in PIECE.findall(normal(text))]


def folded_syllables(text: str) -> list[str]:
    """As many as `syllables` gives."""
    return [fold(s) for s in PIECE.findall(normal(text))]


ZEROS = re.compile(r"\b0+(\d)")
KINDS = {
    "ct": "chỉ thị", "nđ": "nghị định", "nd": "nghị định", "qđ": "quyết định", "qd": "quyết định", "nq": "nghị quyết",
    "tt": "thông tư", "kh": "kế hoạch", "tb": "thông báo", "cv": "công văn", "cđ": "công điện",
}
DOCUMENT = re.compile(r"\b(\d+)(?:/(\d{4}))?/(ct|nđ|nd|qđ|qd|nq|tt|kh|tb|cđ)\b")  # 244/2026/NĐ-CP, 07/CT-TTg
CALLED = re.compile(r"\b(ct|nđ|nd|qđ|qd|nq|tt)[ -]?(?=\d{1,4}\b)")  # CT07, nđ 244
NUMBERED = re.compile(rf"\b({'|'.join(sorted(set(KINDS.values())))}) số (?=\d)")


def spelt(passage: str) -> str:
    """How passages are read and questions compared with them: lower case, NFC, 07 as 7, and a document's number
    in one spelling: "07/CT-TTg", "CT 07" and "Chỉ thị số 7" all hold "chỉ thị 7"."""
    plain = CALLED.sub(lambda m: KINDS[m[1]] + " ", unicodedata.normalize("NFC", passage).lower())
    plain = ZEROS.sub(r"\1", plain)
    plain = DOCUMENT.sub(lambda m: f"{KINDS[m[3]]} {m[1]} {m[2] or ''} {m[3]}", plain)
    return NUMBERED.sub(r"\1 ", plain)
