"""The tokens of an Official Account: one row a channel, one writer at a time, whatever the number of processes.

A refresh token works once: who wants to use it takes the lease first, and the new pair is committed before anybody
sees it. The row is a secret; nothing of it belongs in a log.
"""

from datetime import datetime

from sqlalchemy import String, Text, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class ZaloToken(Base):
    __tablename__ = "zalo_token"
    channel: Mapped[str] = mapped_column(String(32), primary_key=True)
    access: Mapped[str] = mapped_column(Text)
    refresh: Mapped[str] = mapped_column(Text)
    oa_id: Mapped[str | None] = mapped_column(String(32))
    got_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # of the access token
    consented_at: Mapped[datetime]  # when an administrator of the OA last agreed
    lessee: Mapped[str | None] = mapped_column(String(80))  # who is using the refresh token
    lease_until: Mapped[datetime | None]
    trouble: Mapped[str | None] = mapped_column(Text)  # why the last refresh was refused
    tried_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"ZaloToken({self.channel!r}, …)"


async def read(db: AsyncSession, channel: str) -> ZaloToken | None:
    return await db.get(ZaloToken, channel, populate_existing=True)


async def lease(
    db: AsyncSession, channel: str, refresh: str, lessee: str, now: datetime, until: datetime, *, tried_before: datetime
) -> bool:
    """The right to use this refresh token, for one: nobody holds it, and it was not refused just now."""
    free = or_(ZaloToken.lease_until.is_(None), ZaloToken.lease_until < now)
    rested = or_(ZaloToken.tried_at.is_(None), ZaloToken.tried_at <= tried_before)
    mine = update(ZaloToken).where(ZaloToken.channel == channel, ZaloToken.refresh == refresh, free, rested)
    taken = await db.execute(mine.values(lessee=lessee, lease_until=until).returning(ZaloToken.channel))
    return taken.first() is not None


async def replace(
    db: AsyncSession, channel: str, used: str, *, access: str, refresh: str, now: datetime, expires_at: datetime
) -> bool:
    """The new pair in place of the one it was bought with, even by somebody whose lease is over."""
    row = update(ZaloToken).where(ZaloToken.channel == channel, ZaloToken.refresh == used)
    fresh = row.values(
        access=access, refresh=refresh, got_at=now, expires_at=expires_at, lessee=None, lease_until=None, trouble=None,
        tried_at=None,
    )
    return (await db.execute(fresh.returning(ZaloToken.channel))).first() is not None


async def give_back(
    db: AsyncSession, channel: str, used: str, lessee: str, *, trouble: str | None = None, now: datetime | None = None
) -> bool:
    """The lease ends without a new pair; `trouble` says that the platform refused, at `now`."""
    row = update(ZaloToken).where(
        ZaloToken.channel == channel, ZaloToken.refresh == used, ZaloToken.lessee == lessee
    )
    values = {"lessee": None, "lease_until": None}
    if trouble is not None:
        values |= {"trouble": trouble, "tried_at": now}
    return (await db.execute(row.values(**values).returning(ZaloToken.channel))).first() is not None


async def consent(
    db: AsyncSession, channel: str, *, access: str, refresh: str, oa_id: str | None, now: datetime, expires_at: datetime
) -> None:
    """A human agreed: whatever was known before is void."""
    row = await db.scalar(select(ZaloToken).where(ZaloToken.channel == channel).with_for_update())
    if row is None:
        row = ZaloToken(channel=channel, oa_id=oa_id)
        db.add(row)
    row.access, row.refresh, row.got_at, row.expires_at, row.consented_at = access, refresh, now, expires_at, now
    row.oa_id = oa_id or row.oa_id
    row.lessee = row.lease_until = row.trouble = row.tried_at = None
    await db.flush()
