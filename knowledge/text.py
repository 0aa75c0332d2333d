"""Vietnamese text as a search engine needs it: normal form, folding, syllables. Pure; works on any string."""

import re
import unicodedata
from functools import lru_cache

TONES = "\u0300\u0301\u0303\u0309\u0323"
WORD = re.compile(r"[^\W_]+(?:[/-][^\W_]+)*")
PIECE = re.compile(r"[^\W_]+")
LONGEST = 10_000  # characters looked at


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
    tone = "".join(c for c in parts if c in TONES)
    if not tone:
        return syllable
    return unicodedata.normalize("NFC", "".join(c for c in parts if c not in TONES)) + tone


def syllables(text: str) -> list[str]:
    """Canonical syllables with diacritics. "07/CT-TTg" gives "07", "ct", "ttg"."""
    return [canonical(s) for s in PIECE.findall(normal(text))]


def folded_syllables(text: str) -> list[str]:
    """As many as `syllables` gives."""
    return [fold(s) for s in PIECE.findall(normal(text))]
