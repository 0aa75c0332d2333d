"""The audit log: who did what to which subject. Append-only; each row's hash covers the row before."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
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


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that does not fit; `why` is a sentence's middle."""

    row: int
    why: str


CHANGED = "nội dung của dòng không khớp với mã băm của chính nó: dòng đã bị sửa, hoặc được thêm từ bên ngoài"
UNLINKED = "dòng không nối với dòng ngay trước: có dòng trước đó đã bị xóa, bị chèn hoặc bị sửa"


async def verify(db: AsyncSession) -> Broken | None:
    """None when every row fits the chain. Rows cut off the end leave no trace in it: compare `head` with one noted."""
    previous = GENESIS
    rows = await db.stream_scalars(select(AuditRow).order_by(AuditRow.id).execution_options(yield_per=1000))
    async for row in rows:
        if row.hash != digest(row):
            return Broken(row.id, CHANGED)
        if row.previous != previous:
            return Broken(row.id, UNLINKED)
        previous = row.hash
    return None


async def head(db: AsyncSession) -> tuple[int, str]:
    """How many rows there are, and the hash of the last, to be noted outside the system."""
    last = await db.scalar(select(AuditRow.hash).order_by(AuditRow.id.desc()).limit(1))
    return await db.scalar(select(func.count()).select_from(AuditRow)) or 0, last or GENESIS


async def has(db: AsyncSession, noted: str) -> bool:
    """Whether a head noted earlier is still part of the log."""
    return noted == GENESIS or await db.scalar(select(AuditRow.id).where(AuditRow.hash == noted)) is not None
