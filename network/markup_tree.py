"""The Markdown subset as data: text becomes blocks (a paragraph, a list item, a quote line…) of styled runs.

Allowed: **bold**, *italic*, ~~strike~~, `code`, [links](https://…), headings (shown bold), lists, quotes, code fences.
Everything else stays the text it was typed as; network/markup_check.py tells the author about it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

URL_CHARACTERS = 1000  # a longer address is no link: it would not fit a message of Zalo next to its text
STYLES = {"strong": "b", "em": "i", "s": "s"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_DEEP = re.compile(r"^(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$))){7,}", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Run:
    """Text in one style. `styles` holds b, i, s, code; a newline in `text` is a line break inside the block."""

    text: str
    styles: frozenset[str] = frozenset()
    href: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """`marker` is "•", "3." or empty; `depth` counts the lists around; `column` is where its Markdown begins.

    `gap`: an empty line stands before it, as the author left it.
    """

    runs: tuple[Run, ...]
    kind: str = "text"  # text | code | rule
    marker: str = ""
    depth: int = 0
    column: int = 0
    quote: bool = False
    gap: bool = True

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


def is_link(url: str) -> bool:
    """Only web addresses with a host, and short enough to be shown."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and len(url) <= URL_CHARACTERS


def clean(text: str) -> str:
    """One kind of line end, no control characters, no nesting deep enough to be an attack."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _DEEP.sub(lambda deep: re.sub(r"([>\-+*.)])", r"\\\1", deep.group()), text)


def parser() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"maxNesting": 100})
    md.enable("strikethrough")
    md.disable(["code", "reference", "lheading", "html_block", "html_inline", "entity"])
    md.validateLink = lambda url: is_link(url.strip())  # type: ignore[method-assign]
    return md


_MD = parser()


@lru_cache(maxsize=256)
def parse(text: str) -> tuple[Block, ...]:
    blocks = list(_Reader().read(_MD.parse(clean(text))))
    return (replace(blocks[0], gap=False), *blocks[1:]) if blocks else ()


class _Reader:
    """Walks the parser's tokens once, keeping what surrounds the present block."""

    def __init__(self) -> None:
        self.lists: list[str] = []  # the marker of the open item of each list around
        self.fresh = False  # the open item's marker is not shown yet
        self.quotes = 0
        self.heading = False
        self.end = 0  # source line after the block before

    def read(self, tokens: list[Token]) -> Iterator[Block]:
        for token in tokens:
            self._surround(token)
            if token.type == "inline":
                base = frozenset("b") if self.heading else frozenset()
                yield self._block(token, tuple(_runs(token.children or [], base)))
            elif token.type == "fence":
                yield self._block(token, (Run(token.content.strip("\n")),), "code")
            elif token.type == "hr":
                yield self._block(token, (Run("———"),), "rule")
            elif token.type == "list_item_close":
                if self.fresh:  # an empty item still shows its marker
                    yield self._block(token, ())
                self.lists.pop()

    def _surround(self, token: Token) -> None:
        if token.type == "blockquote_open":
            self.quotes += 1
        elif token.type == "blockquote_close":
            self.quotes -= 1
        elif token.type == "list_item_open":
            self.lists.append(token.info + token.markup if token.info else "•")
            self.fresh = True
        elif token.type in ("heading_open", "heading_close"):
            self.heading = token.type == "heading_open"

    def _block(self, token: Token, runs: tuple[Run, ...], kind: str = "text") -> Block:
        marker = self.lists[-1] if self.fresh else ""
        self.fresh = False
        around = self.lists[:-1] if marker else self.lists
        start, end = token.map or (self.end, self.end)
        gap, self.end = start > self.end, end
        if kind == "code" and self.quotes:  # Telegram: no code block inside a quotation
            kind = "text"
        return Block(
            runs, kind, marker, len(self.lists), sum(map(_width, around)), self.quotes > 0, gap
        )


def _width(marker: str) -> int:
    return len(marker) + 1


def _runs(children: list[Token], base: frozenset[str]) -> Iterator[Run]:
    """Neighbours of one style are joined, so that equal texts make equal runs."""
    pending: Run | None = None
    for run in _styled(children, base):
        if pending and (pending.styles, pending.href) == (run.styles, run.href):
            pending = replace(pending, text=pending.text + run.text)
            continue
        if pending:
            yield pending
        pending = run
    if pending:
        yield pending


def _styled(children: list[Token], base: frozenset[str]) -> Iterator[Run]:
    open_styles: list[str] = []
    href = ""
    for child in children:
        tag = child.type.removesuffix("_open").removesuffix("_close")
        if tag in STYLES:
            open_styles.append(STYLES[tag]) if child.nesting > 0 else open_styles.remove(STYLES[tag])
        elif tag == "link":
            href = str(child.attrGet("href") or "") if child.nesting > 0 else ""
        elif child.type == "image":  # its description, leading to the picture
            yield Run(child.content or "ảnh", base, str(child.attrGet("src") or ""))
        elif child.type in ("softbreak", "hardbreak"):
            yield Run("\n", base | frozenset(open_styles), href)
        elif child.content:
            styles = base | frozenset(open_styles)
            if child.type == "code_inline" and not href:
                styles = frozenset(("code",))  # Telegram: code carries no other style
            yield Run(child.content, styles, href)
