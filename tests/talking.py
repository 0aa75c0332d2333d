"""A telephone as Loa meets it: who speaks is looked up for each message, and every word goes through the routing."""

from datetime import datetime
from typing import Any

from handlers import conversation
from handlers.pondering import pondered
from handlers.reply import Action, Incoming, Reply
from network import people
from network.people import Speaker
from tests.briefing import Chat, shown


class Phone:
    def __init__(self, database: Any, address: str, now: datetime, **needs: Any) -> None:
        self.database, self.address, self.now = database, address, now
        self.needs = {"bot_name": "loa_bot", **needs}
        self.last: Reply | None = None

    @classmethod
    def of(cls, database: Any, who: Speaker, now: datetime) -> "Phone":
        return cls(database, who.address, now)

    async def _turn(self, act: Any, what: Any) -> Reply:
        async def turn(needs: Any) -> Reply:
            async with self.database.transaction() as db:
                who = await people.meet(
                    db, platform="telegram", channel="telegram", address=self.address, name="?", now=self.now
                )
                return shown(await act(db, who, what, self.now, needs))

        self.last = await pondered(turn, self.needs)
        return self.last

    async def say(self, text: str = "", **parts: Any) -> Reply:
        return await self._turn(conversation.hear, Incoming(text, **parts))

    async def press(self, label: str) -> Reply:
        """A button of the last reply, by the beginning of its label."""
        found = [c.action for c in self.last.choices if c.label.removeprefix("✓ ").startswith(label)]
        assert found, f"no button {label!r} in {[c.label for c in self.last.choices]}"
        return await self.act(found[0].pack())

    async def act(self, packed: str) -> Reply:
        return await self._turn(conversation.take, Action.unpack(packed))

    async def notices(self) -> list[Reply]:
        async with self.database.transaction() as db:
            who = await people.meet(
                db, platform="telegram", channel="telegram", address=self.address, name="?", now=self.now
            )
        return await Chat(self.database, who, self.now).notices()

    @property
    def labels(self) -> list[str]:
        return [c.label for c in self.last.choices]
