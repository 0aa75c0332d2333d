"""Curating in the chat: drafts that came from experts' answers wait for a second person."""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.knowledge import Entry, EntryState
from handlers.asking import shown
from handlers.reply import Action, Choice, Reply
from network import audit
from network.people import Speaker
from network.roles import Permission

NOT_YOURS = "Vai trò của anh/chị không có quyền duyệt mục tri thức. Vui lòng liên hệ quản trị mạng lưới."
MOVED = "Mục này đã được người khác xử lý."


async def listing(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    if Permission.REVIEW_ENTRIES not in who.permissions:
        return Reply(NOT_YOURS)
    choices = await offered(db, who)
    if not choices:
        return Reply("Không có mục tri thức nào chờ anh/chị duyệt.")
    return Reply("**Mục tri thức chờ duyệt**", tuple(choices))


async def offered(db: AsyncSession, who: Speaker) -> list[Choice]:
    """What this person may decide on: not their own."""
    if Permission.REVIEW_ENTRIES not in who.permissions:
        return []
    others = or_(Entry.author_id.is_(None), Entry.author_id != who.person_id)
    waiting = select(Entry).where(Entry.state == EntryState.REVIEW, others).order_by(Entry.id).limit(10)
    return [Choice(e.question[:80], Action("entry.show", str(e.id))) for e in await db.scalars(waiting)]


async def show(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    found = await _waiting(db, who, action)
    if isinstance(found, Reply):
        return found
    choices = (
        Choice("Duyệt", Action("entry.publish", str(found.id), str(found.version))),
        Choice("Bỏ", Action("entry.drop", str(found.id), str(found.version))),
    )
    return Reply(shown(found, now.date()), choices, columns=2)


async def publish(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    found = await _waiting(db, who, action)
    if isinstance(found, Reply):
        return found
    if found.author_id == who.person_id:
        return Reply(toast="Người soạn không tự duyệt được mục của mình. Vui lòng nhờ người thứ hai.")
    values = {"state": EntryState.PUBLISHED, "reviewer_id": who.person_id, "published_at": now, "updated_at": now}
    return await _move(db, who, action, found, values, "entry.published", "Đã duyệt và đưa vào kho tri thức.", now)


async def drop(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    found = await _waiting(db, who, action)
    if isinstance(found, Reply):
        return found
    values = {"state": EntryState.RETIRED, "reviewer_id": who.person_id, "updated_at": now}
    return await _move(db, who, action, found, values, "entry.dropped", "Đã bỏ mục này.", now)


async def _waiting(db: AsyncSession, who: Speaker, action: Action) -> Entry | Reply:
    if Permission.REVIEW_ENTRIES not in who.permissions:
        return Reply(NOT_YOURS)
    found = await db.get(Entry, int(action.subject)) if action.subject.isdigit() else None
    return found if found is not None and found.state == EntryState.REVIEW else Reply(toast=MOVED)


async def _move(
    db: AsyncSession, who: Speaker, action: Action, found: Entry, values: dict, act: str, said: str, now: datetime
) -> Reply:
    same = update(Entry).where(
        Entry.id == found.id, Entry.state == EntryState.REVIEW, Entry.version == int(action.stamp or 0)
    )
    if not (await db.execute(same.values(**values))).rowcount:
        return Reply(toast=MOVED)
    await audit.record(db, now, act, actor=who.person_id, subject=f"entry:{found.key}")
    return Reply(said, replace=True)


COMMANDS = {"muctin": listing}
ACTIONS = {"entry.show": show, "entry.publish": publish, "entry.drop": drop}
