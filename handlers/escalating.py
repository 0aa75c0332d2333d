"""The deadline is over: each agency's lead hears who is silent, by name, and the author how it stands."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from db import notices
from db.briefs import Brief
from db.people import Person
from handlers.reply import Action, Choice, Reply
from network import approvals, briefs, escalations, markup, roles
from network.brief_content import Content, Priority
from network.escalations import Silent, Summary
from network.letters import hours
from network.reminder_times import Rules
from network.roles import Permission

PART = 100  # agencies told in one transaction
NAMES = 40  # in one notice
AGENCIES = 20


async def escalate(db: AsyncSession, brief_id: int, now: datetime, rules: Rules) -> int:
    """A part of what a due brief has to say, in a transaction of its own; how many agencies. 0: nothing more now."""
    ripe = await escalations.ripe(db, brief_id, now, rules)
    if ripe is None:
        return 0
    row, content = ripe
    part = await escalations.next_part(db, brief_id, now, PART)
    for one in part:
        if one.lead_id is not None:
            await _tell(db, one.lead_id, _to_lead(brief_id, content, one), content, now, rules, brief_id)
    if len(part) < PART:
        await _tell_author(db, brief_id, content, await escalations.close(db, row, now), now, rules)
    return len(part)


async def _tell(
    db: AsyncSession, person_id: int, text: str, content: Content, now: datetime, rules: Rules, brief_id: int
) -> None:
    """Not at the night of the one who is told, unless the brief is hỏa tốc."""
    person = await db.get_one(Person, person_id)
    flash = content.priority == Priority.FLASH
    until = None if flash else rules.quiet.until(now, ZoneInfo(person.zone))
    may_look = {Permission.VIEW, Permission.WRITE_BRIEF, Permission.SEND} & roles.permissions_of(person.role)
    choices = (Choice("Theo cơ quan", Action("ap.matrix", str(brief_id))),) if may_look else ()
    await notices.put(db, person_id, Reply(text, choices).plain(), now, until)


def _to_lead(brief_id: int, content: Content, one: Silent) -> str:
    where = markup.escape(one.agency) if one.agency else "nhóm chưa rõ cơ quan"
    given = f" Hạn là {hours(content.ack_hours)} kể từ khi nhận tin." if content.ack_hours else ""
    lines = [f"**Quá hạn xác nhận:** “{markup.escape(content.title)}”", f"Cơ quan: {where}.{given}"]
    if one.silent:
        lines += ["", f"**Chưa xác nhận ({len(one.silent)} người)**", *_names(one.silent)]
    if one.lost:
        lines += ["", f"**Chưa nhận được tin ({len(one.lost)} người)**", *_names(one.lost)]
    return "\n".join([*lines, "", "Anh/chị vui lòng đôn đốc."])


def _names(found: Sequence[str]) -> list[str]:
    lines = [f"- {markup.escape(name)}" for name in found[:NAMES]]
    return [*lines, f"- … và {len(found) - NAMES} người khác"] if len(found) > NAMES else lines


async def _tell_author(
    db: AsyncSession, brief_id: int, content: Content, summary: Summary, now: datetime, rules: Rules
) -> None:
    lines = [
        f"**Hết hạn xác nhận:** “{markup.escape(content.title)}”",
        f"- Đã xác nhận: {summary.acknowledged}/{summary.received} người nhận được tin",
        f"- Chưa xác nhận: {summary.silent} người",
    ]
    if summary.agencies:
        lines.append(f"- Đã báo {summary.leads} người phụ trách của {summary.agencies} cơ quan còn người chưa xác nhận")
    if summary.without_lead:
        shown = ", ".join(markup.escape(name) for name in summary.without_lead[:AGENCIES])
        rest = len(summary.without_lead) - AGENCIES
        more = f" và {rest} cơ quan khác" if rest > 0 else ""
        lines.append(f"- ⚠️ Chưa có người phụ trách để báo: {shown}{more}")
    brief = await db.get_one(Brief, brief_id)
    marks = await approvals.signed(db, await briefs.load(db, brief_id))
    responsible = (brief.author_id, marks.submitted.person_id if marks.submitted else None)
    for person in dict.fromkeys(responsible):
        if person is not None:
            await _tell(db, person, "\n".join(lines), content, now, rules, brief_id)
