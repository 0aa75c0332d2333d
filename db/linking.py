"""One person, several telephones: the code that joins them, and what was merged, so that it can be separated again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id
from db.people import Identity


class LinkCode(Base):
    __tablename__ = "link_code"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)  # of the code, which nobody has to read here
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Merge(Base):
    """`moved`: {"table.column": [primary keys as lists]} of the rows that were the absorbed person's."""

    __tablename__ = "merge"
    id: Mapped[Id]
    kept_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    absorbed_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    state_before: Mapped[str] = mapped_column(String(16))
    moved: Mapped[dict[str, Any]]
    merged_at: Mapped[datetime]
    separated_at: Mapped[datetime | None]


async def open_code(db: AsyncSession, digest: str, now: datetime) -> LinkCode | None:
    valid = select(LinkCode).where(LinkCode.digest == digest, LinkCode.used_at.is_(None), LinkCode.expires_at > now)
    return await db.scalar(valid)


async def take_code(db: AsyncSession, digest: str, now: datetime) -> bool:
    """False when another hand was quicker."""
    code = update(LinkCode).where(LinkCode.digest == digest, LinkCode.used_at.is_(None), LinkCode.expires_at > now)
    return (await db.execute(code.values(used_at=now))).rowcount == 1


async def withdraw_codes(db: AsyncSession, person_id: int, now: datetime) -> None:
    open_ones = update(LinkCode).where(LinkCode.person_id == person_id, LinkCode.used_at.is_(None))
    await db.execute(open_ones.values(used_at=now))


async def identities(db: AsyncSession, person_id: int) -> Sequence[Identity]:
    return (await db.scalars(select(Identity).where(Identity.person_id == person_id).order_by(Identity.id))).all()


async def standing_merge(db: AsyncSession, absorbed_id: int) -> Merge | None:
    mine = select(Merge).where(Merge.absorbed_id == absorbed_id, Merge.separated_at.is_(None))
    return await db.scalar(mine.order_by(Merge.id.desc()).limit(1))


async def absorbed_by(db: AsyncSession, kept_id: int) -> Sequence[int]:
    mine = select(Merge.absorbed_id).where(Merge.kept_id == kept_id, Merge.separated_at.is_(None))
    return (await db.scalars(mine.order_by(Merge.id))).all()
