"""The snapshot all questions are answered from: built from the published entries, swapped whole when they change."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from db.knowledge import Entry, EntryState
from db.session import Database
from knowledge import content, entry
from knowledge.answer import Decision, decide
from knowledge.index import Index, Passage

LOOK_EVERY = 1.0  # seconds between looks for changed entries


@dataclass(frozen=True, slots=True)
class Snapshot:
    index: Index
    entries: dict[str, Entry]  # key → detached row
    version: tuple[int, datetime | None]  # how many are published, when the last change was


class Catalogue:
    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    @classmethod
    async def open(cls, database: Database) -> "Catalogue":
        return cls(await _read(database))

    @classmethod
    def of_starter(cls) -> "Catalogue":
        """From the files alone, for a machine without a database."""
        rows = [Entry(id=n, key=f.id, **entry.fields_of(f)) for n, f in enumerate(content.entries(), 1)]
        return cls(_snapshot(rows, (len(rows), None)))

    def decide(self, question: str, brief_id: int | None = None) -> Decision:
        """About a brief: its own entries come first."""
        about = {e.key for e in self.snapshot.entries.values() if e.brief_id == brief_id} if brief_id else set()
        return decide(self.snapshot.index, question, content.smalltalk(), about)

    def entry(self, key: str) -> Entry | None:
        return self.snapshot.entries.get(key)

    async def refresh(self, database: Database) -> bool:
        """Swap the snapshot when entries changed. True when it did."""
        if await _version(database) == self.snapshot.version:
            return False
        self.snapshot = await _read(database)
        return True

    async def follow(self, database: Database, stop: asyncio.Event) -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY)
            await self.refresh(database)


async def _version(database: Database) -> tuple[int, datetime | None]:
    async with database.reading() as db:
        newest = select(func.count(), func.max(Entry.updated_at)).where(Entry.state == EntryState.PUBLISHED)
        count, changed = (await db.execute(newest)).one()
    return count, changed


async def _read(database: Database) -> Snapshot:
    version = await _version(database)
    async with database.reading() as db:
        rows = await entry.published(db)
    return await asyncio.to_thread(_snapshot, rows, version)


def _snapshot(rows: Sequence[Entry], version: tuple[int, datetime | None]) -> Snapshot:
    passages = [Passage(row.key, row.question, row.answer, tuple(row.variants)) for row in rows]
    return Snapshot(Index(passages, content.abbreviations()), {row.key: row for row in rows}, version)
