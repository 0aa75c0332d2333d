"""The push worker: claim, send, settle, stop. One per channel and process; the database is the only memory.

Each tick is one short transaction: the outcomes since the last tick are written, and a few more rows are claimed,
only as many as the lane can let go within the next ticks: a pause, a stop or a flash brief takes effect at once.
"""

import asyncio
import os
import random
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from bot import after_effects, letters, outcomes
from bot.channels import Channel, Down, Letter, Outcome, Receipt
from bot.lanes import Lane
from db import deliveries, lanes, notices
from db.deliveries import Claimed, Settled
from db.session import Database
from network import pushes

log = structlog.get_logger()
TICK = 0.05  # seconds between transactions while there is work
IDLE = 0.25  # and while there is none
AHEAD = 0.25  # seconds of the lane's pace claimed in advance
LEASE = timedelta(seconds=150)  # longer than the longest answer a channel waits for
MOST = 400  # rows in hand at a time
DOWN_IN_A_ROW = 5  # then the circuit opens: one letter probes, the others wait
HOUSEKEEPING = 1.0  # seconds between looks at dead workers, other workers' pauses, finished pushes


@dataclass(frozen=True, slots=True)
class Going:
    """A push that may send now."""

    id: int
    edition_id: int
    priority: int
    resend_unsure: bool
    kind: str


Clock = Callable[[], datetime]
LIFE = secrets.token_hex(4)  # tells this process from an earlier one that had the same id


