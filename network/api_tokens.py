"""Programmes that act for a person: a token narrows what that person may do to its scopes."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.api import ApiToken
from db.people import Person
from network import audit, people, roles
from network.console_access import scope_of
from network.refusals import Refusal
from network.roles import Permission

PREFIX = "loa_"  # so that a token left in a file is found
USED_EVERY = timedelta(minutes=1)  # its last use is written down no more often
NAME = 80


class Scope(StrEnum):
    BRIEFS_READ = "briefs:read"
    BRIEFS_WRITE = "briefs:write"
    PEOPLE_READ = "people:read"
    ENTRIES_READ = "entries:read"
    QUESTIONS_ASK = "questions:ask"
    QUESTIONS_READ = "questions:read"


ALLOWED = {  # who has one of these may give the scope to a token of their own
    Scope.BRIEFS_READ: {Permission.WRITE_BRIEF, Permission.APPROVE, Permission.SEND, Permission.VIEW},
    Scope.BRIEFS_WRITE: {Permission.WRITE_BRIEF},
    Scope.PEOPLE_READ: {Permission.MANAGE_PEOPLE, Permission.ADMINISTER},
    Scope.ENTRIES_READ: {Permission.ASK, Permission.EDIT_ENTRIES, Permission.REVIEW_ENTRIES},
    Scope.QUESTIONS_ASK: {Permission.ASK},
    Scope.QUESTIONS_READ: {Permission.ANSWER_CASES, Permission.EDIT_ENTRIES},
}
SAID = {
    Scope.BRIEFS_READ: "xem bản tin và tình hình gửi", Scope.BRIEFS_WRITE: "soạn, trình bản tin",
    Scope.PEOPLE_READ: "xem người trong mạng lưới", Scope.ENTRIES_READ: "tra cứu kho tri thức",
    Scope.QUESTIONS_ASK: "đặt câu hỏi", Scope.QUESTIONS_READ: "xem câu hỏi chưa có câu trả lời",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """A programme, as network.briefs.Acting. Permissions are the person's of this moment."""

    token_id: int
    person_id: int
    permissions: frozenset[Permission]
    agency_id: int | None
    scopes: frozenset[str]
    late: bool  # its last use is to be written down

    @property
    def scope(self) -> int | None:
        """As network.console_access.Visitor.scope."""
        return scope_of(self.permissions, self.agency_id)

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes and bool(ALLOWED[scope] & self.permissions)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def make(
    db: AsyncSession, person_id: int, name: str, scopes: Collection[str], now: datetime, days: int | None = None
) -> str:
    """The token; only its hash is kept."""
    person = await db.get(Person, person_id)
    if person is None or person.state not in people.MEMBERS:
        raise Refusal(f"Không có thành viên đang hoạt động mang mã {person_id}.")
    if not 1 <= len(name.strip()) <= NAME:
        raise Refusal(f"Tên mã truy cập có từ 1 đến {NAME} ký tự, ví dụ tên phần mềm dùng nó.")
    if unknown := [scope for scope in scopes if scope not in list(Scope)]:
        raise Refusal(f"Không có phạm vi {', '.join(unknown)}. Chọn trong: {', '.join(Scope)}.")
    granted = roles.permissions_of(person.role)
    if excess := [scope for scope in scopes if not ALLOWED[Scope(scope)] & granted]:
        raise Refusal(f"Vai trò {roles.name_of(person.role)} không có quyền cho phạm vi {', '.join(excess)}.")
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        hash=_hash(token), name=name.strip(), person_id=person_id, scopes=sorted(set(scopes)), created_at=now,
        expires_at=now + timedelta(days=days) if days else None,
    )
    db.add(row)
    await db.flush()
    await audit.record(
        db, now, "token.made", actor=person_id, subject=f"token:{row.id}",
        detail={"name": row.name, "scopes": row.scopes},
    )
    return token


async def revoke(db: AsyncSession, token_id: int, now: datetime) -> ApiToken:
    row = await db.get(ApiToken, token_id)
    if row is None:
        raise Refusal(f"Không có mã truy cập số {token_id}. Xem danh sách bằng: loa token list")
    if row.revoked_at is None:
        row.revoked_at = now
        await audit.record(db, now, "token.revoked", subject=f"token:{row.id}", detail={"name": row.name})
    return row


async def caller(db: AsyncSession, token: str, now: datetime) -> Caller | None:
    """None when the token is unknown, over or revoked, or its person has left."""
    row = await db.scalar(select(ApiToken).where(ApiToken.hash == _hash(token)))
    if row is None or row.revoked_at or (row.expires_at and row.expires_at <= now):
        return None
    person = await db.get_one(Person, row.person_id)
    if person.state not in people.MEMBERS:
        return None
    late = row.used_at is None or row.used_at < now - USED_EVERY
    granted = roles.permissions_of(person.role)
    return Caller(row.id, person.id, granted, person.agency_id, frozenset(row.scopes), late)


async def used(db: AsyncSession, token_id: int, now: datetime) -> None:
    await db.execute(update(ApiToken).where(ApiToken.id == token_id).values(used_at=now))
