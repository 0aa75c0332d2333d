"""A lane's budget shared by several processes: slots reserved in the database a few milliseconds ahead.

Each process takes the next block of the lane's time for itself (db.lanes.reserve) and lets one call go in each slot.
A slot that could not be used in time is lost, never used later: so all processes together stay under the ceiling
whatever happens to one of them, and a process that dies loses at most the blocks it held.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.pace import JITTER, RECOVERY, SLOWER
from db import lanes
from db.session import Database

log = structlog.get_logger()
LATE = 0.025  # seconds a slot may be used late
BLOCK = 0.02  # seconds of the lane reserved at a time, one block ahead of need
TROUBLE = 0.5  # seconds until the database is asked again
SAMPLES = 32  # readings of the database's clock kept


class SharedPace:
    """As bot.pace.Pace, for the lane of `channel`. `stir` wakes the lane when slots came, `hold` stops it."""

    def __init__(
        self, database: Database, channel: str, rate: float, *, clock: Callable[[], float], period: float = 1.0
    ) -> None:
        self.rate, self._database, self._channel, self._clock = rate, database, channel, clock
        # In any second fall at most the slots of 1 + LATE seconds, and one more at the border; so in any `period`.
        calls = rate * period
        window = max(1 + JITTER / period, (1 + LATE / period) * calls / (calls - 1)) if calls > 2 else 1.5
        self._spacing = window / rate
        self._count = max(1, math.ceil(BLOCK * rate))
        self._slots: deque[float] = deque()
        self._offsets: deque[float] = deque(maxlen=SAMPLES)  # our clock minus the database's, never too large
        self._taken: deque[float] = deque()
        self._slower, self._slowed_at = 1.0, -math.inf
        self._asking: asyncio.Task[None] | None = None
        self.stir: Callable[[], None] = lambda: None
        self.hold: Callable[[float], None] = lambda seconds: None

    @property
    def effective(self) -> float:
        """What this process gets, and a little more so that it may grow when others stop."""
        now = self._clock()
        while self._taken and self._taken[0] <= now - 1:
            self._taken.popleft()
        return min(1 / self._spacing, 1.3 * len(self._taken) + 0.1 * self.rate + 2)

    def ready(self, now: float) -> float:
        while self._slots and self._slots[0] < now - LATE:
            self._slots.popleft()
        if len(self._slots) < self._count:
            self._ask()
        return self._slots[0] if self._slots else math.inf

    def take(self, now: float) -> None:
        self._slots.popleft()
        self._taken.append(now)

    def slow_down(self, now: float) -> None:
        self._slots.clear()
        self._slower, self._slowed_at = max(0.5, self._slower * SLOWER), now

    def observe(self, seconds: float) -> None:
        """Late slots are lost here instead."""

    def _ask(self) -> None:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._reserve())

    async def _reserve(self) -> None:
        try:
            spacing = self._spacing / self._factor()
            async with self._database.transaction() as db:
                block = await lanes.reserve(db, self._channel, self._count * spacing, self._clock)
            if block is None:
                await self._stand_still()
                return
        except (SQLAlchemyError, OSError) as problem:
            log.error("no slots from the database, trying again", channel=self._channel, cause=str(problem.args[0]))
            await asyncio.sleep(TROUBLE)
            self.stir()
            return
        # Of the two sides of a reading, asking is the prompter: an answer waits for a busy process to look up, and
        # processes that are differently busy would place the same slots differently.
        self._offsets.append(block.asked - block.now)
        start = block.start + max(self._offsets)  # the reading that was least delayed
        self._slots.extend(start + number * spacing for number in range(self._count))
        self.stir()

    async def _stand_still(self) -> None:
        """Another process met a 429, or the bot is frozen."""
        async with self._database.reading() as db:
            left = await lanes.pause_left(db, self._channel)
        self.hold(max(left, TROUBLE))

    def _factor(self) -> float:
        now = self._clock()
        if self._slower < 1 and now - self._slowed_at > RECOVERY:
            self._slower, self._slowed_at = min(1.0, self._slower / SLOWER), now
        return self._slower
