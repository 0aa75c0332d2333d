"""How a brief arrives on each platform: its messages, its buttons or numbers, and the files it takes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from console.rendering import letter, piece
from console.visit import Visit
from db import briefs as table
from db.briefs import Attachment
from handlers import briefs
from handlers.reply import Reply
from network import markup, zalo_text
from network.brief_content import Content
from network.sending_time import TEXT_LIMIT


@dataclass(frozen=True, slots=True)
class Shown:
    """On one platform. `rows`: labels of the buttons under the last message, as they stand side by side."""

    code: str
    name: str
    texts: tuple[str | Markup, ...]
    files: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def messages(self) -> int:
        return len(self.texts) + len(self.files)


async def on_each(visit: Visit, brief_id: int, content: Content, preface: str = "") -> str:
    """A piece of a page. `preface`: what a correction says first."""
    reply = briefs.letter(brief_id, content)
    files = await table.attachments(visit.db, content.attachments)
    text = preface + reply.text
    shown = (_telegram(text, reply, files), _official(text, reply, files), _bot(text, reply, files))
    return piece(visit.request, "as_shown.html", platforms=shown, length=markup.plain_length(text))


def _telegram(text: str, reply: Reply, files: Sequence[Attachment]) -> Shown:
    labels = [choice.label for choice in reply.choices]
    rows = (labels[i : i + reply.columns] for i in range(0, len(labels), reply.columns))
    texts = tuple(letter(part) for part in markup.split(text, TEXT_LIMIT) if part)
    return Shown("telegram", "Telegram", texts, _names(files), tuple(map(tuple, rows)))


def _official(text: str, reply: Reply, files: Sequence[Attachment]) -> Shown:
    taken = [file for file in files if zalo_text.takes(file.name, file.mime, file.size)]
    text = zalo_text.with_left(text, _names(file for file in files if file not in taken))
    rows = tuple((choice.label,) for choice in reply.choices)  # a letter has three at most, an OA shows five
    return Shown("zalo_oa", "Zalo OA", tuple(zalo_text.parts(text)), _names(taken), rows)


def _bot(text: str, reply: Reply, files: Sequence[Attachment]) -> Shown:
    numbered = zalo_text.numbered(text, [(choice.label, choice.url) for choice in reply.choices])
    return Shown("zalo_bot", "Zalo Bot", tuple(zalo_text.parts(zalo_text.with_left(numbered, _names(files)))), ())


def _names(files: Iterable[Attachment]) -> tuple[str, ...]:
    return tuple(file.name for file in files)
