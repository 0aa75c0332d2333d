"""An entry's way from a draft past a second person into the base, and out of it. Every change is a version.

While a version is written and reviewed, people see the one that was accepted before. Functions raise Wrong.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from db import entries as rows
from db import revisions
from db.knowledge import Entry, EntryState, EntryVersion, VersionState
from knowledge import golden
from knowledge.catalogue import Snapshot
from knowledge.entry import newer, plain, take_over
from knowledge.entry_content import folded, missing, problems
from knowledge.wrong import Wrong

REVIEW_AFTER = timedelta(days=365)  # when nobody says otherwise
MOVED = "Bản này đã được người khác xử lý. Vui lòng mở lại mục để xem bản hiện nay."
OWN = "Người soạn không tự duyệt được bản của mình. Vui lòng nhờ người thứ hai."
BLANK: dict[str, Any] = {
    "question": "", "variants": [], "answer": "", "citations": [], "topic": None, "audiences": [],
    "owner_agency_id": None, "valid_from": None, "valid_to": None, "superseded_by": None, "check_source": False,
    "review_due": None,
}


async def begin(
    db: AsyncSession, content: Mapping[str, Any], by: int | None, now: datetime, *, why: str = "", key: str = ""
) -> tuple[Entry, EntryVersion]:
    """A new entry as somebody's draft, found by nobody."""
    whole = BLANK | dict(content)
    _refuse(problems(whole, key))
    if key and await rows.by_key(db, key):
        raise Wrong(f"Mã “{key}” đã có. Vui lòng chọn mã khác.")
    entry = Entry(key=key or uuid4().hex, state=EntryState.DRAFT, version=1, author_id=by, updated_at=now)
    take_over(entry, whole)
    db.add(entry)
    await db.flush()
    entry.key = key or f"muc-{entry.id}"
    version = EntryVersion(
        entry_id=entry.id, version=1, content=plain(entry), state=VersionState.DRAFT, editor_id=by, why=why, at=now
    )
    db.add(version)
    await db.flush()
    return entry, version


async def write(
    db: AsyncSession, entry_id: int, change: Mapping[str, Any], by: int | None, now: datetime, *, why: str = "",
    seen: int | None = None,
) -> EntryVersion:
    """A draft with this change; the writer's own draft, also one in review, is taken up. `seen`: the latest version
    the writer knows."""
    entry = await _entry(db, entry_id)
    if entry.state == EntryState.EMBARGOED:
        raise Wrong("Mục này thuộc một bản tin chưa phát hành. Vui lòng sửa trong bản tin đó.", over=True)
    newest, open_ = await rows.newest(db, entry.id), await rows.pending(db, entry.id)
    if open_ and open_.editor_id != by:
        raise Wrong(f"Bản {open_.version} của mục này do người khác soạn và chưa xong. Vui lòng chờ bản đó.", over=True)
    if seen is not None and seen != newest:
        raise Wrong(f"Mục này vừa có bản {newest}, mới hơn bản anh/chị đang xem. Vui lòng mở lại rồi sửa.", over=True)
    old = dict(open_.content) if open_ else plain(entry)
    content = BLANK | old | dict(change)
    _refuse(problems(content, entry.key) + await _round(db, entry.key, content["superseded_by"]))
    if content == BLANK | old:
        raise Wrong("Nội dung không có gì thay đổi so với bản trước.")
    if open_:
        await rows.move(db, open_.id, rows.OPEN, {"state": VersionState.REPLACED})
    served = entry.version if entry.state == EntryState.PUBLISHED else None
    version = EntryVersion(
        entry_id=entry.id, version=newest + 1, content=content, state=VersionState.DRAFT, based_on=served,
        editor_id=by, why=why or (open_.why if open_ else None), at=now,
    )
    db.add(version)
    if entry.published_at is None:  # nobody sees it yet: the entry is its newest draft
        take_over(entry, content)
        entry.version, entry.state, entry.updated_at = version.version, EntryState.DRAFT, now
    await db.flush()
    return version


async def submit(db: AsyncSession, version_id: int, by: int | None, why: str, now: datetime) -> EntryVersion:
    """The writer's draft goes to a second person."""
    version, entry = await _version(db, version_id)
    if version.editor_id != by:
        raise Wrong("Chỉ người soạn trình được bản này.", over=True)
    _refuse(missing(version.content) + problems(version.content, entry.key))
    if not await rows.move(db, version.id, (VersionState.DRAFT,), {"state": VersionState.REVIEW, "why": why or None}):
        raise Wrong(MOVED, over=True)
    if entry.published_at is None:
        entry.state, entry.updated_at = EntryState.REVIEW, now
    await db.flush()
    return version


async def give_back(db: AsyncSession, version_id: int, by: int | None, note: str, now: datetime) -> EntryVersion:
    """To the writer, with a reason."""
    version, entry = await _version(db, version_id)
    if not note.strip():
        raise Wrong("Vui lòng ghi lý do trả lại.")
    back = {"state": VersionState.DRAFT, "reviewer_id": by, "reviewed_at": now, "note": note.strip()}
    if not await rows.move(db, version.id, (VersionState.REVIEW,), back):
        raise Wrong(MOVED, over=True)
    if entry.published_at is None:
        entry.state, entry.updated_at = EntryState.DRAFT, now
    await db.flush()
    return version


