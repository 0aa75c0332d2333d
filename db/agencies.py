"""Agencies (a tree) and places. `path` is "/1/5/9/": a descendant's path begins with its ancestor's."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Select, String, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from db.base import Base, Code, Id
from db.knowledge import Case, Entry
from db.people import MEMBERS, Invitation, Person


class Level(StrEnum):
    CENTRAL = "central"  # ministries, government agencies
    PROVINCE = "province"
    COMMUNE = "commune"
    PRESS = "press"  # newspapers, radio, television


class Province(Base):
    __tablename__ = "province"
    code: Mapped[str] = mapped_column(String(8), primary_key=True)  # statistical code, "01" = Hà Nội
    name: Mapped[str]
    short_name: Mapped[str]
    folded: Mapped[str]  # lower case without diacritics, for typed input
    former: Mapped[str] = mapped_column(default="")  # names of the provinces merged into it in 2025, "|"-joined


class Commune(Base):
    __tablename__ = "commune"
    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    province_code: Mapped[str] = mapped_column(ForeignKey("province.code"), index=True)
    name: Mapped[str]
    folded: Mapped[str]


class Agency(Base):
    __tablename__ = "agency"
    __table_args__ = (Index("ix_agency_path", "path"),)
    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[str]
    short_name: Mapped[str | None]
    folded: Mapped[str]  # "|bo tai chinh|btc|": every name it is found by
    level: Mapped[str] = mapped_column(String(16))  # Level
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    path: Mapped[str] = mapped_column(default="")  # set when the id is known
    province_code: Mapped[str | None] = mapped_column(ForeignKey("province.code"))
    commune_code: Mapped[str | None] = mapped_column(ForeignKey("commune.code"))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    lead_id: Mapped[int | None]  # the person told about silent people; no foreign key, as people point back
    closed_at: Mapped[datetime | None]


class AgencyAbbreviation(Base):
    """What short words stand for in this agency and below it."""

    __tablename__ = "agency_abbreviation"
    id: Mapped[Id]
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    short: Mapped[str] = mapped_column(String(32))
    long: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


async def all_provinces(db: AsyncSession) -> Sequence[Province]:
    return (await db.scalars(select(Province).order_by(Province.code))).all()


async def communes_of(db: AsyncSession, province_code: str) -> Sequence[Commune]:
    inside = select(Commune).where(Commune.province_code == province_code).order_by(Commune.code)
    return (await db.scalars(inside)).all()


async def has_communes(db: AsyncSession, province_code: str) -> bool:
    return bool(await db.scalar(select(exists().where(Commune.province_code == province_code))))


async def agency_by_code(db: AsyncSession, code: str) -> Agency | None:
    return await db.scalar(select(Agency).where(Agency.code == code))


async def open_agencies_named(db: AsyncSession, words: Iterable[str], limit: int = 200) -> Sequence[Agency]:
    """Agencies still open whose names hold every folded word, shortest path (highest in the tree) first."""
    holding = [Agency.folded.contains(word, autoescape=True) for word in words]
    found = select(Agency).where(Agency.closed_at.is_(None), *holding).order_by(func.length(Agency.path), Agency.id)
    return (await db.scalars(found.limit(limit))).all()


def standing_under(ids: Iterable[int]) -> Select[tuple[int]]:
    """Ids of the agencies named and of all below them; a merged agency stands for its heir."""
    root, named = aliased(Agency), aliased(Agency)
    roots = select(func.coalesce(named.merged_into_id, named.id)).where(named.id.in_(list(ids)))
    return select(Agency.id).join(root, Agency.path.startswith(root.path)).where(root.id.in_(roots))


async def shift_paths(db: AsyncSession, old: str, new: str, *, with_root: bool = True) -> None:
    """Put a whole subtree elsewhere: one statement, however deep it is."""
    moved = (
        update(Agency)
        .where(Agency.path.startswith(old))
        .values(path=literal(new).concat(func.substr(Agency.path, len(old) + 1)))
    )
    if not with_root:
        moved = moved.where(Agency.path != old)
    await db.execute(moved.execution_options(synchronize_session="fetch"))


async def succeed(db: AsyncSession, closed: int, heir: int) -> None:
    """Everything that hung on one agency hangs on another; earlier mergers lead straight to the last heir."""
    links = (
        Person.agency_id, Invitation.agency_id, Entry.owner_agency_id, Case.keeper_id, AgencyAbbreviation.agency_id,
        Agency.parent_id, Agency.merged_into_id,
    )
    for column in links:
        change = update(column.class_).where(column == closed).values({column.key: heir})
        await db.execute(change.execution_options(synchronize_session="fetch"))


async def all_agencies(db: AsyncSession) -> Sequence[Agency]:
    """The whole tree, parents before their units."""
    return (await db.scalars(select(Agency).order_by(func.length(Agency.path), Agency.id))).all()


async def has_open_units(db: AsyncSession, agency: Agency) -> bool:
    units = exists().where(Agency.parent_id == agency.id, Agency.closed_at.is_(None))
    return bool(await db.scalar(select(units)))


async def has_members(db: AsyncSession, agency: Agency) -> bool:
    people = exists().where(Person.agency_id == agency.id, Person.state.in_(MEMBERS))
    return bool(await db.scalar(select(people)))


async def hold(db: AsyncSession, ids: Iterable[int]) -> None:
    """Lock these rows for the rest of the transaction, always in the same order."""
    await db.execute(select(Agency.id).where(Agency.id.in_(list(ids))).order_by(Agency.id).with_for_update())
