"""The web side: webhooks, health, metrics; without a token also the sandbox and its phones page."""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from bot.desk import LateConsole
from bot.inbox import Inbox
from bot.settings import Settings
from db.session import Database

log = structlog.get_logger()
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # a header's name, no secret


def build(
    settings: Settings, database: Database, inbox: Inbox | None = None, sandbox: Any = None,
    webhooks: Mapping[str, Any] | None = None, console: LateConsole | None = None,
) -> Starlette:
    """`inbox` takes Telegram's webhooks (None while polling); `sandbox` is the embedded platforms' ASGI app.

    `webhooks`: the other platforms', path → ASGI app. `console`: the web console and the API.
    """
    routes: list[BaseRoute] = [Route("/health", Health(database)), Route("/favicon.ico", _nothing)]
    if inbox is not None:
        routes.append(Route("/telegram", TelegramWebhook(settings, inbox), methods=["POST"]))
    routes += [Route(path, hook, methods=["POST"]) for path, hook in (webhooks or {}).items()]
    if console is not None:
        routes += [Mount("/api/v1", console.api), Mount("/console", console.pages)]
    if sandbox is not None:
        routes.append(Mount("/", sandbox))
    return Starlette(routes=routes, exception_handlers={404: _missing})


async def _missing(request: Request, problem: Exception) -> Response:
    """An address no part of us has; a line break in one keeps it from even reaching the part it names."""
    if request.url.path.startswith("/api/"):
        from console.api import problems

        return await problems.of_http(request, problem)
    return PlainTextResponse("Không có trang này.", 404)


async def _nothing(_request: Request) -> Response:
    return Response(status_code=204)


class Health:
    """200 when the database answers. For load balancers and compose's healthcheck."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            async with self._database.reading() as db:
                await db.execute(text("SELECT 1"))
            answer: Response = JSONResponse({"ok": True, "at": datetime.now(UTC).isoformat(timespec="seconds")})
        except Exception as problem:
            log.error("health check failed", cause=repr(problem))
            answer = JSONResponse({"ok": False, "cause": "database"}, status_code=503)
        await answer(scope, receive, send)


class TelegramWebhook:
    """Stores the update, then answers: a 200 means it will not be lost."""

    def __init__(self, settings: Settings, inbox: Inbox) -> None:
        secret = settings.telegram_webhook_secret
        self._secret = secret.get_secret_value().encode() if secret else b""
        self._limit, self._inbox = settings.update_body_limit, inbox

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await (await self._answer(Request(scope, receive)))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not self._secret or not hmac.compare_digest(given, self._secret):
            log.warning("webhook call without the right secret", client=request.client and request.client.host)
            return PlainTextResponse("wrong secret", 403)
        try:
            body = await _limited(request, self._limit)
            update = json.loads(body)
            update_id = str(int(update["update_id"]))
        except ClientDisconnect:
            return PlainTextResponse("gone", 400)
        except OverflowError:
            return PlainTextResponse("too large", 413)
        except (ValueError, KeyError, TypeError):
            log.warning("webhook call with a malformed update")
            return PlainTextResponse("not an update", 400)
        await self._inbox.receive([(update_id, update)])
        return Response(status_code=200)


async def _limited(request: Request, limit: int) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise OverflowError
    return body
