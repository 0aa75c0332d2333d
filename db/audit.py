"""The audit log: append-only, each row carries the hash of the one before."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Code, Id
from db.members import holds
from db.people import Person


class AuditRow(Base):
    __tablename__ = "audit"
    id: Mapped[Id]
    at: Mapped[datetime]
    # A person's id; no foreign key: the log outlives the person.
    actor_id: Mapped[int | None] = mapped_column(index=True)
    act: Mapped[Code] = mapped_column(index=True)  # e.g. brief.approved
    subject: Mapped[str | None] = mapped_column(String(80), index=True)  # e.g. brief:12
    detail: Mapped[dict[str, Any] | None]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


async def listed(
    db: AsyncSession, *, about: str = "", actor: int | None = None, before: int | None = None, limit: int = 100,
    acts: Collection[str] = (), named: str = "", since: datetime | None = None, until: datetime | None = None,
) -> Sequence[tuple[AuditRow, str | None]]:
    """Rows with the actor's name, the newest first. `about`: a subject (brief:12), or how the act begins (brief.).
    `named`: part of the actor's name."""
    rows = select(AuditRow, Person.full_name).outerjoin(Person, Person.id == AuditRow.actor_id)
    if about:
        same = AuditRow.subject == about if ":" in about else AuditRow.act.startswith(about, autoescape=True)
        rows = rows.where(same)
    if actor is not None:
        rows = rows.where(AuditRow.actor_id == actor)
    if acts:
        rows = rows.where(AuditRow.act.in_(acts))
    if named:
        rows = rows.where(AuditRow.actor_id.in_(select(Person.id).where(holds(db, Person.full_name, named))))
    if since is not None:
        rows = rows.where(AuditRow.at >= since)
    if until is not None:
        rows = rows.where(AuditRow.at < until)
    if before is not None:
        rows = rows.where(AuditRow.id < before)
    found = await db.execute(rows.order_by(AuditRow.id.desc()).limit(limit))
    return [(row, name) for row, name in found]
