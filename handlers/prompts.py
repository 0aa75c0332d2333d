"""What the next plain message answers."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from db.people import Prompt
from network.people import Speaker


async def wait_for(db: AsyncSession, who: Speaker, kind: str, subject_id: int | None, now: datetime) -> None:
    """Replaces whatever was waited for before."""
    await db.merge(Prompt(identity_id=who.identity_id, kind=kind, subject_id=subject_id, asked_at=now))
    await db.flush()


async def clear(db: AsyncSession, who: Speaker) -> None:
    await db.execute(delete(Prompt).where(Prompt.identity_id == who.identity_id))
