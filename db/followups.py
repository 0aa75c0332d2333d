"""What is still to be done about a brief's silent people: a row per reminder, and one that leads to the escalation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, Subquery, exists, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.briefs import Acknowledgement, editions_of
from db.people import Identity, Person
from db.pushes import Delivery, DeliveryState, Push, PushKind

ESCALATION = 0  # the number of the row that ends in the escalation; reminders count from 1
ORIGINAL = (PushKind.BRIEF, PushKind.CORRECTION)
GOING = (DeliveryState.PLANNED, DeliveryState.LEASED)


class FollowUp(Base):
    __tablename__ = "follow_up"
    __table_args__ = (
        Index(
            "ix_follow_up_next_at", "next_at",
            sqlite_where=text("next_at IS NOT NULL"), postgresql_where=text("next_at IS NOT NULL"),
        ),
    )
    brief_id: Mapped[int] = mapped_column(ForeignKey("brief.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    after: Mapped[int | None]  # seconds from receipt to the reminder, or to the deadline; None: not worked out yet
    next_at: Mapped[datetime | None]  # when to look (again); None: over
    push_id: Mapped[int | None] = mapped_column(ForeignKey("push.id"))  # the reminder's


class Escalation(Base):
    """The silent of one agency, as told to whoever leads it."""

    __tablename__ = "escalation"
    brief_id: Mapped[int] = mapped_column(ForeignKey("brief.id"), primary_key=True)
    agency_id: Mapped[int] = mapped_column(primary_key=True)  # 0: people without an agency
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: nobody leads it
    people: Mapped[int]
    at: Mapped[datetime]


async def due(db: AsyncSession, now: datetime) -> Sequence[tuple[int, int]]:
    """(brief, number) in the order in which they fall due."""
    rows = select(FollowUp.brief_id, FollowUp.number).where(FollowUp.next_at <= now)
    return [tuple(row) for row in await db.execute(rows.order_by(FollowUp.next_at, FollowUp.number))]


async def take(db: AsyncSession, brief_id: int, number: int, now: datetime) -> FollowUp | None:
    """Locked until the transaction ends; None when another process has it, or had it already."""
    wanted = select(FollowUp).where(
        FollowUp.brief_id == brief_id, FollowUp.number == number, FollowUp.next_at <= now
    )
    return await db.scalar(wanted.with_for_update(skip_locked=True).execution_options(populate_existing=True))


async def of_brief(db: AsyncSession, brief_id: int) -> Sequence[FollowUp]:
    return (await db.scalars(select(FollowUp).where(FollowUp.brief_id == brief_id).order_by(FollowUp.number))).all()


async def end_all(db: AsyncSession, brief_id: int) -> None:
    rows = update(FollowUp).where(FollowUp.brief_id == brief_id, FollowUp.next_at.is_not(None))
    await db.execute(rows.values(next_at=None).execution_options(synchronize_session="fetch"))


def received(brief_id: int) -> Subquery:
    """person_id, sent_at (the first time), last (id of the newest delivery that arrived)."""
    return (
        select(Delivery.person_id, func.min(Delivery.sent_at).label("sent_at"), func.max(Delivery.id).label("last"))
        .join(Push, Push.id == Delivery.push_id)
        .where(Push.edition_id.in_(editions_of(brief_id)), Push.kind.in_(ORIGINAL))
        .where(Delivery.state == DeliveryState.SENT)
        .group_by(Delivery.person_id)
        .subquery("received")
    )


def silent(brief_id: int, states: Sequence[str], push_id: int | None) -> tuple[Select[Any], Subquery]:
    """Rows for network.pushes.plan (`target`: what to reply to) of people who received the brief and said nothing,
    can be reached, and are not in the push given; and the subquery that knows since when they have it.
    """
    got = received(brief_id)
    done = exists().where(Acknowledgement.brief_id == brief_id, Acknowledgement.person_id == got.c.person_id)
    rows = (
        select(
            got.c.person_id, Identity.id.label("identity_id"), Identity.channel, Identity.address, Person.zone,
            Delivery.message_ids.label("target"),
        )
        .select_from(got)
        .join(Delivery, Delivery.id == got.c.last)
        .join(Identity, Identity.id == Delivery.identity_id)
        .join(Person, Person.id == got.c.person_id)
        .where(~done, Person.state.in_(list(states)), Identity.unreachable.is_(None))
    )
    if push_id is not None:
        mine = Delivery.__table__.alias("mine")
        rows = rows.where(~exists().where(mine.c.push_id == push_id, mine.c.person_id == got.c.person_id))
    return rows, got


def reminded_since(brief_id: int, person_id: Any, since: datetime) -> Any:
    """Whether a reminder of this brief is on its way to the person, or came to them after `since`."""
    mine = select(FollowUp.push_id).where(FollowUp.brief_id == brief_id, FollowUp.push_id.is_not(None))
    other = Delivery.__table__.alias("reminded")
    return (
        select(other.c.id)
        .where(other.c.push_id.in_(mine), other.c.person_id == person_id)
        .where(or_(other.c.state.in_(GOING), other.c.sent_at > since))
        .exists()
    )


async def edition_sent(db: AsyncSession, brief_id: int) -> int:
    """The newest edition that went out; a correction being written does not count."""
    mine = select(Push.edition_id).where(Push.edition_id.in_(editions_of(brief_id)), Push.kind.in_(ORIGINAL))
    return (await db.scalars(mine.order_by(Push.id.desc()).limit(1))).one()


async def last_received(db: AsyncSession, brief_id: int) -> datetime | None:
    got = select(func.max(Delivery.sent_at)).join(Push, Push.id == Delivery.push_id)
    return await db.scalar(got.where(Push.edition_id.in_(editions_of(brief_id)), Push.kind.in_(ORIGINAL)))


async def released_at(db: AsyncSession, brief_id: int) -> datetime:
    mine = select(func.min(Push.created_at)).where(Push.edition_id.in_(editions_of(brief_id)), Push.kind.in_(ORIGINAL))
    return (await db.scalars(mine)).one()


async def still_sending(db: AsyncSession, brief_id: int) -> bool:
    mine = select(Push.id).where(Push.edition_id.in_(editions_of(brief_id)), Push.kind.in_(ORIGINAL))
    return await db.scalar(mine.where(Push.finished_at.is_(None)).limit(1)) is not None


async def withdraw(db: AsyncSession, brief_id: int, person_id: int, why: str) -> None:
    """Reminders of this brief still waiting for a person are not sent."""
    mine = select(FollowUp.push_id).where(FollowUp.brief_id == brief_id, FollowUp.push_id.is_not(None))
    rows = update(Delivery).where(
        Delivery.person_id == person_id, Delivery.push_id.in_(mine), Delivery.state == DeliveryState.PLANNED
    )
    await db.execute(
        rows.values(state=DeliveryState.SKIPPED, kind=why).execution_options(synchronize_session=False)
    )
