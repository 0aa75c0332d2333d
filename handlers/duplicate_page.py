"""While somebody writes: what answers the question already, and the words put there instead of into a second entry."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.knowledge import Entry, EntryVersion
from handlers import entry_page, entry_scope, publishing
from handlers.case_letters import RULES
from handlers.refusing import politely
from handlers.reply import Action, Choice, Reply
from knowledge import duplicates
from knowledge.catalogue import Catalogue
from knowledge.duplicates import Duplicate
from knowledge.wrong import Wrong
from network import markup
from network.case_times import CaseRules
from network.people import Speaker
from network.roles import Permission


def _find(entry: Entry, version: EntryVersion, index: Catalogue, now: datetime) -> Duplicate | None:
    return duplicates.find(index.snapshot, version.content, entry.key, entry_page.today(now))


def alike(entry: Entry, version: EntryVersion, index: Catalogue, now: datetime) -> str:
    """For who reviews; "" when nothing answers the same."""
    found = _find(entry, version, index, now)
    return _said(found) if found else ""


def _said(found: Duplicate) -> str:
    return (
        f"⚠️ “{markup.escape(found.phrasing)}” hiện đã được trả lời bằng mục *{markup.escape(found.question)}* "
        f"({markup.escape(found.key)}). Hai mục cùng trả lời một câu hỏi sẽ tranh nhau."
    )


def warned(entry: Entry, version: EntryVersion, index: Catalogue, now: datetime) -> Reply | None:
    """For who writes: a new entry's words may go there; a served one keeps them or not."""
    found = _find(entry, version, index, now)
    if found is None:
        return None
    look = Choice("Mở mục đó", Action("entry.open", str(found.entry_id)))
    own = Choice("Vẫn viết mục mới", Action("entry.own", str(entry.id)))
    if entry.published_at is not None:
        return Reply(_said(found), (look, Choice("Xem bản đang sửa", Action("entry.draft", str(entry.id)))), columns=2)
    join = Choice("Thêm cách hỏi vào mục đó", Action("entry.join", f"{entry.id}:{found.entry_id}"))
    text = f"{_said(found)}\n\nAnh/chị thêm các cách hỏi của mình vào mục đó, hay vẫn viết mục mới?"
    return Reply(text, (join, own, look))


@politely
async def join(
    db: AsyncSession, who: Speaker, action: Action, now: datetime, index: Catalogue, case_rules: CaseRules = RULES
) -> Reply:
    if Permission.EDIT_ENTRIES not in who.permissions:
        raise Wrong("Vai trò của anh/chị không có quyền soạn mục tri thức.")
    draft, into = [await _entry(db, number) for number in (action.subject.partition(":")[::2])]
    live = await publishing.join(
        db, draft, into, who.person_id or 0, now, index.snapshot, rules=case_rules,
        reviews=await entry_scope.decides_here(db, who, into),
    )
    when = "có hiệu lực ngay" if live else "chờ người thứ hai duyệt"
    return Reply(f"Đã thêm cách hỏi vào mục {markup.escape(into.key)}, {when}. Bản nháp đã bỏ.", replace=True)


async def _entry(db: AsyncSession, number: str) -> Entry:
    found = await db.get(Entry, int(number)) if number.isdigit() else None
    if found is None:
        raise Wrong("Không tìm thấy mục tri thức này.", over=True)
    return found


ACTIONS = {"entry.join": join}
