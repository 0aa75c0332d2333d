"""Texts without articles (handbooks, directives, plans): cut by their headings and numbers. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from knowledge import legal_marks as marks
from knowledge.legal_lines import Line
from knowledge.legal_split import Piece, slice_up, unique

ROMAN = re.compile(r"([IVXLC]{1,7})\s?[.)]\s+(\S.*)")
DOTTED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){1,3})\.?\s+(\S.*)")
PLAIN = re.compile(r"(\d{1,2})\s?[.)]\s+(\S.*)")
NAMED = re.compile(r"(phần|chương|bài|mục)\s+(?:thứ\s+)?(\w{1,7})(?!\w)\s*[.:–-]?\s*(.*)", re.I)
TITLE = 160  # characters; a numbered line longer than this is text with a number, not a heading


@dataclass(slots=True)
class Section:
    depth: int
    label: str  # "Phần II", "mục I", "mục 2.1", or "" for a heading without number
    title: str
    lines: list[str] = field(default_factory=list)
    above: tuple["Section", ...] = ()


def pieces(lines: Sequence[Line], quoted: Sequence[bool]) -> tuple[list[Piece], list[str]]:
    """The pieces, and the lines before the first section (title page, preface)."""
    sections, head = _sections(lines, quoted)
    found = [piece for number, section in enumerate(sections, 1) for piece in _of(section, number)]
    if found:
        return unique(found), head
    texts = slice_up([line.text for line in lines])
    return [Piece(f"p{n}", f"đoạn {n}", "", "", "", text) for n, text in enumerate(texts, 1) if text], []


def _sections(lines: Sequence[Line], quoted: Sequence[bool]) -> tuple[list[Section], list[str]]:
    styled = sum(line.level > 0 for line in lines) >= 2
    found: list[Section] = []
    head: list[str] = []
    stack: list[Section] = []
    for line, inside in zip(lines, quoted, strict=True):
        if marks.CONTENTS_LINE.search(line.text):
            continue
        if found and not styled and not inside and marks.signs(line.text):
            break
        opened = None if inside or line.table else _heading(line, styled, stack)
        if opened is None:
            (found[-1].lines if found else head).append(line.text)
            continue
        while stack and stack[-1].depth >= opened.depth:
            stack.pop()
        opened.above = tuple(stack)
        stack.append(opened)
        found.append(opened)
    return found, head


def _heading(line: Line, styled: bool, stack: Sequence[Section]) -> Section | None:
    """By style where the file has headings, else by its number."""
    label, title = _numbered(line.text)
    if styled:
        return Section(line.level, label, title) if line.level else None
    for depth, pattern in enumerate((NAMED, ROMAN, PLAIN, DOTTED), 1):
        found = pattern.fullmatch(line.text)
        if found and _fits(depth, found, stack):
            if pattern is DOTTED:
                depth += found[1].count(".")
            short = len(title) <= TITLE and not marks.ends(title)
            return Section(depth, label, title if short else "", [] if short else [line.text])
    return None


def _fits(depth: int, found: re.Match[str], stack: Sequence[Section]) -> bool:
    if depth == 1:
        return not found[3][:1].islower() and len(found[3]) <= TITLE
    if depth == 3:  # numbers run on from 1
        same = [s for s in stack if s.depth == 3]
        last = int(re.sub(r"\D", "", same[-1].label)) if same else 0
        return int(found[1]) == last + 1
    return True


def _numbered(text: str) -> tuple[str, str]:
    if found := NAMED.fullmatch(text):
        return f"{found[1].capitalize()} {found[2]}", found[3]
    for pattern in (DOTTED, ROMAN, PLAIN):
        if found := pattern.fullmatch(text):
            return f"mục {found[1]}", found[2]
    return "", text


def _of(section: Section, number: int) -> Iterator[Piece]:
    body = [line for line in section.lines if line]
    if not body:
        return  # a heading over other headings
    place = " › ".join(_named(s) for s in section.above)
    texts = slice_up(body)
    for n, text in enumerate(texts, 1):
        part = "" if len(texts) == 1 else f" (phần {n})"
        path = f"m{number}" if len(texts) == 1 else f"m{number}.~{n}"
        yield Piece(path, f"{_cited(section)}{part}", section.title.rstrip(" .:"), place, "", text)


def _cited(section: Section) -> str:
    """mục 2 mục I; a heading without a number is cited by its words."""
    own = section.label or f"mục “{section.title.rstrip(' .:')}”"
    above = [s.label for s in reversed(section.above) if s.label]
    dotted = own.startswith("mục ") and "." in own  # 2.1 says where it stands
    return " ".join([own, *([a for a in above if a[0].isupper()] if dotted else above)])


def _named(section: Section) -> str:
    return " ".join(part for part in (section.label, section.title) if part)
