"""After a sending: failures another try may mend, people nobody is sure about, people who joined since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import briefs as table
from db import corrections, deliveries
from db.agencies import Agency
from db.briefs import BriefState
from db.people import Person, PersonState
from db.pushes import Delivery, DeliveryState, Push
from network import audiences, briefs, failures, pushes, releases, reminders
from network.brief_content import Priority
from network.briefs import Acting, Draft
from network.quiet import Quiet
from network.refusals import Refusal
from network.roles import Permission


@dataclass(frozen=True, slots=True)
class Chance:
    """How many another sending would go to."""

    failed: int  # failed for a reason that may have passed
    unsure: int  # may have it already
    stopped: int  # the sending was stopped before their turn
    new: int  # of the audience, and never planned


@dataclass(frozen=True, slots=True)
class Row:
    person_id: int
    name: str
    agency: str | None
    state: str
    kind: str | None
    error: str | None


async def chance(db: AsyncSession, draft: Draft, push: Push) -> Chance:
    mine = select(func.count()).select_from(Delivery)
    mine = mine.where(Delivery.push_id == push.id, deliveries.ENDED, deliveries.reached(_states(draft)))
    mendable = failures.RETRIED + failures.RETURNING
    failed = mine.where(Delivery.state == DeliveryState.FAILED, Delivery.kind.in_(mendable))
    unsure = mine.where(Delivery.state == DeliveryState.UNKNOWN)
    stopped = mine.where(Delivery.state == DeliveryState.STOPPED)
    who = _recipients(draft).subquery()
    planned = select(Delivery.person_id).where(Delivery.push_id == push.id)
    new = select(func.count()).select_from(who).where(who.c.person_id.not_in(planned))
    return Chance(*[await db.scalar(counted) or 0 for counted in (failed, unsure, stopped, new)])


async def retry(
    db: AsyncSession, brief_id: int, who: Acting, now: datetime, *, unsure: bool = True, quiet: Quiet | None = None
) -> int:
    """Failures and, unless told otherwise, rows nobody is sure about: these people may get the brief twice."""
    person, draft, push = await _ended(db, brief_id, who)
    again = await pushes.retry_failed(db, push.id, unsure=unsure, people=_states(draft))
    if not again:
        raise Refusal("Không còn ai cần gửi lại.")
    await pushes.rest_now(db, push, now, quiet)
    await _going(db, draft, now, "brief.retried", person, {"push": push.id, "again": again})
    return again


async def send_rest(
    db: AsyncSession, brief_id: int, who: Acting, now: datetime, *, quiet: Quiet | None = None
) -> int:
    """The sending was stopped and goes on after all, to those it had not reached."""
    person, draft, push = await _ended(db, brief_id, who)
    again = await pushes.send_rest(db, push.id, people=_states(draft))
    if not again:
        raise Refusal("Không còn ai chưa được gửi vì việc gửi đã dừng.")
    await pushes.rest_now(db, push, now, quiet)
    await _going(db, draft, now, "brief.rest_sent", person, {"push": push.id, "again": again})
    return again


async def add_new(db: AsyncSession, brief_id: int, who: Acting, now: datetime, quiet: Quiet) -> int:
    """People who joined the audience since; nobody gets it twice."""
    person, draft, push = await _ended(db, brief_id, who)
    if draft.state == BriefState.STOPPED:
        raise Refusal("Việc gửi bản tin này đã dừng hẳn nên không gửi thêm cho thành viên mới.")
    added = await pushes.add_members(db, push, _recipients(draft), now, quiet)
    if not added:
        raise Refusal("Không có thành viên mới nào thuộc diện nhận bản tin này.")
    await _going(db, draft, now, "brief.added", person, {"push": push.id, "added": added})
    return added


async def rows(db: AsyncSession, push_id: int, states: Sequence[str], limit: int | None = None) -> list[Row]:
    """By name: whom the sending did not reach for certain, or any other state asked for."""
    found = (
        select(Person.id, Person.full_name, Agency.name, Delivery.state, Delivery.kind, Delivery.error)
        .select_from(Delivery)
        .join(Person, Person.id == Delivery.person_id)
        .outerjoin(Agency, Agency.id == Person.agency_id)
        .where(Delivery.push_id == push_id, or_(*(Delivery.state == state for state in states)))
        .order_by(Agency.name, Person.full_name, Delivery.id)
        .limit(limit)
    )
    return [Row(*row) for row in await db.execute(found)]


def _recipients(draft: Draft) -> Select[Any]:
    return audiences.recipients(audiences.Audience.from_json(draft.audience), flash=_flash(draft))


def _states(draft: Draft) -> tuple[PersonState, ...]:
    """Of people who are still written to: whoever has left, or rests, since the sending began is left in peace."""
    return audiences.states(flash=_flash(draft) or draft.content.corrects is not None)


def _flash(draft: Draft) -> bool:
    return draft.content.priority == Priority.FLASH


async def _ended(db: AsyncSession, brief_id: int, who: Acting) -> tuple[int, Draft, Push]:
    person = briefs.need(who, Permission.SEND, "gửi bản tin")
    draft = await briefs.load(db, brief_id, lock=True)
    push = await releases.push_of(db, brief_id)
    if push is None or draft.state not in releases.SENT:
        raise Refusal(f"{briefs.stands(draft.state)} nên không có gì để gửi lại.", over=True)
    if newer := await corrections.successor(db, brief_id):
        raise Refusal(f"Bản tin này đã được đính chính. Vui lòng gửi từ bản đính chính số {newer}.", over=True)
    if (await table.edition(db, push.edition_id)).id != draft.edition_id:
        raise Refusal("Bản tin đã có bản mới hơn bản đã gửi. Vui lòng gửi bản mới.")
    return person, draft, push


async def _going(
    db: AsyncSession, draft: Draft, now: datetime, act: str, person: int, detail: dict[str, Any]
) -> None:
    await briefs.move(db, draft, BriefState.SENDING, now, act, person, detail=detail)
    await reminders.resume(db, draft.id, now)
