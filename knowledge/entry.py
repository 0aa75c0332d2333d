"""Entries in the database: loaded from files, published, kept in versions; what is shown of one."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db import entries as rows
from db import revisions
from db.knowledge import Entry, EntryState, EntryVersion, VersionState
from knowledge import content
from knowledge.content import EntryFile
from knowledge.entry_content import DATES, FIELDS


def fields_of(file: EntryFile) -> dict[str, Any]:
    return {
        "question": file.question, "variants": list(file.variants), "answer": file.answer,
        "citations": [c.model_dump() for c in file.citations], "topic": file.topic, "audiences": list(file.audience),
        "valid_from": file.valid_from, "valid_to": file.valid_to, "superseded_by": file.superseded_by,
        "check_source": file.check_source,
    }


def plain(entry: Entry) -> dict[str, Any]:
    """The content of one version, as JSON."""
    values = {name: getattr(entry, name) for name in FIELDS}
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()}


def take_over(entry: Entry, content: Mapping[str, Any]) -> None:
    """The entry becomes what a version says; fields the version does not know stay."""
    for name in FIELDS:
        if name in content:
            value = content[name]
            setattr(entry, name, date.fromisoformat(value) if name in DATES and value else value)


async def newer(db: AsyncSession, entry: Entry, by: int | None, now: datetime, *, why: str | None = None) -> None:
    """The entry as it is now becomes its next version, accepted at once."""
    served = entry.version
    entry.version, entry.updated_at = await rows.newest(db, entry.id) + 1, now
    db.add(EntryVersion(
        entry_id=entry.id, version=entry.version, content=plain(entry), based_on=served, editor_id=by, why=why, at=now
    ))
    await revisions.stamp(db, [entry])


async def put(
    db: AsyncSession, file: EntryFile, now: datetime, *, editor: int | None = None, why: str | None = None
) -> bool:
    """Add a published entry, or a new version of it. False when nothing differs."""
    wanted = fields_of(file)
    entry = await db.scalar(select(Entry).where(Entry.key == file.id))
    if entry is None:
        entry = Entry(
            key=file.id, state=EntryState.PUBLISHED, version=1, author_id=editor, published_at=now, updated_at=now,
            **wanted,
        )
        db.add(entry)
        await db.flush()
    else:
        if all(getattr(entry, name) == value for name, value in wanted.items()):
            return False
        for name, value in wanted.items():
            setattr(entry, name, value)
        await newer(db, entry, editor, now, why=why)
        return True
    db.add(EntryVersion(
        entry_id=entry.id, version=entry.version, content=plain(entry), editor_id=editor, why=why, at=now
    ))
    await revisions.stamp(db, [entry])
    return True


async def load_starter(db: AsyncSession, now: datetime) -> int:
    """Starter entries that are missing; what somebody has edited since stays as it is."""
    known = set(await db.scalars(select(Entry.key)))
    added = 0
    for file in content.entries():
        if file.id not in known:
            added += await put(db, file, now)
    return added


async def published(db: AsyncSession) -> Sequence[Entry]:
    live = select(Entry).where(Entry.state == EntryState.PUBLISHED).order_by(Entry.id)
    return (await db.scalars(live)).all()


async def draft(
    db: AsyncSession, key: str, question: str, answer: str, source: str, now: datetime, *, author: int | None,
    topic: str | None = None, variants: Sequence[str] = (), owner_agency_id: int | None = None,
) -> Entry:
    """For review by a second person; found by nobody until then."""
    entry = Entry(
        key=key, state=EntryState.REVIEW, version=1, question=question, variants=list(variants), answer=answer,
        citations=[{"doc": source, "article": None, "date": None, "url": None}] if source else [], topic=topic,
        audiences=[], author_id=author, owner_agency_id=owner_agency_id, updated_at=now,
    )
    db.add(entry)
    await db.flush()
    db.add(EntryVersion(
        entry_id=entry.id, version=1, content=plain(entry), state=VersionState.REVIEW, editor_id=author, at=now
    ))
    await db.flush()
    return entry


class Standing(StrEnum):
    NOW = "now"
    LATER = "later"  # not yet in force
    OVER = "over"  # expired, or something took its place


def standing(entry: Entry, today: date) -> Standing:
    """What has a successor holds until its last day, if it names one."""
    if entry.valid_from and entry.valid_from > today:
        return Standing.LATER
    over = entry.valid_to < today if entry.valid_to else bool(entry.superseded_by)
    return Standing.OVER if over else Standing.NOW
