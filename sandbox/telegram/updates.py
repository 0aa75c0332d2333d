"""Updates on their way to the bot: long polling, or webhooks in order per chat with retries."""

import asyncio
import random
from contextlib import suppress
from itertools import islice
from typing import Any

import httpx

from sandbox.telegram.content import flag, parsed
from sandbox.telegram.messages import Method
from sandbox.telegram.state import ApiError, Bot, Webhook, World, bad

LIVES = 86_400  # seconds an undelivered update is kept
LONGEST_POLL = 50
TERMINATED = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
WITH_WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


class Mail:
    """Waiting pollers and webhook deliveries of all bots."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pollers: dict[str, tuple[asyncio.Event, list[bool]]] = {}  # token → (wake up, [terminated])
        self._lines: dict[tuple[str, str], asyncio.Queue[dict[str, Any]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None
        world.on_update = self.on_update

    def on_update(self, bot: Bot) -> None:
        if bot.webhook:
            self._post_waiting(bot)
        elif poller := self._pollers.get(bot.token):
            poller[0].set()

    async def get_updates(self, bot: Bot, params: dict[str, Any]) -> list[dict[str, Any]]:
        if bot.webhook:
            raise ApiError(409, WITH_WEBHOOK)
        if params.get("allowed_updates") is not None:
            bot.allowed = list(parsed(params["allowed_updates"]))
        offset, limit = int(params.get("offset") or 0), min(max(int(params.get("limit") or 100), 1), 100)
        if other := self._pollers.get(bot.token):
            other[1][0] = True  # as on Telegram, the newer poller ends the older one
            other[0].set()
        wake, terminated = asyncio.Event(), [False]
        self._pollers[bot.token] = (wake, terminated)
        try:
            self._confirm(bot, offset)
            if not bot.updates:
                with suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), min(max(int(params.get("timeout") or 0), 0), LONGEST_POLL))
            if terminated[0]:
                raise ApiError(409, TERMINATED)
        finally:
            if self._pollers.get(bot.token, (None,))[0] is wake:
                del self._pollers[bot.token]
        return [_clean(update) for update in islice(bot.updates, limit)]

    def _confirm(self, bot: Bot, offset: int) -> None:
        if offset < 0:
            while len(bot.updates) > -offset:
                bot.updates.popleft()
        while offset > 0 and bot.updates and bot.updates[0]["update_id"] < offset:
            bot.updates.popleft()
        while bot.updates and bot.updates[0]["_at"] < self._world.clock.now() - LIVES:
            bot.updates.popleft()

    async def set_webhook(self, bot: Bot, params: dict[str, Any]) -> bool:
        now = self._world.clock.now()
        if now - bot.webhook_set_at < 1:
            raise ApiError(429, "Too Many Requests: retry after 1", retry_after=1)
        bot.webhook_set_at = now
        url, secret = str(params.get("url") or ""), str(params.get("secret_token") or "")
        if not url:
            return await self.delete_webhook(bot, params)
        if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if len(secret) > 256 or (secret.replace("-", "").replace("_", "") != "" and not _plain(secret)):
            raise bad("secret token contains unallowed characters")
        if flag(params.get("drop_pending_updates")):
            bot.updates.clear()
        if params.get("allowed_updates") is not None:
            bot.allowed = list(parsed(params["allowed_updates"]))
        bot.webhook = Webhook(url, secret, int(params.get("max_connections") or 40))
        if poller := self._pollers.get(bot.token):
            poller[1][0] = True
            poller[0].set()
        self._post_waiting(bot)
        return True

    async def delete_webhook(self, bot: Bot, params: dict[str, Any]) -> bool:
        if flag(params.get("drop_pending_updates")):
            bot.updates.clear()
        bot.webhook = None
        return True

    def webhook_info(self, bot: Bot) -> dict[str, Any]:
        hook = bot.webhook
        info: dict[str, Any] = {
            "url": hook.url if hook else "", "has_custom_certificate": False, "pending_update_count": len(bot.updates),
        }
        if hook:
            info["max_connections"] = hook.max_connections
            if hook.last_error_date:
                info |= {"last_error_date": hook.last_error_date, "last_error_message": hook.last_error_message}
        if bot.allowed:
            info["allowed_updates"] = bot.allowed
        return info

    def _post_waiting(self, bot: Bot) -> None:
        """Each chat has its own line: its head blocks the rest of it, other chats go on."""
        for update in bot.updates:
            if update.get("_posted") is bot.webhook:
                continue
            update["_posted"] = bot.webhook
            key = (bot.token, _source(update))
            if key not in self._lines:
                self._lines[key] = asyncio.Queue()
                task = asyncio.create_task(self._deliver_line(bot, key))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            self._lines[key].put_nowait(update)

    async def _deliver_line(self, bot: Bot, key: tuple[str, str]) -> None:
        line = self._lines[key]
        while not line.empty():
            update = line.get_nowait()
            wait = 0.0
            while bot.webhook is not None and update.get("_posted") is bot.webhook:
                if await self._post(bot, bot.webhook, update):
                    with suppress(ValueError):
                        bot.updates.remove(update)
                    break
                if self._world.clock.now() + wait > update["_at"] + LIVES:
                    bot.updates.remove(update)
                    break
                await asyncio.sleep(wait)
                wait = min(max(2.0, wait * 2), random.uniform(60, 120))
        del self._lines[key]

    async def _post(self, bot: Bot, hook: Webhook, update: dict[str, Any]) -> bool:
        self._client = self._client or httpx.AsyncClient(timeout=10)
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        try:
            answer = await self._client.post(hook.url, json=_clean(update), headers=headers)
        except httpx.HTTPError as problem:
            hook.last_error_date = self._world.now()
            hook.last_error_message = f"Connection failed: {type(problem).__name__}"
            return False
        if answer.is_success:
            return True
        hook.last_error_date = self._world.now()
        hook.last_error_message = f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
        return False

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client:
            await self._client.aclose()


def _clean(update: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in update.items() if not key.startswith("_")}


def _plain(secret: str) -> bool:
    return secret.isascii() and secret.replace("-", "").replace("_", "").isalnum()


def _source(update: dict[str, Any]) -> str:
    kind = next(key for key in update if key not in ("update_id", "_at", "_posted"))
    who = update[kind].get("from") or update[kind].get("user") or {}
    return f"{'member' if kind == 'my_chat_member' else 'chat'}{who.get('id', '')}"


def methods(mail: Mail) -> dict[str, Method]:
    async def get_updates(_world: World, bot: Bot, params: dict[str, Any]) -> Any:
        return await mail.get_updates(bot, params)

    async def set_webhook(_world: World, bot: Bot, params: dict[str, Any]) -> Any:
        return await mail.set_webhook(bot, params)

    async def delete_webhook(_world: World, bot: Bot, params: dict[str, Any]) -> Any:
        return await mail.delete_webhook(bot, params)

    async def webhook_info(_world: World, bot: Bot, _params: dict[str, Any]) -> Any:
        return mail.webhook_info(bot)

    return {
        "getupdates": get_updates, "setwebhook": set_webhook, "deletewebhook": delete_webhook,
        "getwebhookinfo": webhook_info,
    }
