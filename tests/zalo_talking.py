"""A Zalo telephone as Loa meets it: what it sends are the platform's events, what it sees are plain texts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers import zalo
from network import people, zalo_text


def oa_event(name: str, user: str, message: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "app_id": "4242424242", "event_name": name, "timestamp": "1795500000000", "sender": {"id": user},
        "recipient": {"id": "5757575757"}, **({"message": dict(message)} if message is not None else {}), **more,
    }


def bot_event(name: str, user: str, **message: Any) -> dict[str, Any]:
    sender = {"id": user, "display_name": "Người dùng Zalo", "is_bot": False}
    shown = {"from": sender, "chat": {"id": user, "chat_type": "PRIVATE"}, "message_id": "m1", "date": 1795500000000}
    return {"event_name": name, "message": {**shown, **message}}


class ZaloPhone:
    """`platform` is zalo_oa or zalo_bot. `text` is everything the last answer shows, `labels` its buttons."""

    def __init__(self, database: Any, platform: str, address: str, now: datetime, **needs: Any) -> None:
        self.database, self.platform, self.address, self.now = database, platform, address, now
        self.needs = {"bot_name": "loa_bot", **needs}
        self.page: zalo.Page | None = None
        self.text = ""

    async def hear(self, heard: zalo.Heard) -> str:
        async with self.database.transaction() as db:
            who = await people.meet(
                db, platform=self.platform, channel=self.platform, address=self.address, name=heard.person,
                now=self.now,
            )
            self.page = await zalo.answer(db, who, heard, self.now, self.needs)
        parts = zalo_text.parts(self.page.text) if self.page else []
        assert all(len(part) <= 2000 for part in parts)
        self.text = "\n".join(parts)
        return self.text

    async def event(self, name: str, message: Mapping[str, Any] | None = None, **more: Any) -> str:
        stamp = int(self.now.timestamp() * 1000)
        if self.platform == zalo.OA:
            return await self.hear(zalo.read_oa(oa_event(name, self.address, message, timestamp=str(stamp), **more)))
        return await self.hear(zalo.read_bot(bot_event(name, self.address, **{"date": stamp, **(message or {})})))

    async def say(self, text: str) -> str:
        name = "user_send_text" if self.platform == zalo.OA else "message.text.received"
        return await self.event(name, {"text": text, "msg_id": "m1"} if self.platform == zalo.OA else {"text": text})

    async def press(self, label: str) -> str:
        """A button where there is one, else its number: exactly as somebody at that telephone does it."""
        assert self.page is not None
        for button in self.page.buttons:
            if label in button.label and button.action:
                return await self.say(button.action.pack())
        for line in self.text.splitlines():
            number, _, shown = line.partition(". ")
            if number.isdigit() and label in shown:
                return await self.say(f"chọn {number}")
        raise AssertionError(f"{label!r} is not offered in {self.text!r}")

    @property
    def labels(self) -> list[str]:
        return [button.label for button in self.page.buttons] if self.page else []
