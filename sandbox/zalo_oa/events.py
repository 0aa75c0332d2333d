"""Events on their way to the app: signed, two seconds to answer, a ladder of retries, then no more of them."""

import asyncio
import hashlib
import json
import time
from typing import Any

import httpx

from sandbox.zalo_oa.state import APP_ID, APP_SECRET, OA_ID, OA_SECRET, Oa

PATIENCE = 2.0  # seconds
AT_ONCE = 50  # posts; the two seconds begin when one of them is free
LADDER = (30, 300, 900, 1800, 3600)  # seconds before each retry, one after the other


class Hooks:
    def __init__(self, oa: Oa) -> None:
        self._oa = oa
        self._tasks: set[asyncio.Task[None]] = set()
        self._lines: dict[str, asyncio.Lock] = {}  # first attempts of one person's events keep their order
        self._client: httpx.AsyncClient | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.waiting = 0
        oa.tell = self.tell

    def tell(self, event: str, **parts: Any) -> None:
        """One event, with the fields that all have."""
        body = {"app_id": APP_ID, "event_name": event, "timestamp": str(self._oa.ground.now_ms()), **parts}
        if self._oa.webhook and self._oa.granted and not self._oa.cancelled:
            people = (_of(parts, name, "id") for name in ("sender", "follower", "recipient"))
            who = next((one for one in people if one not in ("", OA_ID)), "")
            server = "ZNS" if _of(parts, "message", "delivery_time") else ""
            task = asyncio.create_task(self._deliver(body, who, server))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, body: dict[str, Any], who: str, server: str) -> None:
        raw = json.dumps(body, ensure_ascii=False).encode()
        headers = self._signed(raw, str(body["timestamp"]))
        if server:
            headers["X-ZEvent-Server"] = server
        self.waiting += 1
        try:
            async with self._lines.setdefault(who, asyncio.Lock()):
                done = await self._post(raw, headers)
            for number, pause in enumerate(LADDER, 1):
                if done or self._oa.cancelled:
                    return
                await self._oa.clock.sleep(pause)
                if not self._oa.cancelled:
                    done = await self._post(raw, headers | {"num_retry": str(number)})
            if not done:
                self._oa.cancelled = True
                self._oa.stats.answers["webhook cancelled"] += 1
        finally:
            self.waiting -= 1
            if len(self._lines) > 10_000:
                self._lines = {key: lock for key, lock in self._lines.items() if lock.locked()}

    def _signed(self, raw: bytes, timestamp: str) -> dict[str, str]:
        rules, headers = self._oa.rules, {"Content-Type": "application/json"}
        if rules.mac_time == "header":
            timestamp = headers["X-ZEvent-Timestamp"] = str(int(timestamp) + 7)  # not the body's
        first = APP_ID if rules.mac_id == "app_id" else OA_ID
        secret = OA_SECRET if rules.mac_secret == "oa" else APP_SECRET
        mac = hashlib.sha256(first.encode() + raw + timestamp.encode() + secret.encode()).hexdigest()
        return headers | {"X-ZEvent-Signature": f"mac={mac}" if rules.mac_prefix else mac}

    async def _post(self, raw: bytes, headers: dict[str, str]) -> bool:
        url, answers = self._oa.webhook, self._oa.stats.answers
        if not url:
            return True
        self._client = self._client or httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=AT_ONCE))
        async with self._slots:
            began = time.perf_counter()
            try:
                async with asyncio.timeout(PATIENCE):
                    answer = await self._client.post(url, content=raw, headers=headers, timeout=PATIENCE)
                good = answer.status_code == 200
            except (httpx.HTTPError, TimeoutError):
                good = False
            took = (time.perf_counter() - began) * 1000
        answers["events taken" if good else "events refused"] += 1
        answers["slowest event ms"] = max(answers["slowest event ms"], round(took))
        return good

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client:
            await self._client.aclose()


def _of(parts: dict[str, Any], name: str, field: str) -> str:
    """An operator may send any event, so nothing of it is sure."""
    part = parts.get(name)
    return str(part.get(field, "")) if isinstance(part, dict) else ""
