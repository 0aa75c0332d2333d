"""After the deadline: who is still silent, agency by agency, is told to whoever leads it, once. Words: handlers/."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from db import briefs as table
from db import followups, matrix
from db.followups import ESCALATION, Escalation, FollowUp
from network import acknowledgements, audit, leads, reminders
from network.brief_content import Content
from network.reminder_times import Rules

LOOK = timedelta(minutes=10)  # how often a push that is late is looked at


@dataclass(frozen=True, slots=True)
class Silent:
    """One agency's people who said nothing. `lost`: those the brief could not be delivered to."""

    agency_id: int  # 0: none
    agency: str | None
    lead_id: int | None
    silent: tuple[str, ...]  # names
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """For the author, when every agency was told. `without_lead`: names of agencies nobody leads."""

    received: int
    acknowledged: int
    silent: int
    agencies: int
    leads: int
    without_lead: tuple[str, ...]


async def ripe(db: AsyncSession, brief_id: int, now: datetime, rules: Rules) -> tuple[FollowUp, Content] | None:
    """The brief's row, locked, when the last one's time is over; otherwise it says when to look again."""
    row = await followups.take(db, brief_id, ESCALATION, now)
    if row is None or not row.after:
        return None
    if await reminders.over(db, brief_id):
        await reminders.cancel(db, brief_id, now)
        return None
    content = Content.from_json((await table.edition(db, await followups.edition_sent(db, brief_id))).content)
    last = await followups.last_received(db, brief_id)
    wait = await _wait(db, row, content, last, now, rules)
    if wait is None:
        return row, content
    row.next_at = wait
    await db.flush()
    return None


async def _wait(
    db: AsyncSession, row: FollowUp, content: Content, last: datetime | None, now: datetime, rules: Rules
) -> datetime | None:
    """A push that still runs is waited for, but not for ever."""
    given = timedelta(seconds=row.after or 0)
    first = await followups.released_at(db, row.brief_id)
    sending = await followups.still_sending(db, row.brief_id)
    if (sending or last is None) and now < first + 2 * given + LOOK:
        return now + LOOK
    until = acknowledgements.deadline(last or first, content.ack_hours, content.priority, rules.calendar)
    if until and until > now and not sending:
        return until
    return reminders.rests_until(content, now, rules)


async def next_part(db: AsyncSession, brief_id: int, now: datetime, limit: int) -> list[Silent]:
    """Agencies not told yet, from now on told; empty when all are."""
    found = []
    for agency_id, name in await matrix.untold(db, brief_id, limit):
        silent, lost = await matrix.names(db, brief_id, agency_id)
        lead = await leads.lead_of(db, agency_id or None)
        found.append(Silent(agency_id, name, lead, tuple(silent), tuple(lost)))
        people = len(silent) + len(lost)
        db.add(Escalation(brief_id=brief_id, agency_id=agency_id, lead_id=lead, people=people, at=now))
    await db.flush()
    return found


async def close(db: AsyncSession, row: FollowUp, now: datetime) -> Summary:
    """Every agency is told: the brief's row is over."""
    row.next_at = None
    await db.flush()
    told = await matrix.told(db, row.brief_id)
    leaders = {lead for _, lead, _ in told if lead is not None}
    without = tuple(agency or "Chưa rõ cơ quan" for agency, lead, _ in told if lead is None)
    detail = {"agencies": len(told), "leads": len(leaders)}
    await audit.record(db, now, "brief.escalated", subject=f"brief:{row.brief_id}", detail=detail)
    return Summary(*await matrix.totals(db, row.brief_id), len(told), len(leaders), without)
