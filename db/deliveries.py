"""The ledger's statements: plan, claim, settle, lapse, count. Each is one statement, the same on both databases.

States are written as literals where a partial index has to match: with a bound value PostgreSQL's generic plans
and SQLite cannot know that the index applies.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from db.people import Identity, Person
from db.pushes import OPEN_ENDS, Delivery, DeliveryState, Push

D, P, ID = Delivery.__table__, Person.__table__, Identity.__table__
READY = text("delivery.state = 'planned' AND delivery.not_before IS NULL")
LATER = text("delivery.state = 'planned' AND delivery.not_before IS NOT NULL")
LEASED = text("delivery.state = 'leased'")
ENDED = text(f"delivery.state IN {OPEN_ENDS}")
RESENT, ANSWER_LOST = "resent", "answer_lost"  # kinds: goes once more, or went, to who may have it; may have it


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery this worker may send now."""

    id: int
    push_id: int
    person_id: int
    identity_id: int
    address: str
    attempts: int
    kind: str | None
    target: str | None
    zone: str = ""  # the person's
    spoke_at: datetime | None = None  # when they last wrote, or pressed, at this address


@dataclass(frozen=True, slots=True)
class Settled:
    """What one claimed row becomes."""

    id: int
    state: DeliveryState
    kind: str | None = None
    attempts: int = 0
    not_before: datetime | None = None
    sent_at: datetime | None = None
    message_ids: str | None = None
    error: str | None = None
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """Where the rows of a push are. `by_kind` says why: {("failed", "refused"): 3, …}."""

    planned: int
    ready: int = 0
    later: int = 0
    leased: int = 0
    by_kind: dict[tuple[str, str], int] = field(default_factory=dict)

    def of(self, state: DeliveryState) -> int:
        return sum(count for (name, _), count in self.by_kind.items() if name == state)

    @property
    def open(self) -> int:
        return self.ready + self.later + self.leased

    @property
    def sent(self) -> int:
        return self.planned - self.open - sum(self.by_kind.values())


async def plan(db: AsyncSession, push: Push, recipients: Select[Any], wait: dict[str, datetime]) -> int:
    """A row per recipient of `recipients` (person_id, identity_id, channel, address, zone [, target]) who has none yet.

    `wait` maps a time zone to the moment before which its people are left in peace. Returns the number of new rows.
    """
    who = recipients.subquery("who")
    moments = {zone: literal(moment, D.c.not_before.type) for zone, moment in wait.items()}
    not_before: Any = case(moments, value=who.c.zone, else_=null()) if wait else null()
    values = {
        "push_id": literal(push.id), "person_id": who.c.person_id, "identity_id": who.c.identity_id,
        "channel": who.c.channel, "address": who.c.address, "priority": literal(push.priority),
        "state": literal(DeliveryState.PLANNED.value), "attempts": literal(0),
        "not_before": not_before,
    }
    if "target" in who.c:
        values["target"] = who.c.target
    rows = select(*values.values())
    if push.planned:  # a later addition: only people who are not in this push yet, on any channel
        present = select(D.c.id).where(D.c.push_id == push.id, D.c.person_id == who.c.person_id)
        rows = rows.where(~present.exists())
    result = await db.execute(insert(D).from_select(list(values), rows))
    return cast(CursorResult[Any], result).rowcount


_PICKED = (
    select(D.c.id)
    .where(D.c.push_id == bindparam("b_push"), D.c.channel == bindparam("b_channel"), READY)
    .order_by(D.c.id)
    .limit(bindparam("b_limit"))
    .with_for_update(skip_locked=True)
    .cte("picked")
)
_CLAIM = (
    update(D)
    .where(D.c.id.in_(select(_PICKED.c.id)))
    .values(state=DeliveryState.LEASED, worker=bindparam("b_worker"), lease_until=bindparam("b_until"))
    .returning(
        D.c.id, D.c.push_id, D.c.person_id, D.c.identity_id, D.c.address, D.c.attempts, D.c.kind, D.c.target,
        select(P.c.zone).where(P.c.id == D.c.person_id).scalar_subquery(),
        select(ID.c.last_interaction_at).where(ID.c.id == D.c.identity_id).scalar_subquery(),
    )
)


async def claim(
    db: AsyncSession, push_id: int, channel: str, worker: str, lease_until: datetime, limit: int
) -> list[Claimed]:
    """Up to `limit` due rows of one push, now leased to `worker`. Two workers never get the same row."""
    found = await db.execute(
        _CLAIM,
        {"b_push": push_id, "b_channel": channel, "b_worker": worker, "b_until": lease_until, "b_limit": limit},
    )
    return sorted((Claimed(*row) for row in found), key=lambda claimed: claimed.id)


