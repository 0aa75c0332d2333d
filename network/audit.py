"""The audit log: who did what to which subject. Append-only; each row's hash covers the row before."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import AuditRow

GENESIS = "0" * 64


async def record(
    db: AsyncSession, now: datetime, act: str, *, actor: int | None = None, subject: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Append one row. Writers queue behind each other until their transactions end, so that the chain has no forks."""
    if db.get_bind().dialect.name == "postgresql":
        await db.execute(text("SELECT pg_advisory_xact_lock(7001)"))
    previous = await db.scalar(select(AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)) or GENESIS
    row = AuditRow(at=now, actor_id=actor, act=act, subject=subject, detail=detail, previous=previous)
    row.hash = digest(row)
    db.add(row)
    await db.flush()


def digest(row: AuditRow) -> str:
    fields = [row.previous, row.at.isoformat(timespec="microseconds"), row.actor_id, row.act, row.subject, row.detail]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


async def verify(db: AsyncSession) -> int | None:
    """Id of the first row that does not fit the chain, None when all do."""
    previous = GENESIS
    rows = await db.stream_scalars(select(AuditRow).order_by(AuditRow.id).execution_options(yield_per=1000))
    async for row in rows:
        if row.previous != previous or row.hash != digest(row):
            return row.id
        previous = row.hash
    return None
