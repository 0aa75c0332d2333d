"""The doorbell: wakes whoever waits for work. The database is the letterbox; a ring that gets lost costs a moment.

Inside one process a ring is an event. Between processes PostgreSQL carries it (NOTIFY, sent by the transaction that
plans the work and delivered when it commits); on SQLite the others look every quarter of a second anyway.
"""

import asyncio
from contextlib import suppress
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from db.bell import BELL
from db.session import Database

log = structlog.get_logger()
AGAIN = 2.0  # seconds before listening is tried again after the connection broke


class Doorbell:
    """Each waiter has a bell of its own, so that one's waking does not silence another's."""

    def __init__(self, database: Database | None = None) -> None:
        self._bells: list[asyncio.Event] = []
        self._closing = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        if database is not None and not database.sqlite:
            self._listening = asyncio.create_task(self._listen(database))

    def bell(self) -> asyncio.Event:
        """Set at every ring; its owner clears it."""
        event = asyncio.Event()
        self._bells.append(event)
        return event

    def ring(self) -> None:
        for bell in self._bells:
            bell.set()

    async def close(self) -> None:
        self._closing.set()
        if self._listening is not None:
            await self._listening

    async def _listen(self, database: Database) -> None:
        while not self._closing.is_set():
            try:
                await self._until_broken(database)
            except (OSError, SQLAlchemyError) as problem:
                log.warning("the doorbell is silent, polling goes on", cause=str(problem), again_in=AGAIN)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), AGAIN)

    async def _until_broken(self, database: Database) -> None:
        async with database.engine.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            broken = asyncio.Event()
            raw.add_termination_listener(lambda _: broken.set())
            await raw.add_listener(BELL, self._on_notify)
            self.ring()  # what came before we listened
            waits = [asyncio.create_task(event.wait()) for event in (broken, self._closing)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            if broken.is_set():
                await connection.invalidate()
                raise OSError("the database closed the connection")
            await raw.remove_listener(BELL, self._on_notify)

    def _on_notify(self, *_: Any) -> None:
        self.ring()


async def open_doorbell(database: Database) -> Doorbell:
    return Doorbell(database)
