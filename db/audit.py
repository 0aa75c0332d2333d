"""The audit log: append-only, each row carries the hash of the one before."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Code, Id


class AuditRow(Base):
    __tablename__ = "audit"
    id: Mapped[Id]
    at: Mapped[datetime]
    actor_id: Mapped[int | None]  # a person's id; no foreign key: the log outlives the person
    act: Mapped[Code]  # e.g. brief.approved
    subject: Mapped[str | None] = mapped_column(String(80))  # e.g. brief:12
    detail: Mapped[dict[str, Any] | None]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
