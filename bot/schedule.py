"""What falls due: scheduled briefs, quiet hours, reminders, escalations, experts' deadlines and the ends of pauses.

Looked at every few seconds by any number of processes. Each brief is taken by a conditional update or under a lock, in
a transaction of its own, so that two processes never send it twice.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import structlog

from bot.settings import Settings
from db import followups
from db.session import Database
from handlers import case_following, escalating, scheduled
from knowledge import cases
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
    """Everything due at `now`; what people wait for first. One brief's trouble holds up no other."""
    async with database.reading() as db:
        due = list(await releases.due(db, now))
        following = list(await followups.due(db, now))
        overdue = list(await cases.due(db, now))
        rested = await people.somebody_rested(db, now)
        given_up = await people.given_up(db, now)
    for brief_id in due:
        with _logged("a scheduled brief could not be released", brief=brief_id):
            await _release(settings, database, brief_id, now)
    with _logged("the quiet hours could not be kept"):
        await _let_rest(settings, database, now)
    if rested:
        with _logged("people whose pause is over could not be woken"):
            async with database.transaction() as db:
                await people.wake_paused(db, now)
    for person_id in given_up:
        with _logged("somebody who never finished joining could not be forgotten", person=person_id):
            async with database.transaction() as db:
                await people.erase(db, person_id, now)
    for brief_id, number in following:
        with _logged("silent people could not be reminded or reported", brief=brief_id, number=number):
            await _follow_up(settings, database, brief_id, number, now)
    for case_id in overdue:
        with _logged("an open question could not be followed up", case=case_id):
            async with database.transaction() as db:
                await case_following.follow(db, case_id, now, settings.cases)


@contextmanager
def _logged(what: str, **about: int) -> Iterator[None]:
    try:
        yield
    except Exception:
        log.exception(what, remedy="see the cause below; tried again at the next look", **about)


async def _release(settings: Settings, database: Database, brief_id: int, now: datetime) -> None:
    async with database.transaction() as db:
        push = await scheduled.fall_due(db, brief_id, now, settings.quiet)
    if push is not None:
        log.info("a scheduled brief goes out", brief=brief_id, push=push.id, people=push.planned)


async def _follow_up(settings: Settings, database: Database, brief_id: int, number: int, now: datetime) -> None:
    """A reminder or an escalation; the row is taken under a lock, so of several processes one does it."""
    async with database.transaction() as db:
        push = await reminders.work(db, brief_id, number, now, settings.following)
    if push is not None:
        log.info("silent people are reminded", brief=brief_id, reminder=number, push=push.id, people=push.planned)
    told = escalating.PART if number == followups.ESCALATION else 0
    while told == escalating.PART:
        async with database.transaction() as db:
            told = await escalating.escalate(db, brief_id, now, settings.following)


async def _let_rest(settings: Settings, database: Database, now: datetime) -> None:
    """A push that still runs when the quiet hours begin waits for the morning with those it has not reached.

    Its worker takes none of them from that moment on, one by one (network.pushes.claim); here they are put to rest in
    large parts, so that the status says who sleeps.
    """
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
