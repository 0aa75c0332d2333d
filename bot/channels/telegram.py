"""Pushing to Telegram: python-telegram-bot's ExtBot, our lane as its limiter, aiohttp as its transport."""

import json
from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import Any

from telegram import InputFile, InputMediaDocument, InputMediaPhoto
from telegram.error import RetryAfter, TelegramError
from telegram.ext import BaseRateLimiter, ExtBot

from bot.channels import Button, Down, File, Held, Later, Letter, Outcome, Receipt
from bot.channels.aiohttp_request import AiohttpRequest
from bot.channels.telegram_errors import outcome_of, seconds_of, unchanged
from bot.lanes import Lane, Paused, Priority
from network import markup

TEXT_LIMIT = 4096
ALBUM = 10
Message = dict[str, Any]  # as Telegram's JSON has it


class LaneLimiter(BaseRateLimiter[tuple[int, bool]]):
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
        if (chat := data.get("chat_id")) is None:
            return await callback(*args, **kwargs)
        priority, patient = rate_limit_args or (Priority.NORMAL, False)
        media = data.get("media")
        calls = len(media) if isinstance(media, list | tuple) else 1  # each part of an album counts
        gone = await self.lane.take(str(chat), priority, patient=patient, calls=calls)
        try:
            answer = await callback(*args, **kwargs)
            self.lane.answered(gone)
            return answer
        except RetryAfter as problem:
            self.lane.pause(seconds_of(problem), problem.message)
            raise


class TelegramChannel:
    """One bot. Text goes out as HTML in as many parts as it needs, buttons on the last, files before it."""

    platform = "telegram"
    tariff = None

    def __init__(self, name: str, token: str, api_base: str, lane: Lane, proxy: str | None = None) -> None:
        self.name, self.lane = name, lane
        self._transport = AiohttpRequest(proxy)
        self._bot: ExtBot[tuple[int, bool]] = ExtBot(
            token, base_url=f"{api_base}/bot", base_file_url=f"{api_base}/file/bot", request=self._transport,
            get_updates_request=self._transport, rate_limiter=LaneLimiter(lane),
        )

    async def close(self) -> None:
        await self._transport.shutdown()

    def calls(self, letter: Letter) -> int:
        return len(compiled(letter.text, letter.buttons)) + sum(len(group) for group in _groups(letter.files))

    async def send(self, letter: Letter) -> Outcome:
        sent: list[str] = []
        file_ids: list[tuple[int, str]] = []
        try:
            for files in _groups(letter.files):
                messages = await self._send_files(letter, files, patient=bool(sent))
                sent += [str(message["message_id"]) for message in messages]
                file_ids += [
                    (file.attachment_id, _file_id(message)) for file, message in zip(files, messages, strict=True)
                ]
            for part in compiled(letter.text, letter.buttons):
                data = {"chat_id": letter.address, **part}
                if letter.reply_to and not sent:
                    data["reply_parameters"] = _reply_to(letter.reply_to)
                message = await self._call("sendMessage", data, letter.priority, patient=bool(sent))
                sent.append(str(message["message_id"]))
        except (TelegramError, Paused) as problem:
            return _failed(problem, begun=bool(sent))
        return Receipt(tuple(sent), tuple(file_ids))

    async def _call(self, method: str, data: dict[str, Any], priority: int, *, patient: bool = False) -> Any:
        """The answer as plain JSON: building PTB's Message object would cost more than all the rest of a call.

        Method names are case-insensitive; in small letters PTB does not point to its own method of that name.
        """
        return await self._bot.do_api_request(method.lower(), api_kwargs=data, rate_limit_args=(priority, patient))

    async def _send_files(self, letter: Letter, files: tuple[File, ...], *, patient: bool) -> list[Message]:
        chat: dict[str, Any] = {"chat_id": letter.address}
        if len(files) > 1:
            media = [_medium(file) for file in files]
            return await self._call("sendMediaGroup", {**chat, "media": media}, letter.priority, patient=patient)
        file = files[0]
        kind = "photo" if _is_photo(file) else "document"
        content = file.file_id or InputFile(file.data or b"", filename=file.name)
        data = {**chat, kind: content}
        return [await self._call(f"send{kind}", data, letter.priority, patient=patient)]

    async def edit(self, address: str, message_ids: tuple[str, ...], letter: Letter) -> Outcome:
        """Puts the letter's text into the messages of an earlier one that had as many parts; else Held."""
        parts = compiled(letter.text, letter.buttons)
        if self.calls(letter) != len(message_ids):
            return Held("parts_differ", asked=False)
        for number, (message_id, part) in enumerate(zip(message_ids[-len(parts) :], parts, strict=True)):
            data = {"chat_id": address, "message_id": message_id, **part}
            try:
                await self._call("editMessageText", data, letter.priority, patient=number > 0)
            except (TelegramError, Paused) as problem:
                if not (isinstance(problem, TelegramError) and unchanged(problem)):
                    return _failed(problem)  # editing again does no harm: never unsure
        return Receipt(message_ids)

    async def delete(self, address: str, message_ids: tuple[str, ...], priority: int = Priority.NORMAL) -> Outcome:
        data = {"chat_id": address, "message_ids": json.dumps([int(i) for i in message_ids])}
        try:
            await self._call("deleteMessages", data, priority)
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
def compiled(text: str, buttons: tuple[tuple[Button, ...], ...]) -> tuple[dict[str, str], ...]:
    """A push sends one text to everybody: split, turned into HTML and serialised once."""
    if not text:
        return ()
    common = {"parse_mode": "HTML", "link_preview_options": '{"is_disabled":true}'}
    parts = [{"text": markup.to_html(part), **common} for part in markup.split(text, TEXT_LIMIT)]
    if buttons:
        parts[-1]["reply_markup"] = json.dumps({"inline_keyboard": [[_button(b) for b in row] for row in buttons]})
    return tuple(parts)


def _button(button: Button) -> dict[str, str]:
    if button.url:
        return {"text": button.label, "url": button.url}
    return {"text": button.label, "callback_data": button.data or ""}


def _reply_to(message_id: str) -> str:
    return json.dumps({"message_id": int(message_id), "allow_sending_without_reply": True})


def _is_photo(file: File) -> bool:
    return file.mime in ("image/jpeg", "image/png", "image/webp")


def _medium(file: File) -> InputMediaPhoto | InputMediaDocument:
    kind = InputMediaPhoto if _is_photo(file) else InputMediaDocument
    return kind(file.file_id or file.data or b"", filename=file.name)


def _file_id(message: Message) -> str:
    return message["photo"][-1]["file_id"] if message.get("photo") else message["document"]["file_id"]


def _groups(files: tuple[File, ...]) -> list[tuple[File, ...]]:
    """Albums of one kind, at most ten in each; file ids come back in this order."""
    photos = [f for f in files if _is_photo(f)]
    others = [f for f in files if not _is_photo(f)]
    return [tuple(kind[i : i + ALBUM]) for kind in (photos, others) for i in range(0, len(kind), ALBUM)]
