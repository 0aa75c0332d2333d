"""What a correction says against the text it corrects: the wrong words stand in it, the right ones are others."""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db import briefs as table
from network import markup
from network.brief_content import LINES, Content, Correction
from network.letters import letter_text
from network.refusals import Refusal

SHOWN = 60  # characters of a quotation that is said again
EDGES = " \"'“”‘’«».,;:…"  # around a quotation
SAME = "Nội dung đúng giống hệt nội dung sai. Vui lòng ghi phần thay thế."
UNCHANGED = "Toàn văn: chưa có gì khác bản đã gửi; vui lòng sửa phần sai trong toàn văn"


async def sent_text(db: AsyncSession, corrects: Correction) -> Content:
    return Content.from_json((await table.edition(db, corrects.edition)).content)


def check(said: Correction, sent: Content) -> None:
    """Refuses what nobody could have read, and a correction into the same words. What is still empty is not judged."""
    if said.wrong and not quoted(said.wrong, sent):
        words = said.wrong if len(said.wrong) <= SHOWN else f"{said.wrong[:SHOWN].rstrip()}…"
        raise Refusal(f"Bản tin đã gửi không có “{words}”. Vui lòng trích nguyên văn phần sai trong bản tin.")
    if said.wrong and said.right and _flat(said.wrong) == _flat(said.right):
        raise Refusal(SAME)


def quoted(words: str, sent: Content) -> bool:
    """As the author wrote it or as people read it; spaces, capitals, bold and quotation marks do not matter."""
    wanted = _flat(words)
    return bool(wanted) and any(wanted in text for text in _readings(sent))


def _readings(sent: Content) -> Iterator[str]:
    yield _flat(letter_text(sent))
    if sent.corrects:
        yield _flat(sent.corrects.right)
    for text in _strings(replace(sent, note="", corrects=None).to_json()):
        yield _flat(text)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)


def _flat(text: str) -> str:
    plain = unicodedata.normalize("NFC", markup.to_plain(text)).casefold()
    return " ".join(plain.split()).strip(EDGES)


def put_right(content: Content) -> Content:
    """Wherever the text has the wrong words exactly, the right ones stand; elsewhere the author must look."""
    said = content.corrects
    if said is None or not (said.wrong and said.right):
        return content

    def right(text: str) -> str:
        return text.replace(said.wrong, said.right)

    return replace(
        content, title=right(content.title), summary=right(content.summary), body=right(content.body),
        qa=tuple(replace(pair, a=right(pair.a)) for pair in content.qa),
        **{name: tuple(map(right, getattr(content, name))) for name in LINES},
    )


async def problems(db: AsyncSession, content: Content) -> list[str]:
    """Before a correction is submitted: its text is another than the one that was sent."""
    if content.corrects is None or not content.corrects.edition:
        return []
    sent = await sent_text(db, content.corrects)
    return [UNCHANGED] if same(content, sent) else []


def same(content: Content, sent: Content) -> bool:
    return _bare(content) == _bare(sent)


def _bare(content: Content) -> Content:
    """What recipients get."""
    return replace(content, corrects=None, release_at=None, pre_release=(), note="", priority=Content().priority)
