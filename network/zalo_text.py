"""Texts as Zalo shows them: plain, short, without mentions, and with choices one can answer by a number."""

import re
from collections.abc import Sequence

from network import markup

TEXT_LIMIT = 2000  # characters of one message
BUTTONS = 5  # under one message of an OA; a Zalo bot has none
TEMPLATE = {"co_quan": 100, "tieu_de": 200, "han": 30}  # parameters of the approved template, and their lengths
PICTURE_BYTES, FILE_BYTES = 1 << 20, 5 << 20
PICTURES, FILES = ("image/jpeg", "image/png"), (".pdf", ".doc", ".docx", ".csv")
_MENTION = re.compile(r"\[@[^\[\]\n]{0,64}\]")  # Zalo would call a person, or a whole group, by it
BY_NUMBER = "**Trả lời bằng số:**"
BY_WORD_AND_NUMBER = "**Gõ “chọn” kèm số, ví dụ “chọn 1”:**"


def parts(text: str) -> list[str]:
    """Messages that together say the Markdown `text`, cut between paragraphs where possible."""
    plain = (without_mentions(markup.to_plain(part)) for part in markup.split(text, TEXT_LIMIT, markup.plain_length))
    return [part for part in plain if part]


def takes(name: str, mime: str, size: int) -> bool:
    """Whether an OA takes such a file: the rest is named in the text."""
    if mime in PICTURES:
        return size <= PICTURE_BYTES
    return name.lower().endswith(FILES) and size <= FILE_BYTES


def with_left(text: str, names: Sequence[str]) -> str:
    """`text` and below it the files that could not be sent. Markdown."""
    if not names:
        return text
    return "\n".join((f"{text}\n\nTệp không gửi được qua Zalo:", *(f"- {markup.escape(name)}" for name in names)))


def cut(text: str, most: int) -> str:
    plain = " ".join(without_mentions(text).split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def without_mentions(plain: str) -> str:
    while plain != (less := _MENTION.sub("", plain)):  # what is left must not become one
        plain = less
    return plain.strip()


def numbered(text: str, choices: Sequence[tuple[str, str | None]], *, by_word: bool = False) -> str:
    """`text` and below it the choices (label, address of a link or None), numbered from 1. Markdown.

    `by_word`: a bare number would be taken for what was asked, such as how many people were reached.
    """
    if not choices:
        return text
    lines = [f"{number}. {_said(*choice)}" for number, choice in enumerate(choices, 1)]
    return "\n".join((f"{text}\n" if text else "", BY_WORD_AND_NUMBER if by_word else BY_NUMBER, *lines)).lstrip("\n")


def _said(label: str, url: str | None) -> str:
    return f"{markup.escape(label)}: <{url}>" if url else markup.escape(label)
