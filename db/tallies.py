"""How often something worth knowing happened on a channel: events nobody knows, wrong signatures, refused calls."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class Tally(Base):
    __tablename__ = "tally"
    channel: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime]


async def add(db: AsyncSession, channel: str, counted: Mapping[str, tuple[int, datetime]]) -> None:
    """Name → (how often since the last time, when last)."""
    insert: Any = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    for name, (count, last_at) in sorted(counted.items()):
        row = insert(Tally).values(channel=channel, name=name[:80], count=count, last_at=last_at)
        more = {"count": Tally.count + count, "last_at": last_at}
        await db.execute(row.on_conflict_do_update(index_elements=[Tally.channel, Tally.name], set_=more))


async def of(db: AsyncSession, channel: str) -> Sequence[Tally]:
    return (await db.scalars(select(Tally).where(Tally.channel == channel).order_by(Tally.name))).all()
