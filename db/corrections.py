"""What a correction and a recall go to: who received the wrong text, in which messages, and what became of these."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, null, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.briefs import Brief, BriefState, Edition, editions_of
from db.people import MEMBERS, Identity, Person, PersonState
from db.pushes import Delivery, DeliveryState, Push, PushKind

LETTERS = (PushKind.BRIEF, PushKind.CORRECTION)
EVERYTHING = (*LETTERS, PushKind.REMINDER)
RECEIVED = (DeliveryState.SENT, DeliveryState.UNKNOWN)
ENDED = (DeliveryState.STOPPED, DeliveryState.FAILED, DeliveryState.SKIPPED)
NO_MESSAGE = "?"  # the target of somebody who may have it: no message is known that could be changed
SILENTLY = "!"  # in the target of who has left: messages are taken away, none comes
SUPERSEDED = "đã có bản đính chính"  # why a push was stopped whose rest is sent with the right text


def received(edition_id: int) -> Select[Any]:
    """Rows for network.pushes.plan: everybody with the wrong edition (`target`: its messages), and whom its stopped
    push still owed a letter (no target). Who has left is not written to any more.
    """
    return _rows(edition_id).where(or_(_has_it(), _was_owed_it()), Person.state.in_(MEMBERS))


def _has_it() -> ColumnElement[bool]:
    """Also who should have been told by a correction and was not: the stopped and the failed of its push."""
    untold = and_(Push.kind == PushKind.CORRECTION, Delivery.target.is_not(None), Delivery.state.in_(ENDED))
    return or_(Delivery.state.in_(RECEIVED), untold)


def _was_owed_it() -> ColumnElement[bool]:
    return and_(Delivery.state == DeliveryState.STOPPED, Push.stop_reason == SUPERSEDED)


def _rows(edition_id: int) -> Select[Any]:
    changed = and_(Push.kind == PushKind.CORRECTION, Delivery.target != NO_MESSAGE)  # corrected before, in place
    target = case(
        (changed, Delivery.target),
        (and_(Delivery.state == DeliveryState.STOPPED, Delivery.target.is_(None)), null()),
        else_=func.coalesce(Delivery.message_ids, NO_MESSAGE),
    )
    return (
        select(
            Delivery.person_id, Delivery.identity_id, Identity.channel, Identity.address, Person.zone,
            target.label("target"),
        )
        .join(Push, Push.id == Delivery.push_id)
        .join(Identity, Identity.id == Delivery.identity_id)
        .join(Person, Person.id == Delivery.person_id)
        .where(Push.edition_id == edition_id, Push.kind.in_(LETTERS))
    )


async def have_it(db: AsyncSession, edition_id: int) -> int:
    """How many a correction of this edition goes to now, the ones still owed a letter left out."""
    rows = _rows(edition_id).where(_has_it(), Person.state.in_(MEMBERS)).subquery()
    return await db.scalar(select(func.count()).select_from(rows)) or 0


async def unready(db: AsyncSession, brief_id: int, corrects: Any) -> list[str]:
    """What only the database knows to be wrong with a correction (network.brief_content.Correction or None)."""
    known = await db.scalar(select(Brief.corrects_id).where(Brief.id == brief_id))
    if known == (corrects.brief if corrects else None):
        return []
    return ["Đính chính: nội dung này không gắn với bản tin cần đính chính; vui lòng bắt đầu từ bản tin đã gửi"]


def everything(brief_ids: Sequence[int]) -> Select[Any]:
    """Rows for network.pushes.plan: an identity with all its messages of these briefs, also of people who have left."""
    editions = select(Edition.id).where(Edition.brief_id.in_(list(brief_ids)))
    known = func.coalesce(func.aggregate_strings(Delivery.message_ids, " "), NO_MESSAGE)
    target = case((Person.state.in_(MEMBERS), known), else_=f"{SILENTLY} " + known)
    return (
        select(
            Identity.person_id, Identity.id.label("identity_id"), Identity.channel, Identity.address, Person.zone,
            target.label("target"),
        )
        .select_from(Delivery)
        .join(Push, Push.id == Delivery.push_id)
        .join(Identity, Identity.id == Delivery.identity_id)
        .join(Person, Person.id == Identity.person_id)
        .where(Push.edition_id.in_(editions), Push.kind.in_(EVERYTHING), Delivery.state.in_(RECEIVED))
        .where(Person.state != PersonState.ERASED)
        .group_by(Identity.id, Identity.person_id, Identity.channel, Identity.address, Person.zone, Person.state)
    )


async def pushes_of(db: AsyncSession, brief_ids: Sequence[int], kinds: Sequence[str]) -> Sequence[Push]:
    """As they are now, the oldest first."""
    editions = select(Edition.id).where(Edition.brief_id.in_(list(brief_ids)))
    mine = select(Push).where(Push.edition_id.in_(editions), Push.kind.in_(kinds)).order_by(Push.id)
    return (await db.scalars(mine.execution_options(populate_existing=True))).all()


async def of_edition(db: AsyncSession, edition_id: int) -> Sequence[Push]:
    """The letters' pushes of one edition."""
    mine = select(Push).where(Push.edition_id == edition_id, Push.kind.in_(LETTERS)).order_by(Push.id)
    return (await db.scalars(mine.execution_options(populate_existing=True))).all()


