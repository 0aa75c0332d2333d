"""The way out to a platform: a channel (one bot, one OA) sends a letter and says what to do next."""

from dataclasses import dataclass
from typing import Protocol

from bot.lanes import Lane
from network.tariff import Tariff, Way


@dataclass(frozen=True, slots=True)
class Button:
    """`data` comes back when pressed (at most 64 bytes); or `url` opens. Exactly one of the two."""

    label: str
    data: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    """An attachment as the channel needs it: `file_id` when it is already uploaded there, else `data`."""

    attachment_id: int
    name: str
    mime: str
    file_id: str | None = None
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one address. `text` is the Markdown subset; a channel splits it and formats it its own way."""

    address: str
    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()  # rows
    files: tuple[File, ...] = ()
    reply_to: str | None = None  # message id on the platform
    priority: int = 2
    ask_contact: bool = False  # the platform's own way to ask for a phone number, where it has one
    nudge: tuple[tuple[str, str], ...] = ()  # what fills the approved template, where free text may not be sent
    way: Way | None = None  # what the platform's windows allow for this address; None: try and see


# What became of it, named by what to do next.


@dataclass(frozen=True, slots=True)
class Receipt:
    """Accepted. `message_ids` in order; `file_ids` maps attachment id → the platform's id for later sends.

    `note`: what exactly was done, where a row can be done in more than one way. `cost`: in đồng, as the platform says.
    """

    message_ids: tuple[str, ...]
    file_ids: tuple[tuple[int, str], ...] = ()
    note: str | None = None
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Later:
    """The platform asks to wait `after` seconds; holds the whole lane, or `alone` this recipient; costs no attempt."""

    after: float
    why: str = "429"
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """This person cannot be reached here (blocked, deactivated, never started): the identity becomes unreachable."""

    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Our content is wrong: it would fail for everyone, so the whole push stops and the author is told."""

    why: str


@dataclass(frozen=True, slots=True)
class Down:
    """The platform or the network failed. `maybe_sent`: the answer was lost after the request went out.

    `probe`: the platform was known to be down, this was to find out; costs no attempt. `cost`: of what it took before.
    """

    why: str
    maybe_sent: bool = False
    probe: bool = False
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Migrated:
    """The address changed; send again to `address`, once."""

    address: str


@dataclass(frozen=True, slots=True)
class Held:
    """No right to write in this chat just now: hold this recipient, tell the operator, go on with the others.

    `asked` False: known without asking the platform, so it says nothing about whether that answers.
    """

    why: str
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Frozen:
    """The bot itself may not send (token revoked, account frozen): stop the channel, page the operator."""

    why: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The platform's window for free text is over (Zalo): use a template or another channel. `asked` as of Held."""

    why: str
    asked: bool = True


Outcome = Receipt | Later | Gone | Refused | Down | Migrated | Held | Frozen | Closed


class Channel(Protocol):
    """One per token. Never raises for what the platform answered: that is the outcome."""

    name: str
    platform: str
    lane: Lane
    tariff: Tariff | None  # of a platform with windows and prices

    async def send(self, letter: Letter) -> Outcome: ...

    async def edit(self, address: str, message_ids: tuple[str, ...], letter: Letter) -> Outcome: ...

    async def delete(self, address: str, message_ids: tuple[str, ...], priority: int = ...) -> Outcome: ...

    async def close(self) -> None: ...

    def calls(self, letter: Letter) -> int:
        """How many platform calls the letter costs (parts, albums): the lane and the time estimate count these."""
        ...
