"""Audiences: who a brief is for. Facets narrow each other (AND), values within a facet widen it (OR)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db import fallback
from db.agencies import Agency, Commune, Province
from db.briefs import SavedAudience
from db.people import Identity, Person, PersonState, PersonTopic
from network import roles, topics
from network.refusals import Refusal

FACETS = ("agencies", "levels", "provinces", "communes", "roles", "topics")
LEVEL_NAMES = {"central": "trung ương", "province": "cấp tỉnh", "commune": "cấp xã", "press": "báo chí"}


@dataclass(frozen=True, slots=True)
class Audience:
    """`everybody` stands for no narrowing at all; without it and without facets nobody is meant."""

    everybody: bool = False
    agencies: tuple[str, ...] = ()  # codes
    descendants: bool = True  # the agencies named, and all below them
    levels: tuple[str, ...] = ()  # db.agencies.Level
    provinces: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()  # who chose one of them, or chose none, which means all
    without_agencies: tuple[str, ...] = ()  # with all below them
    without_people: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return self.everybody or any(getattr(self, facet) for facet in FACETS)

    def to_json(self) -> dict[str, Any]:
        """Only what is set, lists sorted: the same audience always has the same hash."""
        out: dict[str, Any] = {}
        for name, value in asdict(self).items():
            if isinstance(value, tuple) and value:
                out[name] = sorted(set(value))
        if self.everybody:
            out["everybody"] = True
        if not self.descendants and self.agencies:
            out["descendants"] = False
        return out

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Audience":
        """Refuses what it does not know: a misspelt facet must not widen the audience."""
        known = {f.name for f in fields(cls)}
        if unknown := set(data) - known:
            raise Refusal(f"Tiêu chí người nhận không có: {', '.join(sorted(unknown))}.")
        lists = {k: tuple(v) if isinstance(v, list | tuple) else v for k, v in data.items()}
        return cls(**lists)


def _standing_under(codes: Sequence[str], descendants: bool = True) -> Select[tuple[int]]:
    """A merged agency stands for its heir."""
    named, root = aliased(Agency), aliased(Agency)
    roots = select(func.coalesce(named.merged_into_id, named.id)).where(named.code.in_(codes))
    if not descendants:
        return roots
    return select(Agency.id).join(root, Agency.path.startswith(root.path)).where(root.id.in_(roots))


def _meant(audience: Audience) -> list[ColumnElement[bool]]:
    """Conditions on Person."""
    a, wanted = audience, []
    if not a:
        return [Person.id.is_(None)]
    if a.agencies:
        wanted.append(Person.agency_id.in_(_standing_under(a.agencies, a.descendants)))
    if a.levels:
        wanted.append(Person.agency_id.in_(select(Agency.id).where(Agency.level.in_(a.levels))))
    for column, values in (
        (Person.province_code, a.provinces), (Person.commune_code, a.communes), (Person.role, a.roles),
    ):
        if values:
            wanted.append(column.in_(values))
    if a.topics:
        chosen = select(PersonTopic.person_id).where(PersonTopic.person_id == Person.id)
        wanted.append(or_(~chosen.exists(), chosen.where(PersonTopic.topic.in_(a.topics)).exists()))
    if a.without_agencies:
        outside = Person.agency_id.not_in(_standing_under(a.without_agencies))
        wanted.append(or_(Person.agency_id.is_(None), outside))
    if a.without_people:
        wanted.append(Person.id.not_in(a.without_people))
    return wanted


def states(*, flash: bool) -> tuple[PersonState, ...]:
    return (PersonState.ACTIVE, PersonState.PAUSED) if flash else (PersonState.ACTIVE,)


def reachable(identity: Any) -> ColumnElement[bool]:
    return identity.unreachable.is_(None)


def recipients(
    audience: Audience, *, flash: bool = False, usable: Callable[[Any], ColumnElement[bool]] = reachable
) -> Select[Any]:
    """Rows (person_id, identity_id, channel, address, zone): one reachable identity a person, the preferred first.

    A hỏa tốc brief goes to all of them, and also to people who paused. `usable`: which identities count.
    """
    better = aliased(Identity)
    ahead = exists().where(better.person_id == Identity.person_id, usable(better), fallback.before(better, Identity))
    first = [] if flash else [~ahead]
    return (
        select(
            Person.id.label("person_id"), Identity.id.label("identity_id"), Identity.channel.label("channel"),
            Identity.address.label("address"), Person.zone.label("zone"),
        )
        .join(Identity, Identity.person_id == Person.id)
        .where(Person.state.in_(states(flash=flash)), usable(Identity), *first, *_meant(audience))
    )


async def count(db: AsyncSession, audience: Audience, *, flash: bool = False) -> int:
    """How many people a push would reach now."""
    reachable = exists().where(Identity.person_id == Person.id, Identity.unreachable.is_(None))
    meant = select(func.count()).select_from(Person).where(Person.state.in_(states(flash=flash)), reachable)
    return await db.scalar(meant.where(*_meant(audience))) or 0


async def meant(db: AsyncSession, audience: Audience, *, flash: bool = False) -> int:
    """How many people, whether they can be reached or not."""
    everybody = select(func.count()).select_from(Person).where(Person.state.in_(states(flash=flash)))
    return await db.scalar(everybody.where(*_meant(audience))) or 0


async def sample(db: AsyncSession, audience: Audience, limit: int = 5) -> list[str]:
    """Names with agencies, in the order they joined."""
    reached = recipients(audience).with_only_columns(Person.id).order_by(Person.id).limit(limit)
    shown = (
        select(Person.full_name, func.coalesce(Agency.short_name, Agency.name))
        .outerjoin(Agency, Agency.id == Person.agency_id)
        .where(Person.id.in_(reached))
        .order_by(Person.id)
    )
    rows = await db.execute(shown)
    return [f"{name or 'Chưa có tên'} ({agency})" if agency else name or "Chưa có tên" for name, agency in rows]


async def describe(db: AsyncSession, audience: Audience) -> str:
    """In words, for the person who signs."""
    if not audience:
        return "chưa chọn"
    a = audience
    named = await _names(db, Agency.code, func.coalesce(Agency.short_name, Agency.name), a.agencies)
    if named and a.descendants:
        named += " và đơn vị trực thuộc"
    parts = [
        named,
        ", ".join(LEVEL_NAMES.get(level, level) for level in a.levels),
        await _names(db, Province.code, Province.short_name, a.provinces),
        await _names(db, Commune.code, Commune.name, a.communes),
        ", ".join(roles.name_of(role) for role in a.roles),
        f"quan tâm {topics.list_names(a.topics)}" if a.topics else "",
    ]
    said = "; ".join(part for part in parts if part) or "toàn mạng lưới"
    if a.without_agencies:
        left_out = await _names(db, Agency.code, func.coalesce(Agency.short_name, Agency.name), a.without_agencies)
        said += f"; trừ {left_out}"
    if a.without_people:
        said += f"; trừ {len(a.without_people)} người"
    return said


async def _names(db: AsyncSession, code: Any, name: Any, wanted: Sequence[str]) -> str:
    if not wanted:
        return ""
    found = {c: n for c, n in await db.execute(select(code, name).where(code.in_(wanted)))}
    return ", ".join(found.get(c, c) for c in wanted)


async def save(db: AsyncSession, name: str, audience: Audience, owner: int | None, now: datetime) -> SavedAudience:
    """Under a name not taken yet."""
    name = name.strip()
    if not 1 <= len(name) <= 80:
        raise Refusal("Tên danh sách người nhận có từ 1 đến 80 ký tự.")
    if await db.scalar(select(SavedAudience.id).where(SavedAudience.name == name)):
        raise Refusal(f"Đã có danh sách người nhận tên “{name}”. Vui lòng đặt tên khác.")
    row = SavedAudience(name=name, rule=audience.to_json(), owner_id=owner, created_at=now)
    db.add(row)
    await db.flush()
    return row


async def saved(db: AsyncSession) -> Sequence[SavedAudience]:
    return (await db.scalars(select(SavedAudience).order_by(SavedAudience.name))).all()
