"""“Đã nhận”: recorded once, with whether it came in time.

Not in the audit log: its rows queue behind each other, and thousands press at once. The row itself never changes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from db import followups, matrix, receipts, webhooks
from db.briefs import Acknowledgement, BriefState
from db.pushes import Delivery, Push
from db.webhooks import Event
from network import briefs
from network.brief_content import Priority
from network.calendar import Calendar, load
from network.refusals import Refusal

NOT_YOURS = (
    "Bản tin này không gửi đến anh/chị nên không ghi nhận được. Nếu cần nhận tin, vui lòng liên hệ quản trị mạng lưới."
)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    at: datetime
    first: bool  # this press did it
    late: bool
    deadline: datetime | None


async def acknowledge(
    db: AsyncSession, brief_id: int, person_id: int, now: datetime, calendar: Calendar | None = None
) -> Acknowledged:
    """Reminders that wait for this person are not sent any more."""
    delivery = await received(db, brief_id, person_id)
    draft = await briefs.load(db, brief_id)
    if draft.state == BriefState.RECALLED:
        raise Refusal("Bản tin này đã được thu hồi. Anh/chị vui lòng không sử dụng nội dung đã nhận.", over=True)
    until = deadline(delivery.sent_at or now, draft.content.ack_hours, draft.content.priority, calendar)
    known = await db.get(Acknowledgement, (brief_id, person_id))
    if known:
        return Acknowledged(known.at, False, known.late, until)
    push = await db.get_one(Push, delivery.push_id)
    late = until is not None and now > until
    row = {"brief_id": brief_id, "person_id": person_id, "edition_id": push.edition_id, "at": now, "late": late}
    if not await receipts.acknowledge(db, row):  # another press of the same person came between
        return Acknowledged(now, False, late, until)
    await followups.withdraw(db, brief_id, person_id, "acknowledged")
    await webhooks.happened(db, Event.BRIEF_ACKNOWLEDGED, {"brief": brief_id, "person": person_id, "late": late}, now)
    return Acknowledged(now, True, late, until)


async def received(db: AsyncSession, brief_id: int, person_id: int) -> Delivery:
    """The first delivery of the brief to this person; refuses who never got it (a forwarded message)."""
    delivery = await receipts.first_delivery(db, brief_id, person_id)
    if delivery is None:
        raise Refusal(NOT_YOURS, over=True)
    return delivery


def deadline(
    received_at: datetime, hours: int | None, priority: Priority = Priority.NORMAL, calendar: Calendar | None = None
) -> datetime | None:
    """On a day off, a normal brief's lasts until the end of the next working day."""
    if not hours:
        return None
    end = received_at + timedelta(hours=hours)
    return (calendar or load()).end(end) if priority == Priority.NORMAL else end


@dataclass(frozen=True, slots=True)
class Row:
    """People of one agency, each counted once however many channels they have. `agency` None: people without one.

    `planned` is everybody; of these `sent` … `stopped` say where the message is, and of the `sent` the `silent` have
    said nothing. `lead` was told of them at `escalated_at`.
    """

    agency: str | None
    planned: int
    sent: int
    waiting: int
    unknown: int
    failed: int
    skipped: int
    stopped: int
    acknowledged: int
    late: int
    silent: int
    reminded: int
    delivered: int  # to the telephone, where the platform tells
    seen: int
    escalated_at: datetime | None
    lead: str | None

    @property
    def unreachable(self) -> int:
        return self.failed + self.skipped


async def by_agency(db: AsyncSession, brief_id: int, *, limit: int | None = None, offset: int = 0) -> list[Row]:
    """The live matrix, agencies by name."""
    rows = await matrix.by_agency(db, brief_id, limit=limit, offset=offset)
    return [Row(agency, *map(int, counts), at, lead) for _, agency, *counts, at, lead in rows]
