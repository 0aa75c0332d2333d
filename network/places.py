"""Provinces and communes: found by what people type, by former names too."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from sqlalchemy.ext.asyncio import AsyncSession

from db import agencies as table
from db.agencies import Commune, Province
from network import content, names

PROVINCE_WORDS = ("tinh", "thanh pho", "tp")
COMMUNE_WORDS = ("xa", "phuong", "thi tran", "dac khu", "p", "x")


@dataclass(frozen=True, slots=True)
class Found:
    """A place that may be meant. `note` says why when the typed name is not its present one."""

    code: str
    name: str
    short_name: str
    note: str = ""


def provinces() -> list[Province]:
    """The rows of the content file."""
    return [
        Province(
            code=row["code"],
            name=row["name"],
            short_name=row["short_name"],
            folded=names.fold(row["short_name"]),
            former="|".join(n for n in row["formed_from"] if n != row["short_name"]),
        )
        for row in content.load("provinces")
    ]


async def load_provinces(db: AsyncSession) -> int:
    """Add or correct the provinces of the content file; the number changed is returned."""
    known = {p.code: p for p in await table.all_provinces(db)}
    changed = 0
    for wanted in provinces():
        row = known.get(wanted.code)
        if row is None:
            db.add(wanted)
            changed += 1
            continue
        for column in ("name", "short_name", "folded", "former"):
            if getattr(row, column) != getattr(wanted, column):
                setattr(row, column, getattr(wanted, column))
                changed += 1
    await db.flush()
    return changed


async def find_province(db: AsyncSession, typed: str) -> list[Found]:
    """One place when it is clear, several to choose from, none; present names win over former ones."""
    rows = {p.code: p for p in await table.all_provinces(db)}
    wanted = without(typed, PROVINCE_WORDS)
    exact = [p for p in rows.values() if wanted in (names.fold(p.short_name), p.code)]
    if exact:
        return [_found(p, "") for p in exact]
    named = [
        ((p.code, name), (name,))
        for p in rows.values()
        for name in (p.short_name, p.name, *filter(None, p.former.split("|")), *_nicknames().get(p.code, ()))
    ]
    chosen: dict[str, Found] = {}
    for code, name in names.best(_bare(typed, PROVINCE_WORDS), named):
        former = name in rows[code].former.split("|")
        chosen.setdefault(code, _found(rows[code], name if former else ""))
    return list(chosen.values())


@cache
def _nicknames() -> dict[str, tuple[str, ...]]:
    return {row["code"]: tuple(row.get("aliases", ())) for row in content.load("provinces")}


def _found(province: Province, former: str) -> Found:
    note = f"{former} nay thuộc {_in_sentence(province.name)}" if former else ""
    return Found(province.code, province.name, province.short_name, note)


def _in_sentence(name: str) -> str:
    return name[0].lower() + name[1:]


async def find_commune(db: AsyncSession, province_code: str, typed: str) -> list[Found]:
    rows = {c.code: c for c in await table.communes_of(db, province_code)}
    named = [(c.code, (c.name, bare_commune(c.name))) for c in rows.values()]
    codes = names.best(typed, named)
    if len(codes) != 1:
        codes = names.best(_bare(typed, COMMUNE_WORDS), named) or codes
    return [Found(code, rows[code].name, bare_commune(rows[code].name)) for code in codes]


def bare_commune(name: str) -> str:
    return _bare(name, COMMUNE_WORDS)


def commune_row(code: str, name: str, province_code: str) -> Commune:
    return Commune(code=code, name=name, province_code=province_code, folded=names.fold(bare_commune(name)))


def without(typed: str, kinds: Iterable[str]) -> str:
    """Folded, and without the word that says what kind of place it is."""
    return names.fold(_bare(typed, kinds))


def _bare(typed: str, kinds: Iterable[str]) -> str:
    words = names.tidy(typed).replace(".", " ").split()
    for kind in kinds:
        length = len(kind.split())
        if names.fold(" ".join(words[:length])) == kind and len(words) > length:
            return " ".join(words[length:])
    return " ".join(words)
