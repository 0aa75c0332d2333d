"""The content of one version of an entry: plain JSON, what is wrong with it, and how two of them differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from re import split
from typing import Any

from knowledge import text

Content = Mapping[str, Any]
LABELS = {
    "question": "Câu hỏi", "variants": "Cách hỏi khác", "answer": "Câu trả lời", "citations": "Nguồn",
    "topic": "Chủ đề", "audiences": "Đối tượng", "owner_agency_id": "Cơ quan phụ trách", "valid_from": "Hiệu lực từ",
    "valid_to": "Hiệu lực đến", "superseded_by": "Thay bằng", "check_source": "Cần đối chiếu văn bản gốc",
    "review_due": "Ngày rà soát",
}
FIELDS = tuple(LABELS)
DATES = ("valid_from", "valid_to", "review_due")
QUESTION, ANSWER, LEAST, PHRASINGS = 300, 3500, 3, 40  # characters, characters, characters, how many


@dataclass(frozen=True, slots=True)
class Change:
    """`removed` and `added` are lines, sentences or single values, in their order."""

    field: str
    removed: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def label(self) -> str:
        return LABELS[self.field]


def missing(content: Content) -> list[str]:
    """Sentences: what a draft still needs before somebody reviews it."""
    found = []
    if len(content["question"].strip()) < LEAST:
        found.append("Mục chưa có câu hỏi.")
    if len(content["answer"].strip()) < LEAST:
        found.append("Mục chưa có câu trả lời.")
    return found


def problems(content: Content, key: str = "") -> list[str]:
    """Sentences: what not even a draft may say."""
    found = []
    if len(content["question"]) > QUESTION:
        found.append("Câu hỏi có tối đa 300 ký tự.")
    if len(content["answer"]) > ANSWER:
        found.append("Câu trả lời có tối đa 3.500 ký tự.")
    if len(content["variants"]) > PHRASINGS:
        found.append(f"Một mục có tối đa {PHRASINGS} cách hỏi khác.")
    since, until, review = (_date(content.get(name)) for name in DATES)
    if since and until and until < since:
        found.append(f"Ngày hết hiệu lực {day(until)} đứng trước ngày có hiệu lực {day(since)}.")
    if review and until and review > until:
        found.append(f"Ngày rà soát {day(review)} đứng sau ngày hết hiệu lực {day(until)}.")
    if key and content.get("superseded_by") == key:
        found.append("Một mục không thể tự thay thế chính nó.")
    return found


def _date(iso: str | None) -> date | None:
    return date.fromisoformat(iso) if iso else None


def day(when: date) -> str:
    return f"{when:%d/%m/%Y}"


def changes(old: Content | None, new: Content) -> list[Change]:
    """Field by field, in the order people read an entry. Without an old version everything is added."""
    found = []
    for name in FIELDS:
        was, now = _lines(name, old.get(name) if old else None), _lines(name, new.get(name))
        if was != now:
            found.append(Change(name, *_differing(was, now)))
    return found


def _lines(name: str, value: Any) -> list[str]:
    if value in (None, "", [], False):
        return []
    if name == "answer":
        return [sentence for sentence in split(r"(?<=[.!?…;:])\s+|\n+", value.strip()) if sentence]
    if name == "citations":
        return [cited(citation) for citation in value]
    if name in DATES:
        return [day(date.fromisoformat(value))]
    if isinstance(value, bool):
        return ["có"]
    return [str(part) for part in value] if isinstance(value, list) else [str(value)]


def cited(citation: Mapping[str, Any]) -> str:
    named = ", ".join(filter(None, (citation.get("article"), citation.get("doc"))))
    return " – ".join(filter(None, (named, citation.get("date"), citation.get("url"))))


def _differing(was: Sequence[str], now: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    removed, added = [], []
    for kind, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if kind != "equal":
            removed += was[a:b]
            added += now[c:d]
    return tuple(removed), tuple(added)


def folded(phrase: str) -> str:
    """Two phrasings with the same folded words are one."""
    return " ".join(text.folded_syllables(phrase))
