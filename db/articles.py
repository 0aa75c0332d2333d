"""Briefs published as articles of the Official Account, and broadcast to its followers."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class Article(Base):
    __tablename__ = "article"
    brief_id: Mapped[int] = mapped_column(ForeignKey("brief.id"), primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    token: Mapped[str] = mapped_column(String(200))  # stands for the article while the platform makes it
    article_id: Mapped[str | None] = mapped_column(String(64))
    made_at: Mapped[datetime]
    broadcast_at: Mapped[datetime | None]
    message_id: Mapped[str | None] = mapped_column(String(64))  # of the broadcast
