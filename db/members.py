"""People as the desk looks for them: by words, role and state, inside a part of the agency tree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency, standing_under
from db.people import Identity, Person, PersonState


@dataclass(frozen=True, slots=True)
class Wanted:
    """`under`: an agency's id, only its people and those below it; 0: nobody; None: the whole network."""

    under: int | None = None
    words: str = ""
    role: str = ""
    state: str = ""


def _narrowed(db: AsyncSession, rows: Select[Any], wanted: Wanted) -> Select[Any]:
    rows = rows.where(Person.state != PersonState.ERASED)
    if wanted.under is not None:
        rows = rows.where(Person.agency_id.in_(standing_under([wanted.under])))
    if wanted.words:
        named = select(Agency.id).where(holds(db, Agency.name, wanted.words))
        rows = rows.where(or_(holds(db, Person.full_name, wanted.words), Person.agency_id.in_(named)))
    if wanted.role:
        rows = rows.where(Person.role == wanted.role)
    if wanted.state:
        rows = rows.where(Person.state == wanted.state)
    return rows


def holds(db: AsyncSession, column: Any, words: str) -> ColumnElement[bool]:
    """However it is capitalised: SQLite itself knows the small and capital letters of ASCII only."""
    if db.get_bind().dialect.name != "sqlite":
        return column.icontains(words, autoescape=True)
    ways = (words,) if words.isascii() else dict.fromkeys((words, words.lower(), words.title(), words.upper()))
    return or_(*(column.contains(way, autoescape=True) for way in ways))


async def count(db: AsyncSession, wanted: Wanted) -> int:
    return await db.scalar(_narrowed(db, select(func.count()).select_from(Person), wanted)) or 0


async def listed(
    db: AsyncSession, wanted: Wanted, *, before: int | None = None, limit: int = 50, offset: int = 0,
    by_name: bool = False,
) -> Sequence[Row[tuple[Person, str | None]]]:
    """(Person, agency's name), the newest first, or by name; `before` is the id where the last part ended."""
    rows = select(Person, Agency.name).outerjoin(Agency, Agency.id == Person.agency_id)
    if before is not None:
        rows = rows.where(Person.id < before)
    order = (Person.full_name, Person.id) if by_name else (Person.id.desc(),)
    newest = _narrowed(db, rows, wanted).order_by(*order).limit(limit).offset(offset)
    return (await db.execute(newest)).all()


async def channels(db: AsyncSession, ids: Iterable[int]) -> dict[int, list[tuple[str, bool]]]:
    """Person → (platform, reachable)."""
    found: dict[int, list[tuple[str, bool]]] = {}
    rows = select(Identity.person_id, Identity.platform, Identity.unreachable)
    rows = rows.where(Identity.person_id.in_(list(ids))).order_by(Identity.id)
    for person, platform, unreachable in await db.execute(rows):
        found.setdefault(person, []).append((platform, unreachable is None))
    return found
