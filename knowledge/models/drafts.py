"""What a chat model is asked for: other ways to ask, for curators; and whether an entry answers a question at all."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from knowledge import text
from knowledge.models.rest import Resting

if TYPE_CHECKING:
    from knowledge.models.endpoint import Endpoint

MOST = 8
WORDS = range(3, 31)
_MARK = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])?\s*[\"“]?(.*?)[\"”]?\s*$")
PHRASE = (
    "Bạn giúp biên tập viên kho tri thức của cơ quan nhà nước. Viết các cách khác nhau mà cán bộ xã, phường, phóng "
    "viên có thể hỏi cùng một điều, mỗi cách một dòng, dùng chữ khác nhau, không thêm ý mới, không đánh số, không giải "
    "thích."
)
CHECK = (
    "Một mục tri thức có trả lời đúng câu hỏi không? Chỉ trả lời CO hoặc KHONG. Trả lời KHONG khi mục nói về việc "
    "khác, đối tượng khác hoặc cấp khác với câu hỏi."
)


def phrasings(endpoint: "Endpoint", model: str, question: str, answer: str, known: Sequence[str]) -> list[str]:
    """New ways to ask, at most MOST; lines that are no plain question are left out. Raises ModelTrouble."""
    had = "\n".join(known)
    user = f"Câu hỏi: {question}\nTrả lời: {answer[:1500]}\n\nĐã có:\n{had}\n\nViết {MOST} cách hỏi khác."
    lines = [m[1].strip() for line in endpoint.chat(model, PHRASE, user).splitlines() if (m := _MARK.match(line))]
    seen = {_key(phrase) for phrase in (question, *known)}
    found: list[str] = []
    for line in lines:
        if len(_key(line)) in WORDS and len(line) <= 200 and "http" not in line and _key(line) not in seen:
            seen.add(_key(line))
            found.append(line)
    return found[:MOST]


def _key(phrase: str) -> tuple[str, ...]:
    return tuple(text.folded_syllables(phrase))


class Checker:
    """Near misses: an entry on the same subject that answers something else."""

    def __init__(self, endpoint: "Endpoint", model: str, rest: Resting | None = None) -> None:
        self._endpoint, self._model, self._rest = endpoint, model, rest or Resting("checking near misses")
        self._said = lru_cache(maxsize=512)(self._ask)

    def misses(self, question: str, entry_question: str, answer: str) -> bool:
        """True only when the model says plainly that the entry answers something else."""
        return bool(self._rest.attempt(lambda: self._said(question, entry_question, answer[:1500])))

    def _ask(self, question: str, entry_question: str, answer: str) -> bool:
        user = f"Câu hỏi của người dùng: {question}\n\nMục: {entry_question}\n{answer}"
        words = text.folded_syllables(self._endpoint.chat(self._model, CHECK, user, most=5))
        return words[:1] == ["khong"]
