"""Doors of the web console: one-time sign-in links and the sessions they open. Only hashes of secrets are kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class SignInLink(Base):
    __tablename__ = "sign_in_link"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the code
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


async def use_once(db: AsyncSession, **link: Any) -> bool:
    """False when a link with this hash has been there already."""
    insert: Any = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    new = insert(SignInLink).values(**link).on_conflict_do_nothing().returning(SignInLink.hash)
    return await db.scalar(new) is not None


class ConsoleSession(Base):
    __tablename__ = "console_session"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the cookie
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(160))  # as it names itself, for the list of sessions
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
