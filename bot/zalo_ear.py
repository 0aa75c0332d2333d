"""Listening to Zalo, an Official Account or a bot: an event is one short transaction, then the answer leaves."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot import letters
from bot.channels import Button, Channel, Down, File, Gone, Later, Letter, Receipt, Refused
from bot.gathering import Arrived
from bot.inbox import AT_ONCE, Answer, Inbox
from bot.lanes import Priority
from bot.tallies import Tallies
from db import arrivals, notices, updates
from db.arrivals import Arrival
from db.session import Database
from db.trouble import outlived, passes
from handlers import help_page, zalo
from handlers.pondering import pondered
from handlers.reply import Reply
from handlers.zalo import Heard, Kind, Page
from network import people

log = structlog.get_logger()
T = TypeVar("T")
TRIES, LONGEST_WAIT = 4, 20.0  # of an answer; seconds between two
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)  # what reading an event raises that lacks something
TURNS = (Kind.SAID, Kind.FOLLOWED, Kind.UNFOLLOWED, Kind.WITHDREW)
RECEIPTS = (Kind.RECEIVED, Kind.SEEN)
SETTLED = 0.25  # seconds after which the worker has written what it sent


class Ear:
    """One OA's or one bot's. `read` tells what an event means, `needs` are what handlers may ask for by name."""

    def __init__(
        self, database: Database, channel: Channel, read: Callable[[dict[str, Any]], Heard], needs: dict[str, Any]
    ) -> None:
        self.database, self.channel, self.needs = database, channel, needs
        self.counted = Tallies(database, channel.name)
        self.after_turn: Callable[[], None] = lambda: None  # told of every commit: there may be something to send
        self._closing = asyncio.Event()  # the process ends: what still waits to be said is kept instead
        self.inbox = Inbox(
            database, channel.name, self._work, self._chat_of, self._on_arrival, hurry=self._closing.set,
            wait_of=self._wait_of,
        )
        self._turns = asyncio.Semaphore(1 if database.sqlite else AT_ONCE)  # SQLite has one writer: others only poll
        self.ready = asyncio.Event()  # set once `needs` are whole; events are stored from the start
        self._read = read
        self._asked_to_wait: set[str] = set()  # events whose sender was told that the database is away

    def _chat_of(self, event: dict[str, Any]) -> str:
        """Receipts wait for nobody's turn, and nobody for them, whichever party of them is the person."""
        try:
            heard = self._read(event)
        except UNREADABLE:
            return ""
        return " ".join(heard.message_ids) if heard.kind in RECEIPTS else heard.address

    def _wait_of(self, event: dict[str, Any]) -> float:
        """A receipt that is still to be worked was faster than the platform's answer about the letter itself."""
        try:
            return SETTLED if self._read(event).kind in RECEIPTS else 0.0
        except UNREADABLE:
            return 0.0

    async def _work(self, update_id: str, event: dict[str, Any]) -> Answer | None:
        try:
            heard = self._read(event)
        except UNREADABLE as problem:
            return await self._set_aside(update_id, f"unreadable: {problem!r}", f"unreadable:{event.get('event_name')}")
        if heard.kind == Kind.UNKNOWN:
            return await self._set_aside(update_id, f"unknown event {heard.name}", f"unknown:{heard.name}")
        if heard.kind in TURNS:
            return await self._turn(update_id, heard)
        now = datetime.now(UTC)
        async with self.database.transaction() as db:  # or left over by another process
            await self._on_arrival(db, [(update_id, event)], now)
            await updates.finish_all(db, self.channel.name, {update_id}, now)
        return None

    async def _on_arrival(self, db: AsyncSession, arrived: Arrived, now: datetime) -> set[str]:
        """Receipts, and what asks for nothing: half of an OA's events."""
        done: set[str] = set()
        told: dict[str, Arrival] = {}
        for update_id, event in arrived:
            try:
                heard = self._read(event)
            except UNREADABLE:
                continue
            if heard.kind == Kind.NOTHING:
                done.add(update_id)
            elif heard.kind in RECEIPTS:
                seen = heard.kind == Kind.SEEN
                told[update_id] = Arrival(heard.parties, heard.message_ids, heard.at or now, seen)
        noted = await arrivals.note(db, self.channel.name, list(told.values()))
        return done | {update_id for update_id, known in zip(told, noted, strict=True) if known}

    async def _set_aside(self, update_id: str, why: str, count: str) -> None:
        if self.counted.note(count):
            log.warning("an event nobody knows is kept", channel=self.channel.name, why=why)
        async with self.database.transaction() as db:
            await updates.finish(db, self.channel.name, update_id, datetime.now(UTC), why[:500], keep=True)

    async def _turn(self, update_id: str, heard: Heard) -> Answer | None:
        await self.ready.wait()
        now, page = datetime.now(UTC), None
        try:
            page = await pondered(partial(self._answered, update_id, heard, now), self.needs)
        except Exception as problem:
            if passes(problem):  # the event is kept; the inbox takes it up again
                await self._ask_to_wait(update_id, heard)
                raise
            log.exception("a conversation turn failed", channel=self.channel.name, update=update_id)
            page = Page(help_page.TROUBLE) if heard.kind == Kind.SAID else None
            async with self.database.transaction() as db:
                await updates.finish(db, self.channel.name, update_id, now, error="turn failed, see the log")
        self._asked_to_wait.discard(update_id)
        self.after_turn()
        said = page is not None and (page.text or page.pictures or page.files)
        return partial(self._say, heard.address, page) if said else None

    async def _answered(self, update_id: str, heard: Heard, now: datetime, needs: Mapping[str, Any]) -> Page | None:
        """None where there is nothing to say, or the event was answered before."""
        async with self._place(), self.database.transaction() as db:
            if not await updates.finish(db, self.channel.name, update_id, now):
                return None
            who = await people.meet(
                db, platform=self.channel.platform, channel=self.channel.name, address=heard.address,
                name=heard.person, now=now, speaks=heard.kind in (Kind.SAID, Kind.FOLLOWED), at=heard.at,
            )
            if who.identity_id is not None and heard.kind == Kind.SAID:
                await notices.window_opened(db, who.identity_id, now)
            return await zalo.answer(db, who, heard, now, needs)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """A turn's place at the database, behind whatever still has to be stored and answered."""
        async with self._turns:
            if self.database.sqlite:
                await self.inbox.gathered.give_way()
            yield

    async def _ask_to_wait(self, update_id: str, heard: Heard) -> None:
        if heard.kind == Kind.SAID and update_id not in self._asked_to_wait:
            self._asked_to_wait.add(update_id)
            await self._say(heard.address, Page(help_page.BUSY))

    async def _say(self, address: str, page: Page) -> None:
        letter = await self._letter(address, page)
        for attempt in range(1, TRIES + 1):
            outcome = await self._unless_closing(self.channel.send(letter))
            match outcome:
                case Receipt():
                    return
                case Gone(why):
                    async with self.database.transaction() as db:
                        await people.address_unreachable(db, self.channel.name, address, why, datetime.now(UTC))
                    return
                case Later(after):
                    wait = min(after, LONGEST_WAIT)
                case Down(maybe_sent=False):
                    wait = 0.5 * 4**attempt / 4
                case Refused(why):
                    log.error("an answer is not taken", channel=self.channel.name, address=address, cause=why)
                    return
                case _:
                    break
            if attempt < TRIES:
                await self._unless_closing(asyncio.sleep(wait))
        await self._keep(address, page, repr(outcome) if outcome else "the process ends")

    async def _unless_closing(self, waiting: Coroutine[Any, Any, T]) -> T | None:
        """Its result; None when the process ends before."""
        doing, closing = asyncio.create_task(waiting), asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait({doing, closing}, return_when=asyncio.FIRST_COMPLETED)
            return doing.result() if doing.done() else None
        finally:
            doing.cancel()
            closing.cancel()

    async def _keep(self, address: str, page: Page, why: str) -> None:
        """Said later, as a message of its own, by whoever sends next on this channel."""
        kept = False
        if page.reply is not None:
            plain = replace(page.reply, text=page.reply.text or page.reply.toast).plain()
            with outlived("keeping an answer that could not be said"):
                async with self.database.transaction() as db:
                    kept = await notices.put_at(db, self.channel.name, address, plain, datetime.now(UTC))
        if kept:
            log.warning("an answer is said later", channel=self.channel.name, address=address, cause=why)
            self.after_turn()
        else:
            log.error("an answer could not be said", channel=self.channel.name, address=address, cause=why)

    async def _letter(self, address: str, page: Page) -> Letter:
        rows = tuple((Button(c.label, c.action.pack() if c.action else None, c.url),) for c in page.buttons)
        made = tuple(File(0, picture.name, "image/png", None, picture.data) for picture in page.pictures)
        reply, kept = Reply(page.text, files=page.files), ()
        if reply.files:
            async with self.database.reading() as db:
                reply, kept = await letters.with_files(db, reply, self.channel.name)
        return Letter(
            address, reply.text, rows, (*kept, *made), priority=Priority.REPLY, ask_contact=page.ask_contact
        )
