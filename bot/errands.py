"""What a push does for each of its recipients, prepared once: the letter it sends and the way it sends it."""

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from bot import letters
from bot.amending import Correcting, Recalling
from bot.channels import Channel, Letter, Outcome
from bot.purse import way_of
from db.deliveries import Claimed
from db.pushes import PushKind


@dataclass(frozen=True, slots=True)
class Going:
    """A push that may send now."""

    id: int
    edition_id: int
    priority: int
    resend_unsure: bool
    by_night: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Errand:
    push: Going
    letter: Letter  # without an address

    @property
    def uploads(self) -> bool:
        """The channel does not know our files yet: one letter goes first and teaches it."""
        return any(file.file_id is None for file in self.letter.files)

    async def run(self, channel: Channel, row: Claimed) -> Outcome:
        letter = replace(self.letter, address=row.address, way=way_of(channel, row), reply_to=self._answers(row))
        return await channel.send(letter)

    def _answers(self, row: Claimed) -> str | None:
        """A reminder hangs on the letter it reminds of: the part that carries the buttons."""
        return row.target.split()[-1] if row.target and self.push.kind == PushKind.REMINDER else None


Work = Errand | Correcting | Recalling


async def prepare(db: AsyncSession, push: Going, channel: str) -> Work:
    """Raises letters.MissingFile."""
    if push.kind == PushKind.REMINDER:
        return Errand(push, await letters.reminding(db, push.edition_id, push.priority))
    if push.kind == PushKind.CORRECTION:
        return Correcting(push, *await letters.correcting(db, push.edition_id, channel, push.priority))
    if push.kind == PushKind.RECALL:
        return Recalling(push, await letters.recalling(db, push.id, push.priority))
    return Errand(push, await letters.of_edition(db, push.edition_id, channel, push.priority))
