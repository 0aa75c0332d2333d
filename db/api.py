"""Tokens of programmes that use the API, and the answers kept for requests that are sent twice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id
from db.people import Person


class ApiToken(Base):
    __tablename__ = "api_token"
    id: Mapped[Id]
    hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256 of the token
    name: Mapped[str] = mapped_column(String(80))  # of the programme
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)  # on whose behalf it acts
    scopes: Mapped[list[Any]]  # [network.api_tokens.Scope, …]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class KeptAnswer(Base):
    """What a request with an Idempotency-Key was answered; written in the transaction that did the work."""

    __tablename__ = "kept_answer"
    token_id: Mapped[int] = mapped_column(ForeignKey("api_token.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    request: Mapped[str] = mapped_column(String(64))  # SHA-256 of method, path and body
    status: Mapped[int | None]
    body: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(index=True)


async def tokens(db: AsyncSession) -> Sequence[tuple[ApiToken, str | None]]:
    """With the name of the person."""
    rows = select(ApiToken, Person.full_name).join(Person, Person.id == ApiToken.person_id).order_by(ApiToken.id)
    return [(token, name) for token, name in await db.execute(rows)]


async def begin(db: AsyncSession, token_id: int, key: str, request: str, now: datetime) -> KeptAnswer | None:
    """The answer kept for this key; None: it is new and now ours. Of two at once the second waits for the first."""
    insert: Any = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(KeptAnswer).values(token_id=token_id, key=key, request=request, at=now)
    if (await db.execute(row.on_conflict_do_nothing().returning(KeptAnswer.token_id))).first():
        return None
    return await db.get_one(KeptAnswer, (token_id, key))


async def forget(db: AsyncSession, before: datetime) -> None:
    await db.execute(delete(KeptAnswer).where(KeptAnswer.at < before))
