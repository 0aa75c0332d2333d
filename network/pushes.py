"""Pushes: planned in one statement, steered while they run, and what becomes of rows nobody is sure about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import bell, deliveries
from db.briefs import Acknowledgement, Edition
from db.people import Person
from db.pushes import Delivery, DeliveryState, Push, PushKind, PushState
from network.quiet import Quiet
from network.refusals import Refusal

DEFAULT_QUIET = Quiet()
FLASH = 0
RETRIED = ("down", "held", "refused")  # kinds of failure that another try may mend


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of a push so far. `by_kind` explains failures and skips."""

    push_id: int
    state: PushState
    planned: int
    sent: int
    waiting: int
    unknown: int
    failed: int
    skipped: int
    stopped: int
    acknowledged: int
    by_kind: dict[str, int]
    stop_reason: str | None
    created_at: datetime
    finished_at: datetime | None


async def plan(
    db: AsyncSession, edition: Edition, *, recipients: Select[Any], priority: int, resend_unsure: bool,
    created_by: int | None, now: datetime, kind: PushKind = PushKind.BRIEF, quiet: Quiet | None = DEFAULT_QUIET,
    least: int = 1,
) -> Push:
    """A row per recipient in one INSERT … SELECT; the unique index on (edition, kind) lets no second push begin.

    `quiet` None: also at night, as hỏa tốc always goes.
    """
    push = Push(
        edition_id=edition.id, kind=kind, priority=priority, resend_unsure=resend_unsure, created_by=created_by,
        created_at=now, state=PushState.RUNNING, by_night=priority == FLASH or quiet is None,
    )
    db.add(push)
    await db.flush()
    push.planned = await deliveries.plan(db, push, recipients, await _waits(db, push, now, quiet))
    await bell.ring(db)
    if push.planned < least:
        raise Refusal("Không còn ai nhận được bản tin này lúc này. Vui lòng xem lại người nhận.")
    await db.flush()
    return push


async def _waits(db: AsyncSession, push: Push, now: datetime, quiet: Quiet | None) -> dict[str, datetime]:
    """Zone → moment before which its people are left in peace; empty when everybody may be written to."""
    return {} if push.by_night or quiet is None else await resting(db, now, quiet)


async def resting(db: AsyncSession, now: datetime, quiet: Quiet) -> dict[str, datetime]:
    """Zones in their quiet hours, and when these end."""
    zones = await db.scalars(select(Person.zone).distinct())
    return {zone: until for zone in zones if (until := quiet.until(now, ZoneInfo(zone)))}


async def disturbing(db: AsyncSession) -> Sequence[int]:
    """Running pushes that have rows ready and may not send at night."""
    ready = exists().where(Delivery.push_id == Push.id, deliveries.READY)
    going = select(Push.id).where(Push.state == PushState.RUNNING, Push.by_night.is_(False), ready)
    return (await db.scalars(going.order_by(Push.id))).all()


async def let_rest(db: AsyncSession, push_id: int, wait: dict[str, datetime], limit: int) -> int:
    """The quiet hours begin while the push runs: rows of resting people wait. How many; again until it is 0."""
    return await deliveries.postpone(db, push_id, wait, limit)


async def resting_count(db: AsyncSession, push: Push) -> int:
    """Recipients who are being left in peace for now."""
    return (await deliveries.counts(db, push)).later


async def add_members(
    db: AsyncSession, push: Push, recipients: Select[Any], now: datetime, quiet: Quiet | None = DEFAULT_QUIET
) -> int:
    """People who joined the audience since; nobody gets it twice."""
    added = await deliveries.plan(db, push, recipients, await _waits(db, push, now, quiet))
    if added:
        more = update(Push).where(Push.id == push.id)
        await db.execute(
            more.values(planned=Push.planned + added, state=_going_again(push), finished_at=None)
        )
    return added


def _going_again(push: Push) -> str:
    return PushState.RUNNING if push.state == PushState.DONE else push.state


