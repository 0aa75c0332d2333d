"""The audience of a brief's file: names and codes read, and everything that names nobody refused at once."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.people import Person
from network import lookups
from network.audiences import FACETS, Audience
from network.refusals import Refusal

SWITCHES = ("everybody", "descendants")
KNOWN = tuple(f.name for f in fields(Audience))


async def read(db: AsyncSession, data: Mapping[str, Any]) -> Audience:
    """Raises Refusal with a line for each value that is not known, and the ones that are."""
    wrong: list[str] = []
    found: dict[str, Any] = {}
    for name, value in data.items():
        if name not in KNOWN:
            wrong.append(f"Tiêu chí người nhận không có: {name}. Các tiêu chí: {', '.join(KNOWN)}.")
        elif name in SWITCHES:
            found[name] = value
            if not isinstance(value, bool):
                wrong.append(f"{name}: vui lòng ghi true hoặc false, không phải “{value}”.")
        else:
            found[name] = await _values(db, name, value, wrong)
    if wrong:
        raise Refusal("\n".join(dict.fromkeys(wrong)))
    audience = Audience(**found)
    if data and not audience:
        raise Refusal(f"Phần audience chưa chọn ai. Vui lòng ghi everybody: true hoặc: {', '.join(FACETS)}.")
    return audience


async def _values(db: AsyncSession, name: str, value: Any, wrong: list[str]) -> tuple[Any, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(v, dict | list) or v is None for v in values):
        wrong.append(f"{name}: vui lòng ghi một danh sách, mỗi dòng một mã hoặc tên.")
        return ()
    found = []
    for typed in values:
        try:
            found.append(await _one(db, name, str(typed).strip()))
        except Refusal as refusal:
            wrong.append(f"{name}: {refusal.text}")
    return tuple(found)


async def _one(db: AsyncSession, name: str, typed: str) -> Any:
    match name:
        case "roles":
            return lookups.role(typed)
        case "topics":
            return lookups.topic(typed)
        case "levels":
            return lookups.level(typed)
        case "provinces":
            return await lookups.province(db, typed)
        case "communes":
            return await lookups.commune(db, typed)
        case "without_people":
            return await _person(db, typed)
    return (await lookups.agency(db, typed)).code


async def _person(db: AsyncSession, typed: str) -> int:
    known = typed.isdecimal() and len(typed) < 16
    if not known or await db.scalar(select(Person.id).where(Person.id == int(typed))) is None:
        raise Refusal(f"Không có người mang mã “{typed}”. Xem danh sách: loa people list")
    return int(typed)
