"""Where Zalo's words come in: an ear for each channel there is, its webhook or its polling, and what runs beside."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import structlog

from bot import fetching
from bot.channels import Channel
from bot.fatal import Fatal
from bot.settings import Settings
from bot.zalo_ear import Ear
from bot.zalo_mac import Seal
from bot.zalo_polling import BotApi, NoAnswer, download, poll
from bot.zalo_webhooks import OfBot, OfOa, Webhook
from db.session import Database
from handlers import zalo
from network import attachments

log = structlog.get_logger()
OA_PATH, BOT_PATH = "/webhooks/zalo/oa", "/webhooks/zalo/bot"
COUNTS_EVERY = 30.0  # seconds
READ = {zalo.OA: zalo.read_oa, zalo.BOT: zalo.read_bot}


@dataclass
class Hearing:
    """All ears of this process. Events are stored from the first moment; they are worked once `needs` are whole."""

    settings: Settings
    ears: Mapping[str, Ear]
    http: httpx.AsyncClient
    api: BotApi | None

    def webhooks(self) -> dict[str, Webhook]:
        """Path → what answers there."""
        settings, hooks = self.settings, {}
        if ear := self.ears.get(zalo.OA):
            oldest = timedelta(hours=settings.zalo_oa_event_hours) if settings.zalo_oa_event_hours else None
            read = OfOa(seal_of(settings), ear.counted, None if settings.sandboxed else oldest)
            hooks[OA_PATH] = Webhook(read, ear.inbox, ear.counted, settings.update_body_limit)
        if (ear := self.ears.get(zalo.BOT)) and settings.zalo_bot_webhook:
            read_bot = OfBot(_webhook_secret(settings), ear.counted)
            hooks[BOT_PATH] = Webhook(read_bot, ear.inbox, ear.counted, settings.update_body_limit)
        return hooks

    def only(self, names: Collection[str]) -> None:
        """The other channels are heard by another process; this one may still write there."""
        self.ears = {name: ear for name, ear in self.ears.items() if name in names}

    async def ways_in(self) -> dict[str, str]:
        """What invitations tell of: the OA's id and the bot's name, where there are such."""
        ways = {"zalo_oa": self.settings.zalo_oa, "zalo_bot": ""}
        if self.api:
            try:
                ways["zalo_bot"] = await self.api.name()
            except NoAnswer as problem:
                log.warning("the Zalo bot's name is not known yet", cause=str(problem))
        return ways

    def begin(self, needs: dict[str, Any], after_turn: Callable[[], None]) -> None:
        """From now on what has arrived is worked."""
        for ear in self.ears.values():
            ear.needs, ear.after_turn = needs, after_turn
            ear.ready.set()

    def jobs(self, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
        work = [job for ear in self.ears.values() for job in self._beside(ear, stop)]
        if ear := self.ears.get(zalo.OA):
            work.append(_hear_oa(ear, stop))
        if (ear := self.ears.get(zalo.BOT)) and self.api:
            work.append(self._hear_bot(ear, self.api, stop))
        return work

    def _beside(self, ear: Ear, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
        return [
            ear.inbox.sweep(stop), _counting(ear, stop),
            fetching.run(ear.database, ear.channel.name, self._download, stop),
        ]

    async def _hear_bot(self, ear: Ear, api: BotApi, stop: asyncio.Event) -> None:
        if not self.settings.zalo_bot_webhook:
            return await poll(api, ear.inbox, stop)
        await ear.inbox.recover()
        pause = 1.0
        while not stop.is_set():
            try:
                await api.use_webhook(self.settings.zalo_bot_webhook, _webhook_secret(self.settings))
                return await _waiting(stop)
            except NoAnswer as problem:
                log.error("the bot's webhook could not be set, trying again", cause=str(problem), seconds=pause)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pause)
                pause = min(2 * pause, 60.0)
        return None

    async def _download(self, address: str) -> bytes:
        return await download(self.http, address, attachments.FETCH_BYTES)

    async def close(self) -> None:
        for ear in self.ears.values():
            if ear.ready.is_set():  # else nothing is worked, and what is stored waits for the next start
                await ear.inbox.drain()
            await ear.counted.write()
        await self.http.aclose()
        if self.api:
            await self.api.close()


@asynccontextmanager
async def opened(
    settings: Settings, database: Database, channels: Mapping[str, Channel]
) -> AsyncIterator[Hearing]:
    """For those of the channels that are Zalo's; answers leave through them."""
    ears = {
        name: Ear(database, channel, READ[channel.platform], {})
        for name, channel in channels.items() if channel.platform in READ
    }
    api = None
    if zalo.BOT in ears:
        base, proxy = settings.zalo_base("bot", settings.zalo_bot_api), settings.zalo_proxy or None
        api = BotApi(base, settings.zalo_bot_key, proxy=proxy)
    hearing = Hearing(settings, ears, httpx.AsyncClient(proxy=settings.zalo_proxy or None, timeout=30), api)
    try:
        yield hearing
    finally:
        await hearing.close()


def seal_of(settings: Settings) -> Seal:
    app = settings.zalo_app
    return Seal(app.id, settings.zalo_oa, settings.zalo_oa_key, app.secret, settings.zalo_oa_mac)


def _webhook_secret(settings: Settings) -> str:
    secret = settings.zalo_bot_webhook_secret
    if secret is None or not 8 <= len(secret.get_secret_value()) <= 256:
        raise Fatal("LOA_ZALO_BOT_WEBHOOK cần LOA_ZALO_BOT_WEBHOOK_SECRET (8 đến 256 ký tự).")
    return secret.get_secret_value()


async def _hear_oa(ear: Ear, stop: asyncio.Event) -> None:
    """Its events come by themselves; what an earlier process left is taken up."""
    await ear.inbox.recover()
    await _waiting(stop)


async def _waiting(stop: asyncio.Event) -> None:
    await stop.wait()


async def _counting(ear: Ear, stop: asyncio.Event) -> None:
    while not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), COUNTS_EVERY)
        await ear.counted.write()
