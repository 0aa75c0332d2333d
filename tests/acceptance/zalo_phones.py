"""A person at a Zalo telephone of the sandbox: buttons where the Official Account shows them, numbers elsewhere."""

from typing import Any

from tests.acceptance.phones import Phone

IDS = {"zalo_oa": "72000000000000000{}", "zalo_bot": "6e70a10000{}"}


class ZaloPhone(Phone):
    """`number` is Zalo's own id, or the short one of a story, which such an id is made of."""

    def __init__(self, client: Any, platform: str, number: str) -> None:
        super().__init__(client, number if len(number) > len(IDS) else IDS[platform].format(number))
        self.platform = platform

    def invited(self, code: str) -> str:
        return code

    async def press(self, label: str, expect: str = "") -> dict[str, Any] | None:
        before = await self.version()
        for message in reversed(await self.messages()):
            if message["from"] != "bot":
                continue
            for row in message["keyboard"] or ():
                for button in row:
                    if label in button["text"] and "data" in button:
                        await self._post("press", message_id=message["id"], data=button["data"])
                        return await self.wait_for(expect, before) if expect else None
            for line in message["text"].splitlines():
                number, _, shown = line.partition(". ")
                if number.isdigit() and label in shown:
                    by_word = "Gõ “chọn” kèm số" in message["text"]
                    await self.tell(f"chọn {number}" if by_word else number)
                    return await self.wait_for(expect, before) if expect else None
        raise AssertionError(f"phone {self.number} is not offered {label!r}")

    async def picture(self) -> None:
        if self.platform == "zalo_oa":  # a Zalo bot sends no pictures of its own
            await super().picture()
