"""Briefs published as articles of the Official Account, and broadcast to its followers.

What is asked of the platform is written before it is asked: after a crash it is known what may have been done.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class Article(Base):
    __tablename__ = "article"
    brief_id: Mapped[int] = mapped_column(ForeignKey("brief.id"), primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    asked_at: Mapped[datetime]
    token: Mapped[str | None] = mapped_column(String(200))  # stands for the article while the platform makes it
    article_id: Mapped[str | None] = mapped_column(String(64))
    broadcast_asked_at: Mapped[datetime | None]
    broadcast_at: Mapped[datetime | None]  # taken by the platform
    message_id: Mapped[str | None] = mapped_column(String(64))  # of the broadcast
    removed_at: Mapped[datetime | None]