_SETTLE = (
    update(D)
    .where(
        D.c.id == bindparam("b_id"),
        D.c.state != DeliveryState.SENT,
        # Whoever lost the lease may still report that the message went out; nothing else.
        or_(D.c.worker == bindparam("b_worker"), bindparam("b_state") == DeliveryState.SENT.value),
    )
    .values(
        state=bindparam("b_state"), kind=bindparam("b_kind"), attempts=bindparam("b_attempts"),
        not_before=bindparam("b_not_before"), sent_at=bindparam("b_sent_at"),
        message_ids=bindparam("b_message_ids"), error=bindparam("b_error"),
        cost=D.c.cost + bindparam("b_cost"), worker=None, lease_until=None,
    )
)


async def settle(db: AsyncSession, worker: str, rows: Sequence[Settled]) -> None:
    """Write the outcomes of a group of rows."""
    if rows:
        await (await db.connection()).execute(_SETTLE, [{"b_worker": worker, **_parameters(row)} for row in rows])


def _parameters(row: Settled) -> dict[str, Any]:
    return {
        "b_id": row.id, "b_state": row.state.value, "b_kind": row.kind, "b_attempts": row.attempts,
        "b_not_before": row.not_before, "b_sent_at": row.sent_at, "b_message_ids": row.message_ids,
        "b_error": row.error, "b_cost": row.cost,
    }


