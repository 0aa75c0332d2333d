"""Abbreviations of single agencies: read for their own people and in their own entries only."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db import revisions
from db.agencies import Agency, AgencyAbbreviation
from db.knowledge import Entry
from db.people import Person

Pairs = tuple[tuple[str, str], ...]  # (short, long)


async def of_person(db: AsyncSession, person_id: int | None) -> Pairs:
    """Of the person's agency and of those above it."""
    if person_id is None:
        return ()
    own = aliased(Agency)
    rows = (
        select(AgencyAbbreviation.short, AgencyAbbreviation.long)
        .join(Agency, AgencyAbbreviation.agency_id == Agency.id)
        .join(own, own.path.startswith(Agency.path))
        .join(Person, Person.agency_id == own.id)
        .where(Person.id == person_id, Agency.path != "")
        .order_by(func.length(Agency.path).desc(), AgencyAbbreviation.id)  # the nearest agency's own first
    )
    return tuple((short, long) for short, long in await db.execute(rows))


async def by_agency(db: AsyncSession) -> dict[int, Pairs]:
    """For every agency that has some, its own or from above."""
    own = aliased(Agency)
    rows = (
        select(own.id, AgencyAbbreviation.short, AgencyAbbreviation.long)
        .join(Agency, AgencyAbbreviation.agency_id == Agency.id)
        .join(own, own.path.startswith(Agency.path))
        .where(Agency.path != "")
        .order_by(own.id, func.length(Agency.path).desc(), AgencyAbbreviation.id)
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for agency_id, short, long in await db.execute(rows):
        found.setdefault(agency_id, []).append((short, long))
    return {agency_id: tuple(pairs) for agency_id, pairs in found.items()}


async def of_agency(db: AsyncSession, agency_id: int) -> Sequence[AgencyAbbreviation]:
    own = select(AgencyAbbreviation).where(AgencyAbbreviation.agency_id == agency_id)
    return (await db.scalars(own.order_by(AgencyAbbreviation.short, AgencyAbbreviation.id))).all()


async def touch_entries(db: AsyncSession, path: str, now: datetime) -> None:
    """Entries of the agency and below it are read anew by every index."""
    below = select(Agency.id).where(Agency.path.startswith(literal(path)))
    number = await revisions.following(db)
    changed = update(Entry).where(Entry.owner_agency_id.in_(below))
    await db.execute(changed.values(updated_at=now, revision=number))
