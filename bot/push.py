"""The push worker: claim, send, settle, stop. One per channel and process; the database is the only memory.

Every turn is one short transaction: what came back since the last turn is written, and as many rows are claimed as
the lane will soon let go, the most urgent first. So a pause, a stop or a flash brief takes effect within a moment,
and a crash leaves only a handful of rows in doubt. No session is open while the platform is slow.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from bot import after_effects, errands, letters, workers
from bot.channels import Channel, Closed, Down, Frozen, Held, Later, Letter, Outcome, Receipt
from bot.circuit import Circuit
from bot.errands import Going, Work
from bot.lanes import Lane, Priority
from bot.purse import OVER_BUDGET, Purse
from bot.settling import Done, Settling, Told
from db import deliveries, lanes, notices
from db.deliveries import Claimed
from db.session import Database
from db.storable import storable
from db.trouble import passes, survived
from network import pushes
from network.quiet import NEVER, Quiet

log = structlog.get_logger()
GATHER = 0.04  # seconds in which outcomes gather for one transaction
IDLE = 0.25  # seconds between looks when nothing rings
LOOK = 0.03  # seconds for which the list of running pushes is believed: about a turn
AHEAD = 0.2  # seconds of the lane's pace claimed in advance
MOST = 512  # rows in hand at a time
LEASE = timedelta(seconds=25)  # renewed while the row is in hand; a dead worker's rows return after it
RENEW = 8.0  # seconds between renewals
TROUBLE = 1.0  # seconds until the database is tried again
LAND = 12.0  # seconds for what is in the air when we stop
LAST_TRIES = 5  # to write the last outcomes

UNPREPARED = "không dựng được nội dung để gửi. Vui lòng báo quản trị hệ thống xem nhật ký"

Clock = Callable[[], datetime]


class Worker:
    """One channel's worker in this process. `name` tells other workers whose rows they see (bot/workers.py)."""

    def __init__(
        self, database: Database, channel: Channel, lane: Lane, *, name: str | None = None,
        bell: asyncio.Event | None = None, clock: Clock = lambda: datetime.now(UTC), dice: random.Random | None = None,
        quiet: Quiet = NEVER,
    ) -> None:
        self.database, self.channel, self.lane, self.clock, self.quiet = database, channel, lane, clock, quiet
        self.name = name or workers.name_of(channel.name)
        self.frozen = False
        self.heard_pause: datetime | None = None
        self._dice = dice or random.Random()
        self._circuit = Circuit(self._dice)
        self._purse = Purse(channel)
        self._stir = bell or asyncio.Event()  # set: do not wait for the next look
        self._going: dict[int, Going] = {}
        self._errands: dict[int, Work] = {}  # by push
        self._empty: set[int] = set()  # pushes that had nothing ready when last asked
        self._in_hand: dict[asyncio.Task[None], Claimed | None] = {}  # None: a notice
        self._done: list[Done] = []
        self._told: list[Told] = []
        self._pause: tuple[float, str] | None = None  # a 429 to be stored for the others
        self._down: tuple[str | None] | None = None  # that the platform fails, or answers again: to be stored
        self._looked = self._renewed = 0.0
        lane.on_pause = self._on_pause

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then what is in flight lands and is written before it returns."""
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self._stir.set())
        await self._begin(stop)
        tidying = asyncio.create_task(workers.keep_tidy(self.database, self, stop))
        while not stop.is_set():
            if not await self._persistently("sending", self._turn):  # what we know waits in memory
                await asyncio.sleep(TROUBLE)
            await self._rest()
        await self._wind_down()
        stopping.cancel()
        await tidying

    async def _persistently(self, doing: str, work: Callable[[], Awaitable[None]]) -> bool:
        """False when the database is locked, full or away, or something else is wrong that must not end the others."""
        with survived(doing):
            await work()
            return True
        return False

    async def _begin(self, stop: asyncio.Event) -> None:
        async def begin() -> None:
            await workers.begin(self.database, self.channel, self.lane, self.clock())
            await workers.follow_lane(self.database, self)  # a pause of an earlier life holds from the first letter on

        while not stop.is_set() and not await self._persistently("starting", begin):  # noqa: ASYNC110
            await asyncio.sleep(TROUBLE)

    async def _rest(self) -> None:
        idle = min(IDLE, self.lane.paused_for() or IDLE)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stir.wait(), GATHER if self._wants_more() else idle)
            await asyncio.sleep(GATHER)
        self._stir.clear()

    def _wants_more(self) -> bool:
        """Rows are probably waiting, and soon there will be room for them."""
        return len(self._empty) < len(self._going) and not self.lane.paused_for()

    async def _wind_down(self) -> None:
        """What waits in the lane is given back, what is in the air lands, and all of it is written."""
        self.lane.give_back(lambda _: True)
        if self._in_hand:
            await asyncio.wait(self._in_hand, timeout=LAND)

        async def settle() -> None:
            async with self.database.transaction() as db:
                await self._settle(db, self._done, self._told, self.clock())

        for _ in range(LAST_TRIES):
            if await self._persistently("writing the last outcomes", settle):
                return
            await asyncio.sleep(TROUBLE)
        log.error("outcomes are not written: these rows will be unsure", rows=[row.id for row, _, _ in self._done])

    async def _turn(self) -> None:
        now = self.clock()
        done, told, pause, down = self._done[:], self._told[:], self._pause, self._down
        if not (done or told or pause or down) and not await self._anything(now):
            return
        async with self.database.transaction() as db:
            await self._settle(db, done, told, now)
            await self._look(db)
            told_next = await self._claim_notices(db, now)
            claimed = await self._claim(db, now)
        del self._done[: len(done)], self._told[: len(told)]  # not before they are safe
        self._pause = None if self._pause is pause else self._pause
        self._down = None if self._down is down else self._down
        for notice, letter in told_next:
            self._start(self._tell(notice, letter), None)
        for row in claimed:
            self._start(self._send(row, self._errands[row.push_id]), row)

    async def _anything(self, now: datetime) -> bool:
        """Looked up without the write lock: most turns of a quiet day end here."""
        if self.frozen:
            return False
        if self._going and self._room() > 0:
            return True
        async with self.database.reading() as db:
            return bool(await pushes.running(db)) or await notices.due(db, self.channel.name, now)

    def _start(self, work: Coroutine[Any, Any, None], row: Claimed | None) -> None:
        task = asyncio.create_task(work)
        self._in_hand[task] = row
        task.add_done_callback(lambda done: self._in_hand.pop(done, None))

    # Claiming

    async def _look(self, db: AsyncSession) -> None:
        """Which pushes may send now. Rows of those that no longer may come back from the lane."""
        moment = asyncio.get_running_loop().time()
        if moment - self._renewed > RENEW and self._in_hand:
            self._renewed = moment
            ids = [row.id for row in self._in_hand.values() if row]
            await deliveries.renew(db, self.name, ids, self.clock() + LEASE)
        if moment - self._looked < LOOK:
            return
        self._looked = moment
        self._going = {row[0]: Going(*row) for row in await pushes.running(db)}
        self._errands = {id: errand for id, errand in self._errands.items() if id in self._going}
        self._empty.clear()
        self.lane.give_back(lambda waiter: self._unwanted(waiter.task))

    def _unwanted(self, task: asyncio.Task[Any] | None) -> bool:
        row = self._in_hand.get(task) if task else None
        return row is not None and row.push_id not in self._going

    def _room(self, priority: int = Priority.REMINDER) -> int:
        """How many rows of this urgency the lane can let go soon."""
        if self.frozen or self.lane.paused_for():
            return 0
        if self._circuit.open:
            return 0 if self._in_hand else 1  # a probe
        ahead = max(2, round(min(self.lane.budget.effective, 2000.0) * AHEAD))
        return max(0, min(ahead - self.lane.queued(priority), MOST - len(self._in_hand)))

    async def _claim(self, db: AsyncSession, now: datetime) -> list[Claimed]:
        """The most urgent push first; the next one only when it has nothing ready."""
        claimed: list[Claimed] = []
        for push in self._going.values():
            wanted = self._room(push.priority) - len(claimed)
            if wanted <= 0:
                break
            if push.id in self._empty or not (errand := await self._errand(db, push, now)):
                continue
            if errand.uploads:
                wanted = 0 if self._under_way(push.id) else 1
            rows, ready = await pushes.claim(
                db, push.id, self.channel.name, self.name, now + LEASE, wanted, now=now,
                quiet=NEVER if push.by_night else self.quiet,
            )
            if ready < wanted:
                self._empty.add(push.id)
            rows, dear = await self._purse.admit(db, push.id, errand.letter, rows, now)
            self._done += [(row, push, Held(OVER_BUDGET, asked=False)) for row in dear]
            claimed += rows
        if claimed:
            self._give_way(min(self._going[row.push_id].priority for row in claimed))
        return claimed

    def _under_way(self, push_id: int) -> bool:
        """In the air, or back with its outcome not written yet: the file ids it brought are not known so far."""
        rows = [*self._in_hand.values(), *(row for row, _, _ in self._done)]
        return any(row and row.push_id == push_id for row in rows)

    def _give_way(self, priority: int) -> None:
        """Less urgent rows do not wait in the lane while a flash brief goes out: that may take an hour."""
        self.lane.give_back(lambda waiter: waiter.priority > priority)

    async def _errand(self, db: AsyncSession, push: Going, now: datetime) -> Work | None:
        if push.id not in self._errands:
            try:
                async with db.begin_nested():
                    self._errands[push.id] = await errands.prepare(db, push, self.channel.name)
            except Exception as problem:
                if passes(problem):
                    raise
                if not isinstance(problem, letters.MissingFile):
                    log.exception("a push cannot be prepared, it is stopped", push=push.id)
                why = str(problem) if isinstance(problem, letters.MissingFile) else UNPREPARED
                await after_effects.stop(db, push.id, why, now)
                self._looked = 0.0
                return None
        return self._errands[push.id]

    async def _claim_notices(self, db: AsyncSession, now: datetime) -> list[tuple[Row[Any], Letter]]:
        if self._room(Priority.REPLY) <= 0 or not await notices.due(db, self.channel.name, now):
            return []
        rows = await notices.claim(db, self.channel.name, self.name, now, now + LEASE, 20)
        letters_of = [(row, await self._letter(db, row)) for row in rows]
        return [(row, letter) for row, letter in letters_of if letter]

    async def _letter(self, db: AsyncSession, notice: Row[Any]) -> Letter | None:
        try:
            async with db.begin_nested():
                return await letters.of_notice(db, notice.address, notice.reply, self.channel.name)
        except Exception as problem:
            if passes(problem):
                raise
            log.exception("a notice cannot be read", notice=notice.id)
            self._told.append((notice, Held("unreadable", asked=False)))
            return None

    # Sending

    async def _send(self, row: Claimed, errand: Work) -> None:
        outcome = await self._attempt(errand.run(self.channel, row))
        self._done.append((row, errand.push, outcome))
        self._stir.set()

    async def _tell(self, notice: Row[Any], letter: Letter) -> None:
        self._told.append((notice, await self._attempt(self.channel.send(letter))))
        self._stir.set()

    async def _attempt(self, sending: Coroutine[Any, Any, Outcome]) -> Outcome:
        probing = self._circuit.open
        try:
            outcome = await sending
        except Exception as bug:
            log.exception("the channel failed in a way it should not", channel=self.channel.name)
            outcome = Down(f"{type(bug).__name__}: {bug}", maybe_sent=True)
        if isinstance(outcome, Down):
            self._on_down(outcome)
            return replace(outcome, probe=probing)
        if isinstance(outcome, Frozen):
            self.frozen = True  # the others learn it from the database
            self.lane.give_back(lambda _: True)
        elif _answered(outcome) and self._circuit.worked():
            log.info("the platform answers again", channel=self.channel.name)
            self._down = (None,)
        return outcome

    def _on_down(self, outcome: Down) -> None:
        wait = self._circuit.failed(asyncio.get_running_loop().time())
        if wait is not None:
            log.warning("the platform is down, probing", channel=self.channel.name, cause=outcome.why, seconds=wait)
            self.lane.hold(wait)
            self._down = (storable(outcome.why),)

    # Settling

    async def _settle(
        self, db: AsyncSession, done: Sequence[Done], told: Sequence[Told], now: datetime
    ) -> None:
        await Settling(db, self.channel.name, self.name, now, self._dice).all(done, told)
        await self._purse.settle(db, done)
        for row, push, outcome in done:
            if not isinstance(outcome, Receipt):
                self._empty.discard(row.push_id)  # it may be ready again
            elif outcome.file_ids:
                self._errands.pop(push.id, None)  # from now on by the platform's file id
        if self._pause is not None:
            seconds, why = self._pause
            await lanes.pause(db, self.channel.name, now + timedelta(seconds=seconds), why)
        if self._down is not None:
            await lanes.set_down(db, self.channel.name, *self._down)

    @property
    def unsettled(self) -> bool:
        """The database does not know all we know."""
        return bool(self._done or self._told or self._in_hand or self._pause)

    def _on_pause(self, seconds: float, why: str) -> None:
        log.warning("the platform asks to wait", channel=self.channel.name, seconds=seconds, cause=why)
        self._pause = (seconds, storable(why))
        self._stir.set()


def _answered(outcome: Outcome) -> bool:
    """By the platform, just now."""
    return not isinstance(outcome, Later) and not (isinstance(outcome, Held | Closed) and not outcome.asked)
