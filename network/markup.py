"""The Markdown subset in which briefs, answers and replies are written, and what the platforms get of it.

`escape` for whatever a person typed, `check` for what an author must correct, `to_html` for Telegram, `to_plain` for
Zalo, `split` into parts a platform accepts. A part is again this Markdown.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from html import escape as html_escape
from itertools import groupby

from network.markup_check import check
from network.markup_tree import Block, Run, clean, is_link, parse

__all__ = [
    "check", "escape", "is_link", "link", "plain_length", "split", "to_html", "to_markdown", "to_plain",
    "visible_length",
]

Measure = Callable[[str], int]
_INLINE = re.compile(r"([\\`*_\[\]<>~|])")
_LINE_START = re.compile(r"^([ \t]*)([#+\-=])", re.MULTILINE)
_NUMBER_START = re.compile(r"^([ \t]*\d{1,9})([.)])(?=\s|$)", re.MULTILINE)
_BORDERS = (re.compile(r"\n"), re.compile(r"(?<=[.!?…;:])[”\"')]*\s"), re.compile(r"\s"))


def escape(text: str) -> str:
    """The text as itself, whatever it contains; for names, questions and titles that go into a Reply."""
    text = _INLINE.sub(r"\\\1", clean(text))
    return _NUMBER_START.sub(r"\1\\\2", _LINE_START.sub(r"\1\\\2", text))


def link(label: str, url: str | None) -> str:
    """A link where the address is one, else the label alone."""
    label = escape(" ".join(label.split()))
    return f"[{label}](<{url}>)" if url and is_link(url) and not re.search(r"[\s<>\\]", url) else label


@lru_cache(maxsize=256)
def to_html(text: str) -> str:
    """Telegram's HTML: b, i, s, code, pre, a, blockquote; always balanced and escaped."""
    return _html(parse(text))


@lru_cache(maxsize=256)
def to_plain(text: str) -> str:
    """For platforms without formatting: markers and addresses as text."""
    return "".join(_joined(parse(text), _plain_block)).strip()


def visible_length(text: str) -> int:
    """Code points as Telegram counts them: after parsing."""
    return len("".join(_joined(parse(text), _visible_block)).strip())


def plain_length(text: str) -> int:
    return len(to_plain(text))


def split(text: str, limit: int, measure: Measure = visible_length) -> list[str]:
    """Parts of at most `limit` by `measure`, cut between paragraphs, else lines, sentences, words."""
    return list(_split(text, limit, measure))


# Telegram


def _html(blocks: Sequence[Block]) -> str:
    out: list[str] = []
    for quote, group in groupby(blocks, key=lambda block: block.quote):
        members = list(group)
        if out:
            out.append("\n\n" if members[0].gap else "\n")
        inner = "".join(_joined([replace(members[0], gap=False), *members[1:]], _html_block))
        out.append(f"<blockquote>{inner}</blockquote>" if quote and inner.strip() else inner)
    return "".join(out).strip()


def _html_block(block: Block) -> str:
    if block.kind == "code":
        return f"<pre>{html_escape(block.text, quote=False)}</pre>" if block.text.strip() else ""
    return _lead(block) + "".join(_html_runs(block.runs))


def _html_runs(runs: Iterable[Run]) -> Iterator[str]:
    opened: list[tuple[str, str]] = []
    for run in runs:
        wanted = [("a", run.href)] if run.href else []
        wanted += [(tag, "") for tag in ("b", "i", "s", "code") if tag in run.styles]
        while opened != wanted[: len(opened)]:
            yield f"</{opened.pop()[0]}>"
        for tag, href in wanted[len(opened) :]:
            opened.append((tag, href))
            yield f'<{tag} href="{html_escape(href)}">' if href else f"<{tag}>"
        yield html_escape(run.text, quote=False)
    while opened:
        yield f"</{opened.pop()[0]}>"


# Plain text


def _visible_block(block: Block) -> str:
    return block.text if block.kind == "code" else _lead(block) + block.text


def _plain_block(block: Block) -> str:
    body = "".join(run.text if not run.href else _address(run, block.runs) for run in block.runs)
    lines = (_lead(block) + body).split("\n")
    return "\n".join(f"│ {line}" if block.quote else line for line in lines)


def _address(run: Run, runs: Sequence[Run]) -> str:
    """The address follows the last run of its link, and only if the label does not show it already."""
    following = runs[runs.index(run) + 1 :][:1]
    if following and following[0].href == run.href:
        return run.text
    label = "".join(other.text for other in runs if other.href == run.href).strip()
    shown = label in (run.href, run.href.split("://", 1)[1].rstrip("/"))
    return f"{run.href}" if shown else f"{run.text} ({run.href})"


def _lead(block: Block) -> str:
    return "  " * (block.depth - 1) + f"{block.marker} " if block.marker else ""


def _joined(blocks: Iterable[Block], show: Callable[[Block], str]) -> Iterator[str]:
    first = True
    for block in blocks:
        if not first:
            yield "\n\n" if block.gap else "\n"
        first = False
        yield show(block)


# Back to Markdown, for the parts


