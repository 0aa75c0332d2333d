"""Counting in memory, written now and then: a row per event would cost more than the event."""

from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from db import tallies
from db.session import Database

log = structlog.get_logger()
EVENTS, WRONG_MAC, STALE, MALFORMED, LAST_TRY = "event", "mac:wrong", "stale", "malformed", "last try failed"


class Tallies:
    """Of one channel."""

    def __init__(self, database: Database, channel: str) -> None:
        self._database, self._channel = database, channel
        self._counted: dict[str, tuple[int, datetime]] = {}

    def note(self, name: str) -> bool:
        """True the first time since the last writing."""
        before = self._counted.get(name, (0, None))[0]
        self._counted[name] = (before + 1, datetime.now(UTC))
        return not before

    def so_far(self, name: str) -> int:
        return self._counted.get(name, (0, None))[0]

    async def write(self) -> None:
        counted, self._counted = self._counted, {}
        if not counted:
            return
        try:
            async with self._database.transaction() as db:
                await tallies.add(db, self._channel, counted)
        except (SQLAlchemyError, OSError) as problem:
            log.warning("counters could not be written, they wait", channel=self._channel, cause=repr(problem))
            for name, (count, last_at) in counted.items():
                newer = self._counted.get(name, (0, last_at))
                self._counted[name] = (count + newer[0], newer[1])
