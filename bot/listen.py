"""Listening to Telegram: polling or webhook into the inbox, then one short transaction an update, then the answer."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from aiogram import Bot, Dispatcher
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import GetUpdates
from aiogram.types import CallbackQuery, TelegramObject, Update, User

from bot import letters
from bot.channels import File
from bot.fatal import Fatal
from bot.inbox import Answer, Inbox
from bot.lanes import Lane
from bot.settings import Settings
from bot.voice import Unsaid, Voice
from db import notices, updates
from db.session import Database
from db.trouble import outlived, passes
from handlers import help_page, telegram
from handlers.pondering import pondered
from handlers.reply import Reply
from network import people

log = structlog.get_logger()
POLL_SECONDS = 30
PAUSE = 1.0  # seconds until polling is tried again; doubles
EVENTS = ["message", "callback_query", "my_chat_member"]


def open_bot(settings: Settings) -> Bot:
    session = AiohttpSession(
        api=TelegramAPIServer.from_base(settings.api_base), proxy=settings.telegram_proxy or None, timeout=15
    )
    return Bot(settings.token, session=session, default=DefaultBotProperties(parse_mode="HTML"))


class Listener:
    """One bot's ear. `needs` are what handlers may ask for by name; answers wait for their places in the `lane`."""

    def __init__(
        self, bot: Bot, database: Database, needs: dict[str, Any], channel: str = "telegram",
        lane: Lane | None = None,
    ) -> None:
        self.bot, self.database, self.needs, self.channel = bot, database, needs, channel
        voice = Voice(lane or Lane(channel, math.inf), database)
        bot.session.middleware(voice)
        self.after_turn: Callable[[], None] = lambda: None  # told of every commit: there may be something to send
        self.bot_name = ""
        self._asked_to_wait: set[str] = set()  # updates whose turn met a database in trouble
        self._menus: dict[str, list[str]] = {}  # commands shown, by the chats where they are not everybody's
        self.inbox = Inbox(database, channel, self._work, chat_of, hurry=voice.hurry)
        self.dispatcher = Dispatcher(disable_fsm=True)
        self.dispatcher.include_router(telegram.build())
        for observer in (self.dispatcher.message, self.dispatcher.callback_query, self.dispatcher.my_chat_member):
            observer.outer_middleware(self._turn)

    async def prepare(self) -> None:
        """Introduce ourselves to the platform."""
        try:
            me = await self.bot.get_me()
            await self.bot.set_my_commands(telegram.menu())
        except TelegramUnauthorizedError:
            raise Fatal("Telegram không nhận token này. Vui lòng kiểm tra TELEGRAM_TOKEN (xem ở @BotFather).") from None
        except TelegramAPIError as problem:
            base = self.bot.session.api.base.partition("/bot")[0]
            raise Fatal(f"không nói chuyện được với {base}: {problem}. Hãy chạy: loa doctor") from problem
        self.bot_name = self.needs["bot_name"] = me.username or ""

    async def poll(self, stop: asyncio.Event) -> None:
        """Long polling; an update counts as taken only when it is stored."""
        await self.bot.delete_webhook(drop_pending_updates=False)
        await self.inbox.recover()
        offset, pause = None, PAUSE
        while not stop.is_set():
            try:
                arrived = await _until(stop, self._get(offset))
            except TelegramConflictError:
                raise Fatal(
                    "một tiến trình khác đang nghe bằng token này. Hãy dừng nó, hoặc dùng webhook cho cả hai."
                ) from None
            except TelegramUnauthorizedError:
                raise Fatal("token vừa bị thu hồi. Vui lòng đặt TELEGRAM_TOKEN mới.") from None
            except TelegramAPIError as problem:
                log.warning("polling failed, trying again", cause=str(problem), seconds=pause)
                await _until(stop, asyncio.sleep(pause))
                pause = min(pause * 2, 30)
                continue
            stored = False
            with outlived("storing updates, which wait at the platform"):
                await self.inbox.receive([(str(u.update_id), as_json(u)) for u in arrived])
                stored = True
            if not stored:
                await _until(stop, asyncio.sleep(pause))
                continue
            pause = PAUSE
            offset = arrived[-1].update_id + 1 if arrived else offset
        if offset is not None:
            await self.bot(GetUpdates(offset=offset, limit=1, timeout=0))
        await self.inbox.drain()

    async def use_webhook(self, url: str, secret: str) -> None:
        """Updates come by webhook from now on; what waits at the platform is kept."""
        try:
            await self.bot.set_webhook(url, secret_token=secret, allowed_updates=EVENTS, drop_pending_updates=False)
        except TelegramAPIError as problem:
            raise Fatal(f"Telegram từ chối webhook {url}: {problem}. Cần địa chỉ https mở ra Internet.") from problem
        await self.inbox.recover()

    async def download(self, file_id: str) -> bytes:
        """A file somebody sent in a chat."""
        found = await self.bot.download(file_id)
        return found.read() if found else b""

    async def close(self) -> None:
        await self.inbox.drain()
        await self.bot.session.close()

    async def _get(self, offset: int | None) -> list[Update]:
        wait = GetUpdates(offset=offset, timeout=POLL_SECONDS, allowed_updates=EVENTS)
        return await self.bot(wait, request_timeout=POLL_SECONDS + 10)

    async def _work(self, update_id: str, payload: dict[str, Any]) -> Answer | None:
        update = Update.model_validate(payload, context={"bot": self.bot})
        handled = await self.dispatcher.feed_update(self.bot, update, update_key=update_id)
        if not isinstance(handled, Handled):
            async with self.database.transaction() as db:  # a kind of update nobody answers
                await updates.finish(db, self.channel, update_id, datetime.now(UTC))
            return None
        return handled.answer

    async def _turn(
        self, handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]], event: TelegramObject,
        data: dict[str, Any],
    ) -> "Handled":
        """One update, one transaction; the answer leaves after the commit."""
        user: User = data["event_from_user"]
        now = datetime.now(UTC)
        press = event if isinstance(event, CallbackQuery) else None
        who: people.Speaker | None = None
        try:
            taken = await pondered(partial(self._taken, handler, event, data, now), self.needs)
            if taken is None:
                return Handled()
            who, reply = taken
        except Exception as problem:
            if passes(problem):  # the update is kept; the inbox takes it up again
                if data["update_key"] not in self._asked_to_wait:
                    self._asked_to_wait.add(data["update_key"])
                    await self._say(user.id, Reply(help_page.BUSY, toast=help_page.BUSY if press else ""), press)
                raise
            log.exception("a conversation turn failed", update=data["update_key"])
            reply = Reply(help_page.TROUBLE, toast=help_page.TROUBLE if press else "")
            async with self.database.transaction() as db:
                await updates.finish(db, self.channel, data["update_key"], now, error="turn failed, see the log")
        self._asked_to_wait.discard(data["update_key"])
        self.after_turn()

        async def answer() -> None:
            if isinstance(reply, Reply):
                await self._say(user.id, reply, press)
            if who is not None and press is None:
                await self._show_menu(user.id, who)

        return Handled(answer)

    async def _taken(
        self, handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]], event: TelegramObject,
        data: dict[str, Any], now: datetime, needs: Mapping[str, Any],
    ) -> tuple[people.Speaker, Any] | None:
        """Who spoke, and the answer; None when the update was answered before."""
        user: User = data["event_from_user"]
        async with self.database.transaction() as db:
            if not await updates.finish(db, self.channel, data["update_key"], now):
                return None
            who = await people.meet(
                db, platform="telegram", channel=self.channel, address=str(user.id), name=user.full_name, now=now
            )
            return who, await handler(event, {**data, "db": db, "who": who, "now": now, "needs": needs})

    async def _say(self, chat: int, reply: Reply, press: CallbackQuery | None) -> None:
        try:
            said, files = await self._with_files(reply)
            await telegram.say(self.bot, chat, said, press, files)
        except TelegramForbiddenError:
            async with self.database.transaction() as db:
                await people.address_unreachable(db, self.channel, str(chat), "blocked", datetime.now(UTC))
        except (TelegramNetworkError, TelegramServerError, TelegramUnauthorizedError, Unsaid) as problem:
            await self._keep(chat, reply, str(problem) or "the process ends")
        except TelegramAPIError as problem:
            log.warning("an answer could not be said", chat=chat, cause=str(problem))

    async def _keep(self, chat: int, reply: Reply, why: str) -> None:
        """Said later, as a message of its own, by whoever sends next on this channel."""
        plain = replace(reply, text=reply.text or reply.toast).plain()
        kept = False
        with outlived("keeping an answer that could not be said"):
            async with self.database.transaction() as db:
                kept = await notices.put_at(db, self.channel, str(chat), plain, datetime.now(UTC))
        if kept:
            log.warning("an answer is said later", chat=chat, cause=why)
            self.after_turn()
        else:
            log.error("an answer to a stranger could not be said", chat=chat, cause=why)

    async def _show_menu(self, chat: int, who: people.Speaker) -> None:
        """What somebody may do changes rarely: told to the platform once, and again when it changes."""
        wanted, everybody = list(help_page.menu(who.permissions)), list(help_page.MENU)
        if self._menus.get(who.address, everybody) == wanted:
            return
        try:
            await telegram.show_menu(self.bot, chat, who.permissions)
        except TelegramAPIError as problem:
            log.warning("the menu could not be changed", chat=chat, cause=str(problem))
            return
        if wanted == everybody:
            del self._menus[who.address]
        else:
            self._menus[who.address] = wanted

    async def _with_files(self, reply: Reply) -> tuple[Reply, Sequence[File]]:
        if not reply.files:
            return reply, ()
        async with self.database.reading() as db:
            return await letters.with_files(db, reply, self.channel)


@dataclass(frozen=True, slots=True)
class Handled:
    """An update some handler has taken (a middleware's None looks unhandled to aiogram), and how it is answered."""

    answer: Answer | None = None


def as_json(update: Update) -> dict[str, Any]:
    return update.model_dump(mode="json", exclude_none=True, by_alias=True)


def chat_of(payload: dict[str, Any]) -> str:
    for event in payload.values():
        if isinstance(event, dict) and "from" in event:
            return str(event["from"]["id"])
    return ""


async def _until(stop: asyncio.Event, work: Awaitable[Any]) -> Any:
    """The work's result, or [] when stopping is asked for first."""
    doing, stopping = asyncio.ensure_future(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return doing.result() if doing.done() else []
    finally:
        stopping.cancel()
        if not doing.done():
            doing.cancel()