async def drop(db: AsyncSession, version_id: int, by: int | None, now: datetime, *, note: str = "") -> EntryVersion:
    """Away with a version that is not served; an entry that had no other goes with it."""
    version, entry = await _version(db, version_id)
    gone = {"state": VersionState.DROPPED, "reviewer_id": by, "reviewed_at": now, "note": note or None}
    if not await rows.move(db, version.id, rows.OPEN, gone):
        raise Wrong(MOVED, over=True)
    if entry.published_at is None:
        entry.state, entry.reviewer_id, entry.updated_at = EntryState.RETIRED, by, now
    await db.flush()
    return version


async def take_back(db: AsyncSession, entry_id: int, number: int, by: int | None, now: datetime) -> EntryVersion:
    """An earlier version as a new draft."""
    earlier = await rows.version(db, entry_id, number)
    if earlier is None:
        raise Wrong(f"Mục này không có bản {number}.")
    return await write(db, entry_id, earlier.content, by, now, why=f"Lấy lại bản {number}")


async def publish(
    db: AsyncSession, version_id: int, by: int | None, now: datetime, base: Snapshot, *, anyway: str = ""
) -> Entry:
    """What a second person accepted is served from now on. Raises golden.Broken, unless `anyway` says why."""
    version, entry = await _version(db, version_id)
    if version.editor_id is not None and version.editor_id == by:
        raise Wrong(OWN, over=True)
    content = await to_be_served(db, entry, version)
    _refuse(missing(content) + problems(content, entry.key))
    await golden.guard(db, base, [golden.passage(entry.key, content)], (), anyway)
    if not await rows.settle(db, version.id, by, now, anyway.strip() or None):
        raise Wrong(MOVED, over=True)
    version.content = content | {"review_due": content["review_due"] or _review(content, now)}
    serve(entry, version, now)
    entry.reviewer_id, entry.published_at = by, now
    await revisions.stamp(db, [entry])
    return entry


def serve(entry: Entry, version: EntryVersion, now: datetime) -> None:
    take_over(entry, version.content)
    entry.state, entry.version, entry.updated_at = EntryState.PUBLISHED, version.version, now


async def to_be_served(db: AsyncSession, entry: Entry, version: EntryVersion) -> dict[str, Any]:
    """The version's content, with the phrasings the entry was given while the version was written."""
    content = BLANK | dict(version.content)
    if entry.state != EntryState.PUBLISHED or version.based_on in (None, entry.version):
        return content
    base = await rows.version(db, entry.id, version.based_on or 0)
    known = set(base.content["variants"]) if base else set()
    there = {folded(phrase) for phrase in (content["question"], *content["variants"])}
    new = [phrase for phrase in entry.variants if phrase not in known and folded(phrase) not in there]
    return content | {"variants": [*content["variants"], *new]}


async def retire(
    db: AsyncSession, entry_id: int, by: int | None, why: str, now: datetime, base: Snapshot, *, anyway: bool = False
) -> Entry:
    """Serve it no more. One person's word is enough: a wrong answer must not wait for a second. Raises golden.Broken,
    unless `anyway`; `why` is then the reason for that too."""
    entry = await _entry(db, entry_id)
    if entry.state != EntryState.PUBLISHED:
        raise Wrong("Mục này không còn được công bố.", over=True)
    if not why.strip():
        raise Wrong("Vui lòng ghi lý do ngừng dùng.")
    await golden.guard(db, base, (), {entry.key}, why if anyway else "")
    await newer(db, entry, by, now, why=f"Ngừng dùng: {why.strip()}")
    entry.state = EntryState.RETIRED
    await db.flush()
    return entry


async def confirm(db: AsyncSession, entry_id: int, by: int | None, now: datetime, until: date | None = None) -> Entry:
    """Somebody has looked: it still holds. The next look is in a year, or when its validity ends."""
    entry = await _entry(db, entry_id)
    if entry.state != EntryState.PUBLISHED:
        raise Wrong("Mục này không còn được công bố.", over=True)
    due = until.isoformat() if until else _review(plain(entry), now)
    if due is None:
        raise Wrong("Mục đã hết hiệu lực. Vui lòng sửa ngày hiệu lực, ghi văn bản thay thế, hoặc ngừng dùng.")
    _refuse(problems(plain(entry) | {"review_due": due}, entry.key))
    entry.review_due = date.fromisoformat(due)
    await newer(db, entry, by, now, why="Đã rà soát, nội dung vẫn đúng")
    return entry


def _review(content: Mapping[str, Any], now: datetime) -> str | None:
    """None for what is over: it is kept to be looked up."""
    usual, end = (now + REVIEW_AFTER).date().isoformat(), content.get("valid_to")
    return min(usual, end or usual) if not end or end > now.date().isoformat() else None


async def _round(db: AsyncSession, key: str, heir: str | None) -> list[str]:
    """Entries that take each other's place would lead people in a circle."""
    seen = set()
    while heir and heir not in seen and (row := await rows.by_key(db, heir)):
        seen.add(heir)
        heir = row.superseded_by
        if heir == key:
            return [f"Mục {row.key} đã ghi là được thay bằng {key}; hai mục không thể thay nhau."]
    return []


def _refuse(found: list[str]) -> None:
    if found:
        raise Wrong("\n".join(found))


async def _entry(db: AsyncSession, entry_id: int) -> Entry:
    entry = await rows.locked(db, entry_id)
    if entry is None:
        raise Wrong("Không tìm thấy mục tri thức này.", over=True)
    return entry


async def _version(db: AsyncSession, version_id: int) -> tuple[EntryVersion, Entry]:
    """With its entry locked, so that of two reviewers one decides."""
    version = await db.get(EntryVersion, version_id)
    if version is None:
        raise Wrong(MOVED, over=True)
    entry = await _entry(db, version.entry_id)
    await db.refresh(version)
    return version, entry
