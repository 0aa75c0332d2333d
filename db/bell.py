"""The letterbox's side of the doorbell: a ring that leaves with the transaction's commit."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

BELL = "loa"


async def ring(db: AsyncSession) -> None:
    """Wake the workers of all machines when this transaction commits; nothing on SQLite, where they poll."""
    if db.get_bind().dialect.name == "postgresql":
        await db.execute(text("SELECT pg_notify(:bell, '')"), {"bell": BELL})