async def fall_due(db: AsyncSession, push_id: int, now: datetime, limit: int) -> int:
    """Rows whose waiting time is over become ready: after quiet hours, or for another try."""
    due = (
        select(D.c.id)
        .where(D.c.push_id == push_id, D.c.not_before <= now, LATER)
        .order_by(D.c.not_before)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    result = await db.execute(update(D).where(D.c.id.in_(select(due.c.id))).values(not_before=None))
    return cast(CursorResult[Any], result).rowcount


async def postpone(db: AsyncSession, push_id: int, wait: dict[str, datetime], limit: int) -> int:
    """Ready rows of people in the zones of `wait` are left until the moments given there."""
    moments = case({zone: literal(moment, D.c.not_before.type) for zone, moment in wait.items()}, value=P.c.zone)
    picked = (
        select(D.c.id)
        .join(P, P.c.id == D.c.person_id)
        .where(D.c.push_id == push_id, READY, P.c.zone.in_(list(wait)))
        .order_by(D.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=D)
        .cte("resting")
    )
    until = select(moments).where(P.c.id == D.c.person_id).scalar_subquery()
    rest = update(D).where(D.c.id.in_(select(picked.c.id))).values(not_before=until)
    return len((await db.execute(rest.returning(D.c.id))).all())  # SQLite counts no rows of a statement WITH …


async def renew(db: AsyncSession, worker: str, ids: Sequence[int], until: datetime) -> None:
    """Rows still in hand: their worker lives."""
    mine = update(D).where(D.c.id.in_(ids), D.c.worker == worker, LEASED)
    await db.execute(mine.values(lease_until=until))


async def lapse(db: AsyncSession, now: datetime, *, dead: Iterable[str] = ()) -> int:
    """Leased rows nobody works on any more (lease over, or worker known dead) may have arrived or not.

    Their push says what follows: once more (marked, so that nobody gets it a third time), or shown as unknown.
    """
    lost = or_(D.c.lease_until < now, D.c.worker.in_(list(dead)))
    resend = select(Push.id).where(Push.resend_unsure)
    free = {"worker": None, "lease_until": None}
    again = update(D).where(LEASED, lost, D.c.kind.is_distinct_from(RESENT), D.c.push_id.in_(resend))
    first = await db.execute(again.values(state=DeliveryState.PLANNED, kind=RESENT, not_before=None, **free))
    second = await db.execute(update(D).where(LEASED, lost).values(state=DeliveryState.UNKNOWN, **free))
    return cast(CursorResult[Any], first).rowcount + cast(CursorResult[Any], second).rowcount


async def lessees(db: AsyncSession) -> set[str]:
    """Workers that hold leases."""
    return set(await db.scalars(select(D.c.worker).where(LEASED).distinct()))


async def withdraw(
    db: AsyncSession, why: str, *, identity_id: int | None = None, person_id: int | None = None,
    among: ColumnElement[bool] | None = None,
) -> int:
    """Nothing more goes to this identity or person: their planned rows are skipped. `among`: of these pushes only.

    Looked up push by push, as only unfinished ones have planned rows: the ledger of all years is not read.
    """
    unfinished = select(Push.id).where(Push.finished_at.is_(None))
    going = (await db.scalars(unfinished if among is None else unfinished.where(among))).all()
    mine = D.c.identity_id == identity_id if person_id is None else D.c.person_id == person_id
    rows = update(D).where(D.c.push_id.in_(going), mine, D.c.state == DeliveryState.PLANNED)
    result = await db.execute(rows.values(not_before=None, **_ended(DeliveryState.SKIPPED, literal(why))))
    return cast(CursorResult[Any], result).rowcount


async def forget_address(db: AsyncSession, identity_id: int, address: str) -> None:
    """In the whole ledger `address` stands for it, found by the index of each push."""
    mine = update(D).where(D.c.push_id.in_(select(Push.id)), D.c.identity_id == identity_id)
    await db.execute(mine.values(address=address))


async def stop_rest(db: AsyncSession, push_id: int, limit: int) -> int:
    """Mark what a stopped push will not send, a part at a time: a million rows at once would hold up the others."""
    rest = select(D.c.id).where(D.c.push_id == push_id, text("delivery.state = 'planned'")).limit(limit)
    picked = rest.with_for_update(skip_locked=True).cte("rest")
    rows = update(D).where(D.c.id.in_(select(picked.c.id)))
    result = await db.execute(rows.values(not_before=None, **_ended(DeliveryState.STOPPED, D.c.kind)))
    return cast(CursorResult[Any], result).rowcount


def _ended(state: DeliveryState, kind: ColumnElement[Any]) -> dict[str, Any]:
    """What a planned row becomes that is not sent any more. One that waited to be sent once more may have arrived."""
    unsure = D.c.kind == RESENT
    return {
        "state": case((unsure, literal(DeliveryState.UNKNOWN.value)), else_=literal(state.value)),
        "kind": case((unsure, literal(ANSWER_LOST)), else_=kind),
    }


async def reopen(
    db: AsyncSession, push_id: int, state: DeliveryState, kinds: Sequence[str] = (), people: Sequence[str] = ()
) -> int:
    """Plan ended rows again; `people`: only of persons in these states, where they can be reached."""
    rows = update(D).where(D.c.push_id == push_id, D.c.state == state, ENDED)
    if kinds:
        rows = rows.where(D.c.kind.in_(kinds))
    if people:
        rows = rows.where(reached(people))
    kind = RESENT if state == DeliveryState.UNKNOWN else None
    again = rows.values(state=DeliveryState.PLANNED, attempts=0, not_before=None, error=None, kind=kind)
    return cast(CursorResult[Any], await db.execute(again)).rowcount


def reached(people: Sequence[str]) -> ColumnElement[bool]:
    """Of a row: its address belongs to a person in one of these states, who may be written to there.

    Where the window was closed, the person has spoken since the push began.
    """
    here = select(ID.c.id).join(P, P.c.id == ID.c.person_id).where(ID.c.id == D.c.identity_id)
    began = select(Push.created_at).where(Push.id == D.c.push_id).correlate(D).scalar_subquery()
    here = here.where(or_(D.c.kind.is_distinct_from("closed"), ID.c.last_interaction_at >= began))
    return here.where(ID.c.unreachable.is_(None), P.c.state.in_(people)).correlate(D).exists()


async def waiting_long(db: AsyncSession, push_id: int, until: datetime) -> tuple[int, datetime | None]:
    """How many rows wait beyond that moment, and when the first of them may go."""
    found = select(func.count(), func.min(D.c.not_before)).where(D.c.push_id == push_id, D.c.not_before > until, LATER)
    count, first = (await db.execute(found)).one()
    return count, first


async def waiting_by_channel(db: AsyncSession, push_id: int, until: datetime) -> dict[str, int]:
    """Rows that may go before that moment; what is under way right now is left out."""
    found: dict[str, int] = {}
    for part in (READY, and_(LATER, D.c.not_before <= until)):
        rows = select(D.c.channel, func.count()).where(D.c.push_id == push_id, part).group_by(D.c.channel)
        for channel, count in await db.execute(rows):
            found[channel] = found.get(channel, 0) + count
    return found


async def waits_on(db: AsyncSession, push_id: int, channel: str) -> bool:
    """Whether anything of the push is still planned or under way there."""
    mine = (D.c.push_id == push_id, D.c.channel == channel)
    parts = [exists(select(D.c.id).where(*mine, part)) for part in (READY, LATER, LEASED)]
    return bool(await db.scalar(select(or_(*parts))))


async def open_rows(db: AsyncSession, push_id: int) -> bool:
    """Whether anything is still planned or under way."""
    mine = D.c.push_id == push_id
    leased = exists(select(D.c.id).where(mine, LEASED))
    ready = exists(select(D.c.id).where(mine, READY))
    later = exists(select(D.c.id).where(mine, LATER))
    return bool(await db.scalar(select(or_(ready, later, leased))))


async def counts(db: AsyncSession, push: Push) -> Counts:
    """From the partial indexes only; what is sent is the rest, so a million sent rows are never read."""
    mine = D.c.push_id == push.id
    parts = (READY, LATER, LEASED)
    totals = [select(func.count()).select_from(D).where(mine, part).scalar_subquery() for part in parts]
    ready, later, leased = (await db.execute(select(*totals))).one()
    ends = select(D.c.state, D.c.kind, func.count()).where(mine, ENDED)
    rows = await db.execute(ends.group_by(D.c.state, D.c.kind))
    return Counts(push.planned, ready, later, leased, {(state, kind or ""): count for state, kind, count in rows})
