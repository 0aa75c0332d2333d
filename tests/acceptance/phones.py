"""A person at a phone of the sandbox: everything goes over HTTP, as the phones page does it."""

import asyncio
import contextlib
from typing import Any

import httpx

PATIENCE = 15.0  # seconds until a wait gives up; waits end as soon as what they wait for is there


class Phone:
    def __init__(self, client: httpx.AsyncClient, number: str) -> None:
        self.client, self.number = client, number

    async def _post(self, act: str, **body: Any) -> dict[str, Any]:
        answer = await self.client.post(f"/sandbox/phones/{self.number}/{act}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def messages(self) -> list[dict[str, Any]]:
        return (await self.client.get(f"/sandbox/phones/{self.number}/messages")).json()["messages"]

    async def version(self) -> int:
        return (await self.client.get(f"/sandbox/phones/{self.number}/messages")).json()["version"]

    async def wait_for(self, words: str, after: int = 0, seconds: float = PATIENCE) -> dict[str, Any]:
        """The newest message of the bot that holds these words."""
        seen: list[str] = []
        for _ in range(int(seconds / 0.03)):
            messages = [m for m in await self.messages() if m["from"] == "bot" and m["version"] > after]
            seen = [m["text"] for m in messages]
            for message in reversed(messages):
                if words in message["text"]:
                    return message
            await asyncio.sleep(0.03)
        raise AssertionError(f"{words!r} did not come to phone {self.number}; it shows {seen}")

    async def say(self, text: str, expect: str) -> dict[str, Any]:
        sent = await self._post("text", text=text)
        return await self.wait_for(expect, sent["message"]["version"])

    async def tell(self, text: str) -> None:
        await self._post("text", text=text)

    async def button(self, label: str) -> tuple[int, str]:
        for message in reversed(await self.messages()):
            for row in message["keyboard"] or ():
                for button in row:
                    if label in button["text"] and "data" in button:
                        return message["id"], button["data"]
        raise AssertionError(f"phone {self.number} shows no button {label!r}")

    async def press(self, label: str, expect: str = "") -> dict[str, Any] | None:
        """Press the newest button with this label; wait for what it answers when words are given."""
        message, data = await self.button(label)
        before = await self.version()
        await self._post("press", message_id=message, data=data)
        return await self.wait_for(expect, before) if expect else None

    async def press_until(self, label: str, expect: str, again: str = "Làm mới") -> dict[str, Any]:
        """What a page shows may be a moment old: it is drawn again until it holds these words."""
        before = await self.version()
        await self.press(label)
        for _ in range(int(PATIENCE)):
            with contextlib.suppress(AssertionError):
                return await self.wait_for(expect, before, seconds=1)
            with contextlib.suppress(AssertionError):  # not drawn yet
                await self.press(again)
        return await self.wait_for(expect, before, seconds=1)

    async def forge(self, data: str, expect: str) -> dict[str, Any]:
        """A press whose data the message does not carry (or carried once)."""
        before = await self.version()
        message = next(m for m in reversed(await self.messages()) if m["from"] == "bot")
        await self._post("press", message_id=message["id"], data=data)
        return await self.wait_for(expect, before)

    async def picture(self) -> None:
        """Comes after the words it belongs to."""
        for _ in range(int(PATIENCE / 0.03)):
            if any(m["photo"] for m in await self.messages()):
                return
            await asyncio.sleep(0.03)
        raise AssertionError(f"no picture came to phone {self.number}")

    async def commands(self, among: str) -> list[str]:
        """The menu, once this command is in it."""
        shown: list[str] = []
        for _ in range(int(PATIENCE / 0.03)):
            answer = await self.client.get(f"/sandbox/phones/{self.number}/messages")
            shown = [command["command"] for command in answer.json()["commands"]]
            if among in shown:
                return shown
            await asyncio.sleep(0.03)
        raise AssertionError(f"phone {self.number} has no /{among}; its menu is {shown}")

    async def act(self, name: str, **body: Any) -> dict[str, Any]:
        return await self._post(name, **body)
