"""Asking a Zalo bot for what was said to it: one event an answer, no cursor, and the same event may come again."""

import asyncio
from typing import Any

import httpx
import structlog

from bot.fatal import Fatal
from bot.inbox import Inbox
from bot.zalo_webhooks import bot_id_of
from db.trouble import outlived

log = structlog.get_logger()
POLL_SECONDS = 30
BETWEEN = 1.0  # seconds at least; while anything waits the platform answers at once, and repeats itself
LONGEST_PAUSE = 30.0


class NoAnswer(Exception):
    """The platform is away, or says that it could not."""


class BotApi:
    """The calls of a Zalo bot that listening needs. The token stands in the address: that is never logged."""

    def __init__(self, base: str, token: str, *, proxy: str | None = None) -> None:
        self._base = f"{base}/bot{token}"
        self._http = httpx.AsyncClient(proxy=proxy, timeout=15, limits=httpx.Limits(max_connections=4))

    async def close(self) -> None:
        await self._http.aclose()

    async def name(self) -> str:
        return str((await self._call("getMe") or {}).get("account_name", ""))

    async def use_webhook(self, url: str, secret: str) -> None:
        await self._call("setWebhook", url=url, secret_token=secret)

    async def leave_webhook(self) -> None:
        await self._call("deleteWebhook")

    async def next_event(self) -> dict[str, Any] | None:
        """None when nothing was said for a while."""
        return await self._call("getUpdates", wait=POLL_SECONDS + 10, timeout=str(POLL_SECONDS))

    async def download(self, address: str, most: int) -> bytes:
        """A picture somebody sent; it has an address instead of an id."""
        return await download(self._http, address, most)

    async def _call(self, method: str, *, wait: float = 15, **parameters: str) -> Any:
        try:
            answer = await self._http.post(f"{self._base}/{method}", json=parameters, timeout=wait)
            said = answer.json()
        except (httpx.HTTPError, ValueError) as problem:
            raise NoAnswer(f"{method}: {type(problem).__name__}") from None
        if isinstance(said, dict) and said.get("ok"):
            return said.get("result")
        code = said.get("error_code") if isinstance(said, dict) else None
        if 408 in (answer.status_code, code):
            return None
        if answer.status_code in (401, 403) or code in (401, 403):
            raise Fatal("Zalo không nhận token của bot. Vui lòng kiểm tra LOA_ZALO_BOT_TOKEN (xem ở Zalo Bot Creator).")
        raise NoAnswer(f"{method}: {answer.status_code} {said.get('description') if isinstance(said, dict) else ''}")


async def download(http: httpx.AsyncClient, address: str, most: int) -> bytes:
    """Never more than `most` bytes, whatever is there."""
    data = bytearray()
    async with http.stream("GET", address, follow_redirects=False) as answer:
        answer.raise_for_status()
        async for part in answer.aiter_bytes():
            data += part
            if len(data) > most:
                raise ValueError(f"more than {most} bytes")
    return bytes(data)


async def poll(api: BotApi, inbox: Inbox, stop: asyncio.Event, *, between: float = BETWEEN) -> None:
    """Until `stop` is set. An event is stored before the next is asked for."""
    await inbox.recover()
    pause, ready = between, False
    while not stop.is_set():
        begun = asyncio.get_running_loop().time()
        try:
            if not ready:
                await api.leave_webhook()
                ready = True
            event = await _until(stop, api.next_event())
        except NoAnswer as problem:
            log.warning("polling Zalo failed, trying again", cause=str(problem), seconds=pause)
            await _until(stop, asyncio.sleep(pause))
            pause = min(pause * 2, LONGEST_PAUSE)
            continue
        pause = between
        if isinstance(event, dict):
            with outlived("storing an event, which Zalo gives again"):
                await inbox.receive([(bot_id_of(event), event)])
        await _until(stop, asyncio.sleep(between - (asyncio.get_running_loop().time() - begun)))
    await inbox.drain()


async def _until(stop: asyncio.Event, work: Any) -> Any:
    """The work's result, None when stopping is asked for first."""
    doing, stopping = asyncio.ensure_future(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return doing.result() if doing.done() else None
    finally:
        for task in (stopping, doing):
            if not task.done():
                task.cancel()
