"""Zalo's webhooks: whoever calls has to prove it, and what they bring is stored before they are answered.

Zalo waits two seconds, comes again five times and then cancels the registration: a 200 is given whenever the event is
safe, or of no use to anybody.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from bot import tallies
from bot.gathering import Arrived
from bot.tallies import Tallies
from bot.zalo_mac import STAMP, Seal

log = structlog.get_logger()
PATIENCE = 1.5  # seconds for storing; Zalo gives up after two
AHEAD = timedelta(minutes=10)  # how far a timestamp may lie in the future
LAST_TRIES = 4  # from this `num_retry` on a failure is close to losing the registration
Event = dict[str, Any]


class Letterbox(Protocol):
    async def receive(self, arrived: Arrived) -> None: ...

    def arriving(self) -> AbstractContextManager[None]: ...


class Refusing(Exception):
    def __init__(self, status: int, why: str) -> None:
        self.status, self.why = status, why


class Webhook:
    """`read` gives (update id, event), or None for what need not be kept, or raises Refusing. ASGI."""

    def __init__(
        self, read: Callable[[Request, bytes], tuple[str, Event] | None], inbox: Letterbox, counted: Tallies, limit: int
    ) -> None:
        self._read, self._inbox, self._counted, self._limit = read, inbox, counted, limit
        self._storing: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        with self._inbox.arriving():
            answer = await self._answer(request)
        if answer.status_code != 200:
            self._on_failure(request, answer)
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            found = self._read(request, await body_of(request, self._limit))
        except Refusing as refused:
            return PlainTextResponse(refused.why, refused.status)
        except ClientDisconnect:
            return PlainTextResponse("gone", 400)
        if found is not None:
            self._counted.note(tallies.EVENTS)
            if not await self._stored(found):
                return PlainTextResponse("busy, please come again", 503)
        return Response(status_code=200)

    async def _stored(self, event: tuple[str, Event]) -> bool:
        """Slow or not: what has begun is stored, and a repetition of it does nothing."""
        task = asyncio.create_task(self._inbox.receive([event]))
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)
        done, _ = await asyncio.wait({task}, timeout=PATIENCE)
        if done and (problem := task.exception()):
            log.error("an event could not be stored", cause=repr(problem))
            return False
        return bool(done)

    def _on_failure(self, request: Request, answer: Response) -> None:
        with suppress(ValueError):
            if int(request.headers.get("num_retry", "0")) >= LAST_TRIES:
                self._counted.note(tallies.LAST_TRY)
                log.critical(
                    "Zalo is about to cancel the webhook: turn it on again in the app's console if no event comes",
                    status=answer.status_code,
                )


async def body_of(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise Refusing(413, "too large")
    return bytes(body)


def _event(body: bytes) -> Event:
    try:
        event = json.loads(body)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise Refusing(400, "not an event")
    return event


class OfOa:
    """Reads an OA's call. `oldest`: an event of longer ago is no repetition by Zalo; None believes any age."""

    def __init__(self, seal: Seal, counted: Tallies, oldest: timedelta | None) -> None:
        self._seal, self._counted, self._oldest = seal, counted, oldest

    def __call__(self, request: Request, body: bytes) -> tuple[str, Event] | None:
        event = _event(body)
        stamps = (str(event.get("timestamp") or ""), request.headers.get("x-zevent-timestamp", ""))
        variant = self._seal.check(request.headers.get("x-zevent-signature", ""), body, stamps)
        if variant is None:
            if self._counted.note(tallies.WRONG_MAC):
                log.warning("webhook call with a wrong mac", client=request.client and request.client.host)
            raise Refusing(403, "wrong mac")
        if self._counted.note(f"mac:{variant}"):
            log.debug("webhook signatures fit", variant=variant)
        if not self._fresh(stamps[STAMP.index(variant.split(",")[1])]):
            self._counted.note(tallies.STALE)
            log.warning("an old event came again and is left alone", sent=stamps)
            return None
        return id_of(event, body), event

    def _fresh(self, stamp: str) -> bool:
        if self._oldest is None:
            return True
        try:
            sent = datetime.fromtimestamp(int(stamp) / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return False
        return -AHEAD <= datetime.now(UTC) - sent <= self._oldest


def id_of(event: Event, body: bytes) -> str:
    """The same for every repetition: a message by its id, anything else by its content."""
    message = event.get("message")
    known = message.get("msg_id") if isinstance(message, dict) else None
    if known and str(event.get("event_name", "")).startswith("user_send_"):
        return f"m:{known}"[:80]
    return f"e:{hashlib.sha256(body).hexdigest()}"


class OfBot:
    """Reads a Zalo bot's call, which knows the secret we gave when we set the webhook."""

    def __init__(self, secret: str, counted: Tallies) -> None:
        self._secret, self._counted = secret.encode(), counted

    def __call__(self, request: Request, body: bytes) -> tuple[str, Event] | None:
        given = request.headers.get("x-bot-api-secret-token", "").encode()
        if not self._secret or not hmac.compare_digest(given, self._secret):
            if self._counted.note(tallies.WRONG_MAC):
                log.warning("webhook call without the right secret", client=request.client and request.client.host)
            raise Refusing(403, "wrong secret")
        event = _event(body)
        event = event["result"] if isinstance(event.get("result"), dict) else event
        return bot_id_of(event), event


def bot_id_of(event: Event) -> str:
    """Polling gives a message again and again: known by its id, whichever way it came."""
    message = event.get("message")
    known = message.get("message_id") if isinstance(message, dict) else None
    return f"m:{known}"[:80] if known else f"e:{hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()}"


