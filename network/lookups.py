"""What an operator names by code or by name, looked up; what is not there is refused with what is."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db import agencies as table
from db.agencies import Agency, Commune, Level
from network import agencies, names, places, roles, topics
from network.refusals import Refusal

LEVEL_WORDS = {names.fold(name): level for level, name in agencies.LEVEL_NAMES.items()} | {
    "tinh": Level.PROVINCE, "xa": Level.COMMUNE, "bao chi": Level.PRESS, **{level.value: level for level in Level},
}
SHOWN = 5


def role(typed: str) -> str:
    found = roles.named(typed)
    if found is None:
        raise Refusal(f"Không có vai trò “{typed}”. Các vai trò: {roles.listed()}.")
    return found.code


def topic(typed: str) -> str:
    wanted = names.fold(typed)
    found = [code for code, name in topics.topics().items() if typed == code or names.fold(name) == wanted]
    if not found:
        known = ", ".join(f"{code} ({name})" for code, name in topics.topics().items())
        raise Refusal(f"Không có chủ đề “{typed}”. Các chủ đề: {known}.")
    return found[0]


def level(typed: str) -> str:
    found = LEVEL_WORDS.get(names.fold(typed))
    if found is None:
        known = ", ".join(f"{level.value} ({name})" for level, name in agencies.LEVEL_NAMES.items())
        raise Refusal(f"Không có cấp “{typed}”. Các cấp: {known}.")
    return found.value


async def agency(db: AsyncSession, typed: str) -> Agency:
    """By its code, by a name only one open agency bears, or as “name (code)”, which forms offer."""
    typed = typed.rpartition("(")[2].rstrip(")") if typed.endswith(")") else typed
    if found := await table.agency_by_code(db, typed):
        return found
    wanted = names.fold(typed)
    alike = await agencies.find(db, typed)
    exact = [a for a in alike if wanted in (names.fold(a.code), *a.folded.strip("|").split("|"))]
    if len(exact) == 1:
        return exact[0]
    raise Refusal(f"Không rõ cơ quan “{typed}”. {_offered(exact or alike)}")


def _offered(found: Iterable[Agency]) -> str:
    near = "; ".join(f"{a.code} ({a.short_name or a.name})" for a in list(found)[:SHOWN])
    return f"Gần giống: {near}." if near else "Xem mã các cơ quan: loa people agencies"


async def province(db: AsyncSession, typed: str) -> str:
    found = await places.find_province(db, typed.zfill(2) if typed.isdigit() else typed)
    if len(found) != 1:
        known = ", ".join(f"{p.code} ({p.short_name})" for p in await table.all_provinces(db))
        raise Refusal(f"Không rõ tỉnh “{typed}”. Các tỉnh: {known}.")
    return found[0].code


async def commune(db: AsyncSession, typed: str) -> str:
    """By its code, or by a name borne once in the whole country."""
    wanted = names.fold(places.bare_commune(typed))
    rows = (await db.scalars(select(Commune).where((Commune.code == typed) | (Commune.folded == wanted)))).all()
    if len(rows) != 1:
        near = "; ".join(f"{row.code} ({row.name})" for row in rows[:SHOWN])
        remedy = f"Ghi mã, ví dụ: {near}." if near else "Nhập danh sách xã: loa people import TỆP --kind communes"
        raise Refusal(f"Không rõ xã “{typed}”. {remedy}")
    return rows[0].code


