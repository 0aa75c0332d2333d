"""What happens on all phones, as one stream that a page may leave and take up again."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

KEPT = 2000
HEARTBEAT = 15.0


class Feed:
    def __init__(self) -> None:
        self._events: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self._number = 0
        self._waiting: set[asyncio.Event] = set()
        self._over: set[asyncio.Event] = set()

    def publish(self, event: str, phone: str | None, **data: Any) -> None:
        if not self._waiting and event != "reset":
            self._number += 1  # nobody watches: keep the count, so that a returning page reloads
            self._events.clear()
            return
        self._number += 1
        body = json.dumps({"phone": phone, **data}, ensure_ascii=False, separators=(",", ":"))
        self._events.append((self._number, f"id: {self._number}\nevent: {event}\ndata: {body}\n\n"))
        for waiting in self._waiting:
            waiting.set()

    def hang_up(self) -> None:
        """End the streams that are open now; pages come back by themselves when the server does."""
        self._over |= self._waiting
        for waiting in self._waiting:
            waiting.set()

    async def stream(self, last: int | None) -> AsyncIterator[str]:
        """Server-sent events from `last` on; a `reset` first when some are no longer kept."""
        wake = asyncio.Event()
        self._waiting.add(wake)
        seen = self._number if last is None else last
        try:
            yield f": loa\nretry: 1000\nid: {seen}\n\n"
            if last is not None and (last > self._number or last < self._oldest() - 1):
                seen = self._number
                yield f'id: {seen}\nevent: reset\ndata: {{"phone": null}}\n\n'
            while wake not in self._over:
                for number, text in [e for e in self._events if e[0] > seen]:
                    seen = number
                    yield text
                if wake not in self._over:
                    wake.clear()
                try:
                    await asyncio.wait_for(wake.wait(), HEARTBEAT)
                except TimeoutError:
                    yield ": beat\n\n"
        finally:
            self._waiting.discard(wake)
            self._over.discard(wake)

    def _oldest(self) -> int:
        return self._events[0][0] if self._events else self._number + 1