async def sent_at(db: AsyncSession, edition_id: int) -> datetime | None:
    """When the sending of an edition began."""
    mine = select(func.min(Push.created_at)).where(Push.edition_id == edition_id, Push.kind.in_(LETTERS))
    return await db.scalar(mine)


async def recall_of(db: AsyncSession, brief_id: int) -> Push | None:
    """A family has one, on an edition of its first brief."""
    mine = select(Push).where(Push.edition_id.in_(editions_of(brief_id)), Push.kind == PushKind.RECALL)
    return await db.scalar(mine.order_by(Push.id.desc()).limit(1).execution_options(populate_existing=True))


async def family(db: AsyncSession, brief_id: int) -> list[int]:
    """The brief corrected first, then its corrections, each correcting the one before; dropped ones included."""
    first = brief_id
    while (before := await db.scalar(select(Brief.corrects_id).where(Brief.id == first))) is not None:
        first = before
    found, last = [first], [first]
    while last:
        corrections = select(Brief.id).where(Brief.corrects_id.in_(last)).order_by(Brief.id)
        last = list(await db.scalars(corrections))
        found += last
    return found


async def corrections_of(db: AsyncSession, brief_id: int) -> Sequence[tuple[int, str, bool]]:
    """(brief, state, whether anything of it was sent) of each correction begun, the newest first."""
    sent = select(Push.id).join(Edition, Edition.id == Push.edition_id)
    sent = sent.where(Edition.brief_id == Brief.id, Push.kind == PushKind.CORRECTION)
    rows = select(Brief.id, Brief.state, sent.exists()).where(Brief.corrects_id == brief_id)
    return [tuple(row) for row in await db.execute(rows.order_by(Brief.id.desc()))]


async def successor(db: AsyncSession, brief_id: int) -> int | None:
    """The correction of this brief that went out."""
    found = await corrections_of(db, brief_id)
    return next((number for number, _state, sent in found if sent), None)


async def being_written(db: AsyncSession, brief_id: int) -> tuple[int, str] | None:
    """(brief, state) of a correction that has not gone out and was not dropped."""
    found = await corrections_of(db, brief_id)
    ended = (BriefState.STOPPED, BriefState.RECALLED)
    return next(((number, state) for number, state, sent in found if not sent and state not in ended), None)


async def by_kind(db: AsyncSession, push_id: int) -> dict[tuple[str, str], int]:
    """(state, kind) → rows, of a correction's or a recall's push. Reads all its rows."""
    rows = select(Delivery.state, Delivery.kind, func.count()).where(Delivery.push_id == push_id)
    found = await db.execute(rows.group_by(Delivery.state, Delivery.kind))
    return {(state, kind or ""): count for state, kind, count in found}
