"""Updates of the Zalo bot: a poll gets one of them, and gets it again; or they are posted."""

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx

from sandbox.zalo_bot.state import ApiError, Bot

LONGEST_POLL = 60.0
RETRIES = (5, 30)  # seconds before each; nothing is documented
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Mail:
    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None
        bot.post = self._post_soon

    async def get_updates(self, params: dict[str, Any]) -> dict[str, Any]:
        bot = self._bot
        if bot.webhook:
            raise ApiError(400, "Bad Request: getUpdates is not available while a webhook is set")
        try:
            timeout = min(float(params.get("timeout", 30)), LONGEST_POLL)
        except (TypeError, ValueError):
            raise ApiError(400, "Bad Request: timeout") from None
        if not bot.updates:
            bot.arrived.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(bot.arrived.wait(), timeout)
        if not bot.updates:
            raise ApiError(408, "Request timeout")
        update, left = bot.updates.popleft()
        if left > 1:
            bot.updates.append((update, left - 1))
        return update

    def set_webhook(self, params: dict[str, Any]) -> dict[str, Any]:
        bot, url, secret = self._bot, str(params.get("url") or ""), str(params.get("secret_token") or "")
        host = urlsplit(url).hostname or ""
        local = host in LOOPBACK
        if not host or (local and not bot.rules.loopback) or (not local and not url.startswith("https://")):
            raise ApiError(400, "Bad Request: url has to be a public https address")
        if not 8 <= len(secret) <= 256:
            raise ApiError(400, "Bad Request: secret_token has 8 to 256 characters")
        bot.webhook, bot.secret, bot.webhook_at = url, secret, bot.ground.now_ms()
        return {"url": url, "updated_at": bot.webhook_at}

    def delete_webhook(self) -> dict[str, Any]:
        self._bot.webhook, self._bot.webhook_at = "", self._bot.ground.now_ms()
        return {"url": "", "updated_at": self._bot.webhook_at}

    def webhook_info(self) -> dict[str, Any]:
        if not self._bot.webhook:
            raise ApiError(404, "Not Found")
        return {"url": self._bot.webhook, "updated_at": self._bot.webhook_at}

    def _post_soon(self, update: dict[str, Any]) -> None:
        task = asyncio.create_task(self._post(update))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post(self, update: dict[str, Any]) -> None:
        bot, answers = self._bot, self._bot.stats.answers
        self._client = self._client or httpx.AsyncClient(timeout=10)
        for pause in (0, *RETRIES):
            await bot.clock.sleep(pause)
            if not bot.webhook:
                return
            body = {"ok": True, "result": update} if bot.rules.envelope == "wrapped" else update
            try:
                headers = {"X-Bot-Api-Secret-Token": bot.secret}
                answer = await self._client.post(bot.webhook, json=body, headers=headers)
            except httpx.HTTPError:
                answer = None
            good = answer is not None and answer.is_success
            answers["events taken" if good else "events refused"] += 1
            if good:
                return

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client:
            await self._client.aclose()
