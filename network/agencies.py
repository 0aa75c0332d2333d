"""Agencies: a tree whose paths are kept in step, found by what people type."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from db import agencies as table
from db.agencies import Agency, Level
from network import audit, content, names, refusals

LEVEL_NAMES = {
    Level.CENTRAL: "Trung ương",
    Level.PROVINCE: "Cấp tỉnh",
    Level.COMMUNE: "Cấp xã",
    Level.PRESS: "Cơ quan báo chí",
}
FOUND_LIMIT = 8


class Refusal(StrEnum):
    """Why a change of the tree is not made; the value is the sentence."""

    CLOSED = "Cơ quan này đã kết thúc hoạt động trong danh sách."
    ITSELF = "Một cơ quan không thể gộp hay chuyển vào chính nó hoặc đơn vị trực thuộc của nó."
    CODE_TAKEN = "Mã cơ quan này đã có. Vui lòng chọn mã khác."
    HAS_UNITS = "Cơ quan còn đơn vị trực thuộc đang hoạt động. Vui lòng chuyển hoặc đóng các đơn vị đó trước."
    HAS_PEOPLE = "Cơ quan còn người. Vui lòng gộp vào cơ quan khác, hoặc đổi cơ quan của họ trước."
    MERGED = "Cơ quan này đã được gộp vào cơ quan khác nên không mở lại được."
    OPEN = "Cơ quan này đang hoạt động."
    CLOSED_ABOVE = "Cơ quan cấp trên đã đóng. Vui lòng mở lại cơ quan đó trước."


class RefusedChange(refusals.Refusal):
    """The tree stays as it was."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class NewAgency:
    code: str
    name: str
    level: Level
    short_name: str | None = None
    aliases: tuple[str, ...] = ()
    province_code: str | None = None
    commune_code: str | None = None


def searchable(name: str, short_name: str | None, aliases: Iterable[str] = ()) -> str:
    """What the `folded` column holds: every name, between bars."""
    folded = dict.fromkeys(names.fold(n.replace("(cũ)", "")) for n in (name, short_name or "", *aliases))
    return "|" + "".join(f"{n}|" for n in folded if n)


async def add(
    db: AsyncSession, new: NewAgency, parent: Agency | None = None, *, now: datetime | None = None,
    actor: int | None = None,
) -> Agency:
    """On record where there is a `now`; a list that is read in is a record of its own."""
    if await table.agency_by_code(db, new.code):
        raise RefusedChange(Refusal.CODE_TAKEN)
    if parent is not None and parent.closed_at:
        raise RefusedChange(Refusal.CLOSED)
    agency = _row(new, parent)
    db.add(agency)
    await db.flush()
    _stand(agency, parent)
    await db.flush()
    if now is not None:
        await _record(db, now, "agency.added", agency, actor, {"name": agency.name, "parent": agency.parent_id})
    return agency


def _row(new: NewAgency, parent: Agency | None) -> Agency:
    return Agency(
        code=new.code,
        name=names.tidy(new.name),
        short_name=new.short_name,
        folded=searchable(new.name, new.short_name, new.aliases),
        level=new.level,
        parent_id=parent.id if parent else None,
        province_code=new.province_code,
        commune_code=new.commune_code,
    )


def _stand(agency: Agency, parent: Agency | None) -> None:
    """Both have their ids."""
    agency.path = f"{parent.path if parent else '/'}{agency.id}/"


async def move(
    db: AsyncSession, agency: Agency, parent: Agency | None, now: datetime, actor: int | None = None
) -> None:
    """Put an agency with all below it under another (or at the top)."""
    await _hold(db, agency, parent)
    if parent is not None and (parent.closed_at or agency.closed_at):
        raise RefusedChange(Refusal.CLOSED)
    if parent is not None and parent.path.startswith(agency.path):
        raise RefusedChange(Refusal.ITSELF)
    new_path = f"{parent.path if parent else '/'}{agency.id}/"
    agency.parent_id = parent.id if parent else None
    await db.flush()
    await table.shift_paths(db, agency.path, new_path)
    await db.refresh(agency)
    await _record(db, now, "agency.moved", agency, actor, {"parent": agency.parent_id})


async def merge(db: AsyncSession, agency: Agency, heir: Agency, now: datetime, actor: int | None = None) -> None:
    """The agency ends; its people, invitations and units go to the heir, and audiences that name it mean the heir."""
    await _hold(db, agency, heir)
    if agency.closed_at or heir.closed_at:
        raise RefusedChange(Refusal.CLOSED)
    if heir.path.startswith(agency.path):
        raise RefusedChange(Refusal.ITSELF)
    await table.shift_paths(db, agency.path, heir.path, with_root=False)
    await table.succeed(db, agency.id, heir.id)
    agency.merged_into_id, agency.closed_at = heir.id, now
    former = [n for n in agency.folded.split("|") if n and f"|{n}|" not in heir.folded]
    heir.folded += "".join(f"{n}|" for n in former)  # still found by the name people know
    await db.flush()
    await _record(db, now, "agency.merged", agency, actor, {"into": heir.id})