def to_markdown(blocks: Sequence[Block]) -> str:
    """Reads back as the same text. Where the styles would not survive, they are given up, never the text."""
    out: list[str] = []
    for block in blocks:
        if out:
            out.append(("\n>\n" if block.quote else "\n\n") if block.gap else "\n")
        out.append(_markdown_block(block))
    written = "".join(out)
    wanted = "".join(_joined(blocks, _visible_block))
    kept = "".join(_joined(parse(written), _visible_block))
    return written if kept.split() == wanted.split() else escape(wanted)


def _markdown_block(block: Block) -> str:
    if block.kind == "code":
        fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", block.text)), default=0))
        body = f"{fence}\n{block.text}\n{fence}"
    elif block.kind == "rule":
        body = "---"
    else:
        body = "".join(_markdown_runs(block.runs))
    marker = "-" if block.marker == "•" else block.marker
    own = f"{marker} " if marker else ""
    lines = (own + body).split("\n")
    inner = " " * (block.column + len(own))
    lines = [" " * block.column + lines[0], *(inner + line for line in lines[1:])]
    return "\n".join(f"> {line}" if block.quote else line for line in lines)


def _markdown_runs(runs: Sequence[Run]) -> Iterator[str]:
    for href, group in groupby(runs, key=lambda run: run.href):
        inner = "".join(_emphasis(list(group)))
        yield f"[{inner}](<{href}>)" if href else inner


def _emphasis(runs: Sequence[Run]) -> Iterator[str]:
    signs = {"b": "**", "i": "*", "s": "~~"}
    opened: list[str] = []
    for run in runs:
        if "code" in run.styles:
            wanted: list[str] = []
        else:
            kept = [style for style in opened if style in run.styles]
            wanted = kept + [style for style in signs if style in run.styles and style not in kept]
        while opened != wanted[: len(opened)]:
            yield signs[opened.pop()]
        for style in wanted[len(opened) :]:
            opened.append(style)
            yield signs[style]
        yield _code(run.text) if "code" in run.styles else escape(run.text)
    while opened:
        yield signs[opened.pop()]


def _code(text: str) -> str:
    fence = "`" * (1 + max(map(len, re.findall(r"`+", text)), default=0))
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


# Splitting


@lru_cache(maxsize=256)
def _split(text: str, limit: int, measure: Measure) -> tuple[str, ...]:
    if limit < 1:
        raise ValueError(f"a part holds at least one character, not {limit}")
    if measure(text) <= limit:
        return (text,)
    parts: list[list[Block]] = [[]]
    waiting = list(parse(text))[::-1]
    while waiting:
        block, part = waiting.pop(), parts[-1]
        block = block if part else replace(block, gap=False)
        if measure(to_markdown([*part, block])) <= limit:
            part.append(block)
            continue
        alone = bool(part) and measure(to_markdown([replace(block, gap=False)])) <= limit
        if alone or (part and _room(part, block, limit, measure) < max(1, limit // 4)):
            waiting.append(block)  # it stays whole in the next part, or would hardly begin in this one
        else:
            head, tail = _cut(part, block, limit, measure)
            part.append(head)
            waiting += [tail] if tail.text.strip() else []
        parts.append([])
    return tuple(to_markdown(part) for part in parts if part)


def _room(part: list[Block], block: Block, limit: int, measure: Measure) -> int:
    """How many characters of the block still fit."""
    low, high = 0, min(len(block.text), limit)  # no measure counts less than the characters shown
    while low < high:
        middle = (low + high + 1) // 2
        fits = measure(to_markdown([*part, _slice(block, 0, middle)])) <= limit
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def _cut(part: list[Block], block: Block, limit: int, measure: Measure) -> tuple[Block, Block]:
    """The longest beginning that fits after `part`, ended at the best border in its second half, and the rest."""
    longest = _room(part, block, limit, measure)
    if longest == 0:  # not even one character: the address of a link or the marker is in the way
        if any(run.href for run in block.runs):
            bare = replace(block, runs=tuple(replace(run, href="") for run in block.runs))
            return _cut(part, bare, limit, measure)
        if block.marker or block.quote:
            return _cut(part, Block(block.runs), limit, measure)
        longest = 1
    end = _border(block.text, longest)
    rest = replace(_slice(block, end, len(block.text)), marker="", gap=False)
    return _slice(block, 0, end), rest


def _border(text: str, longest: int) -> int:
    if longest >= len(text) or text[longest].isspace():
        return longest
    for pattern in _BORDERS:
        ends = [match.end() for match in pattern.finditer(text, longest // 2, longest)]
        if ends:
            return ends[-1]
    while longest > 1 and unicodedata.combining(text[longest]):
        longest -= 1  # a letter stays with its tone mark
    return longest


def _slice(block: Block, start: int, end: int) -> Block:
    runs, position = [], 0
    for run in block.runs:
        piece = run.text[max(0, start - position) : max(0, end - position)]
        position += len(run.text)
        if piece:
            runs.append(replace(run, text=piece))
    return replace(block, runs=tuple(_trimmed(runs)))


def _trimmed(runs: list[Run]) -> list[Run]:
    """Without white space at the ends: emphasis signs must touch a word."""
    while runs and not runs[0].text.lstrip():
        runs = runs[1:]
    while runs and not runs[-1].text.rstrip():
        runs = runs[:-1]
    if runs:
        runs = [replace(runs[0], text=runs[0].text.lstrip()), *runs[1:]]
        runs = [*runs[:-1], replace(runs[-1], text=runs[-1].text.rstrip())]
    return runs
