"""Sums over many rows, counted once for everybody who looks: the first waits, the others share what was found."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from db.session import Database

log = structlog.get_logger()
MOST = 500  # sums kept
Count = Callable[[AsyncSession], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Sum:
    value: Any
    at: datetime


class Kept:
    """`fresh`: so long a sum is shown as it is. `stale`: so long it is still shown while it is counted anew."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock
        self._sums: dict[Hashable, Sum] = {}
        self._counting: dict[Hashable, asyncio.Task[Sum]] = {}

    async def get(self, key: Hashable, count: Count, *, fresh: timedelta, stale: timedelta = timedelta(0)) -> Sum:
        found = self._sums.get(key)
        age = self._clock() - found.at if found else None
        if found and age is not None and timedelta(0) <= age < fresh:
            return found
        if key not in self._counting:
            task = asyncio.create_task(self._count(key, count))
            self._counting[key] = task
            task.add_done_callback(lambda done: self._counted(key, done))
        if found and age is not None and timedelta(0) <= age < stale:
            return found
        return await asyncio.shield(self._counting[key])

    def last(self, key: Hashable) -> Sum | None:
        """What was found before, however old."""
        return self._sums.get(key)

    def put(self, key: Hashable, value: Any) -> Sum:
        """What somebody made of a sum, for the others who need the same."""
        return self._keep(key, Sum(value, self._clock()))

    def forget(self, key: Hashable) -> None:
        """Something was done that changes it."""
        self._sums.pop(key, None)

    async def _count(self, key: Hashable, count: Count) -> Sum:
        began = self._clock()
        async with self._database.reading() as db:
            value = await count(db)
        return Sum(value, began)

    def _counted(self, key: Hashable, task: "asyncio.Task[Sum]") -> None:
        self._counting.pop(key, None)
        if task.cancelled() or task.exception():
            cause = "cancelled" if task.cancelled() else repr(task.exception())
            log.warning("a sum could not be counted", key=str(key), cause=cause)
            return
        self._keep(key, task.result())

    def _keep(self, key: Hashable, found: Sum) -> Sum:
        self._sums.pop(key, None)
        self._sums[key] = found
        while len(self._sums) > MOST:
            self._sums.pop(next(iter(self._sums)))
        return found
