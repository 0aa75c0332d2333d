"""The versions of an entry in the chat: listed, compared, taken back."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import entries as rows
from db.knowledge import Entry
from handlers import editing, entry_page
from handlers.refusing import politely
from handlers.reply import Action, Choice, Reply
from knowledge import curate
from knowledge.wrong import Wrong
from network import markup
from network.people import Speaker
from network.roles import Permission

LISTED = 12


async def _entry(db: AsyncSession, who: Speaker, subject: str) -> Entry:
    editing.may_read(who)
    entry = await db.get(Entry, int(subject)) if subject.isdigit() else None
    if entry is None:
        raise Wrong("Không tìm thấy mục tri thức này.", over=True)
    return entry


@politely
async def listing(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    entry = await _entry(db, who, action.subject)
    found = await rows.history(db, entry.id, LISTED)
    choices = [Choice(f"Xem bản {v.version}", Action("entry.diff", str(entry.id), str(v.version))) for v, *_ in found]
    return Reply(entry_page.history(entry, found), tuple(choices), columns=3)


@politely
async def difference(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """What one version changed of the one that was served before it."""
    entry = await _entry(db, who, action.subject)
    number = int(action.stamp) if action.stamp.isdigit() else 0
    version = await rows.version(db, entry.id, number)
    if version is None:
        raise Wrong("Không tìm thấy bản này.", over=True)
    old = await rows.before(db, entry.id, number)
    head = f"**Mục {markup.escape(entry.key)}, bản {number}"
    head += f" so với bản {old.version}**" if old else "**"
    choices = [Choice("Lịch sử", Action("entry.history", str(entry.id)))]
    if Permission.EDIT_ENTRIES in who.permissions and number != entry.version:
        choices.append(Choice("Lấy lại bản này", Action("entry.restore", str(entry.id), str(number))))
    told = await entry_page.difference(db, old.content if old else None, version.content)
    return Reply(f"{head}\n\n{told}", tuple(choices))


@politely
async def restore(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """As a new draft: it goes the way of every change."""
    editing.may_write(who)
    entry = await _entry(db, who, action.subject)
    await curate.take_back(db, entry.id, int(action.stamp) if action.stamp.isdigit() else 0, who.person_id, now)
    return await editing.drafted(db, entry)


ACTIONS = {"entry.history": listing, "entry.diff": difference, "entry.restore": restore}