class Worker:
    """`name` is host:pid:life, so that others on this host can tell whether it still lives."""

    def __init__(
        self, database: Database, channel: Channel, lane: Lane, *, clock: Clock = lambda: datetime.now(UTC),
        dice: random.Random | None = None,
    ) -> None:
        self.database, self.channel, self.lane, self.clock = database, channel, lane, clock
        self.name = f"{socket.gethostname()[:30]}:{os.getpid()}:{LIFE}"
        self._dice = dice or random.Random()
        self._going: dict[int, Going] = {}
        self._letters: dict[int, Letter] = {}  # edition → letter without an address
        self._done: list[tuple[Claimed, Outcome | None]] = []  # None: give it back, its push stopped meanwhile
        self._told: list[tuple[Row[Any], Outcome]] = []
        self._pause: tuple[float, str] | None = None  # a 429 to be stored
        self._tasks: set[asyncio.Task[None]] = set()
        self._downs = 0
        self._frozen = False
        self._looked = 0.0
        self._wake = asyncio.Event()
        lane.on_pause = self._on_pause

    def ring(self) -> None:
        """There is work: do not wait for the next idle look."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        async with self.database.transaction() as db:
            await lanes.ensure(db, self.channel.name)
            await self._take_over(db)
        while not stop.is_set():
            busy = await self._tick()
            self._wake.clear()
            if not busy:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), IDLE)
            else:
                await asyncio.sleep(TICK)
        await self._finish()

    async def _finish(self) -> None:
        """What is in the air lands and is written; what waits in the lane is given back."""
        self._going.clear()
        self.lane.hold(0.0)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=15)
        async with self.database.transaction() as db:
            await self._settle(db, self.clock())

    async def _tick(self) -> bool:
        now = self.clock()
        async with self.database.transaction() as db:
            await self._settle(db, now)
            await self._look_around(db, now)
            if self._frozen:
                return False
            told = await self._claim_notices(db, now)
            claimed = await self._claim(db, now)
            letters_told = [await letters.of_notice(db, n.address, n.reply, self.channel.name) for n in told]
        for notice, letter in zip(told, letters_told, strict=True):
            self._start(self._tell(notice, letter))
        for row in claimed:
            self._start(self._send(row))
        return bool(claimed or told or self._tasks or self._done)

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Claiming

    def _room(self) -> int:
        if self._downs >= DOWN_IN_A_ROW:
            return 0 if self._tasks or self.lane.paused_for() else 1
        if self.lane.paused_for():
            return 0
        ahead = max(2, round(min(self.lane.budget.effective, 1e4) * AHEAD))
        return max(0, min(ahead - self.lane.waiting, MOST - len(self._tasks)))

    async def _claim(self, db: AsyncSession, now: datetime) -> list[Claimed]:
        """The most urgent push first; the next one only when it has nothing ready."""
        claimed: list[Claimed] = []
        for push in self._going.values():
            room = self._room() - len(claimed)
            if room <= 0:
                break
            if push.edition_id not in self._letters:
                letter = await letters.of_edition(db, push.edition_id, self.channel.name, push.priority)
                self._letters[push.edition_id] = letter
            claimed += await deliveries.claim(db, push.id, self.channel.name, self.name, now + LEASE, room)
        return claimed

    async def _claim_notices(self, db: AsyncSession, now: datetime) -> Sequence[Row[Any]]:
        if self.lane.paused_for() or not await notices.due(db, self.channel.name, now):
            return []
        return await notices.claim(db, self.channel.name, self.name, now, now + LEASE, 20)

    # Sending

    async def _send(self, row: Claimed) -> None:
        push = self._going.get(row.push_id)
        if push is None:
            self._done.append((row, None))
            return
        letter = letters.addressed(self._letters[push.edition_id], row.address)
        outcome = await self._attempt(letter)
        if isinstance(outcome, Receipt) and outcome.file_ids:
            self._letters.pop(push.edition_id, None)  # next time by file id
        self._done.append((row, outcome))

    async def _tell(self, notice: Row[Any], letter: Letter) -> None:
        self._told.append((notice, await self._attempt(letter)))

    async def _attempt(self, letter: Letter) -> Outcome:
        try:
            outcome = await self.channel.send(letter)
        except Exception as bug:
            log.exception("the channel failed in a way it should not", channel=self.channel.name)
            outcome = Down(f"{type(bug).__name__}: {bug}", maybe_sent=True)
        self._circuit(outcome)
        return outcome

    def _circuit(self, outcome: Outcome) -> None:
        if not isinstance(outcome, Down):
            self._downs = 0
            return
        self._downs += 1
        if self._downs >= DOWN_IN_A_ROW:
            wait = min(60.0, 2.0 ** (self._downs - DOWN_IN_A_ROW))
            log.warning("the platform is down, probing", channel=self.channel.name, cause=outcome.why, seconds=wait)
            self.lane.hold(wait)

    # Settling

    async def _settle(self, db: AsyncSession, now: datetime) -> None:
        done, self._done = self._done, []
        told, self._told = self._told, []
        rows = [self._row(claimed, outcome, now) for claimed, outcome in done]
        await deliveries.settle(db, self.name, rows)
        await notices.settle(
            db, [outcomes.notice_settled(n.id, n.attempts, outcome, now, self._dice) for n, outcome in told]
        )
        for claimed, outcome in done:
            if outcome is not None:
                await after_effects.apply(db, self.channel.name, claimed, outcome, now)
        for notice, outcome in told:
            await after_effects.apply_to_identity(db, self.channel.name, notice.identity_id, outcome, now)
        if self._pause is not None:
            seconds, why = self._pause
            self._pause = None
            await lanes.pause(db, self.channel.name, now + timedelta(seconds=seconds), why)

    def _row(self, claimed: Claimed, outcome: Outcome | None, now: datetime) -> Settled:
        if outcome is None:
            return Settled(claimed.id, deliveries.DeliveryState.PLANNED, claimed.kind, claimed.attempts)
        push = self._going.get(claimed.push_id)
        resend = bool(push and push.resend_unsure)
        return outcomes.settled(claimed, outcome, now, self._dice, resend_unsure=resend)

    def _on_pause(self, seconds: float, why: str) -> None:
        log.warning("the platform asks to wait", channel=self.channel.name, seconds=seconds, cause=why)
        self._pause = (seconds, why)

    # Looking around

    async def _look_around(self, db: AsyncSession, now: datetime) -> None:
        self._going = {row[0]: Going(*row) for row in await pushes.running(db)}
        moment = asyncio.get_running_loop().time()
        if moment - self._looked < HOUSEKEEPING:
            return
        self._looked = moment
        state = await lanes.read(db, self.channel.name)
        self._frozen = bool(state and state.frozen)
        left = (state.paused_until - now).total_seconds() if state and state.paused_until else 0.0
        if left > self.lane.paused_for() + 0.5:
            self.lane.hold(left)
        await self._take_over(db)
        await after_effects.tidy(db, self._going.values(), now)

    async def _take_over(self, db: AsyncSession) -> None:
        """Leases of workers that are dead: at once when they lived on this host, by time otherwise."""
        host = self.name.partition(":")[0]
        lessees = await deliveries.lessees(db) - {self.name}
        dead = [name for name in lessees if name.partition(":")[0] == host and not _alive(name)]
        lapsed = await deliveries.lapse(db, self.clock(), dead=dead)
        await notices.lapse(db, self.clock(), dead)
        if lapsed:
            log.warning("took over rows of a dead worker", rows=lapsed, workers=dead)


def _alive(name: str) -> bool:
    """Whether the process behind a worker's name still runs."""
    _, pid, life = name.split(":")
    if int(pid) == os.getpid():
        return life == LIFE
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
