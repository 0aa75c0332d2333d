"""A text as lines, whatever file it came from; and which of them stand inside a quotation. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.legal_marks import Level, follows, mark

SPACES = re.compile(r"[\s\u00a0\u200b\ufeff\u00ad]+")
STRAIGHT = re.compile(r"(^|[\s(\[|–-])\"(?=\S)")


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    level: int = 0  # 1–6 of a heading, 0 of plain text
    table: bool = False  # a row of a table, cells joined by " | "
    full: bool = False  # reached the right margin: the paragraph may go on (PDF only)


@dataclass(frozen=True, slots=True)
class Manuscript:
    lines: tuple[Line, ...]
    format: str  # DOCX, PDF, HTML, Markdown, văn bản thuần
    wrapped: bool = False  # lines end where the page did, not where paragraphs do
    notes: tuple[str, ...] = ()  # what the reader did, for the report
    warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()  # what could not be read; blocks the import unless allowed


class Unreadable(ValueError):
    """A sentence for the person who brought the file: what is wrong with it and what to do."""


def tidy(text: str) -> str:
    """NFC, single spaces, typographic quotes by position."""
    text = SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()
    return STRAIGHT.sub(r"\1“", text).replace('"', "”")


def quoted(lines: Sequence[Line]) -> tuple[list[bool], list[int]]:
    """Which lines lie in a quotation begun on an earlier line; and lines whose quotation is never closed."""
    flags = [False] * len(lines)
    unclosed: list[int] = []
    last: str | None = None  # article the reading has reached
    at = 0
    while at < len(lines):
        text = lines[at].text
        found = mark(text)
        if found and found.level is Level.ARTICLE:
            last = found.label
        if _depth(text) > 0:
            end = _closing(lines, at)
            if end is None or _swallows_next_article(lines, at, end, last):
                unclosed.append(at)
            else:
                flags[at + 1 : end + 1] = [True] * (end - at)
                at = end
        at += 1
    return flags, unclosed


def _depth(text: str, depth: int = 0) -> int:
    for character in text:
        if character in "“«":
            depth += 1
        elif character in "”»":
            depth = max(0, depth - 1)
    return depth


def _closing(lines: Sequence[Line], start: int) -> int | None:
    depth = 0
    for at in range(start, len(lines)):
        depth = _depth(lines[at].text, depth)
        if depth == 0:
            return at
    return None


def _swallows_next_article(lines: Sequence[Line], start: int, end: int, last: str | None) -> bool:
    """A quote opened amid a sentence that takes in the document's own next article was a slip of the pen."""
    opening = lines[start].text
    within = opening[opening.rfind("“") + 1 :].strip()
    if not within or mark(within):
        return False  # announces a quoted provision
    inside = (mark(line.text) for line in lines[start + 1 : end + 1])
    return any(m and m.level is Level.ARTICLE and follows(m.label, last) for m in inside)
