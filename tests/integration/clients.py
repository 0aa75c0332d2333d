"""Two independent clients of the Bot API behind one face: the sandbox has to satisfy both."""

import os
from typing import Any

os.environ.setdefault("PTB_TIMEDELTA", "true")  # python-telegram-bot's coming way, which it otherwise warns about

import aiogram
import telegram
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramAPIError, TelegramRetryAfter
from aiogram.types import (
    BotCommand,
    BotCommandScopeChat,
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    ReactionTypeEmoji,
)
from telegram.error import RetryAfter, TelegramError


class Aiogram:
    errors: Any = TelegramAPIError

    def __init__(self, token: str, base: str) -> None:
        self.bot: Any = aiogram.Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(base)))

    async def close(self) -> None:
        await self.bot.session.close()

    def keyboard(self, *rows: list[tuple[str, str]]) -> Any:
        buttons = [[InlineKeyboardButton(text=label, callback_data=data) for label, data in row] for row in rows]
        return InlineKeyboardMarkup(inline_keyboard=buttons)

    def file(self, name: str, data: bytes) -> Any:
        return BufferedInputFile(data, name)

    def photo(self, given: Any) -> Any:
        return InputMediaPhoto(media=given)

    def command(self, name: str, description: str) -> Any:
        return BotCommand(command=name, description=description)

    def chat_scope(self, chat: int) -> Any:
        return BotCommandScopeChat(chat_id=chat)

    def reaction(self, emoji: str) -> Any:
        return [ReactionTypeEmoji(emoji=emoji)]

    async def download(self, file_id: str) -> bytes:
        return (await self.bot.download(file_id)).read()

    def said(self, problem: Exception) -> str:
        return problem.message  # type: ignore[attr-defined]

    def wait(self, problem: Exception) -> int:
        assert isinstance(problem, TelegramRetryAfter)
        return problem.retry_after


class PythonTelegramBot:
    errors: Any = TelegramError

    def __init__(self, token: str, base: str) -> None:
        self.bot: Any = telegram.Bot(token, base_url=f"{base}/bot", base_file_url=f"{base}/file/bot")

    async def close(self) -> None:
        for request in self.bot._request:
            await request.shutdown()

    def keyboard(self, *rows: list[tuple[str, str]]) -> Any:
        return telegram.InlineKeyboardMarkup(
            [[telegram.InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in rows]
        )

    def file(self, name: str, data: bytes) -> Any:
        return telegram.InputFile(data, name)

    def photo(self, given: Any) -> Any:
        if isinstance(given, telegram.InputFile):
            return telegram.InputMediaPhoto(given.input_file_content, filename=given.filename)
        return telegram.InputMediaPhoto(given)

    def command(self, name: str, description: str) -> Any:
        return telegram.BotCommand(name, description)

    def chat_scope(self, chat: int) -> Any:
        return telegram.BotCommandScopeChat(chat)

    def reaction(self, emoji: str) -> Any:
        return emoji

    async def download(self, file_id: str) -> bytes:
        return bytes(await (await self.bot.get_file(file_id)).download_as_bytearray())

    def said(self, problem: Exception) -> str:
        return str(problem)

    def wait(self, problem: Exception) -> int:
        assert isinstance(problem, RetryAfter)
        wait = problem.retry_after
        return wait if isinstance(wait, int) else round(wait.total_seconds())


CLIENTS = {"aiogram": Aiogram, "python-telegram-bot": PythonTelegramBot}
