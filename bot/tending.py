"""The knowledge base is tended: what people asked becomes suggestions and work, and keepers hear what falls due.

Every few minutes, in any number of processes; rows are taken under locks, so that each question is counted once.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog

from db import api, webhooks
from db.session import Database
from handlers import entry_warning, work_routing
from handlers.case_letters import RULES
from knowledge import suggestions, work
from network.case_times import CaseRules

log = structlog.get_logger()
KEPT = timedelta(days=7)  # answers of the API for requests sent twice
TOLD = timedelta(days=30)  # events for other programmes, once they arrived or were given up: to see why
AT_ONCE = 500  # rows deleted in a transaction
EVERY = 300.0  # seconds: nothing here is urgent, and it reads what was asked in the last weeks


async def run(database: Database, stop: asyncio.Event, rules: CaseRules) -> None:
    while not stop.is_set():
        try:
            await look(database, datetime.now(UTC), rules)
        except Exception:
            log.exception("the knowledge base could not be tended, trying again", seconds=EVERY)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY)


async def look(database: Database, now: datetime, rules: CaseRules = RULES) -> None:
    async with database.transaction() as db:
        new = await suggestions.gather(db, now)
    if new:
        log.info("people's words are suggested as phrasings", new=new)
    async with database.transaction() as db:
        await api.forget(db, now - KEPT)
    forgotten = AT_ONCE
    while forgotten == AT_ONCE:
        async with database.transaction() as db:
            forgotten = await webhooks.forget(db, now - TOLD, AT_ONCE)
    async with database.transaction() as db:
        begun = await work.gather(db, now)
        for piece, question in begun:
            await work_routing.assign(db, piece, question)
        warned = await entry_warning.warn(db, now, rules)
    if warned:
        log.info("entries are about to expire or due for review", entries=warned)
    if begun:
        log.info("questions without an answer become work", new=len(begun))
