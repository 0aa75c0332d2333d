"""Workers side by side: their names, who of them is dead, and what each of them tidies."""

import asyncio
import os
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot import after_effects
from bot.channels import Channel
from bot.lanes import Lane
from db import deliveries, lanes, notices
from db.session import Database
from db.trouble import survived
from network import pushes

log = structlog.get_logger()
EVERY = 1.0  # seconds between looks at dead workers, other workers' pauses, finished pushes
LIFE = secrets.token_hex(4)  # tells this process from an earlier one that had the same id


def host() -> str:
    """The host and its namespace of process ids: two containers may share a host name."""
    with suppress(OSError):
        return f"{socket.gethostname()[:30]}-{Path('/proc/self/ns/pid').readlink().name.strip('pid:[]')}"
    return socket.gethostname()[:30]


def name_of(channel: str) -> str:
    """host/pid/life/channel."""
    return f"{host()}/{os.getpid()}/{LIFE}/{channel}"[:80]


def alive(name: str) -> bool:
    """False only when it is certain: the worker ran on this host and its process is gone."""
    where, pid, life, *_ = [*name.split("/"), "", "", ""]
    if where != host() or not pid.isdigit():
        return True
    if int(pid) == os.getpid():
        return life == LIFE
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


class Follower(Protocol):
    """What a worker does with news about its lane."""

    channel: Channel
    lane: Lane
    frozen: bool
    heard_pause: datetime | None  # as stored when last looked at
    clock: Callable[[], datetime]

    @property
    def unsettled(self) -> bool: ...


async def begin(database: Database, channel: Channel, lane: Lane, now: datetime) -> None:
    tariff = channel.tariff
    async with database.transaction() as db:
        await lanes.ensure(db, lane.channel)
        await lanes.set_rate(db, lane.channel, lane.rate)
        await lanes.set_tariff(db, lane.channel, tariff.to_json() if tariff else None)
        await take_over(db, now)


async def keep_tidy(database: Database, worker: Follower, stop: asyncio.Event) -> None:
    while not stop.is_set():
        with survived("looking at pauses and dead workers"):
            await follow_lane(database, worker)
            await tidy(database, worker.clock())
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY)


async def tidy(database: Database, now: datetime) -> None:
    """Dead workers' rows, waiting rows, finished pushes. Any number of processes may do this."""
    async with database.reading() as db:
        busy = await pushes.unfinished(db) or await deliveries.lessees(db) or await notices.lessees(db)
    if busy:
        async with database.transaction() as db:
            await take_over(db, now)
            await after_effects.tidy(db, now)


async def follow_lane(database: Database, worker: Follower) -> None:
    """Pauses and freezes other workers met, or an earlier life of ours."""
    async with database.reading() as db:
        state = await lanes.read(db, worker.channel.name)
    worker.frozen = bool(state and state.frozen) or (worker.frozen and worker.unsettled)
    _follow_pause(worker, state.paused_until if state else None)


def _follow_pause(worker: Follower, until: datetime | None) -> None:
    """Only news count: a clock set back does not bring an old pause to life again."""
    now, before = worker.clock(), worker.heard_pause
    lifted = until is None and before is not None and before > now  # by an operator
    if until == before or (lifted and worker.unsettled):
        return
    worker.heard_pause = until
    left = (until - now).total_seconds() if until else 0.0
    if left > worker.lane.paused_for() + 0.5:
        worker.lane.hold(left)
    elif lifted:
        worker.lane.resume()


async def take_over(db: AsyncSession, now: datetime) -> None:
    """Leases of dead workers: at once when they lived on this host, otherwise when the lease is over."""
    lessees = await deliveries.lessees(db) | await notices.lessees(db)
    dead = [name for name in lessees if not alive(name)]
    lapsed = await deliveries.lapse(db, now, dead=dead)
    await notices.lapse(db, now, dead)
    if lapsed:
        log.warning("took over rows of a dead worker", rows=lapsed, workers=dead)
