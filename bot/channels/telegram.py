"""Pushing to Telegram: python-telegram-bot's ExtBot, our lane as its limiter, aiohttp as its transport."""

from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import Any

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.error import RetryAfter, TelegramError
from telegram.ext import BaseRateLimiter, ExtBot

from bot.channels import Button, Down, File, Later, Letter, Outcome, Receipt
from bot.channels.aiohttp_request import AiohttpRequest
from bot.channels.telegram_errors import outcome_of, unchanged
from bot.lanes import Lane, Paused, Priority
from network import markup

TEXT_LIMIT = 4096
ALBUM = 10
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class LaneLimiter(BaseRateLimiter[dict[str, Any]]):
    """Every call to a chat waits for its place in the lane; a 429 stops the lane for everybody at once.

    `rate_limit_args` are (priority, patient): a letter's later parts wait out a pause, its first part comes back.
    """

    def __init__(self, lane: Lane) -> None:
        self.lane = lane

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def process_request(
        self, callback: Callable[..., Coroutine[Any, Any, Any]], args: Any, kwargs: dict[str, Any], endpoint: str,
        data: dict[str, Any], rate_limit_args: tuple[int, bool] | None,
    ) -> Any:
        if (chat := data.get("chat_id")) is not None:
            priority, patient = rate_limit_args or (Priority.NORMAL, False)
            await self.lane.take(str(chat), priority, patient=patient)
        try:
            return await callback(*args, **kwargs)
        except RetryAfter as problem:
            wait = problem.retry_after
            self.lane.pause(wait.total_seconds() if hasattr(wait, "total_seconds") else wait, problem.message)
            raise


class TelegramChannel:
    """One bot. Text goes out as HTML in as many parts as it needs, buttons on the last, files before it."""

    platform = "telegram"

    def __init__(self, name: str, token: str, api_base: str, lane: Lane, proxy: str | None = None) -> None:
        self.name, self.lane = name, lane
        transport = AiohttpRequest(proxy)
        self._transport = transport
        self._bot: ExtBot[Any] = ExtBot(
            token, base_url=f"{api_base}/bot", base_file_url=f"{api_base}/file/bot", request=transport,
            get_updates_request=transport, rate_limiter=LaneLimiter(lane),
        )

    async def close(self) -> None:
        await self._transport.shutdown()

    def calls(self, letter: Letter) -> int:
        return len(rendered(letter.text)) + _file_calls(letter.files)

    async def send(self, letter: Letter) -> Outcome:
        sent: list[str] = []
        file_ids: list[tuple[int, str]] = []
        try:
            for files in _groups(letter.files):
                messages = await self._send_files(letter, files, patient=bool(sent))
                sent += [str(m.message_id) for m in messages]
                file_ids += [(f.attachment_id, _file_id(m)) for f, m in zip(files, messages, strict=True)]
            parts = rendered(letter.text)
            for number, part in enumerate(parts, 1):
                message = await self._bot.send_message(
                    letter.address, part, parse_mode="HTML", link_preview_options=NO_PREVIEW,
                    reply_markup=_keyboard(letter.buttons) if number == len(parts) else None,
                    reply_parameters=_reply_to(letter) if number == 1 else None,
                    rate_limit_args=(letter.priority, bool(sent)),
                )
                sent.append(str(message.message_id))
        except (TelegramError, Paused) as problem:
            return _failed(problem, begun=bool(sent))
        return Receipt(tuple(sent), tuple(file_ids))

    async def _send_files(self, letter: Letter, files: tuple[File, ...], *, patient: bool) -> list[Message]:
        limits = (letter.priority, patient)
        if len(files) > 1:
            media = [
                (InputMediaPhoto if _is_photo(f) else InputMediaDocument)(f.file_id or f.data, filename=f.name)
                for f in files
            ]
            return list(await self._bot.send_media_group(letter.address, media, rate_limit_args=limits))
        file = files[0]
        send = self._bot.send_photo if _is_photo(file) else self._bot.send_document
        given = file.file_id or file.data
        return [await send(letter.address, given, filename=file.name, rate_limit_args=limits)]

    async def edit(self, address: str, message_id: str, letter: Letter) -> Outcome:
        """The first part replaces the message's text; a longer correction cannot be edited in."""
        try:
            await self._bot.edit_message_text(
                rendered(letter.text)[0], address, int(message_id), parse_mode="HTML",
                link_preview_options=NO_PREVIEW, reply_markup=_keyboard(letter.buttons),
                rate_limit_args=(letter.priority, False),
            )
        except (TelegramError, Paused) as problem:
            if not (isinstance(problem, TelegramError) and unchanged(problem)):
                return _failed(problem)
        return Receipt((message_id,))

    async def delete(self, address: str, message_ids: tuple[str, ...]) -> Outcome:
        try:
            await self._bot.delete_messages(
                address, [int(i) for i in message_ids], rate_limit_args=(Priority.NORMAL, False)
            )
        except (TelegramError, Paused) as problem:
            return _failed(problem)
        return Receipt(message_ids)


def _failed(problem: TelegramError | Paused, *, begun: bool = False) -> Outcome:
    """A letter half of which has arrived is unsure, whatever stopped the rest."""
    outcome = Later(problem.seconds, "paused") if isinstance(problem, Paused) else outcome_of(problem)
    if begun and isinstance(outcome, Later | Down):
        return Down(f"interrupted after its first parts: {problem}", maybe_sent=True)
    return outcome


@lru_cache(maxsize=64)
def rendered(text: str) -> tuple[str, ...]:
    """A push sends one text to everybody: split and turned into HTML once."""
    return tuple(markup.to_html(part) for part in markup.split(text, TEXT_LIMIT)) if text else ()


@lru_cache(maxsize=64)
def _keyboard(rows: tuple[tuple[Button, ...], ...]) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(b.label, callback_data=b.data, url=b.url) for b in row] for row in rows]
    )


def _reply_to(letter: Letter) -> ReplyParameters | None:
    return ReplyParameters(int(letter.reply_to), allow_sending_without_reply=True) if letter.reply_to else None


def _is_photo(file: File) -> bool:
    return file.mime.startswith("image/")


def _file_id(message: Message) -> str:
    return message.photo[-1].file_id if message.photo else message.document.file_id  # type: ignore[union-attr]


def _groups(files: tuple[File, ...]) -> list[tuple[File, ...]]:
    """Albums of one kind, at most ten in each."""
    photos = [f for f in files if _is_photo(f)]
    others = [f for f in files if not _is_photo(f)]
    return [tuple(kind[i : i + ALBUM]) for kind in (photos, others) for i in range(0, len(kind), ALBUM)]


def _file_calls(files: tuple[File, ...]) -> int:
    return sum(len(group) for group in _groups(files))
