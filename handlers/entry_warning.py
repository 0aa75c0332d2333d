"""Who keeps an entry hears, once and not at night, that its validity ends or that it has to be looked at."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency
from db.knowledge import Entry
from db.people import Person
from handlers import editing, entry_page
from handlers.case_letters import RULES, tell
from handlers.refusing import politely
from handlers.reply import Action, Choice, Reply
from knowledge import due
from knowledge.due import Due, Kind
from knowledge.entry_content import day
from network import markup, people
from network.case_times import CaseRules
from network.people import Speaker
from network.roles import Permission

LISTED = 10
WORDS = {Kind.EXPIRY: "hết hiệu lực", Kind.OVER: "đã hết hiệu lực, chưa ghi nội dung thay thế", Kind.REVIEW: "rà soát"}


def line(one: Due) -> str:
    return f"{day(one.day)}: {WORDS[one.kind]} – {markup.escape(one.entry.question)} ({markup.escape(one.entry.key)})"


async def warn(db: AsyncSession, now: datetime, rules: CaseRules = RULES) -> int:
    """One message a person, whatever falls due; how many entries it was about."""
    found = await due.untold(db, entry_page.today(now))
    if not found:
        return 0
    able = await people.with_permission(db, Permission.EDIT_ENTRIES)
    second = await people.with_permission(db, Permission.REVIEW_ENTRIES)
    letters: dict[int, list[Due]] = defaultdict(list)
    for one in found:
        for person in keepers(one.entry, able, second):
            letters[person.id].append(one)
    for person_id, dues in letters.items():
        await tell(db, person_id, _letter(dues), now, rules)
    return len(found)


def keepers(entry: Entry, editors: list[Person], reviewers: list[Person]) -> list[Person]:
    """The editors of the agency that keeps it; else who wrote it; else those who review."""
    own = [p for p in editors if entry.owner_agency_id and p.agency_id == entry.owner_agency_id]
    return own or [p for p in editors if p.id == entry.author_id] or reviewers


async def keeper(db: AsyncSession, entry: Entry) -> str:
    agency = await db.get(Agency, entry.owner_agency_id) if entry.owner_agency_id else None
    return agency.name if agency else "chưa có cơ quan phụ trách"


def _letter(dues: list[Due]) -> Reply:
    lines = [f"{n}. {line(one)}" for n, one in enumerate(dues[:LISTED], 1)]
    more = [f"… và {len(dues) - LISTED} mục khác"] if len(dues) > LISTED else []
    text = "\n".join(["**Mục tri thức anh/chị phụ trách sắp đến hạn**", *lines, *more])
    choices = [Choice(f"Mở mục {n}", Action("entry.open", str(d.entry.id))) for n, d in enumerate(dues[:LISTED], 1)]
    return Reply(f"{text}\n\nXem tất cả: /muctin → “Sắp đến hạn”.", tuple(choices), columns=2)


@politely
async def listing(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    editing.may_read(who)
    found = (await due.coming(db, entry_page.today(now), due.EXPIRY.days))[: 2 * LISTED]
    if not found:
        return Reply("Trong 30 ngày tới không có mục nào hết hiệu lực hay đến hạn rà soát.")
    lines = [f"{n}. {line(one)}" for n, one in enumerate(found, 1)]
    choices = [Choice(f"Mở mục {n}", Action("entry.open", str(one.entry.id))) for n, one in enumerate(found, 1)]
    return Reply("**Đến hạn trong 30 ngày**\n" + "\n".join(lines), tuple(choices), columns=3)


ACTIONS = {"entry.due": listing}
