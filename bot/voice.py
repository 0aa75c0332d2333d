"""How answers leave to Telegram: each call that the platform counts waits for its own place in the token's lane."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import (
    TelegramEntityTooLarge,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import AnswerCallbackQuery, TelegramMethod

from bot.lanes import Lane, Priority
from db import lanes
from db.session import Database
from db.trouble import outlived

log = structlog.get_logger()
COUNTED = ("send", "edit", "copy", "forward", "delete", "pin")  # methods that are messages to a chat
TRIES = 3  # of a call whose answer is lost; said twice harms less than not at all
PAUSE = 0.5  # seconds before the second try, with jitter; four times that before the third


class Unsaid(Exception):
    """The process ends while the call still waits for its place."""


class Voice:
    """A middleware of the bot's session. A 429 stops the lane for everybody, and then the call is made again."""

    def __init__(self, lane: Lane, database: Database) -> None:
        self.lane, self._database = lane, database
        self._closing = asyncio.Event()
        self._storing: set[asyncio.Task[None]] = set()
        if lane.on_pause is None:  # no push worker in this process stores what the lane learns
            lane.on_pause = self._store_pause

    def hurry(self) -> None:
        """The process ends: what still waits in the lane does so no longer."""
        self._closing.set()

    async def __call__(self, make_request: Any, bot: Bot, method: TelegramMethod[Any]) -> Any:
        chat = getattr(method, "chat_id", None)
        counted = chat is not None and method.__api_method__.startswith(COUNTED)
        if not counted and not isinstance(method, AnswerCallbackQuery):
            return await make_request(bot, method)
        tried = 0
        while True:
            gone = await self._place(str(chat)) if counted else None
            try:
                answer = await make_request(bot, method)
            except TelegramRetryAfter as problem:
                log.warning("the platform asks to wait", channel=self.lane.channel, seconds=problem.retry_after)
                self.lane.pause(problem.retry_after, problem.message.rpartition("Original description: ")[2])
                counted = True  # also what is not counted waits until the lane goes on
            except TelegramEntityTooLarge:
                raise
            except (TelegramNetworkError, TelegramServerError):
                tried += 1
                if tried >= TRIES or self._closing.is_set():
                    raise
                await asyncio.sleep(PAUSE * 4 ** (tried - 1) * random.uniform(0.5, 1))
            else:
                if gone is not None:
                    self.lane.answered(gone)
                return answer

    async def _place(self, chat: str) -> float:
        taking = asyncio.ensure_future(self.lane.take(chat, Priority.REPLY, patient=True))
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait({taking, closing}, return_when=asyncio.FIRST_COMPLETED)
            if taking.done():
                return taking.result()
            raise Unsaid
        finally:
            closing.cancel()
            taking.cancel()

    def _store_pause(self, seconds: float, why: str) -> None:
        task = asyncio.create_task(self._keep_pause(datetime.now(UTC) + timedelta(seconds=seconds), why))
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)

    async def _keep_pause(self, until: datetime, why: str) -> None:
        with outlived("storing that the platform asks to wait"):
            async with self._database.transaction() as db:
                await lanes.pause(db, self.lane.channel, until, why)
