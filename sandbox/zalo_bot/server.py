"""The Zalo Bot API over HTTP: `/zalo/bot/bot<token>/<method>`."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.cutting import cut
from sandbox.faults import Gate
from sandbox.faulty import Unavailable, with_faults
from sandbox.showing import picture_size
from sandbox.telegram.markup import ParseError, parse_html, utf16
from sandbox.zalo_bot.state import ACCOUNT, NAME, TOKEN, ApiError, Bot
from sandbox.zalo_bot.updates import Mail

TEXT = 2000
NOTHING = object()  # a method whose answer has no result
STYLES = {"b": "bold", "i": "italic", "u": "underline", "s": "strikethrough"}
BOLD = re.compile(r"\*\*(.+?)\*\*")


class BotApi:
    def __init__(self, bot: Bot, mail: Mail) -> None:
        self.bot, self._mail, self._gate = bot, mail, Gate()
        self._methods: dict[str, Callable[[dict[str, Any]], Awaitable[Any]]] = {
            "getMe": self._me, "getUpdates": mail.get_updates, "setWebhook": self._set, "deleteWebhook": self._delete,
            "getWebhookInfo": self._info, "sendMessage": self._message, "sendPhoto": self._photo,
            "sendSticker": self._sticker, "sendChatAction": self._action,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope["path"][len(scope.get("root_path", "")) :].removeprefix("/zalo/bot/bot")
        token, _, method = path.partition("/")
        try:
            answer = await self._answer(unquote(token), method, request)
        except ConnectionAbortedError:
            self.bot.stats.answers["lost"] += 1
            return await cut(dict(scope), send)
        await answer(scope, receive, send)

    async def _answer(self, token: str, method: str, request: Request) -> Response:
        try:
            if token != TOKEN:
                raise ApiError(401, "Unauthorized")
            call = self._methods.get(method)
            if call is None:
                raise ApiError(404, "Not Found")
            params = await _params(request)
            if method.startswith("send"):
                self._ceiling()
                result = await with_faults(self.bot.ground, "zalo_bot", lambda: call(params))
            else:
                result = await call(params)
        except ApiError as refused:
            return self._refusal(refused)
        except Unavailable:
            return self._refusal(ApiError(502, "Bad Gateway"))
        self.bot.stats.answers["200"] += 1
        return JSONResponse({"ok": True} if result is NOTHING else {"ok": True, "result": result})

    def _ceiling(self) -> None:
        faults = self.bot.ground.faults.on("zalo_bot")
        if faults.rate and self._gate.refuse(faults, asyncio.get_running_loop().time()):
            raise ApiError(429, "Too Many Requests")

    def _refusal(self, refused: ApiError) -> Response:
        self.bot.stats.answers[str(refused.code)] += 1
        status = 200 if refused.code == 408 and self.bot.rules.poll_timeout == "body" else refused.code
        body = {"ok": False, "error_code": refused.code, "description": refused.description}
        return JSONResponse(body, status)

    async def _me(self, _params: dict[str, Any]) -> Any:
        return {
            "id": TOKEN.partition(":")[0], "account_name": ACCOUNT, "account_type": "BASIC", "can_join_groups": False,
            "display_name": NAME,
        }

    async def _set(self, params: dict[str, Any]) -> Any:
        return self._mail.set_webhook(params)

    async def _delete(self, _params: dict[str, Any]) -> Any:
        return self._mail.delete_webhook()

    async def _info(self, _params: dict[str, Any]) -> Any:
        return self._mail.webhook_info()

    async def _message(self, params: dict[str, Any]) -> Any:
        words = _text(params, "text")
        return self._sent(params, **_formatted(words, params))

    async def _photo(self, params: dict[str, Any]) -> Any:
        caption = _text(params, "caption") if params.get("caption") else ""
        phone_checked = self.bot.open_chat(params.get("chat_id"))
        try:
            async with httpx.AsyncClient(timeout=5) as client:
                got = (await client.get(str(params.get("photo") or ""))).raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL):
            raise ApiError(400, "Bad Request: photo cannot be fetched") from None
        size = picture_size(got.content)
        if size is None:
            raise ApiError(400, "Bad Request: photo is no picture")
        mime = got.headers.get("content-type", "image/jpeg")
        file = self.bot.ground.add_file("photo", f"anh-{phone_checked.id}", mime, got.content, size)
        return self._sent(params, file=file, text=caption)

    async def _sticker(self, params: dict[str, Any]) -> Any:
        if not params.get("sticker"):
            raise ApiError(400, "Bad Request: sticker is missing")
        return self._sent(params, text="[Nhãn dán]")

    async def _action(self, params: dict[str, Any]) -> Any:
        if params.get("action") not in ("typing", "upload_photo"):
            raise ApiError(400, "Bad Request: action")
        phone = self.bot.open_chat(params.get("chat_id"))
        self.bot.show.announce("typing", phone, action=params["action"], seconds=5)
        return NOTHING

    def _sent(self, params: dict[str, Any], **parts: Any) -> dict[str, Any]:
        phone = self.bot.open_chat(params.get("chat_id"))
        self.bot.spend()
        message = self.bot.message(mine=False, **parts)
        self.bot.deliver(phone, message)
        return {"message_id": message.wire_id, "date": self.bot.ground.now_ms()}


def _text(params: dict[str, Any], name: str) -> str:
    words = params.get(name)
    if not isinstance(words, str) or not words.strip():
        raise ApiError(400, f"Bad Request: {name} is empty")
    if len(words) > TEXT:
        raise ApiError(400, f"Bad Request: {name} has at most {TEXT} characters")
    return words


def _formatted(words: str, params: dict[str, Any]) -> dict[str, Any]:
    """Text and spans, from parse_mode or else from text_styles [{start, len, st}]."""
    mode = str(params.get("parse_mode") or "").lower()
    if mode == "html":
        try:
            text, spans = parse_html(words)
        except ParseError as problem:
            raise ApiError(400, f"Bad Request: {problem}") from None
        return {"text": text, "spans": spans}
    if mode == "markdown":
        spans, text, at = [], "", 0
        for match in BOLD.finditer(words):
            text += words[at : match.start()]
            spans.append({"type": "bold", "offset": utf16(text), "length": utf16(match.group(1))})
            text, at = text + match.group(1), match.end()
        return {"text": text + words[at:], "spans": spans}
    if mode:
        raise ApiError(400, "Bad Request: parse_mode")
    styles = params.get("text_styles")
    spans = [
        {"type": STYLES[kind], "offset": int(one["start"]), "length": int(one["len"])}
        for one in (styles if isinstance(styles, list) else []) for kind in one.get("st", []) if kind in STYLES
    ]
    return {"text": words, "spans": spans}


async def _params(request: Request) -> dict[str, Any]:
    params: dict[str, Any] = dict(request.query_params)
    if request.method == "GET":
        return params
    try:
        if "json" in request.headers.get("content-type", ""):
            body = await request.json() if await request.body() else {}
            if not isinstance(body, dict):
                raise ValueError
            return params | body
        async with request.form() as form:
            return params | {key: value for key, value in form.items() if isinstance(value, str)}
    except ValueError:
        raise ApiError(400, "Bad Request: the body cannot be read") from None
