"""Updates received from the platforms: stored first, worked once."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class Update(Base):
    __tablename__ = "update"
    __table_args__ = (Index("ix_update_received_at", "received_at"),)
    channel: Mapped[str] = mapped_column(String(32), primary_key=True)
    update_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    payload: Mapped[dict[str, Any] | None]  # kept until done, for a restart in between
    error: Mapped[str | None]
