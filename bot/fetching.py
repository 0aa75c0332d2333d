"""Files sent in a chat are downloaded here, away from conversations: no database session is open meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from db import briefs as table
from db.session import Database
from db.trouble import outlived
from network import attachments

log = structlog.get_logger()
Download = Callable[[str], Awaitable[bytes]]  # the platform's file id → bytes; raises when it cannot
PAUSE = 2.0  # seconds between looks
TRIES = 5


async def run(database: Database, channel: str, download: Download, stop: asyncio.Event) -> None:
    failures: dict[int, int] = {}
    while not stop.is_set():
        with outlived("fetching files"):
            await fetch(database, channel, download, failures)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), PAUSE)


async def fetch(database: Database, channel: str, download: Download, failures: dict[int, int]) -> int:
    """Everything remembered and not yet here; how many arrived. `failures` counts the tries of each."""
    async with database.reading() as db:
        waiting = await table.unfetched(db, channel)
    arrived = 0
    for attachment_id, file_id in waiting:
        try:
            data = await download(file_id)
        except Exception as problem:  # whatever the platform's library raises
            failures[attachment_id] = failures.get(attachment_id, 0) + 1
            log.warning("a file could not be downloaded", attachment=attachment_id, cause=repr(problem))
            if failures[attachment_id] >= TRIES:
                async with database.transaction() as db:
                    await attachments.failed(db, attachment_id)
            continue
        async with database.transaction() as db:
            await attachments.fetched(db, attachment_id, data, datetime.now(UTC))
        arrived += 1
    return arrived
