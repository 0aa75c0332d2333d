"""Updates received from the platforms: stored first, worked once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base

KEPT = timedelta(days=30)  # for what nobody knew what to do with

class Update(Base):
    __tablename__ = "update"
    __table_args__ = (Index("ix_update_received_at", "received_at"),)
    channel: Mapped[str] = mapped_column(String(32), primary_key=True)
    update_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    payload: Mapped[dict[str, Any] | None]  # kept until done, for a restart in between
    error: Mapped[str | None]


async def store(
    db: AsyncSession, channel: str, arrived: Iterable[tuple[str, dict[str, Any]]], now: datetime
) -> set[str]:
    """Keep the updates not seen before; their ids are returned. Platforms repeat themselves: at least once."""
    rows = [{"channel": channel, "update_id": i, "received_at": now, "payload": p} for i, p in dict(arrived).items()]
    if not rows:
        return set()
    insert = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    new = insert(Update).values(rows).on_conflict_do_nothing().returning(Update.update_id)
    return set(await db.scalars(new))


async def finish(
    db: AsyncSession, channel: str, update_id: str, now: datetime, error: str | None = None, *, keep: bool = False
) -> bool:
    """Mark as worked, in the transaction that did the work. False: somebody else has worked it already.

    `keep`: nobody knew what to do with it, so its content stays for a while.
    """
    values: dict[str, Any] = {"done_at": now, "error": error} if keep else {
        "done_at": now, "error": error, "payload": None
    }
    done = await db.execute(
        update(Update)
        .where(Update.channel == channel, Update.update_id == update_id, Update.done_at.is_(None))
        .values(**values)
    )
    return done.rowcount == 1


async def finish_all(db: AsyncSession, channel: str, update_ids: Collection[str], now: datetime) -> None:
    if update_ids:
        done = update(Update).where(Update.channel == channel, Update.update_id.in_(update_ids))
        await db.execute(done.values(done_at=now, payload=None))


async def left_over(db: AsyncSession, channel: str, before: datetime, limit: int = 200) -> Sequence[Update]:
    """Received but never finished (the process died in between), oldest first."""
    waiting = select(Update).where(Update.channel == channel, Update.done_at.is_(None), Update.received_at < before)
    return (await db.scalars(waiting.order_by(Update.received_at, Update.update_id).limit(limit))).all()


async def forget(db: AsyncSession, before: datetime) -> None:
    """Drop finished rows older than the platforms' own memory (Telegram repeats for 24 hours); kept ones later."""
    over = or_(Update.payload.is_(None), Update.done_at < before - KEPT)
    await db.execute(delete(Update).where(Update.done_at < before, over))
