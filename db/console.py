"""Doors of the web console: one-time links, passwords with their second factor, and the sessions these open.

Of what opens a door only hashes are kept; a TOTP secret, which must be computed with, is the exception.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
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


class SignInKey(Base):
    """A person's password and second factor; of use once `confirmed_at` is set."""

    __tablename__ = "sign_in_key"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    login: Mapped[str] = mapped_column(String(40), unique=True)  # lower case
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))  # scrypt of the password
    secret: Mapped[str] = mapped_column(String(32))  # TOTP, base32
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)  # the newest code that was used, in TOTP's steps
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    __tablename__ = "recovery_code"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the code, with whose it is
    person_id: Mapped[int] = mapped_column(ForeignKey("sign_in_key.person_id", ondelete="CASCADE"), index=True)


class OfficeAccount(Base):
    """Who somebody is at the office's own sign-in (OpenID Connect)."""

    __tablename__ = "office_account"
    issuer: Mapped[str] = mapped_column(String(200), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)  # OpenID Connect Core 2: at most 255 characters
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    linked_at: Mapped[datetime]
