"""A correction and a recall, recipient by recipient: what is changed in place, what is sent, what is taken away.

Changing and deleting twice does no harm, so neither leaves anybody in doubt; only a letter sent can.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.channels import Channel, Closed, Down, Gone, Held, Letter, Outcome, Receipt, Refused
from bot.purse import way_of
from db.corrections import NO_MESSAGE, SILENTLY
from db.deliveries import Claimed
from network.corrections import EDITED, TOLD
from network.recalls import DELETED, NOTED, TOLD_ONLY, UNTOLD

if TYPE_CHECKING:
    from bot.errands import Going

KIND = 32  # characters of a row's kind
NEVER = "not_here"  # says a platform where messages are neither deleted nor changed


@dataclass(frozen=True, slots=True)
class Correcting:
    """The old message is changed where that is possible, and everybody is told: people have read it already."""

    push: "Going"
    notice: Letter
    corrected: Letter  # takes the wrong one's place
    whole: Letter  # to people who have nothing yet

    @property
    def letter(self) -> Letter:
        return self.notice

    @property
    def uploads(self) -> bool:
        return any(file.file_id is None for file in self.notice.files)

    async def run(self, channel: Channel, row: Claimed) -> Outcome:
        if row.target is None:
            return await channel.send(replace(self.whole, address=row.address, way=way_of(channel, row)))
        changed: Outcome = Held("no_message", asked=False)
        ids = _ids(row)
        if ids:
            changed = _sure(await channel.edit(row.address, ids, replace(self.corrected, address=row.address)))
        if not isinstance(changed, Receipt | Held | Refused):
            return changed
        notice = replace(self.notice, address=row.address, way=way_of(channel, row), reply_to=_last(ids))
        told = await channel.send(notice)
        return replace(told, note=_note(changed)) if isinstance(told, Receipt) else told


def _note(changed: Receipt | Held | Refused) -> str:
    return EDITED if isinstance(changed, Receipt) else f"{TOLD}:{changed.why}"[:KIND]


@dataclass(frozen=True, slots=True)
class Recalling:
    """All messages of a person: deleted together and the reason told, else each becomes the note."""

    push: "Going"
    note: Letter

    @property
    def letter(self) -> Letter:
        return self.note

    @property
    def uploads(self) -> bool:
        return False

    async def run(self, channel: Channel, row: Claimed) -> Outcome:
        ids = _ids(row)
        if not ids:
            return Held("no_message", asked=False)
        gone = _sure(await channel.delete(row.address, ids, self.note.priority))
        if isinstance(gone, Receipt):
            return await self._tell(channel, row, gone)
        if not isinstance(gone, Held | Refused):
            return gone
        covered = await self._cover(channel, row.address, ids)
        if _silently(row) or not (isinstance(covered, Held) and covered.why == NEVER):
            return covered
        told = await self._send(channel, row)  # the note alone can go
        return replace(told, note=TOLD_ONLY) if isinstance(told, Receipt) else told

    async def _tell(self, channel: Channel, row: Claimed, gone: Receipt) -> Outcome:
        """The message is away, whatever becomes of the note; who has left is not written to. Never told twice."""
        if _silently(row):
            return replace(gone, note=DELETED)
        match await self._send(channel, row):
            case Receipt() as told:
                return replace(told, note=DELETED)
            case Down(maybe_sent=True):
                return replace(gone, note=DELETED)
            case Gone() | Held() | Refused() | Closed():
                return replace(gone, note=UNTOLD)
            case later:
                return later

    async def _send(self, channel: Channel, row: Claimed) -> Outcome:
        return await channel.send(replace(self.note, address=row.address, way=way_of(channel, row)))

    async def _cover(self, channel: Channel, address: str, ids: tuple[str, ...]) -> Outcome:
        """A file stays under its message and cannot be taken away by changing it: then something is left."""
        left: list[str] = []
        for message in ids:
            outcome = _sure(await channel.edit(address, (message,), replace(self.note, address=address)))
            if isinstance(outcome, Held | Refused):
                left += [outcome.why] if getattr(outcome, "why", "") != "message_gone" else []
            elif not isinstance(outcome, Receipt):
                return outcome
        return Held(left[0]) if left else Receipt(ids, note=NOTED)


def _silently(row: Claimed) -> bool:
    return SILENTLY in (row.target or "").split()


def _last(ids: tuple[str, ...]) -> str | None:
    return ids[-1] if ids else None


def _ids(row: Claimed) -> tuple[str, ...]:
    return tuple(i for i in (row.target or "").split() if i not in (NO_MESSAGE, SILENTLY))


def _sure(outcome: Outcome) -> Outcome:
    """Whether an answer was lost does not matter here: the same again."""
    return replace(outcome, maybe_sent=False) if isinstance(outcome, Down) else outcome
