"""Pushes: planned in one statement, steered while they run, and what becomes of rows nobody is sure about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import bell, deliveries
from db.briefs import Acknowledgement, Edition
from db.deliveries import Claimed, Settled
from db.people import zones
from db.pushes import Delivery, DeliveryState, Push, PushKind, PushState
from network import failures
from network.quiet import Quiet
from network.refusals import Refusal

DEFAULT_QUIET = Quiet()
FLASH = 0
ON_ITS_WAY = timedelta(seconds=5)  # a claimed letter may wait so long for its turn in the lane
STOPPING = "Việc dừng gửi đang được hoàn tất. Vui lòng thử lại sau ít phút."
PAUSED = "Việc gửi đang tạm dừng. Vui lòng gửi tiếp trước, rồi làm lại bước này."
AT_REST_AT_ONCE = 50_000  # rows: about a second on SQLite


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
    return {zone: until for zone in await zones(db) if (until := quiet.until(now, ZoneInfo(zone)))}


async def claim(
    db: AsyncSession, push_id: int, channel: str, worker: str, until: datetime, limit: int, *, now: datetime,
    quiet: Quiet,
) -> tuple[list[Claimed], int]:
    """Rows leased to the worker, and how many were ready up to `limit`. Whoever is in their quiet hours, whatever made
    their row ready (another try, a resumed push, a dead worker's lease), waits for their end instead.
    """
    rows = await deliveries.claim(db, push_id, channel, worker, until, limit)
    asleep = _asleep({row.zone for row in rows}, now, quiet)
    resting = [
        Settled(row.id, DeliveryState.PLANNED, row.kind, row.attempts, asleep[row.zone])
        for row in rows if row.zone in asleep
    ]
    await deliveries.settle(db, worker, resting)
    return [row for row in rows if row.zone not in asleep], len(rows)


def _asleep(zones: Iterable[str], now: datetime, quiet: Quiet) -> dict[str, datetime]:
    """Zones whose people must not hear a letter that leaves within a moment, and the ends of their quiet hours."""
    ends = {zone: quiet.until(now, ZoneInfo(zone)) or quiet.until(now + ON_ITS_WAY, ZoneInfo(zone)) for zone in zones}
    return {zone: end for zone, end in ends.items() if end}


async def spent(db: AsyncSession, push_id: int) -> int:
    """Đồng so far."""
    return await db.scalar(select(Push.spent).where(Push.id == push_id)) or 0


async def spend(db: AsyncSession, push_id: int, cost: int) -> None:
    more = update(Push).where(Push.id == push_id).values(spent=Push.spent + cost)
    await db.execute(more.execution_options(synchronize_session=False))


async def disturbing(db: AsyncSession) -> Sequence[int]:
    """Running pushes that have rows ready and may not send at night."""
    ready = exists().where(Delivery.push_id == Push.id, deliveries.READY)
    going = select(Push.id).where(Push.state == PushState.RUNNING, Push.by_night.is_(False), ready)
    return (await db.scalars(going.order_by(Push.id))).all()


async def let_rest(db: AsyncSession, push_id: int, wait: dict[str, datetime], limit: int) -> int:
    """The quiet hours begin while the push runs: rows of resting people wait. How many; again until it is 0."""
    return await deliveries.postpone(db, push_id, wait, limit)


async def rest_now(db: AsyncSession, push: Push, now: datetime, quiet: Quiet | None) -> None:
    """What a person has just made ready is put to rest at once where it is night, so that they hear of it; without
    `quiet` the schedule does it, as it does for what is more than one transaction should hold, and the claim sees to
    it in any case."""
    if wait := await _waits(db, push, now, quiet):
        await deliveries.postpone(db, push.id, wait, AT_REST_AT_ONCE)


async def add_members(
    db: AsyncSession, push: Push, recipients: Select[Any], now: datetime, quiet: Quiet | None = DEFAULT_QUIET
) -> int:
    """People who joined the audience since; nobody gets it twice."""
    push = await locked(db, push.id)
    if push.state == PushState.STOPPED:
        raise Refusal("Việc gửi đã dừng nên không gửi thêm cho ai.")
    added = await deliveries.plan(db, push, recipients, await _waits(db, push, now, quiet))
    if added:
        push.planned += added
        _go_again(push)
        await db.flush()
    return added


def _go_again(push: Push) -> None:
    """A paused one stays paused."""
    push.finished_at = push.stop_reason = None
    if push.state != PushState.PAUSED:
        push.state = PushState.RUNNING


async def locked(db: AsyncSession, push_id: int) -> Push:
    """As it stands, and so it stays until the commit: nobody ends it while rows are added."""
    return await db.get_one(Push, push_id, with_for_update=True, populate_existing=True)


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


async def retry_failed(
    db: AsyncSession, push_id: int, *, unsure: bool = True, people: Sequence[str] = ()
) -> int:
    """Failures another try may mend, and rows nobody is sure about. Returns how many go again.

    `people`: only to persons in these states who can be reached, also those who came back; without it to everybody.
    """
    kinds = failures.RETRIED + (failures.RETURNING if people else ())
    failed = (DeliveryState.FAILED, kinds)
    return await _again(db, push_id, [failed, (DeliveryState.UNKNOWN, ())] if unsure else [failed], people)


async def send_rest(db: AsyncSession, push_id: int, *, people: Sequence[str] = ()) -> int:
    """Those a stop left without. Returns how many go after all."""
    return await _again(db, push_id, [(DeliveryState.STOPPED, ())], people)


async def _again(
    db: AsyncSession, push_id: int, ends: Sequence[tuple[DeliveryState, Sequence[str]]], people: Sequence[str]
) -> int:
    push = await locked(db, push_id)
    if push.state == PushState.PAUSED:
        raise Refusal(PAUSED)
    if stopping(push):
        raise Refusal(STOPPING)
    again = sum([await deliveries.reopen(db, push_id, state, kinds, people) for state, kinds in ends])
    if again:
        _go_again(push)
        await db.flush()
        await bell.ring(db)
    return again


def stopping(push: Push) -> bool:
    """Told to stop, and rows are still being marked or under way: planned ones would go out if it ran again."""
    return push.state == PushState.STOPPED and push.finished_at is None


async def finish_if_empty(db: AsyncSession, push_id: int, now: datetime) -> bool:
    """A running push is done, a stopped one at rest, when nothing is planned or under way."""
    if await deliveries.open_rows(db, push_id):
        return False
    push = await locked(db, push_id)
    if push.finished_at or push.state not in (PushState.RUNNING, PushState.STOPPED):
        return False
    if await deliveries.open_rows(db, push_id):  # somebody sends again
        return False
    push.finished_at = now
    if push.state == PushState.RUNNING:
        push.state = PushState.DONE
    await db.flush()
    await bell.ring(db)
    return True


async def unfinished(db: AsyncSession) -> Sequence[tuple[int, str]]:
    """(id, state) of the pushes with rows to care for."""
    rows = await db.execute(select(Push.id, Push.state).where(Push.finished_at.is_(None)).order_by(Push.id))
    return [(row.id, row.state) for row in rows]


async def running(db: AsyncSession) -> Sequence[tuple[int, int, int, bool, bool, str]]:
    """(id, edition_id, priority, resend_unsure, by_night, kind) of the pushes that may send, the most urgent first."""
    going = select(Push.id, Push.edition_id, Push.priority, Push.resend_unsure, Push.by_night, Push.kind)
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
