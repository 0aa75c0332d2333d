"""Questions that go on from the one before: "thế còn cấp xã?", "còn phí thì sao?", "nộp ở đâu?". Rules, no model.

Everything is compared without diacritics, as half of the staff types.
"""

import re
from collections.abc import Sequence
from enum import IntEnum

from knowledge import manners, text

LONGEST = 14  # words; a longer question says itself what it is about


class GoesOn(IntEnum):
    """Whether a question goes on from the one before."""

    NO = 0
    PERHAPS = 1  # says only what is asked of something ("mất bao lâu"), but may still be a question of its own
    SURELY = 2


_OPENS = re.compile(
    r"(?:(?:a|o|u|uh|um|da|vang|ok|oke|cam on|roi|nhung|ma|the|vay|thi) )*"
    r"(?:con|the thi|vay thi|the neu|vay neu|con neu|the o|vay o|the doi voi|vay doi voi|con doi voi) "
)
_ENDS = re.compile(r" thi (?:sao|the nao|bao nhieu|o dau|khi nao|ai|nhu nao|nhu the nao)(?: a| vay| nhi| ha| nhe)*$")
_POINTS = re.compile(
    r"\b(?:cai|viec|thu tuc|quy dinh|van ban|chi thi|nghi dinh|quyet dinh|thong tu|luat|truong hop|khoan|muc|dieu)"
    r" (?:nay|do|ay|tren)\b"
)
# Words that only say what is asked, and of whom: a question of nothing else lacks its subject.
_ASKS = frozenset(
    text.folded_syllables(
        "là gì, gồm những gì, ai ký, của ai, cho ai, ở đâu, chỗ nào, nơi nào, đến đâu, về đâu, khi nào, lúc nào, "
        "bao giờ, từ ngày nào, có hiệu lực chưa, bao lâu thì xong, mấy ngày, mấy tháng, mấy năm, mất bao nhiêu "
        "tiền, lệ phí, giá, có tốn tiền không, có bị phạt không, mức phạt, hết thời hạn, thế nào, ra sao, làm sao, "
        "như thế nào, vì sao, tại sao, cần giấy tờ hồ sơ gì, nộp và gửi trực tiếp được không, nhận kết quả, phải "
        "trả, có bắt buộc không, hay, hơn nữa, thêm, cấp xã, phường, huyện, tỉnh, bộ, trung ương"
    )
)
_ASPECTS = (  # who asks about one of a family does not ask about the others any more
    (
        "bao nhiêu tiền", "lệ phí", "phí", "mất tiền", "tốn tiền",
        "bao lâu", "mấy ngày", "bao nhiêu ngày", "thời hạn", "khi nào", "bao giờ", "ngày nào", "hạn nào",
        "nộp ở đâu", "gửi ở đâu", "ở đâu", "nơi nộp", "chỗ nào", "nộp chỗ nào",
        "gồm những gì", "hồ sơ", "giấy tờ", "cần những gì",
    ),
    ("cấp trung ương", "cấp bộ", "cấp tỉnh", "cấp huyện", "cấp xã", "trung ương", "bộ", "tỉnh", "huyện", "xã",
     "phường"),
    ("cá nhân", "tổ chức", "doanh nghiệp", "cơ quan báo chí"),
    ("bị phạt", "phạt bao nhiêu", "mức phạt", "phạt"),
)
_QUESTION_WORDS = (
    "là văn bản gì", "là văn bản nào", "được không", "thế nào", "như thế nào", "ra sao", "thì sao", "là gì",
    "những gì", "bao nhiêu", "bao lâu", "mấy ngày", "khi nào", "bao giờ", "ở đâu", "vì sao", "tại sao", "làm gì",
    "là ai", "gì", "nào",
)


def goes_on(question: str) -> GoesOn:
    words = _words(question)
    folded = [text.fold(w) for w in words]
    said = " ".join(folded)
    if not words or len(words) > LONGEST:
        return GoesOn.NO
    if _opens(words, folded) or _POINTS.search(said):
        return GoesOn.SURELY
    if len(words) <= 7 and folded[0] != "neu" and _ENDS.search(said):
        return GoesOn.SURELY
    return GoesOn.PERHAPS if set(folded) <= _ASKS else GoesOn.NO


def _words(question: str) -> list[str]:
    spoken = [text.canonical(w) for w in text.PIECE.findall(text.spelt(question[: text.LONGEST]))[: text.MOST_WORDS]]
    return [text.readable(w) for w in manners.without(spoken)] if spoken else []


def _opens(words: Sequence[str], folded: Sequence[str]) -> bool:
    """With marks, "con" is a child, and only "còn" goes on."""
    found = _OPENS.match(" ".join(folded) + " ")
    if not found or found[0] == " ".join(folded) + " ":
        return False
    opening = words[: len(found[0].split())]
    marked = any(text.fold(w) != w for w in words)
    return not (marked and "con" in opening)


def lacks_subject(question: str) -> bool:
    """Says only what is asked, not of what."""
    return set(own_words(question)) <= _ASKS


def own_words(question: str) -> list[str]:
    """What a question that goes on says itself, without what ties it to the one before; folded."""
    said = [text.fold(w) for w in _said(question)]
    return [text.fold(w) for w in _without(_POINTS.sub(" ", " ".join(said)).split(), _QUESTION_WORDS)] or said


def joined(before: str, question: str) -> str:
    """One question of both: the subject of the one before, and what is asked now."""
    now = _said(question)
    out = [phrase for family in _ASPECTS if any(_at(now, phrase) for phrase in family) for phrase in family]
    earlier = _words(before)
    return " ".join([*(_without(earlier, (*out, *_QUESTION_WORDS)) or earlier), *now])


def _said(question: str) -> list[str]:
    """Without "thế còn" before it and "thì sao" after it."""
    words = _words(question)
    if found := _OPENS.match(" ".join(text.fold(w) for w in words) + " "):
        words = words[len(found[0].split()) :] or words
    while len(words) > 2 and text.fold(words[0]) in ("the", "vay") and text.fold(words[1]) != "nao":
        words = words[1:]
    end = _ENDS.search(" " + " ".join(text.fold(w) for w in words))
    return words[: -len(end[0].split())] or words if end and "sao" in end[0] else words


def _at(words: Sequence[str], phrase: str) -> list[int]:
    """Where the phrase stands. Words written with marks must have the phrase's own ("công bố" names no "bộ")."""
    parts = phrase.split()
    return [i for i in range(len(words) - len(parts) + 1) if all(map(_same, words[i : i + len(parts)], parts))]


def _same(word: str, part: str) -> bool:
    return word in (part, text.fold(part))


def _without(words: Sequence[str], phrases: Sequence[str]) -> list[str]:
    """The words that belong to none of the phrases."""
    gone = {i + n for phrase in phrases for i in _at(words, phrase) for n in range(len(phrase.split()))}
    return [word for i, word in enumerate(words) if i not in gone]
