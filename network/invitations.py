"""Invitations: a code that brings somebody in with a role, an agency, an area; limited in time and number."""

import io
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

import segno
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.people import Invitation
from network import audit

# Letters and digits only: a code that began with "-" would be a formula to the office's spreadsheet. None that looks
# like another, and none in two cases, because on Zalo a code is typed, on keyboards that begin with a capital.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
LENGTH = 12  # some 59 bits: not to be guessed, short enough to type


class Invalid(StrEnum):
    """Why a code brings nobody in; the value is the sentence."""

    UNKNOWN = "Mã mời này không đúng. Anh/chị vui lòng kiểm tra lại từng ký tự hoặc xin lại liên kết từ người mời."
    EXPIRED = "Mã mời này đã hết hạn. Anh/chị vui lòng xin người mời một liên kết mới."
    USED_UP = "Mã mời này đã đủ số người dùng. Anh/chị vui lòng xin người mời một liên kết mới."
    REVOKED = "Mã mời này đã bị thu hồi. Anh/chị vui lòng liên hệ cơ quan mời để biết lý do."


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


async def make(
    db: AsyncSession, *, now: datetime, role: str | None = None, agency_id: int | None = None,
    province_code: str | None = None, commune_code: str | None = None, max_uses: int | None = None,
    valid_for: timedelta | None = None, needs_contact: bool = False, needs_confirmation: bool = False,
    person_id: int | None = None, created_by: int | None = None, note: str | None = None,
) -> Invitation:
    invitation = Invitation(
        code=new_code(), role=role, agency_id=agency_id, province_code=province_code,
        commune_code=commune_code, max_uses=max_uses, expires_at=now + valid_for if valid_for else None,
        needs_contact=needs_contact, needs_confirmation=needs_confirmation, person_id=person_id,
        created_by=created_by, created_at=now, note=note,
    )
    db.add(invitation)
    await db.flush()
    await audit.record(
        db, now, "invitation.made", actor=created_by, subject=f"invitation:{invitation.id}",
        detail={"role": role, "max_uses": max_uses},
    )
    return invitation


def spellings(code: str) -> set[str]:
    """As it was typed, and as it was made; codes of an older Loa have letters of both cases."""
    return {code, code.lower()}


async def redeem(db: AsyncSession, code: str, now: datetime) -> Invitation | Invalid:
    """Take one use of it. The condition stands in the UPDATE: two people at once cannot share the last use."""
    taken = await db.scalar(
        update(Invitation)
        .where(
            Invitation.code.in_(spellings(code)),
            Invitation.revoked_at.is_(None),
            or_(Invitation.expires_at.is_(None), Invitation.expires_at > now),
            or_(Invitation.max_uses.is_(None), Invitation.uses < Invitation.max_uses),
        )
        .values(uses=Invitation.uses + 1)
        .returning(Invitation.id)
    )
    if taken is not None:
        return await db.get_one(Invitation, taken, populate_existing=True)
    return await problem(db, code, now) or Invalid.USED_UP


async def problem(db: AsyncSession, code: str, now: datetime) -> Invalid | None:
    """Why a code would bring nobody in; no use of it is taken."""
    known = await db.scalar(select(Invitation).where(Invitation.code.in_(spellings(code))).limit(1))
    if known is None:
        return Invalid.UNKNOWN
    if known.revoked_at is not None:
        return Invalid.REVOKED
    if known.expires_at is not None and known.expires_at <= now:
        return Invalid.EXPIRED
    return Invalid.USED_UP if known.max_uses is not None and known.uses >= known.max_uses else None


async def revoke(db: AsyncSession, code: str, now: datetime, actor: int | None = None) -> bool:
    """False when there is no such code or it is revoked already."""
    done = await db.execute(
        update(Invitation).where(Invitation.code == code, Invitation.revoked_at.is_(None)).values(revoked_at=now)
    )
    if done.rowcount:
        await audit.record(db, now, "invitation.revoked", actor=actor, subject="invitation", detail={"by_code": True})
    return done.rowcount == 1


def link(bot_name: str, code: str) -> str:
    return f"https://t.me/{bot_name}?start={code}"


def ways_in(code: str, *, bot_name: str = "", zalo_oa: str = "", zalo_bot: str = "") -> list[str]:
    """Markdown lines: how somebody with this code comes in, on each platform there is."""
    ways = [f"Telegram: {link(bot_name, code)}"] if bot_name else []
    if zalo_oa:
        ways.append(f"Zalo: mở {zalo_link(zalo_oa)}, bấm Quan tâm, rồi gõ mã")
    if zalo_bot:
        ways.append(f"Zalo Bot: tìm “{zalo_bot}” trong Zalo, rồi gõ mã")
    return ways


def address(code: str, *, bot_name: str = "", zalo_oa: str = "", zalo_bot: str = "") -> str:
    """What a QR picture of an invitation opens; "" where no platform has an address."""
    return link(bot_name, code) if bot_name else zalo_link(zalo_oa) if zalo_oa else ""


def zalo_link(oa_id: str) -> str:
    """Opens the Official Account. It carries no code: that is typed there."""
    return f"https://zalo.me/{oa_id}"


def qr_png(url: str) -> bytes:
    """A picture to print or to show, about 400 pixels wide."""
    out = io.BytesIO()
    segno.make(url, error="m").save(out, kind="png", scale=10, border=3)
    return out.getvalue()
