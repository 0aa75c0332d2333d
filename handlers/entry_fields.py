"""What editors type for the parts of an entry, and what it becomes."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from knowledge.entry_content import Content, folded
from knowledge.wrong import Wrong
from network import lookups

NOTHING = ("không", "khong", "")
_DAY = re.compile(r"\b(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})\b")
_URL = re.compile(r"https?://\S+")
DAY = "Vui lòng gõ ngày như 1/7/2026, hoặc “không”."


def day(typed: str) -> date | None:
    """None for "không"; refuses what is no date."""
    if typed.strip().lower() in NOTHING:
        return None
    found = _DAY.fullmatch(typed.strip())
    try:
        return date(*(int(part) for part in reversed(found.groups()))) if found else date.fromisoformat(typed.strip())
    except ValueError:
        raise Wrong(f"“{typed.strip()[:40]}” không phải ngày. {DAY}") from None


async def _text(db: AsyncSession, typed: str, content: Content) -> str:
    return typed.strip()


async def _question(db: AsyncSession, typed: str, content: Content) -> str:
    return " ".join(typed.split())


async def _phrasings(db: AsyncSession, typed: str, content: Content) -> list[str]:
    """Lines are added; those after a minus go."""
    lines = [" ".join(line.split()) for line in typed.splitlines()]
    gone = {folded(line[1:]) for line in lines if line.startswith("-")}
    kept = [phrase for phrase in content["variants"] if folded(phrase) not in gone]
    known = {folded(phrase) for phrase in (content["question"], *kept)}
    for line in lines:
        if line and not line.startswith("-") and folded(line) not in known:
            known.add(folded(line))
            kept.append(line)
    return kept


async def _citations(db: AsyncSession, typed: str, content: Content) -> list[dict[str, Any]]:
    """A source a line, with its address anywhere in it. One already there keeps its article and date."""
    before = {(c.get("doc"), c.get("url")): c for c in content["citations"]}
    found = []
    for line in typed.splitlines():
        url = _URL.search(line)
        doc = " ".join(_URL.sub("", line).split()).strip(" ,;-–")
        if doc.lower() not in NOTHING:
            address = url.group() if url else None
            new = {"doc": doc, "article": None, "date": None, "url": address}
            found.append(before.get((doc, address), new))
    return found


async def _date(db: AsyncSession, typed: str, content: Content) -> str | None:
    found = day(typed)
    return found.isoformat() if found else None


async def _successor(db: AsyncSession, typed: str, content: Content) -> str | None:
    said = " ".join(typed.split())[:200]
    return None if said.lower() in NOTHING else said


async def _owner(db: AsyncSession, typed: str, content: Content) -> int | None:
    return None if typed.strip().lower() in NOTHING else (await lookups.agency(db, typed.strip())).id


Reader = Callable[[AsyncSession, str, Content], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: str
    ask: str
    read: Reader


FIELDS = {field.name: field for field in (
    Field("question", "Câu hỏi", "Anh/chị gõ câu hỏi mới, một ý, đúng như cán bộ sẽ hỏi.", _question),
    Field("answer", "Câu trả lời", "Anh/chị gõ câu trả lời mới, trả lời ngay ở câu đầu.", _text),
    Field(
        "variants", "Cách hỏi khác",
        "Anh/chị gõ mỗi cách hỏi một dòng; các dòng được thêm vào. Dòng bắt đầu bằng dấu trừ (-) là cách hỏi cần bỏ.",
        _phrasings,
    ),
    Field(
        "citations", "Nguồn", "Anh/chị gõ mỗi văn bản một dòng, kèm đường dẫn nếu có; danh sách này thay danh sách cũ.",
        _citations,
    ),
    Field("valid_from", "Hiệu lực từ", f"Quy định có hiệu lực từ ngày nào? {DAY}", _date),
    Field("valid_to", "Hiệu lực đến", f"Quy định hết hiệu lực ngày nào? {DAY}", _date),
    Field(
        "superseded_by", "Thay bằng",
        "Nội dung này đã được thay bằng văn bản nào, hoặc mục nào (gõ mã mục)? Gõ “không” nếu không có.", _successor,
    ),
    Field("owner_agency_id", "Cơ quan phụ trách", "Cơ quan nào phụ trách mục này? Gõ tên hoặc mã cơ quan.", _owner),
    Field("review_due", "Ngày rà soát", f"Ngày nào cần xem lại mục này? {DAY}", _date),
)}
