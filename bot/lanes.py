"""Lanes: the send budget of a channel's token, shared by pushes and conversation.

Whoever wants to call the platform waits in `take`; the lane lets calls go one after another, the most urgent
first, and none while the platform asked us to wait. It says when, never what: sending is the channel's business.
"""

import asyncio
import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Protocol

from bot.pace import Pace, Spacing
from bot.shared_pace import SharedPace
from db.session import Database

WAKE = 0.005  # a lane wakes at most every 5 ms and lets all calls due by then go: a fifth of the CPU
SOON = 0.2  # seconds within which a call whose chat is busy counts as queued
REPLY_BURST = 3  # an answer of three messages may leave at once; pushes to one chat are strictly spaced


class Priority(IntEnum):
    REPLY = -1
    FLASH = 0  # hỏa tốc
    URGENT = 1  # khẩn
    NORMAL = 2  # thường
    REMINDER = 3


class Paused(Exception):
    """The lane stands still; whoever is not patient gives its work back."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"lane paused for {seconds:.1f} s")
        self.seconds = seconds


class Budget(Protocol):
    """When calls may leave: `bot.pace.Pace` for one process, `bot.shared_pace.SharedPace` for many."""

    def ready(self, now: float) -> float: ...

    def take(self, now: float) -> None: ...

    def slow_down(self, now: float) -> None: ...

    def observe(self, seconds: float) -> None: ...

    @property
    def effective(self) -> float: ...


@dataclass(order=True, slots=True)
class _Waiter:
    priority: int
    number: int
    address: str = field(compare=False)
    patient: bool = field(compare=False)
    go: asyncio.Future[float] = field(compare=False)
    task: asyncio.Task[Any] | None = field(compare=False)
    calls: int = field(compare=False, default=1)  # that it still has to take from the budget


class Lane:
    """One per token and process. `on_pause(seconds, why)` is told of every 429, to be stored for the other workers."""

    def __init__(
        self, channel: str, rate: float, *, reply_share: float = 0.5, budget: Budget | None = None,
        on_pause: Callable[[float, str], None] | None = None, clock: Callable[[], float] | None = None,
        period: float = 1.0,
    ) -> None:
        self.channel = channel
        self.rate = rate
        self.reply_share = reply_share  # of the lane that answers may take before a hỏa tốc push goes first
        self.budget: Budget = budget or Pace(rate, period=period)
        self.on_pause = on_pause
        self.paused_until = -math.inf
        self._clock = clock or asyncio.get_running_loop().time
        self._spacing = Spacing()
        self._replies: list[_Waiter] = []
        self._pushes: list[_Waiter] = []
        self._deferred: list[tuple[float, int, _Waiter]] = []  # their chat had a message just now
        self._answered: deque[float] = deque()  # replies let go in the last second
        self._numbers = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf

    @classmethod
    def shared(
        cls, database: Database, channel: str, rate: float, *, reply_share: float = 0.5, period: float = 1.0
    ) -> "Lane":
        """For a token that several processes use at once."""
        budget = SharedPace(database, channel, rate, clock=asyncio.get_running_loop().time, period=period)
        lane = cls(channel, rate, reply_share=reply_share, budget=budget)
        budget.stir, budget.hold = lane.stir, lane.hold
        return lane

    def queued(self, priority: int) -> int:
        """Calls in the queue as urgent as this, or more: nobody claims more than the lane can soon let go.

        A second call to a chat waits a second for its turn; meanwhile others may fill the lane.
        """
        soon = self._clock() + SOON
        deferred = sum(waiter.priority <= priority for free, _, waiter in self._deferred if free <= soon)
        return deferred + len(self._replies) + sum(waiter.priority <= priority for waiter in self._pushes)

    def paused_for(self) -> float:
        """Seconds until calls go again; 0 when they go."""
        return max(0.0, self.paused_until - self._clock())

    async def take(
        self, address: str, priority: int = Priority.NORMAL, *, patient: bool = False, calls: int = 1
    ) -> float:
        """Wait for this call's turn; the moment it was let go, for `answered`. Raises Paused when the lane stops
        meanwhile, unless patient. An album is one request that counts as several `calls`."""
        pause = self.paused_for()
        if pause and not patient:
            raise Paused(pause)
        go = asyncio.get_running_loop().create_future()
        waiter = _Waiter(priority, next(self._numbers), address, patient, go, asyncio.current_task(), calls)
        self._queue(waiter)
        self._wake_at(self._clock())
        return await go

    def answered(self, gone: float) -> None:
        """The platform answered the call let go at that moment."""
        self.budget.observe(self._clock() - gone)

    def pause(self, seconds: float, why: str) -> None:
        """The platform said 429: nothing leaves for so long, for nobody. A second 429 of one episode slows no more."""
        before = self.paused_for()
        if not before:
            self.budget.slow_down(self._clock())
        self.hold(seconds)
        if self.on_pause and seconds > before + 0.5:
            self.on_pause(seconds, why)

    def hold(self, seconds: float) -> None:
        """Stand still because another worker met a 429, or did so before we started."""
        self.paused_until = max(self.paused_until, self._clock() + seconds)
        self.give_back(lambda waiter: True, self.paused_for())
        self._wake_at(self.paused_until)

    def give_back(self, which: Callable[["_Waiter"], bool], seconds: float = 0.0) -> None:
        """Let go of impatient waiters: their calls have not left, their work can be put back."""
        everybody = [*self._pushes, *self._replies, *(w for _, _, w in self._deferred)]
        self._pushes, self._replies, self._deferred = [], [], []
        for waiter in everybody:
            if waiter.patient or not which(waiter):
                self._queue(waiter)
            elif not waiter.go.done():
                waiter.go.set_exception(Paused(seconds))

    def resume(self) -> None:
        """An operator lifted the pause."""
        self.paused_until = -math.inf
        self._wake_at(self._clock())

    def _queue(self, waiter: _Waiter) -> None:
        heapq.heappush(self._replies if waiter.priority <= Priority.REPLY else self._pushes, waiter)

    def _wake_at(self, moment: float) -> None:
        if self._timer and self._timer_at <= moment and not self._timer.cancelled():
            return
        if self._timer:
            self._timer.cancel()
        self._timer_at = moment
        delay = max(0.0, moment - self._clock())
        self._timer = asyncio.get_running_loop().call_later(delay, self._let_go)

    def _let_go(self) -> None:
        self._timer, self._timer_at = None, math.inf
        now = self._clock()
        if now < self.paused_until:
            return self._wake_at(self.paused_until)
        self._undefer(now)
        while (waiter := self._first(now)) is not None:
            ready = self.budget.ready(now)
            if ready > now:
                self._queue(waiter)
                return self._wake_at(max(ready, now + WAKE)) if math.isfinite(ready) else None
            self.budget.take(now)
            waiter.calls -= 1
            if waiter.calls:
                self._queue(waiter)  # still the first of its urgency
                continue
            self._spacing.take(waiter.address, now)
            if waiter.priority <= Priority.REPLY:
                self._answered.append(now)
            waiter.go.set_result(now)
        if self._deferred:
            self._wake_at(max(self._deferred[0][0], now + WAKE))
        return None

    def stir(self) -> None:
        """The budget has news (slots reserved in the database)."""
        self._wake_at(self._clock())

    def _undefer(self, now: float) -> None:
        while self._deferred and self._deferred[0][0] <= now:
            self._queue(heapq.heappop(self._deferred)[2])

    def _first(self, now: float) -> _Waiter | None:
        """The most urgent waiter whose chat is free; the others of busy chats step aside."""
        while heap := self._which(now):
            waiter = heapq.heappop(heap)
            if waiter.go.done():  # cancelled, or told of a pause
                continue
            free = self._spacing.ready(waiter.address, now, REPLY_BURST if heap is self._replies else 1)
            if free <= now:
                return waiter
            heapq.heappush(self._deferred, (free, waiter.number, waiter))
        return None

    def _which(self, now: float) -> list[_Waiter]:
        while self._answered and self._answered[0] <= now - 1:
            self._answered.popleft()
        if not self._replies or not self._pushes:
            return self._replies or self._pushes
        flash = self._pushes[0].priority <= Priority.FLASH
        share_used = len(self._answered) >= self.reply_share * self.rate
        return self._pushes if flash and share_used else self._replies
