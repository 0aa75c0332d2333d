"""Polite words around a question ("cho em hỏi … với ạ"): they say nothing about what is asked."""

import re
from collections.abc import Sequence

from knowledge import text

SELF = "em|e|mình|minh|mik|tôi|toi|t|tui|anh|chị|chi|cháu|chau|ad|admin|phép|phep|a|c"
OI = "(?:ơi|oi)"
BEFORE = re.compile(
    rf"(?:(?:dạ|thưa|alo|hi|hello|chào|xin chào|{SELF}|bot|loa|bạn|ban|mọi người)(?: {OI})? )*"
    rf"(?:cho|xin)(?: (?:{SELF}))* (?:hỏi|hoi)(?: (?:xíu|xiu|chút|chut|tí|nhanh|là|rằng))* "
    rf"|(?:dạ|thưa|alo) |(?:ad|admin|bot|loa|bạn|ban|mọi người|moi nguoi|em|e) {OI} "
    rf"|(?:{SELF}) (?:hỏi|hoi) (?:xíu|xiu|chút|chut|tí) "
)
# Without its mark a particle may be a word ("nhà", "hẹn", a loan): only what cannot be one goes.
AFTER = re.compile(
    r"(?: (?:ạ|a|ah|vậy|v|vay a|nhỉ|nhé|hả|ad|voi a|với ạ|(?:giúp|giup) (?:em|e|mình|minh|tôi)(?: (?:với|voi))?))+ $"
)


def without(words: Sequence[str]) -> list[str]:
    """The words of the question itself; all of them when nothing else would be left."""
    said = "".join(f"{text.readable(word)} " for word in words)
    first = len(found[0].split()) if (found := BEFORE.match(said)) else 0
    rest = "".join(f" {word}" for word in said.split()[first:])
    last = len(words) - (len(found[0].split()) if (found := AFTER.search(f"{rest} ")) else 0)
    return list(words[first:last]) or list(words)