async def _move(db: AsyncSession, push_id: int, wanted: PushState, *possible: PushState, **values: Any) -> bool:
    """False when the push is in none of the possible states (somebody was faster)."""
    change = update(Push).where(Push.id == push_id, Push.state.in_(possible)).values(state=wanted, **values)
    await bell.ring(db)
    return (await db.execute(change.execution_options(synchronize_session="fetch"))).rowcount == 1


async def pause(db: AsyncSession, push_id: int, now: datetime) -> bool:
    return await _move(db, push_id, PushState.PAUSED, PushState.RUNNING)


async def resume(db: AsyncSession, push_id: int, now: datetime) -> bool:
    return await _move(db, push_id, PushState.RUNNING, PushState.PAUSED)


async def stop(db: AsyncSession, push_id: int, now: datetime, reason: str | None = None) -> bool:
    """What is not sent yet never will be; rows are marked by the worker, a part at a time."""
    return await _move(
        db, push_id, PushState.STOPPED, PushState.RUNNING, PushState.PAUSED, stop_reason=reason
    )


async def retry_failed(db: AsyncSession, push_id: int, now: datetime, *, unsure: bool = True) -> int:
    """Failures another try may mend, and rows nobody is sure about. Returns how many go again."""
    again = await deliveries.reopen(db, push_id, [DeliveryState.FAILED], RETRIED)
    if unsure:
        again += await deliveries.reopen(db, push_id, [DeliveryState.UNKNOWN])
    if again:
        await _move(
            db, push_id, PushState.RUNNING, PushState.DONE, PushState.STOPPED, PushState.PAUSED, finished_at=None,
            stop_reason=None,
        )
    return again


async def finish_if_empty(db: AsyncSession, push_id: int, now: datetime) -> bool:
    """A running push is done, a stopped one at rest, when nothing is planned or under way."""
    if await deliveries.open_rows(db, push_id):
        return False
    if await _move(db, push_id, PushState.DONE, PushState.RUNNING, finished_at=now):
        return True
    return await _move(db, push_id, PushState.STOPPED, PushState.STOPPED, finished_at=now)


async def unfinished(db: AsyncSession) -> Sequence[tuple[int, str]]:
    """(id, state) of the pushes with rows to care for."""
    rows = await db.execute(select(Push.id, Push.state).where(Push.finished_at.is_(None)).order_by(Push.id))
    return [(row.id, row.state) for row in rows]


async def running(db: AsyncSession) -> Sequence[tuple[int, int, int, bool, str]]:
    """(id, edition_id, priority, resend_unsure, kind) of the pushes that may send, the most urgent first."""
    going = select(Push.id, Push.edition_id, Push.priority, Push.resend_unsure, Push.kind)
    rows = await db.execute(going.where(Push.state == PushState.RUNNING).order_by(Push.priority, Push.id))
    return [tuple(row) for row in rows]


async def progress(db: AsyncSession, push_id: int) -> Progress:
    push = await db.get_one(Push, push_id, populate_existing=True)
    counts = await deliveries.counts(db, push)
    edition = await db.get_one(Edition, push.edition_id)
    acknowledged = select(func.count()).where(Acknowledgement.brief_id == edition.brief_id)
    if push.kind != PushKind.BRIEF:  # who pressed “Đã nhận” received the brief; the others went to some of them
        here = select(Delivery.person_id).where(Delivery.push_id == push_id)
        acknowledged = acknowledged.where(Acknowledgement.person_id.in_(here))
    return Progress(
        push_id=push_id, state=PushState(push.state), planned=push.planned, sent=counts.sent,
        waiting=counts.open, unknown=counts.of(DeliveryState.UNKNOWN), failed=counts.of(DeliveryState.FAILED),
        skipped=counts.of(DeliveryState.SKIPPED), stopped=counts.of(DeliveryState.STOPPED),
        acknowledged=await db.scalar(acknowledged) or 0,
        by_kind={f"{state}:{kind}": count for (state, kind), count in counts.by_kind.items()},
        stop_reason=push.stop_reason, created_at=push.created_at, finished_at=push.finished_at,
    )
