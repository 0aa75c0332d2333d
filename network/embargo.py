"""Embargo: a brief with a fixed release time. Until then only those named read it, in a marked copy, on record."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db import briefs as table
from db import embargo as readings
from db.agencies import Agency
from db.embargo import EarlyReading
from db.people import MEMBERS, Person
from network import audience_files, audiences, audit, moments
from network.brief_content import Content
from network.refusals import Refusal

MOST = 200  # readers; a longer list is a release
NAMED, DUTY = "named", "duty"


def holds(content: Content, now: datetime) -> bool:
    """Nothing of it may be out yet."""
    return content.release_moment is not None and now < content.release_moment


def mark(content: Content) -> str:
    moment = content.release_moment
    return f"⛔ **CẤM PHÁT HÀNH TRƯỚC {moments.say(moment)}**" if moment else ""


async def readers(db: AsyncSession, content: Content) -> list[int]:
    """Ids of the people on the pre-release list who are of the network now."""
    wanted = [item for item in content.pre_release if isinstance(item, int)]
    found = set(await db.scalars(select(Person.id).where(Person.id.in_(wanted), Person.state.in_(MEMBERS))))
    for rule in content.pre_release:
        if isinstance(rule, Mapping):
            meant = audiences.recipients(audiences.Audience.from_json(rule), flash=True).subquery()
            found.update(await db.scalars(select(meant.c.person_id).limit(MOST + 1)))
    return sorted(found)


async def problems(db: AsyncSession, content: Content) -> list[str]:
    """What only the database knows to be wrong with the list."""
    if not content.pre_release:
        return []
    wanted = {item for item in content.pre_release if isinstance(item, int)}
    known = set(await db.scalars(select(Person.id).where(Person.id.in_(wanted), Person.state.in_(MEMBERS))))
    label = "Danh sách xem trước"
    found = [f"{label}: không có người mang mã {person} đang hoạt động" for person in sorted(wanted - known)]
    unclear = [item for item in content.pre_release if isinstance(item, str)]
    found += [f"{label}: “{item}” chưa rõ là ai, vui lòng ghi mã" for item in unclear]
    try:
        count = len(await readers(db, content))
    except Refusal as refusal:
        return [*found, f"{label}: {refusal.text}"]
    if not count:
        found.append(f"{label}: không có ai")
    if count > MOST:
        found.append(f"{label}: tối đa {MOST} người")
    return found


async def describe(db: AsyncSession, content: Content) -> str:
    return "; ".join(await described(db, content)) or "không có ai"


async def described(db: AsyncSession, content: Content) -> list[str]:
    """Each entry of the list, in its order."""
    ids = [item for item in content.pre_release if isinstance(item, int)]
    rows = {person.id: person.full_name for person in await db.scalars(select(Person).where(Person.id.in_(ids)))}
    return [
        await audiences.describe(db, audiences.Audience.from_json(item)) if isinstance(item, Mapping)
        else rows.get(item) or f"mã {item}" if isinstance(item, int) else item
        for item in content.pre_release
    ]


async def understand(db: AsyncSession, typed: str) -> tuple[int | dict[str, Any], ...]:
    """People by number or full name, and saved lists by name, between commas. Refuses with what it does not know."""
    found: list[int | dict[str, Any]] = []
    for part in (" ".join(part.split()) for part in unicodedata.normalize("NFC", typed).replace("\n", ",").split(",")):
        if part and (item := await _one(db, part)) not in found:
            found.append(item)
    if not found:
        raise Refusal("Anh/chị vui lòng gõ tên hoặc mã người xem trước, cách nhau bằng dấu phẩy.")
    return tuple(found)


async def resolve(db: AsyncSession, content: Content) -> Content:
    """The list of a file: names of people and saved lists become what they stand for; rules may say names as well."""
    found: list[int | dict[str, Any]] = []
    for item in content.pre_release:
        if isinstance(item, str):
            found += await understand(db, item)
        else:
            found.append((await audience_files.read(db, item)).to_json() if isinstance(item, Mapping) else item)
    return replace(content, pre_release=tuple(found))


async def _one(db: AsyncSession, part: str) -> int | dict[str, Any]:
    if saved := await table.audience_named(db, part):
        return dict(saved.rule)
    who = Person.id == int(part) if part.isdigit() and len(part) < 16 else Person.full_name == part
    found = select(Person.id, Agency.name).outerjoin(Agency, Agency.id == Person.agency_id)
    rows = (await db.execute(found.where(who, Person.state.in_(MEMBERS)).order_by(Person.id).limit(6))).all()
    if len(rows) == 1:
        return rows[0].id
    if not rows:
        raise Refusal(f"Không có người hoặc danh sách đã lưu tên “{part}”. Vui lòng gõ đúng họ tên đầy đủ hoặc mã.")
    known = "; ".join(f"{number} ({agency or 'chưa rõ cơ quan'})" for number, agency in rows)
    raise Refusal(f"Có {len(rows)} người tên “{part}”. Vui lòng gõ mã của người cần chọn: {known}.")


async def record(
    db: AsyncSession, brief_id: int, edition_id: int, person_id: int, how: str, now: datetime
) -> None:
    """Every opening: a row to list, and a link in the audit chain."""
    db.add(EarlyReading(brief_id=brief_id, edition_id=edition_id, person_id=person_id, how=how, at=now))
    await db.flush()
    detail = {"edition": edition_id, "how": how}
    await audit.record(db, now, "brief.read_early", actor=person_id, subject=f"brief:{brief_id}", detail=detail)


async def opened(db: AsyncSession, brief_id: int) -> Sequence[tuple[str, str, datetime]]:
    """(name, how, when) of every opening before release."""
    return await readings.readings(db, brief_id)


async def held_entries(db: AsyncSession, brief_id: int, now: datetime) -> set[str]:
    """Keys of entries that other briefs hold back until a time still ahead."""
    found: set[str] = set()
    for other, edition in await table.embargoed(db, now):
        if other.id != brief_id:
            content = Content.from_json(edition.content)
            found |= {*content.entries, *(f"bt{other.id}-{n}" for n in range(1, len(content.qa) + 1))}
    return found
