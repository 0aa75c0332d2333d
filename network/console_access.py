"""Who may enter the web console: a link sent to one's own chat opens a session; a session ends by time or by word."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import console as table
from db.console import ConsoleSession, SignInLink
from db.people import Identity, Person
from network import audit, mini_app, people, roles
from network.refusals import Refusal
from network.roles import Permission

LINK_LASTS = timedelta(minutes=10)
IDLE = timedelta(hours=8)  # without a page, a session ends
LONGEST = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)  # a page view is written down no more often
LINKS_AN_HOUR = 10
WORKING = {
    Permission.WRITE_BRIEF, Permission.APPROVE, Permission.SEND, Permission.ANSWER_CASES, Permission.EDIT_ENTRIES,
    Permission.REVIEW_ENTRIES, Permission.MANAGE_PEOPLE, Permission.VIEW, Permission.VIEW_AUDIT, Permission.ADMINISTER,
}
NO_DESK = "Vai trò của anh/chị không dùng bảng điều khiển. Vui lòng liên hệ quản trị mạng lưới."
STALE_LINK = "Liên kết này đã dùng hoặc đã hết hạn. Vui lòng gõ /banlamviec trong khung chat để nhận liên kết mới."


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sits at the console. Permissions are read anew for every page."""

    person_id: int
    name: str
    role: str | None
    permissions: frozenset[Permission]
    csrf: str = ""
    session: str = ""  # hash
    late: bool = False  # the session's last page is to be written down
    agency_id: int | None = None

    @property
    def scope(self) -> int | None:
        """The agency whose people (with those below it) one may see; 0: none; None: everybody."""
        return scope_of(self.permissions, self.agency_id)


def scope_of(permissions: frozenset[Permission], agency_id: int | None) -> int | None:
    return None if Permission.ADMINISTER in permissions else agency_id or 0


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _visitor(person: Person, session: ConsoleSession | None = None, late: bool = False) -> Visitor | None:
    """None when the person has no work at the console (any more)."""
    granted = roles.permissions_of(person.role) if person.state in people.MEMBERS else frozenset()
    if not granted & WORKING:
        return None
    opened: dict[str, Any] = {"csrf": session.csrf, "session": session.hash, "late": late} if session else {}
    return Visitor(
        person.id, person.full_name or "", person.role, granted, agency_id=person.agency_id, **opened
    )


def address(console_url: str, code: str) -> str:
    return f"{console_url}/door?ma={code}"


def inside_telegram(console_url: str) -> str:
    """Where the Mini App begins."""
    return f"{console_url}/door/telegram"


async def make_link(db: AsyncSession, person_id: int, now: datetime) -> str:
    """A code for one entrance within ten minutes. Refuses who has no work there, and the eleventh within an hour."""
    if _visitor(await db.get_one(Person, person_id)) is None:
        raise Refusal(NO_DESK)
    recent = select(func.count()).where(
        SignInLink.person_id == person_id, SignInLink.created_at > now - timedelta(hours=1)
    )
    if (await db.scalar(recent) or 0) >= LINKS_AN_HOUR:
        raise Refusal("Anh/chị đã xin quá nhiều liên kết đăng nhập. Vui lòng thử lại sau một giờ.")
    code = secrets.token_urlsafe(24)
    db.add(SignInLink(hash=_hash(code), person_id=person_id, created_at=now, expires_at=now + LINK_LASTS))
    await audit.record(db, now, "console.link", actor=person_id, subject=f"person:{person_id}")
    return code


async def enter(db: AsyncSession, code: str, browser: str, now: datetime) -> str:
    """The cookie of a new session. The link is used up even by two presses at once."""
    used = update(SignInLink).where(
        SignInLink.hash == _hash(code), SignInLink.used_at.is_(None), SignInLink.expires_at > now
    )
    person_id = await db.scalar(used.values(used_at=now).returning(SignInLink.person_id))
    if person_id is None:
        raise Refusal(STALE_LINK, over=True)
    return await open_session(db, person_id, browser, now, "link")


async def enter_from_telegram(
    db: AsyncSession, init_data: str, token: str, channel: str, browser: str, now: datetime
) -> str:
    """The cookie of a new session for who opened the Mini App of the bot `channel`. Each opening enters once."""
    opened = mini_app.read(init_data, token, now)
    mine = select(Identity.person_id).where(Identity.channel == channel, Identity.address == opened.address)
    person_id = await db.scalar(mine)
    if person_id is None or _visitor(await db.get_one(Person, person_id)) is None:
        raise Refusal(NO_DESK)
    link = {"person_id": person_id, "created_at": now, "expires_at": now + mini_app.LASTS, "used_at": now}
    if not await table.use_once(db, hash=_hash(opened.proof), **link):
        raise Refusal(mini_app.FORGED)
    return await open_session(db, person_id, browser, now, "telegram")


async def open_session(db: AsyncSession, person_id: int, browser: str, now: datetime, how: str) -> str:
    """Its cookie. `how` the person was recognised, for the log."""
    if _visitor(await db.get_one(Person, person_id)) is None:
        raise Refusal(NO_DESK)
    cookie = secrets.token_urlsafe(32)
    db.add(
        ConsoleSession(
            hash=_hash(cookie), person_id=person_id, csrf=secrets.token_urlsafe(24), browser=browser[:160],
            created_at=now, seen_at=now,
        )
    )
    detail = {"how": how}
    await audit.record(db, now, "console.entered", actor=person_id, subject=f"person:{person_id}", detail=detail)
    return cookie


async def visitor(db: AsyncSession, cookie: str, now: datetime) -> Visitor | None:
    """Whose session the cookie is; None when there is none, it is over, or the person lost the right."""
    row = await db.get(ConsoleSession, _hash(cookie)) if cookie else None
    if row is None or row.revoked_at or row.seen_at < now - IDLE or row.created_at < now - LONGEST:
        return None
    return _visitor(await db.get_one(Person, row.person_id), row, row.seen_at < now - SEEN_EVERY)


async def seen(db: AsyncSession, session: str, now: datetime) -> None:
    await db.execute(update(ConsoleSession).where(ConsoleSession.hash == session).values(seen_at=now))


async def sessions(db: AsyncSession, person_id: int, now: datetime) -> Sequence[ConsoleSession]:
    """Those still open, the newest first."""
    mine = select(ConsoleSession).where(
        ConsoleSession.person_id == person_id, ConsoleSession.revoked_at.is_(None),
        ConsoleSession.seen_at > now - IDLE, ConsoleSession.created_at > now - LONGEST,
    )
    return (await db.scalars(mine.order_by(ConsoleSession.created_at.desc()))).all()


async def close(db: AsyncSession, person_id: int, now: datetime, session: str | None = None) -> int:
    """One session of a person, or all of them. How many were open."""
    mine = update(ConsoleSession).where(ConsoleSession.person_id == person_id, ConsoleSession.revoked_at.is_(None))
    if session:
        mine = mine.where(ConsoleSession.hash == session)
    closed = (await db.execute(mine.values(revoked_at=now))).rowcount
    await audit.record(db, now, "console.closed", actor=person_id, subject=f"person:{person_id}")
    return closed
