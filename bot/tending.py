"""The knowledge base is tended: what people asked becomes suggestions and work for its editors.

Every minute, in any number of processes; rows are taken under locks, so that each question is counted once.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from db.session import Database
from handlers import work_routing
from knowledge import suggestions, work

log = structlog.get_logger()
EVERY = 60.0  # seconds


async def run(database: Database, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await look(database, datetime.now(UTC))
        except Exception:
            log.exception("the knowledge base could not be tended, trying again", seconds=EVERY)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY)


async def look(database: Database, now: datetime) -> None:
    async with database.transaction() as db:
        new = await suggestions.gather(db, now)
    if new:
        log.info("people's words are suggested as phrasings", new=new)
    async with database.transaction() as db:
        begun = await work.gather(db, now)
        for piece, question in begun:
            await work_routing.assign(db, piece, question)
    if begun:
        log.info("questions without an answer become work", new=len(begun))
