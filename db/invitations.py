"""Invitations looked through at a desk."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency, standing_under
from db.people import Invitation, Person

OPEN = "open"


def usable(now: datetime) -> ColumnElement[bool]:
    return (
        Invitation.revoked_at.is_(None)
        & or_(Invitation.expires_at.is_(None), Invitation.expires_at > now)
        & or_(Invitation.max_uses.is_(None), Invitation.uses < Invitation.max_uses)
    )


def _narrowed(rows: Select[Any], under: int | None, maker: int, usable_at: datetime | None) -> Select[Any]:
    """`under`: an agency with those below it, and what `maker` made; personal ones of a roster are left out."""
    rows = rows.where(Invitation.person_id.is_(None))
    if under is not None:
        rows = rows.where(or_(Invitation.agency_id.in_(standing_under([under])), Invitation.created_by == maker))
    return rows.where(usable(usable_at)) if usable_at else rows


async def count(db: AsyncSession, under: int | None, maker: int, usable_at: datetime | None) -> int:
    rows = _narrowed(select(func.count()).select_from(Invitation), under, maker, usable_at)
    return await db.scalar(rows) or 0


async def listed(
    db: AsyncSession, under: int | None, maker: int, usable_at: datetime | None, limit: int, offset: int
) -> Sequence[Row[tuple[Invitation, str | None, str | None]]]:
    """(Invitation, agency, who made it), the newest first."""
    rows = (
        select(Invitation, Agency.name, Person.full_name)
        .outerjoin(Agency, Agency.id == Invitation.agency_id)
        .outerjoin(Person, Person.id == Invitation.created_by)
    )
    rows = _narrowed(rows, under, maker, usable_at).order_by(Invitation.id.desc())
    return (await db.execute(rows.limit(limit).offset(offset))).all()


async def visible(db: AsyncSession, number: int, under: int | None, maker: int) -> Invitation | None:
    return await db.scalar(_narrowed(select(Invitation), under, maker, None).where(Invitation.id == number))
