"""The Bot API over HTTP: a plain ASGI application, because benchmarks send it thousands of requests a second."""

import asyncio
import io
import json
import mimetypes
from typing import Any
from urllib.parse import parse_qsl, unquote

from python_multipart import parse_form

from sandbox.cutting import cut
from sandbox.faults import Gate, always_blocked
from sandbox.telegram import account, messages
from sandbox.telegram.state import ApiError, Bot, World, bad
from sandbox.telegram.updates import Mail, methods

LARGEST = 55 << 20  # bytes of a request
CEILED = ("send", "edit", "copy", "delete", "forward", "pin")  # methods the rate counts
FREE = ("sendchataction",)


class BotApi:
    def __init__(self, world: World, mail: Mail) -> None:
        self.world = world
        self._methods = {**messages.METHODS, **account.METHODS, **methods(mail)}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Paths `/bot<token>/<method>` and `/file/bot<token>/<path>`."""
        path = scope["path"][len(scope.get("root_path", "")) :]
        if path.startswith("/file/"):
            return await self._file(path, send)
        token, _, method = path.removeprefix("/bot").partition("/")
        self.world.stats.in_flight += 1
        try:
            status, headers, body = await self._answer(scope, receive, unquote(token), method.lower())
        except ConnectionAbortedError:  # a fault: the client sees the connection die without an answer
            return await cut(scope, send)
        finally:
            self.world.stats.in_flight -= 1
        await _respond(send, status, body, headers)

    async def _answer(self, scope: Any, receive: Any, token: str, method: str) -> tuple[int, list[Any], bytes]:
        try:
            bot = self.world.bots.get(token)
            if bot is None:
                raise ApiError(401, "Unauthorized")
            action = self._methods.get(method)
            if action is None:
                raise ApiError(404, "Not Found")
            params = await _params(scope, receive)
            if method.startswith(CEILED) and method not in FREE:
                return await self._with_faults(bot, action, params)
            return _ok(await action(self.world, bot, params))
        except ApiError as refused:
            self.world.stats.answers[str(refused.code)] += 1
            return _refusal(refused)

    async def _with_faults(self, bot: Bot, action: Any, params: dict[str, Any]) -> tuple[int, list[Any], bytes]:
        world = self.world
        faults, dice = world.faults, world.dice
        if faults.arrival_jitter:
            await asyncio.sleep(dice.up_to(faults.arrival_jitter))
        try:
            self._ceilings(bot, params)
            if dice.hits(faults.pdrop):
                raise ConnectionAbortedError("fault: dropped before delivery")
            if dice.hits(faults.p5xx):
                raise ApiError(502, "Bad Gateway")
            if faults.pblocked and always_blocked(int(params.get("chat_id") or 0), faults.pblocked):
                raise ApiError(403, "Forbidden: bot was blocked by the user")
            result = await action(world, bot, params)
        finally:
            if faults.latency or faults.jitter:
                await asyncio.sleep(faults.latency + dice.up_to(faults.jitter))
        if dice.hits(faults.plost):
            world.stats.answers["lost"] += 1
            raise ConnectionAbortedError("fault: delivered, the answer is lost")
        world.stats.answers["200"] += 1
        return _ok(result)

    def _ceilings(self, bot: Bot, params: dict[str, Any]) -> None:
        faults, now = self.world.faults, asyncio.get_running_loop().time()
        wait = bot.gate.refuse(faults, now) if faults.rate else 0
        if not wait and faults.chat_rate:
            chat = bot.chat_gates.setdefault(int(params.get("chat_id") or 0), Gate())
            wait = chat.refuse(type(faults)(rate=faults.chat_rate, retry_after=faults.retry_after), now)
        if wait:
            raise ApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)

    async def _file(self, path: str, send: Any) -> None:
        _, _, token, *rest = path.split("/")
        file = self.world.files.get(rest[-1]) if token.removeprefix("bot") in self.world.bots and rest else None
        if file is None:
            await _respond(send, 404, b"Not Found", [])
        else:
            await _respond(send, 200, file.data, [(b"content-type", file.mime.encode())])


async def _params(scope: Any, receive: Any) -> dict[str, Any]:
    params: dict[str, Any] = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
    if scope["method"] == "GET":
        return params
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError("the client left")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST:
            raise ApiError(413, "Request Entity Too Large")
        if not message.get("more_body"):
            break
    body = b"".join(parts)
    kind = next((v for k, v in scope["headers"] if k == b"content-type"), b"").decode("latin-1")
    try:
        if kind.startswith("application/json"):
            return params | (json.loads(body) if body else {})
        if kind.startswith("multipart/form-data"):
            return params | _multipart(kind, body)
        return params | dict(parse_qsl(body.decode(), keep_blank_values=True))
    except UnicodeDecodeError:
        raise bad("strings must be encoded in UTF-8") from None
    except (ValueError, TypeError):
        raise bad("can't parse the request body") from None


def _multipart(kind: str, body: bytes) -> dict[str, Any]:
    """Text fields as str; files as (name, mime, data)."""
    fields: dict[str, Any] = {}

    def on_field(field: Any) -> None:
        fields[field.field_name.decode()] = (field.value or b"").decode()

    def on_file(file: Any) -> None:
        file.file_object.seek(0)
        name = (file.file_name or b"file").decode()
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
        fields[file.field_name.decode()] = (name, mime, file.file_object.read())

    headers = {"Content-Type": kind.encode(), "Content-Length": str(len(body)).encode()}
    parse_form(headers, io.BytesIO(body), on_field, on_file)
    return fields


def _ok(result: Any) -> tuple[int, list[Any], bytes]:
    return 200, [], json.dumps({"ok": True, "result": result}, ensure_ascii=False).encode()


def _refusal(refused: ApiError) -> tuple[int, list[Any], bytes]:
    answer: dict[str, Any] = {"ok": False, "error_code": refused.code, "description": refused.description}
    headers = []
    if refused.parameters:
        answer["parameters"] = refused.parameters
    if "retry_after" in refused.parameters:
        headers.append((b"retry-after", str(refused.parameters["retry_after"]).encode()))
    return refused.code, headers, json.dumps(answer, ensure_ascii=False).encode()


async def _respond(send: Any, status: int, body: bytes, headers: list[Any]) -> None:
    kinds = [] if any(k == b"content-type" for k, _ in headers) else [(b"content-type", b"application/json")]
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*kinds, length, *headers]})
    await send({"type": "http.response.body", "body": body})
