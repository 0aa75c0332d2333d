"""What is pasted from Word, a mail or a page, as the Markdown of network/markup.py. Nothing in it is ever executed."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import groupby

import nh3

from network import markup
from network.markup_tree import Block, Run, is_link

LONGEST = 300_000  # characters of HTML that are read; Word writes ten times what one sees
DEEPEST = 6  # lists within lists
STYLES = {"b": "b", "strong": "b", "i": "i", "em": "i", "s": "s", "strike": "s", "del": "s"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6", "th"}
BLOCKS = {"p", "div", "li", "ul", "ol", "tr", "table", "blockquote", "br", "section", "article", *HEADINGS}
TAGS = {*STYLES, *BLOCKS, "a", "span", "td"}
LOOKS = {"font-weight", "font-style", "text-decoration"}
# Word writes the bullets of its lists as text, in the letters of its symbol fonts.
BULLET = re.compile(r"^(?:[·•o§Ø▪◦‣\-–+]|\uf0b7|\uf0a7|\uf0d8)(?:\xa0|[ \t]{2,})[\xa0\s]*")
NUMBER = re.compile(r"^(\d{1,3}[.)])(?:\xa0|[ \t]{2,})[\xa0\s]*")


def to_markdown(html: str) -> str:
    """Bold, italic, struck out, links, lists, quotes and rows of tables; everything else is its text."""
    kept = nh3.clean(
        html[:LONGEST], tags=TAGS, attributes={"a": {"href"}, "*": {"style"}}, url_schemes={"http", "https"},
        clean_content_tags={"script", "style", "title", "head", "template", "svg", "math"}, link_rel=None,
        filter_style_properties=LOOKS,
    )
    reader = _Reader()
    reader.feed(kept)
    reader.close()
    return markup.to_markdown(_spaced(reader.finished(), reader.rows))


@dataclass
class _Reader(HTMLParser):
    """Over what nh3 left: balanced, known tags alone."""

    blocks: list[Block] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    styles: list[tuple[str, frozenset[str]]] = field(default_factory=list)  # (tag, what it adds)
    lists: list[list[int | None]] = field(default_factory=list)  # [number of the item] of each list around
    marker: str = ""
    href: str = ""
    quotes: int = 0
    rows: set[int] = field(default_factory=set)  # places in `blocks` of a table's rows

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.runs.append(Run("\n"))
            return
        if tag in BLOCKS:
            self._end()
        if tag in ("ul", "ol"):
            self.lists.append([0 if tag == "ol" else None])
        elif tag == "li":
            self.marker = self._next_marker()
        elif tag == "blockquote":
            self.quotes += 1
        elif tag == "td" and any(run.text.strip() for run in self.runs):
            self.runs.append(Run(" – "))
        given = dict(attrs)
        if tag == "a":
            href = given.get("href") or ""
            self.href = href if is_link(href) else ""
        self.styles.append((tag, _adds(tag, given.get("style") or "")))

    def handle_endtag(self, tag: str) -> None:
        while self.styles and self.styles.pop()[0] != tag:
            pass
        if tag == "a":
            self.href = ""
        if tag in BLOCKS and tag != "br":
            before = len(self.blocks)
            self._end()
            if tag == "tr" and len(self.blocks) > before:
                self.rows.add(before)
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        elif tag == "blockquote":
            self.quotes -= 1

    def handle_data(self, data: str) -> None:
        styles = frozenset().union(*(added for _, added in self.styles))
        self.runs.append(Run(data, styles, self.href))

    def finished(self) -> list[Block]:
        self._end()
        return self.blocks

    def _next_marker(self) -> str:
        if not self.lists or self.lists[-1][0] is None:
            return "•"
        self.lists[-1][0] += 1
        return f"{self.lists[-1][0]}."

    def _end(self) -> None:
        runs = _tidy(self.runs)
        self.runs = []
        if not runs:
            return
        marker, depth = self.marker, min(max(1, len(self.lists)), DEEPEST)
        if not marker:
            marker, runs = _typed_marker(runs)
        self.marker = ""
        column = 2 * (depth - 1) if marker else 0
        self.blocks.append(Block(runs, "text", marker, depth if marker else 0, column, self.quotes > 0))


def _adds(tag: str, style: str) -> frozenset[str]:
    looks = dict(part.split(":", 1) for part in style.replace(" ", "").lower().split(";") if ":" in part)
    added = {STYLES[tag]} if tag in STYLES else {"b"} if tag in HEADINGS else set()
    weight = looks.get("font-weight", "")
    if weight in ("bold", "bolder") or (weight.isdecimal() and int(weight) >= 600):
        added.add("b")
    if looks.get("font-style") == "italic":
        added.add("i")
    if "line-through" in looks.get("text-decoration", ""):
        added.add("s")
    return frozenset(added)


def _tidy(runs: Sequence[Run]) -> tuple[Run, ...]:
    """One space for many, none at the ends of lines; neighbours of one look joined, spaces outside of emphasis."""
    whole: list[Run] = []
    for run in runs:
        text = unicodedata.normalize("NFC", run.text)
        text = text if text == "\n" else re.sub(r"[ \t\r\n\f]+", " ", text)
        head, body, tail = re.fullmatch(r"(\s*)(.*?)(\s*)", text, re.S).groups()
        if not body:
            whole.append(Run(text))
            continue
        whole += [Run(head), replace(run, text=body), Run(tail)]
    joined = [
        Run("".join(run.text for run in same), *look) for look, same in groupby(whole, key=lambda r: (r.styles, r.href))
    ]
    joined = [run for run in joined if run.text]
    while joined and not joined[0].text.strip(" \n\xa0"):
        joined.pop(0)
    while joined and not joined[-1].text.strip():
        joined.pop()
    if joined:
        joined[-1] = replace(joined[-1], text=joined[-1].text.rstrip())
    return tuple(joined)


def _typed_marker(runs: tuple[Run, ...]) -> tuple[str, tuple[Run, ...]]:
    """A bullet or a number that Word wrote as text in front of a list item."""
    whole = "".join(run.text for run in runs)
    found = BULLET.match(whole) or NUMBER.match(whole)
    if not found:
        return "", runs
    left, rest = found.end(), []
    for run in runs:
        text, left = run.text[left:], max(0, left - len(run.text))
        if text:
            rest.append(replace(run, text=text))
    number = found.groups()[0] if found.re is NUMBER else "•"
    return number, tuple(rest)


def _spaced(blocks: Sequence[Block], rows: set[int]) -> list[Block]:
    """An empty line between paragraphs, none between items of a list or rows of a table. Hard spaces become plain."""
    found: list[Block] = []
    for place, block in enumerate(blocks):
        runs = tuple(replace(run, text=run.text.replace("\xa0", " ")) for run in block.runs)
        listed = bool(found) and bool(block.marker and found[-1].marker)
        close = listed or {place - 1, place} <= rows
        found.append(replace(block, runs=runs, gap=bool(found) and not close))
    return found
