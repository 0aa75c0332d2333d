"""An agency's own abbreviations: written out in its people's questions and beside its entries, unknown to others.

A question is asked both as typed and written out, and the better understood one counts, so a bad pair harms nobody.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import abbreviations as rows
from db.abbreviations import Pairs
from db.agencies import Agency, AgencyAbbreviation
from knowledge import text
from knowledge.wrong import Wrong

SHORT = re.compile(r"[^\W_]+(?:[-/.&][^\W_]+)*")
LONGEST, WRITTEN_OUT = 32, 200
MOST = 500  # of one agency


def written_out(said: str, pairs: Pairs) -> str:
    """With every abbreviation replaced by what it stands for; the same text when there is none."""
    meant: dict[str, str] = {}
    for short, long in pairs:
        for spelling in (text.normal(short), text.fold(short)):
            meant.setdefault(spelling, long)
    return SHORT.sub(lambda m: meant.get(text.normal(m[0]), m[0]), said[: text.LONGEST]) if meant else said


def beside(passages: Sequence[str], pairs: Pairs) -> str:
    """What the abbreviations in these texts stand for."""
    held = {text.normal(m[0]) for said in passages for m in SHORT.finditer(said)}
    return " ".join(dict.fromkeys(long for short, long in pairs if text.normal(short) in held))


async def add(db: AsyncSession, agency: Agency, short: str, long: str, now: datetime) -> bool:
    """False when it is there already. Refuses what is no abbreviation."""
    short, long = short.strip(), " ".join(long.split())
    if not SHORT.fullmatch(short) or not 2 <= len(short) <= LONGEST:
        raise Wrong(f"“{short[:40]}” không phải chữ viết tắt: 2–{LONGEST} chữ, số, có thể nối bằng - / . &")
    if len(text.syllables(long)) < 2 or len(long) > WRITTEN_OUT or len(long) <= len(short):
        raise Wrong(f"Cách viết đầy đủ của “{short}” có từ hai tiếng, dài hơn nó, tối đa {WRITTEN_OUT} ký tự.")
    known = await rows.of_agency(db, agency.id)
    if any(text.normal(k.short) == text.normal(short) and text.normal(k.long) == text.normal(long) for k in known):
        return False
    if len(known) >= MOST:
        raise Wrong(f"Mỗi cơ quan có tối đa {MOST} chữ viết tắt.")
    db.add(AgencyAbbreviation(agency_id=agency.id, short=short, long=long, created_at=now))
    await db.flush()
    await rows.touch_entries(db, agency.path, now)
    return True


async def remove(db: AsyncSession, agency: Agency, short: str, now: datetime) -> int:
    """Every meaning of it; how many there were."""
    gone = [k for k in await rows.of_agency(db, agency.id) if text.normal(k.short) == text.normal(short)]
    for row in gone:
        await db.delete(row)
    await db.flush()
    if gone:
        await rows.touch_entries(db, agency.path, now)
    return len(gone)
