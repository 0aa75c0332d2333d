"""Vietnamese as the keys of Telex and VNI spell it, when the input method was off: "chinhs", "d9u7o7c"."""

import re
import unicodedata

from knowledge.text import canonical

TONES = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323"}
VNI_TONES = {"1": "\u0301", "2": "\u0300", "3": "\u0309", "4": "\u0303", "5": "\u0323"}
MARKS = {"aa": "â", "ee": "ê", "oo": "ô", "aw": "ă", "ow": "ơ", "uw": "ư", "dd": "đ"}
VNI_MARKS = {"a6": "â", "e6": "ê", "o6": "ô", "a8": "ă", "o7": "ơ", "u7": "ư", "d9": "đ"}
TELEX = re.compile(r"[a-zà-ỹ]*[sfrxjw]|[a-zà-ỹ]*(?:aa|ee|oo|dd|[aou]w)[a-zà-ỹ]*")
VNI = re.compile(r"[a-z]+[1-9][a-z1-9]*")
VOWEL = re.compile("[aăâeêioôơuưy]")


def decoded(word: str) -> tuple[str, ...]:
    """Canonical syllables these keys may spell, the likelier first; none when they are no such keys.

    `word` is in lower case, NFC; it may carry a part of its marks already ("sôs").
    """
    found = []
    if TELEX.fullmatch(word):
        found += _readings(word, TONES, MARKS)
    if VNI.fullmatch(word):
        found += _readings(word, VNI_TONES, VNI_MARKS)
    return tuple(dict.fromkeys(s for s in found if s != canonical(word)))


def _readings(word: str, tones: dict[str, str], marks: dict[str, str]) -> list[str]:
    tone, rest = "", word
    at = next((i for i in range(len(word) - 1, 0, -1) if word[i] in tones), None)
    if at is not None and VOWEL.search(_bare(word[:at])):
        tone, rest = tones[word[at]], word[:at] + word[at + 1 :]
    return [_spelt(base, mark) for base, mark in ((rest, tone), (word, "")) if base and (mark or base == word)
            for base in (_marked(base, marks),)]


def _marked(word: str, marks: dict[str, str]) -> str:
    for keys, letter in marks.items():
        word = word.replace(keys, letter)
        first, second = keys  # "nuocw", "dangd": the second key may come at the end
        if second not in "aeo" and word.endswith(second) and first in word[:-1]:
            word = word[:-1].replace(first, letter, 1) if letter != "ă" or "u" not in word else word
    return word.replace("uơ", "ươ")


def _spelt(base: str, tone: str) -> str:
    return canonical(unicodedata.normalize("NFC", base)) + tone if tone else canonical(base)


def _bare(word: str) -> str:
    return unicodedata.normalize("NFC", word)
