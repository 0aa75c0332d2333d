"""Questions and answers attached to a brief: stored under embargo when it is submitted, live when it is released."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import revisions
from db.knowledge import Entry, EntryState, EntryVersion
from network import markup
from network.brief_content import Answer, Content


async def keep(db: AsyncSession, brief_id: int, content: Content, author: int, now: datetime) -> None:
    """Bring the brief's own entries in line with its content; one no longer there is retired."""
    rows = {entry.key: entry for entry in await db.scalars(select(Entry).where(Entry.brief_id == brief_id))}
    for number, pair in enumerate(content.qa, 1):
        key = f"bt{brief_id}-{number}"
        wanted = _fields(content, pair)
        entry = rows.pop(key, None)
        if entry is None:
            entry = Entry(key=key, version=0, brief_id=brief_id, author_id=author, updated_at=now, **wanted)
            db.add(entry)
        elif entry.state == EntryState.EMBARGOED and all(getattr(entry, name) == wanted[name] for name in wanted):
            continue
        for name, value in wanted.items():
            setattr(entry, name, value)
        entry.state, entry.version, entry.updated_at = EntryState.EMBARGOED, entry.version + 1, now
        await db.flush()
        db.add(EntryVersion(entry_id=entry.id, version=entry.version, content=_kept(wanted), editor_id=author, at=now))
    for entry in rows.values():
        if entry.state == EntryState.EMBARGOED and entry.key.startswith(f"bt{brief_id}-"):
            entry.state, entry.updated_at = EntryState.RETIRED, now
    await db.flush()


def _fields(content: Content, pair: Answer) -> dict[str, Any]:
    return {
        "question": pair.q,
        "variants": list(pair.variants),
        "answer": markup.to_plain(pair.a),  # entries are plain text
        "citations": [{k: v for k, v in asdict(citation).items() if v} for citation in content.citations],
        "topic": content.topics[0] if content.topics else None,
        "audiences": list(content.targets),
        "valid_from": _date(content.valid_from),
        "valid_to": _date(content.valid_to),
        "check_source": content.confidence != "high",
    }


def _kept(wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in wanted.items()}


def _date(iso: str | None) -> date | None:
    return date.fromisoformat(iso) if iso else None


async def unready(db: AsyncSession, brief_id: int, keys: Iterable[str]) -> list[str]:
    """Entries named by key must be reviewed already: released, or waiting for a brief."""
    wanted = list(keys)
    rows = {entry.key: entry for entry in await db.scalars(select(Entry).where(Entry.key.in_(wanted)))}
    found = []
    for key in wanted:
        if key not in rows:
            found.append(f"Mục hỏi đáp: không có mục “{key}”")
        elif rows[key].state not in (EntryState.EMBARGOED, EntryState.PUBLISHED):
            found.append(f"Mục hỏi đáp: mục “{key}” chưa được duyệt hoặc đã ngừng dùng")
    return found


async def publish(
    db: AsyncSession, brief_id: int, keys: Iterable[str], now: datetime, held: Iterable[str] = ()
) -> int:
    """End the embargo, but for what another brief still holds; how many went live."""
    attached = or_(Entry.brief_id == brief_id, Entry.key.in_(list(keys)))
    waiting = select(Entry).where(attached, Entry.state == EntryState.EMBARGOED, Entry.key.not_in(list(held)))
    rows = (await db.scalars(waiting)).all()
    for entry in rows:
        entry.state, entry.published_at, entry.updated_at = EntryState.PUBLISHED, now, now
    if rows:
        await revisions.stamp(db, rows)
    return len(rows)


async def retire(
    db: AsyncSession, brief_id: int, now: datetime, *, keys: Iterable[str] = (), released: Iterable[datetime] = ()
) -> int:
    """The brief's own entries answer no more, nor those of `keys` that its releases, at these moments, brought out."""
    brought = and_(Entry.key.in_(list(keys)), Entry.published_at.in_(list(released)))
    answering = Entry.state.in_((EntryState.EMBARGOED, EntryState.PUBLISHED))
    rows = (await db.scalars(select(Entry).where(or_(Entry.brief_id == brief_id, brought), answering))).all()
    for entry in rows:
        entry.state, entry.updated_at = EntryState.RETIRED, now
    if rows:
        await revisions.stamp(db, rows)
    return len(rows)
