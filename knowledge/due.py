"""What falls due in the base: validity that ends, reviews to be made."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from db import entries as rows
from db.knowledge import Entry

EXPIRY, REVIEW = timedelta(days=30), timedelta(days=7)  # how long before somebody is told


class Kind(StrEnum):
    EXPIRY = "expiry"
    OVER = "over"  # and nothing is named in its place
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Due:
    entry: Entry
    kind: Kind
    day: date


def of(entry: Entry, today: date, expiry: date, review: date) -> Due | None:
    """The first thing of an entry that falls due by these days. What is over and names its successor is done with."""
    found = sorted(_all(entry, today, expiry, review), key=lambda due: (due.day, due.kind))
    return found[0] if found else None


def _all(entry: Entry, today: date, expiry: date, review: date) -> Iterator[Due]:
    over = entry.valid_to is not None and entry.valid_to < today
    if entry.valid_to and over and not entry.superseded_by:
        yield Due(entry, Kind.OVER, entry.valid_to)
    if entry.valid_to and not over and entry.valid_to <= expiry:
        yield Due(entry, Kind.EXPIRY, entry.valid_to)
    if entry.review_due and not over and entry.review_due <= review:
        yield Due(entry, Kind.REVIEW, entry.review_due)


async def coming(db: AsyncSession, today: date, days: int) -> list[Due]:
    """Within so many days, and what is due already; the most urgent first."""
    until = today + timedelta(days=days)
    found = [of(entry, today, until, until) for entry in await rows.ending(db, until)]
    return sorted((due for due in found if due), key=lambda due: (due.day, due.entry.id))


async def untold(db: AsyncSession, today: date) -> list[Due]:
    """What its keepers have to be told now; whoever gets it here has told them."""
    found = []
    for entry in await rows.ending(db, today + max(EXPIRY, REVIEW)):
        due = of(entry, today, today + EXPIRY, today + REVIEW)
        if due and due.kind != Kind.OVER and await rows.warned(db, entry.id, due.day):
            found.append(due)
    return found