async def rename(
    db: AsyncSession, agency: Agency, name: str, short_name: str | None, now: datetime, actor: int | None = None
) -> None:
    """The new name is shown; the former one still finds the agency."""
    former = agency.folded.strip("|").split("|")
    agency.name, agency.short_name = names.tidy(name), short_name
    agency.folded = searchable(name, short_name, former)
    await db.flush()
    await _record(db, now, "agency.renamed", agency, actor, {"name": agency.name})


async def close(db: AsyncSession, agency: Agency, now: datetime, actor: int | None = None) -> None:
    if agency.closed_at:
        raise RefusedChange(Refusal.CLOSED)
    if await table.has_open_units(db, agency):
        raise RefusedChange(Refusal.HAS_UNITS)
    if await table.has_members(db, agency):
        raise RefusedChange(Refusal.HAS_PEOPLE)
    agency.closed_at = now
    await db.flush()
    await _record(db, now, "agency.closed", agency, actor, None)


async def reopen(db: AsyncSession, agency: Agency, now: datetime, actor: int | None = None) -> None:
    if agency.merged_into_id:
        raise RefusedChange(Refusal.MERGED)
    if not agency.closed_at:
        raise RefusedChange(Refusal.OPEN)
    above = await db.get(Agency, agency.parent_id) if agency.parent_id else None
    if above is not None and above.closed_at:
        raise RefusedChange(Refusal.CLOSED_ABOVE)
    agency.closed_at = None
    await db.flush()
    await _record(db, now, "agency.reopened", agency, actor, None)


async def _hold(db: AsyncSession, *moving: Agency | None) -> None:
    """Nobody else moves these, or what they stand under, until this transaction ends: two moves at once could
    otherwise put two agencies below each other."""
    there = [agency for agency in moving if agency is not None]
    await table.hold(db, {int(number) for agency in there for number in agency.path.strip("/").split("/")})
    for agency in there:
        await db.refresh(agency)


async def find(db: AsyncSession, typed: str) -> list[Agency]:
    """One agency when it is clear, several to choose from, none. Reads the tree only as far as the words need."""
    words = names.fold(typed).split()
    if not words:
        return []
    rows = {a.id: a for a in await table.open_agencies_named(db, words)}
    if not rows:  # misspelt, or a word too many: compare with them all
        rows = {a.id: a for a in await table.open_agencies_named(db, words[-1:])}
    if not rows:
        rows = {a.id: a for a in await table.open_agencies_named(db, ())}
    named = [(a.id, (a.name, a.short_name or "", *a.folded.strip("|").split("|"))) for a in rows.values()]
    return [rows[i] for i in names.best(typed, named, FOUND_LIMIT)]


async def is_below(db: AsyncSession, agency_id: int | None, root_id: int | None) -> bool:
    """The agency is the root or stands under it; no agency stands nowhere."""
    if agency_id is None or root_id is None:
        return False
    agency, root = await db.get(Agency, agency_id), await db.get(Agency, root_id)
    return bool(agency and root and agency.path.startswith(root.path))


async def load_agencies(db: AsyncSession) -> int:
    """Add the starter agencies that are missing; what an office has changed since stays changed."""
    known = {a.code: a for a in await table.all_agencies(db)}
    missing = [(new, code) for new, code in [*_from_content(), *await _committees(db)] if new.code not in known]
    added = len(missing)
    while missing:  # a whole level of the tree at a time: parents need their ids first
        awaited = {new.code for new, _ in missing}
        level = [(_row(new, known.get(code or "")), code) for new, code in missing if code not in awaited]
        if not level:
            raise ValueError(f"these agencies of the starter content stand below each other: {sorted(awaited)}")
        db.add_all(agency for agency, _ in level)
        await db.flush()
        for agency, code in level:
            _stand(agency, known.get(code or ""))
            known[agency.code] = agency
        missing = [(new, code) for new, code in missing if code in awaited]
    await db.flush()
    return added


def _from_content() -> list[tuple[NewAgency, str | None]]:
    return [
        (
            NewAgency(
                row["code"], row["name"], Level(row["level"]), row.get("short_name"), tuple(row.get("aliases", ()))
            ),
            row.get("parent"),
        )
        for row in content.load("agencies")
    ]


async def _committees(db: AsyncSession) -> list[tuple[NewAgency, str | None]]:
    """The People's Committee of each province; found by the province's former names as well."""
    made = []
    for p in await table.all_provinces(db):
        kind = "thành phố" if p.name.startswith("Thành phố") else "tỉnh"
        others = [p.short_name, p.name, *(f"UBND tỉnh {n}" for n in p.former.split("|") if n)]
        new = NewAgency(
            f"UBND-{p.code}", f"Ủy ban nhân dân {kind} {p.short_name}", Level.PROVINCE,
            f"UBND {kind} {p.short_name}", tuple(others), province_code=p.code,
        )
        made.append((new, None))
    return made


async def _record(
    db: AsyncSession, now: datetime, act: str, agency: Agency, actor: int | None, detail: dict[str, object] | None
) -> None:
    await audit.record(db, now, act, actor=actor, subject=f"agency:{agency.id}", detail=detail)
