"""The sandbox's Zalo without a socket: an app of the OA, its tokens, channels and phones."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx

from bot.zalo_app import App
from sandbox.app import Sandbox
from sandbox.zalo_oa.state import APP_ID, APP_SECRET

APP = App(APP_ID, APP_SECRET, "http://zalo/zalo/oauth")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


class Platform:
    """The sandbox, its answers counted; `broken` raises instead of answering."""

    def __init__(self) -> None:
        self.sandbox, self.broken = Sandbox({}), False
        self.asgi = httpx.ASGITransport(self.sandbox)
        self.http = httpx.AsyncClient(transport=self, base_url="http://zalo")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.broken:
            raise httpx.ConnectError("no route to the token host")
        await asyncio.sleep(0.01)
        return await self.asgi.handle_async_request(request)

    __call__ = handle_async_request

    async def __aenter__(self):
        return self

    async def __aexit__(self, *problem):
        pass

    async def aclose(self) -> None:
        pass

    async def code(self) -> str:
        answer = await self.http.get(APP.consent_link, headers={"accept": "application/json"})
        return answer.json()["code"]

    @property
    def refreshed(self) -> int:
        return self.sandbox.oa.stats.answers["refreshed"]

    async def phone(self, number: str, act: str = "follow", **body: object) -> dict:
        if number not in self.sandbox.oa.phones and number not in self.sandbox.zalo_bot.phones:
            kind = "zalo_oa" if number.isdigit() and int(number) > 2**53 else "zalo_bot"
            made = {"id": number, "name": f"Người {number[-3:]}", "platform": kind}
            (await self.http.post("/sandbox/phones", json=made)).raise_for_status()
        answer = await self.http.post(f"/sandbox/phones/{number}/{act}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def messages(self, number: str) -> list[dict]:
        return (await self.http.get(f"/sandbox/phones/{number}/messages")).json()["messages"]

    async def bill(self) -> dict:
        return (await self.http.get("/sandbox/zalo/bill")).json()

    async def later(self, **time: float) -> None:
        seconds = timedelta(**time).total_seconds()
        (await self.http.post("/sandbox/clock", json={"forward": seconds})).raise_for_status()

    async def rules(self, **wanted: object) -> None:
        (await self.http.put("/sandbox/zalo/rules", json=wanted)).raise_for_status()
