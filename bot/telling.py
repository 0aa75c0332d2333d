"""What happened is told to other programmes: signed, again after growing pauses, never to an address inside."""

import asyncio
import ipaddress
import json
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import structlog

from db import webhooks as table
from db.session import Database
from db.webhooks import Telling, Webhook
from network.webhooks import PAUSES, SIGNATURE, sign

log = structlog.get_logger()
EVERY = 2.0  # seconds
AT_ONCE = 10
LEASE = timedelta(minutes=2)
TIMEOUT = 10.0


class Inside(Exception):
    """The address is one of this machine's or of the office's own network."""


async def run(database: Database, stop: asyncio.Event, *, private: bool) -> None:
    async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as http:
        while not stop.is_set():
            try:
                if await look(database, http, datetime.now(UTC), private=private) == AT_ONCE:
                    continue
            except Exception:
                log.exception("events could not be told, trying again", seconds=EVERY)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY)


async def look(database: Database, http: httpx.AsyncClient, now: datetime, *, private: bool = False) -> int:
    """How many were due."""
    async with database.reading() as db:
        if not await table.any_due(db, now):
            return 0
    async with database.transaction() as db:
        due = await table.take(db, now, LEASE, AT_ONCE)
    problems = await asyncio.gather(*(_tell(http, *one, now, private) for one in due))
    async with database.transaction() as db:
        for (telling, hook), problem in zip(due, problems, strict=True):
            tried = telling.attempts + 1
            if not problem:
                outcome = {"next_at": None, "arrived_at": now, "error": None}
            else:
                pause = PAUSES[tried - 1] if tried <= len(PAUSES) else None
                outcome = {"next_at": now + pause if pause else None, "error": problem[:300]}
                log.warning("an event was not taken", webhook=hook.id, what=telling.event, cause=problem, tries=tried)
            await table.settle(db, telling.id, attempts=tried, **outcome)
    return len(due)


async def _tell(http: httpx.AsyncClient, telling: Telling, hook: Webhook, now: datetime, private: bool) -> str:
    """What went wrong; empty when it was taken."""
    said = {"id": telling.id, "event": telling.event, "at": telling.at.isoformat(), "data": telling.data}
    body = json.dumps(said, ensure_ascii=False).encode()
    headers = {"content-type": "application/json", SIGNATURE: sign(hook.secret, body, now), "user-agent": "Loa"}
    try:
        url, host = await _outside(hook.url, private)
        request = http.build_request("POST", url, content=body, headers={**headers, "host": host})
        request.extensions["sni_hostname"] = urlsplit(hook.url).hostname
        answer = await http.send(request, stream=True)  # its body is nobody's business
        await answer.aclose()
    except (httpx.HTTPError, OSError, UnicodeError, Inside) as problem:
        return f"{type(problem).__name__}: {problem}"
    return "" if answer.is_success else f"HTTP {answer.status_code}"


async def _outside(url: str, private: bool) -> tuple[httpx.URL, str]:
    """The address with the name looked up once: whoever keeps the name cannot change it after the check."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    places = [str(info[4][0]) for info in found]
    if not private and not all(_public(place) for place in places):
        raise Inside(f"{parts.hostname} is not a public address (LOA_WEBHOOK_PRIVATE=true allows it)")
    return httpx.URL(url).copy_with(host=places[0], port=port), parts.netloc


def _public(place: str) -> bool:
    address = ipaddress.ip_address(place.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_global and not (mapped or address).is_multicast
