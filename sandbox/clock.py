"""The sandbox's time: the machine's, moved forward by tests and by the phones page."""

import asyncio
import time
from contextlib import suppress


class Clock:
    def __init__(self) -> None:
        self.offset = 0.0
        self._sleepers: set[asyncio.Event] = set()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("the sandbox's clock only goes forward")
        self.offset += seconds
        for sleeper in self._sleepers:
            sleeper.set()

    async def sleep(self, seconds: float) -> None:
        """Until that much of the sandbox's time has passed; moving the clock shortens it."""
        until, moved = self.now() + seconds, asyncio.Event()
        self._sleepers.add(moved)
        try:
            while (left := until - self.now()) > 0:
                with suppress(TimeoutError):
                    await asyncio.wait_for(moved.wait(), left)
                moved.clear()
        finally:
            self._sleepers.discard(moved)
