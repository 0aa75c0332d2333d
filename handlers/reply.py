"""What comes in and what goes out of a conversation. No chat library in sight: one page per platform translates."""

from dataclasses import dataclass, field
from typing import Any

CALLBACK_BYTES = 64  # Telegram's limit for a button's data; packed actions must fit


@dataclass(frozen=True, slots=True)
class Action:
    """What a choice does when taken. `stamp` ties it to the state it was offered in: a stale press is refused."""

    name: str  # e.g. "ack", "brief.approve"
    subject: str = ""  # an id, mostly
    stamp: str = ""  # first characters of a hash or version

    def pack(self) -> str:
        packed = "|".join((self.name, self.subject, self.stamp)).rstrip("|")
        if len(packed.encode()) > CALLBACK_BYTES:
            raise ValueError(f"action does not fit {CALLBACK_BYTES} bytes: {packed!r}")
        return packed

    @classmethod
    def unpack(cls, packed: str) -> "Action":
        name, _, rest = packed.partition("|")
        subject, _, stamp = rest.partition("|")
        return cls(name, subject, stamp)


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a person sent: text (or a caption), at most one file, or a shared contact."""

    text: str = ""
    photo: str | None = None  # the platform's file id
    document: str | None = None  # the platform's file id
    file_name: str = ""
    file_size: int = 0  # bytes
    phone: str | None = None  # of a shared contact
    phone_is_own: bool = False  # the platform says the contact is the sender
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing the person may press (or type the number of). Either an action or a link. `inside`: the link is a
    page that opens within the platform, where it can (Telegram's Mini App)."""

    label: str
    action: Action | None = None
    url: str | None = None
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """An attachment made on the spot (a QR code, a chart). `data` is PNG."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """`text` is the Markdown subset of network/markup.py; what a person typed goes into it through `markup.escape`.

    `toast` is shown over the chat when the reply answers a button (Telegram), or as a first line elsewhere.
    `replace` edits the message whose button was pressed instead of sending a new one, where the platform can.
    `files` are ids of db.briefs.Attachment; `photos` are the platform's own ids of what came in there.
    `ask_contact` offers a "share my phone number" button.
    """

    text: str = ""
    choices: tuple[Choice, ...] = ()
    toast: str = ""
    replace: bool = False
    pictures: tuple[Picture, ...] = ()
    files: tuple[int, ...] = ()
    photos: tuple[str, ...] = ()
    ask_contact: bool = False
    columns: int = field(default=1)  # buttons a row, where buttons exist

    def plain(self) -> dict[str, Any]:
        """As JSON for a notice row. Pictures are left out: they are made when needed."""
        return {
            "text": self.text,
            "choices": [[c.label, c.action.pack() if c.action else None, c.url] for c in self.choices],
            "files": list(self.files),
            "columns": self.columns,
        }

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> "Reply":
        choices = tuple(
            Choice(label, Action.unpack(packed) if packed else None, url) for label, packed, url in data["choices"]
        )
        return cls(data["text"], choices, files=tuple(data.get("files", ())), columns=data.get("columns", 1))
