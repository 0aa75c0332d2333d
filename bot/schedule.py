"""What falls due: scheduled briefs and the ends of pauses, looked at every few seconds, by any number of processes.

Each brief is taken by a conditional update in a transaction of its own, so that two processes never send it twice.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from bot.settings import Settings
from db import followups
from db.session import Database
from handlers import escalating, scheduled
from network import people, pushes, releases, reminders

log = structlog.get_logger()
EVERY = 2.0  # seconds
PART = 5000  # rows changed in one transaction


async def run(settings: Settings, database: Database, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await look(settings, database, datetime.now(UTC))
        except Exception:
            log.exception("the schedule could not be worked, trying again", seconds=EVERY)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY)


async def look(settings: Settings, database: Database, now: datetime) -> None:
    """Everything due at `now`."""
    await _let_rest(settings, database, now)
    async with database.reading() as db:
        due = list(await releases.due(db, now))
        rested = await people.somebody_rested(db, now)
    if rested:
        async with database.transaction() as db:
            await people.wake_paused(db, now)
    await _follow_up(settings, database, now)
    for brief_id in due:
        async with database.transaction() as db:
            push = await scheduled.fall_due(db, brief_id, now, settings.quiet)
        if push is not None:
            log.info("a scheduled brief goes out", brief=brief_id, push=push.id, people=push.planned)


async def _follow_up(settings: Settings, database: Database, now: datetime) -> None:
    """Reminders and escalations; each row is taken under a lock, so of several processes one does it."""
    async with database.reading() as db:
        due = list(await followups.due(db, now))
    for brief_id, number in due:
        async with database.transaction() as db:
            push = await reminders.work(db, brief_id, number, now, settings.following)
        told = escalating.PART if number == followups.ESCALATION else 0
        while told == escalating.PART:
            async with database.transaction() as db:
                told = await escalating.escalate(db, brief_id, now, settings.following)
        if push is not None:
            log.info("silent people are reminded", brief=brief_id, reminder=number, push=push.id, people=push.planned)


async def _let_rest(settings: Settings, database: Database, now: datetime) -> None:
    """A push that still runs when the quiet hours begin waits for the morning with those it has not reached."""
    async with database.reading() as db:
        going = await pushes.disturbing(db)
        wait = await pushes.resting(db, now, settings.quiet) if going else {}
    for push_id in going if wait else ():
        held = PART
        while held == PART:
            async with database.transaction() as db:
                held = await pushes.let_rest(db, push_id, wait, PART)
        if held:
            log.info("the quiet hours begin, the rest of the push waits", push=push_id)
