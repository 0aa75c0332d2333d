"""What follows when an entry's version is submitted, accepted or sent back: the record, and who hears of it.

The chat and the command line both go through here.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import entries as rows
from db import notices
from db import work as work_rows
from db.knowledge import Entry, EntryState, EntryVersion
from handlers import entry_scope, work_acts
from handlers.case_letters import RULES
from handlers.reply import Action, Choice, Reply
from knowledge import curate, suggestions, work
from knowledge.catalogue import Snapshot
from knowledge.wrong import Wrong
from network import audit, markup
from network.case_times import CaseRules


async def submit(db: AsyncSession, version_id: int, by: int | None, why: str, now: datetime) -> EntryVersion:
    version = await curate.submit(db, version_id, by, why, now)
    entry = await db.get_one(Entry, version.entry_id)
    await _record(db, now, "entry.submitted", by, entry, version=version.version)
    look = Choice("Đọc và duyệt", Action("entry.show", str(entry.id)))
    reason = f"\nLý do: {markup.escape(why)}" if why else ""
    asked = f"**Mục tri thức chờ duyệt**\n> {markup.escape(version.content['question'])}{reason}"
    for reviewer in await entry_scope.deciders(db, entry.owner_agency_id, by):
        await notices.put(db, reviewer.id, Reply(f"{asked}\n\nXem tất cả: /muctin", (look,)).plain(), now)
    return version


async def publish(
    db: AsyncSession, version_id: int, by: int | None, now: datetime, base: Snapshot, *, anyway: str = "",
    rules: CaseRules = RULES,
) -> Entry:
    """Also whoever waited for this answer gets it."""
    entry = await curate.publish(db, version_id, by, now, base, anyway=anyway)
    version = await db.get_one(EntryVersion, version_id)
    await _record(db, now, "entry.published", by, entry, version=entry.version, anyway=anyway)
    await _tell_writer(db, version, by, f"Mục “{markup.escape(entry.question)}” đã được duyệt và công bố.", now)
    await work_acts.published(db, entry, by, now, rules)
    return entry


async def give_back(db: AsyncSession, version_id: int, by: int | None, note: str, now: datetime) -> EntryVersion:
    version = await curate.give_back(db, version_id, by, note, now)
    entry = await db.get_one(Entry, version.entry_id)
    await _record(db, now, "entry.returned", by, entry, version=version.version, note=note)
    said = f"Mục “{markup.escape(version.content['question'])}” được trả lại.\nLý do: {markup.escape(note)}"
    await _tell_writer(db, version, by, said, now)
    return version


async def drop(db: AsyncSession, version_id: int, by: int | None, now: datetime) -> EntryVersion:
    version = await curate.drop(db, version_id, by, now)
    entry = await db.get_one(Entry, version.entry_id)
    await _record(db, now, "entry.dropped", by, entry, version=version.version)
    if entry.published_at is None:
        await work.given_up(db, entry)
    await _tell_writer(db, version, by, f"Bản soạn của mục “{markup.escape(entry.question)}” không được dùng.", now)
    return version


async def join(
    db: AsyncSession, draft: Entry, into: Entry, by: int, now: datetime, base: Snapshot, *, reviews: bool,
    rules: CaseRules = RULES,
) -> bool:
    """A new draft's words go into the entry that answers them already, and the draft away. Whether at once."""
    version = await rows.pending(db, draft.id)
    if version is None or draft.published_at is not None or version.editor_id != by:
        raise Wrong(curate.MOVED, over=True)
    if into.state != EntryState.PUBLISHED:
        raise Wrong("Mục kia không còn được công bố.", over=True)
    waiting = await work_rows.waiting_for(db, draft.id)
    words = [version.content["question"], *version.content["variants"]]
    live = await suggestions.take_up(db, into, words, by, now, base, reviews=reviews)
    await drop(db, version.id, by, now)
    await _record(db, now, "entry.joined", by, into, draft=draft.key, live=live)
    for piece in waiting:
        await work_acts.link(db, piece.id, into, by, now, rules)
    return live


async def retire(
    db: AsyncSession, entry_id: int, by: int | None, why: str, now: datetime, base: Snapshot, *, anyway: bool = False
) -> Entry:
    entry = await curate.retire(db, entry_id, by, why, now, base, anyway=anyway)
    await _record(db, now, "entry.retired", by, entry, note=why, anyway=anyway)
    return entry


async def confirm(db: AsyncSession, entry_id: int, by: int | None, now: datetime) -> Entry:
    entry = await curate.confirm(db, entry_id, by, now)
    await _record(db, now, "entry.confirmed", by, entry, version=entry.version)
    return entry


async def _tell_writer(db: AsyncSession, version: EntryVersion, by: int | None, said: str, now: datetime) -> None:
    if version.editor_id and version.editor_id != by:
        look = Choice("Mở mục", Action("entry.open", str(version.entry_id)))
        await notices.put(db, version.editor_id, Reply(said, (look,)).plain(), now)


async def _record(
    db: AsyncSession, now: datetime, act: str, by: int | None, entry: Entry, **detail: object
) -> None:
    kept = {name: value for name, value in detail.items() if value}
    await audit.record(db, now, act, actor=by, subject=f"entry:{entry.key}", detail=kept or None)
