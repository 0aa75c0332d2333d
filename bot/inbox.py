"""The letterbox for updates: stored before anything else, then worked once each, in order per chat.

Polling and webhooks both end here, so that a restart in between loses nothing and a repeated update does nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot.gathering import Arrived, Gathered
from db import updates
from db.session import Database
from db.storable import storable
from db.trouble import outlived, passes

log = structlog.get_logger()
AT_ONCE = 32  # updates in work at a time, of different chats
PATIENCE = 5.0  # seconds for what is under way when the process ends, and again for what hurries then
SWEEP = timedelta(minutes=2)  # older and still unworked: the process that took it has died

Answer = Callable[[], Awaitable[None]]
Work = Callable[[str, dict[str, Any]], Awaitable[Answer | None]]
OnArrival = Callable[[AsyncSession, Arrived, datetime], Awaitable[set[str]]]


class Turn:
    """One update of a chat: `worked` when its rows are written, `task` done when it is answered as well."""

    def __init__(self) -> None:
        self.worked = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class Inbox:
    """`work(update_id, payload)` does one update, marks it finished and returns how to answer it; `chat_of(payload)`
    says whose turn it is. While the platform asks to wait answers wait too, and work goes on.

    `wait_of` says how many seconds an update waits before it takes a place among those in work.
    `on_arrival` does what is done in a moment right where it is stored, and says which updates that were. `hurry` is
    called when the process ends and answers still wait.
    """

    def __init__(
        self, database: Database, channel: str, work: Work, chat_of: Callable[[dict[str, Any]], str],
        on_arrival: OnArrival | None = None, *, hurry: Callable[[], None] = lambda: None,
        wait_of: Callable[[dict[str, Any]], float] = lambda _: 0.0,
    ) -> None:
        self._database, self._channel, self._work, self._chat_of = database, channel, work, chat_of
        self._on_arrival, self._hurry, self._wait_of = on_arrival, hurry, wait_of
        self.gathered = Gathered(self._store)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._last: dict[str, Turn] = {}  # the newest of each chat: the next one waits for it
        self._turns: set[asyncio.Task[None]] = set()  # all that are under way

    async def receive(self, arrived: Arrived) -> None:
        """Store, then start work. Returns as soon as they are safe."""
        if arrived:
            await self.gathered.receive([(update_id, storable(payload)) for update_id, payload in arrived])

    def arriving(self) -> AbstractContextManager[None]:
        """While somebody waits for the platform's call to be answered."""
        return self.gathered.arriving()

    async def _store(self, arrived: Arrived) -> None:
        now = datetime.now(UTC)
        async with self._database.transaction() as db:
            new = await updates.store(db, self._channel, arrived, now)
            if new and self._on_arrival:
                done = await self._on_arrival(db, [one for one in arrived if one[0] in new], now)
                await updates.finish_all(db, self._channel, done, now)
                new -= done
        for update_id, payload in arrived:
            if update_id in new:
                new.discard(update_id)  # the same twice in one delivery
                self._start(update_id, payload)

    async def recover(self, before: datetime | None = None) -> None:
        """Take up what an earlier process left."""
        async with self._database.reading() as db:
            rows = await updates.left_over(db, self._channel, before or datetime.now(UTC))
        for row in rows:
            self._start(row.update_id, row.payload or {})
        if rows:
            log.info("took up unfinished updates", channel=self._channel, count=len(rows))

    async def sweep(self, stop: asyncio.Event) -> None:
        """Each minute: what another process left unworked, and rows too old to matter."""
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 60)
            with outlived("taking up updates left over"):
                now = datetime.now(UTC)
                if not self._last:
                    await self.recover(now - SWEEP)
                async with self._database.transaction() as db:
                    await updates.forget(db, now - timedelta(hours=48))

    async def drain(self) -> None:
        """What is under way ends, before the process does. Whatever takes longer (the platform asks to wait, or does
        not answer) is cut short: an update that is not finished stays stored and is worked after the next start."""
        await self._settled()
        if self._turns:
            self._hurry()
            await self._settled()
        for task in self._turns:
            task.cancel()
        await asyncio.gather(*self._turns, return_exceptions=True)

    async def _settled(self) -> None:
        """Nothing is under way, or patience is over."""
        until = asyncio.get_running_loop().time() + PATIENCE
        while self._turns and (left := until - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self._turns, timeout=left)

    def _start(self, update_id: str, payload: dict[str, Any]) -> None:
        chat = self._chat_of(payload)
        turn, before = Turn(), self._last.get(chat)
        self._last[chat] = turn
        turn.task = asyncio.create_task(self._take_turn(turn, before, update_id, payload))
        self._turns.add(turn.task)
        turn.task.add_done_callback(self._turns.discard)
        turn.task.add_done_callback(lambda _: self._last.pop(chat) if self._last.get(chat) is turn else None)

    async def _take_turn(self, turn: Turn, before: Turn | None, update_id: str, payload: dict[str, Any]) -> None:
        """In the order of the chat: first what is done, then what is said."""
        if before is not None:
            await before.worked.wait()
        try:
            if (wait := self._wait_of(payload)) > 0:
                await asyncio.sleep(wait)
            answer = await self._do(update_id, payload)
        finally:
            turn.worked.set()
        if before is not None and before.task is not None:
            await asyncio.wait({before.task})
        if answer is not None:
            try:
                await answer()
            except Exception:
                log.exception("an update could not be answered", channel=self._channel, update=update_id)
            except asyncio.CancelledError:
                log.error("the process ends before an update is answered", channel=self._channel, update=update_id)
                raise

    async def _do(self, update_id: str, payload: dict[str, Any]) -> Answer | None:
        async with self._slots:
            try:
                return await self._work(update_id, payload)
            except Exception as problem:
                if passes(problem):  # left as it is: swept up when the database works again
                    log.error("the database does not answer, the update waits", channel=self._channel,
                              update=update_id, cause=str(problem.args[0]), remedy="see `loa doctor`")
                    return None
                log.exception("update failed", channel=self._channel, update=update_id)
                async with self._database.transaction() as db:
                    await updates.finish(db, self._channel, update_id, datetime.now(UTC), repr(problem)[:500])
                return None
