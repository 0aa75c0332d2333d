"""The console in English: templates are written in Vietnamese and translated as they are compiled.

Keys of words/en.yaml are the Vietnamese texts themselves, as they stand between two tags, in an attribute that is read
out, or in a string of an expression; where an expression stands within a sentence, its parts are translated one by one.
What people wrote, and most of what the rules answer, stays Vietnamese.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup

from network import moments

LETTER = re.compile(r"[^\W\d_]")
VIETNAMESE = re.compile(r"[À-ỹ]")
READ_OUT = re.compile(r'(?<=\s)(title|aria-label|placeholder|alt|label|data-say|data-confirm)="([^"]+)"')
SAID = "said_in_english"  # the function around what expressions yield
LONGEST = 200  # characters of what is said by name or pattern
PARTS = re.compile(r"[^<>]+|[<>]")


@cache
def words() -> dict[str, dict[str, str]]:
    """templates, names, patterns: Vietnamese → English."""
    return yaml.safe_load((Path(__file__).parent / "words" / "en.yaml").read_text(encoding="utf-8"))


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(pattern), english) for pattern, english in words()["patterns"].items()]


def said(text: str) -> str:
    """A name, a state, a short sentence of Loa's in English, where it is known."""
    if (known := words()["names"].get(text)) is not None:
        return known
    if len(text) <= LONGEST and VIETNAMESE.search(text):
        for pattern, english in _patterns():
            if found := pattern.fullmatch(text):
                return found.expand(english)
    return text


def finalized(value: Any) -> Any:
    """What an expression yields. Markup is somebody's text, or has been through here."""
    return said(value) if type(value) is str else value


class Place:
    """Where in a page the template stands: inside a tag, or in a field somebody types in."""

    def __init__(self) -> None:
        self.tag = self.field = False

    def over(self, text: str) -> list[tuple[bool, str]]:
        """[(is part of a tag, part)] of the next piece of text."""
        parts = []
        for part in PARTS.findall(text):
            self.tag = self.tag or part == "<"
            parts.append((self.tag, part))
            if self.tag and part.startswith(("textarea", "/textarea")):
                self.field = part.startswith("textarea")
            self.tag = self.tag and part != ">"
        return parts


class English(Extension):
    """Translates the text of a template, and what expressions put between tags: never tags or what fields hold."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals[SAID] = finalized

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        place, wrapped, before = Place(), False, ""
        for token in stream:
            if token.type == "data":
                parts = place.over(token.value)
                text = "".join(_read_out(part) if tag else _between(part) for tag, part in parts)
                yield Token(token.lineno, "data", text)
                continue
            if token.type == "variable_end" and wrapped:
                yield Token(token.lineno, "rparen", ")")
            shown = token.type == "string" and before not in ("eq", "ne")  # what is compared is no text of the page
            yield Token(token.lineno, "string", _written(token.value)) if shown else token
            before = token.type
            if token.type == "variable_begin":
                wrapped = not (place.tag or place.field)
                if wrapped:
                    yield from (Token(token.lineno, "name", SAID), Token(token.lineno, "lparen", "("))


def texts(tokens: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Everything in a template that wants a translation; `tokens`: kind and value, as the lexer has them."""
    place = Place()
    for kind, value in tokens:
        if kind == "data":
            for tag, part in place.over(value):
                yield from (found[2] for found in READ_OUT.finditer(part)) if tag else [" ".join(part.split())]
        elif kind == "string" and (VIETNAMESE.search(value) or (" " in value and LETTER.search(value))):
            yield value


def _between(text: str) -> str:
    """Keeps the space around it: words beside an expression must not run into it."""
    bare = " ".join(text.split())
    if _written(bare) == bare:
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()):]
    return f"{before}{_written(bare)}{after}"


def _written(text: str) -> str:
    return words()["templates"].get(text, text)


def _read_out(tag: str) -> str:
    return READ_OUT.sub(lambda found: f'{found[1]}="{_written(found[2])}"', tag)


def count(number: int | float) -> str:
    return f"{number:,}"


def score(value: float) -> str:
    return f"{value:.2f}"


def day(when: date | str | None) -> str:
    if isinstance(when, str):
        try:
            when = date.fromisoformat(when)
        except ValueError:
            return str(when)
    return f"{when.day} {when:%b %Y}" if when else "–"


def moment(at: datetime | None) -> Markup:
    if at is None:
        return Markup("–")
    local = at.astimezone(moments.VIETNAM)
    said_so = f"{local:%H:%M}, {day(local)}"
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="minutes"), said_so)
