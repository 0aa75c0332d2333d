"""Reminders to those who have not acknowledged: when, to whom, and exactly once however many processes look.

A brief that asks for “Đã nhận” gets its rows in db/followups.py when it is released. Moments count from each
person's own receipt, so a reminder's push grows while the brief's own push still runs.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Subquery, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import briefs as table
from db import followups
from db.briefs import BriefState, editions_of
from db.followups import ESCALATION, FollowUp
from db.people import PersonState
from db.pushes import Push, PushKind, PushState
from network import pushes
from network.brief_content import Content, Priority
from network.moments import VIETNAM
from network.quiet import Quiet
from network.reminder_times import Rules

REMINDER = 3  # Push.priority
LOOK = {Priority.FLASH: timedelta(minutes=1)}  # how often people who came later are looked for
LOOK_ELSE = timedelta(minutes=10)
APART = {Priority.FLASH: timedelta(minutes=5)}  # between two reminders to one person
APART_ELSE = timedelta(minutes=45)


async def begin(db: AsyncSession, brief_id: int, content: Content, now: datetime) -> None:
    """At release. When exactly whom to remind is worked out at the next look."""
    if content.ack and await db.get(FollowUp, (brief_id, ESCALATION)) is None:
        db.add(FollowUp(brief_id=brief_id, number=ESCALATION, next_at=now))
        await db.flush()


async def cancel(db: AsyncSession, brief_id: int, now: datetime) -> None:
    """The brief was stopped or recalled: nobody is reminded of it or reported any more."""
    for row in await followups.of_brief(db, brief_id):
        if row.push_id is not None:
            await pushes.stop(db, row.push_id, now, reason="bản tin đã dừng hoặc thu hồi")
    await followups.end_all(db, brief_id)


async def resume(db: AsyncSession, brief_id: int, now: datetime) -> None:
    """More people receive the brief: whoever of them stays silent is reminded and reported as well."""
    for row in await followups.of_brief(db, brief_id):
        if row.number != ESCALATION:
            row.next_at = now
        elif row.after is not None:  # 0: no deadline, so nothing to escalate
            row.next_at = now + timedelta(seconds=row.after) if row.after else None
    await db.flush()


async def unfold(db: AsyncSession, row: FollowUp, content: Content, now: datetime, rules: Rules) -> None:
    """The first look at a released brief: a row for each reminder, and the deadline for the escalation."""
    for number, after in enumerate(rules.plan.moments(content), 1):
        seconds = int(after.total_seconds())
        db.add(FollowUp(brief_id=row.brief_id, number=number, after=seconds, next_at=now + after))
    given = timedelta(hours=content.ack_hours) if content.ack_hours else None
    row.after = int(given.total_seconds()) if given else 0
    row.next_at = now + given if given else None
    await db.flush()


async def over(db: AsyncSession, brief_id: int) -> bool:
    """Stopped or recalled: silence is no longer a question."""
    brief = await table.find(db, brief_id)
    recalled = select(Push.id).where(Push.edition_id.in_(editions_of(brief_id)), Push.kind == PushKind.RECALL)
    stopped = brief is None or brief.state in (BriefState.STOPPED, BriefState.RECALLED)
    return stopped or await db.scalar(recalled.limit(1)) is not None


async def remind(db: AsyncSession, row: FollowUp, content: Content, now: datetime, rules: Rules) -> Push | None:
    """Everybody whose moment has come, for a row that is locked and due. The push when somebody was added."""
    flash = content.priority == Priority.FLASH
    if later := rests_until(content, now, rules):
        row.next_at = later
        return None
    people, got = _people(row, content, now, rules)
    apart = now - APART.get(content.priority, APART_ELSE)
    come = people.where(
        got.c.sent_at <= now - timedelta(seconds=row.after or 0),
        ~followups.reminded_since(row.brief_id, got.c.person_id, apart),
    )
    push = await _grow(db, row, come, now, None if flash else rules.quiet)
    await _look_again(db, row, content, now, rules)
    return push


def rests_until(content: Content, now: datetime, rules: Rules) -> datetime | None:
    """Nobody is asked at night, nor on days off for a normal brief; a flash brief knows neither."""
    if content.priority == Priority.FLASH:
        return None
    return rules.rest(now) if content.priority == Priority.NORMAL else rules.quiet.until(now, VIETNAM)


def _people(row: FollowUp, content: Content, now: datetime, rules: Rules) -> tuple[Select[Any], Subquery]:
    """The silent whose deadline is still ahead, and who are not in this reminder yet."""
    flash = content.priority == Priority.FLASH
    states = (PersonState.ACTIVE, PersonState.PAUSED) if flash else (PersonState.ACTIVE,)
    people, got = followups.silent(row.brief_id, states, row.push_id)
    if not content.ack_hours:
        return people, got
    given = timedelta(hours=content.ack_hours)
    ahead = got.c.sent_at > now - given
    if content.priority == Priority.NORMAL and (grace := rules.calendar.grace(now)):
        ahead = or_(ahead, and_(got.c.sent_at >= grace[0] - given, got.c.sent_at < grace[1] - given))
    return people.where(ahead), got


async def _grow(
    db: AsyncSession, row: FollowUp, people: Select[Any], now: datetime, quiet: Quiet | None
) -> Push | None:
    if await db.scalar(select(people.limit(1).subquery().c.person_id)) is None:
        return None
    if row.push_id is not None:
        push = await db.get_one(Push, row.push_id, populate_existing=True)
        if push.state == PushState.STOPPED:
            return None
        return push if await pushes.add_members(db, push, people, now, quiet) else None
    edition = await table.edition(db, await followups.edition_sent(db, row.brief_id))
    push = await pushes.plan(
        db, edition, recipients=people, priority=REMINDER, resend_unsure=False, created_by=None, now=now,
        kind=PushKind.REMINDER, quiet=quiet,
    )
    row.push_id = push.id
    await db.flush()
    return push


async def _look_again(db: AsyncSession, row: FollowUp, content: Content, now: datetime, rules: Rules) -> None:
    """When the next silent person's moment comes; over when there is nobody left, and nobody can come any more."""
    people, got = _people(row, content, now, rules)
    first = people.with_only_columns(func.min(got.c.sent_at).label("first")).order_by(None)
    earliest = await db.scalar(first)
    look = LOOK.get(content.priority, LOOK_ELSE)
    if earliest is not None:
        row.next_at = max(earliest + timedelta(seconds=row.after or 0), now + look)
    else:
        row.next_at = now + look if await followups.still_sending(db, row.brief_id) else None
    await db.flush()


async def work(db: AsyncSession, brief_id: int, number: int, now: datetime, rules: Rules) -> Push | None:
    """One due reminder, or the first look at a brief; a transaction of its own for each of db.followups.due."""
    row = await followups.take(db, brief_id, number, now)
    if row is None:
        return None
    if await over(db, brief_id):
        await cancel(db, brief_id, now)
        return None
    content = Content.from_json((await table.edition(db, await followups.edition_sent(db, brief_id))).content)
    if number != ESCALATION:
        return await remind(db, row, content, now, rules)
    if row.after is None:
        await unfold(db, row, content, now, rules)
    return None
