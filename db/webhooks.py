"""Addresses of other programmes that are told what happens here, and each telling as a row until it arrived."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id


class Event(StrEnum):
    BRIEF_SENT = "brief.sent"
    BRIEF_ACKNOWLEDGED = "brief.acknowledged"
    QUESTION_UNANSWERED = "question.unanswered"


class Webhook(Base):
    __tablename__ = "webhook"
    id: Mapped[Id]
    url: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(String(64))  # signs every telling; the other side has it too
    events: Mapped[list[Any]]  # [Event, …]
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class Telling(Base):
    __tablename__ = "telling"
    __table_args__ = (
        Index(
            "ix_telling_due", "next_at",
            sqlite_where=text("next_at IS NOT NULL"), postgresql_where=text("next_at IS NOT NULL"),
        ),
        Index("ix_telling_over", "at", sqlite_where=text("next_at IS NULL"), postgresql_where=text("next_at IS NULL")),
    )
    id: Mapped[Id]
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"), index=True)
    event: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]  # when it happened
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]  # None: arrived or given up
    arrived_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)


async def listed(db: AsyncSession) -> Sequence[Webhook]:
    """Those not removed."""
    return (await db.scalars(select(Webhook).where(Webhook.removed_at.is_(None)).order_by(Webhook.id))).all()


async def happened(db: AsyncSession, event: Event, data: dict[str, Any], now: datetime) -> None:
    """In the transaction in which it happened, so that it is told if and only if it did."""
    for hook in await listed(db):
        if event in hook.events:
            db.add(Telling(webhook_id=hook.id, event=event, data=data, at=now, next_at=now))


async def any_due(db: AsyncSession, now: datetime) -> bool:
    return await db.scalar(select(Telling.id).where(Telling.next_at <= now).limit(1)) is not None


async def take(db: AsyncSession, now: datetime, lease: timedelta, limit: int) -> Sequence[tuple[Telling, Webhook]]:
    """Due ones, the oldest first, for this worker until the lease is over."""
    due = select(Telling.id).where(Telling.next_at <= now).order_by(Telling.next_at).limit(limit)
    mine = update(Telling).where(Telling.id.in_(due.with_for_update(skip_locked=True)))
    ids = (await db.scalars(mine.values(next_at=now + lease).returning(Telling.id))).all()
    rows = select(Telling, Webhook).join(Webhook, Webhook.id == Telling.webhook_id).where(Telling.id.in_(ids))
    return [(telling, hook) for telling, hook in await db.execute(rows.order_by(Telling.id))]


async def settle(db: AsyncSession, telling_id: int, **values: Any) -> None:
    await db.execute(update(Telling).where(Telling.id == telling_id).values(**values))


async def forget(db: AsyncSession, before: datetime, limit: int) -> int:
    """Those over, arrived or given up, of what happened before; how many went."""
    over = select(Telling.id).where(Telling.next_at.is_(None), Telling.at < before).order_by(Telling.at).limit(limit)
    return len((await db.scalars(delete(Telling).where(Telling.id.in_(over)).returning(Telling.id))).all())


async def remove(db: AsyncSession, hook: Webhook, now: datetime) -> None:
    hook.removed_at = now
    rest = update(Telling).where(Telling.webhook_id == hook.id, Telling.next_at.is_not(None))
    await db.execute(rest.values(next_at=None, error="removed"))
