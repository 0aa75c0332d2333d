"""One person on several channels: linking by a one-time code, which channel is preferred, merging and separating."""

import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Table, and_, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from db import fallback, linking
from db.base import Base
from db.linking import LinkCode, Merge
from db.people import Identity, Offer, Person, PersonState, Prompt
from network import audit, people
from network.people import MEMBERS, Speaker
from network.refusals import Refusal

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that looks like something else
LENGTH, LIFE = 8, timedelta(minutes=10)
PLATFORMS = {"zalo_oa": "Zalo OA", "telegram": "Telegram", "zalo_bot": "Zalo Bot"}
KEPT_APART = ("consent", "person_topic", "link_code", "merge", "audit", "person")  # stay with who they were given by
_CODE = re.compile(rf"LK([{ALPHABET}]{{{LENGTH}}})")
UNKNOWN = (
    "Mã nối kênh này không đúng, đã dùng hoặc đã hết hạn. Ở kênh đã tham gia, anh/chị gõ /lienket để lấy mã mới, rồi "
    "gõ mã vào đây trong 10 phút."
)


def code_in(text: str) -> str | None:
    """The code somebody typed, however they spaced it; None where there is none."""
    if len(text) > 60:
        return None
    found = _CODE.fullmatch(re.sub(r"[\s\-–.]+", "", re.sub(r"^/\w+\s+", "", text.strip())).upper())
    return found[1] if found else None


def shown(code: str) -> str:
    return f"LK-{code[:4]}-{code[4:]}"


def named(platform: str) -> str:
    return PLATFORMS.get(platform, platform)


async def new_code(db: AsyncSession, person_id: int, now: datetime) -> str:
    """The person's earlier codes work no more."""
    await linking.withdraw_codes(db, person_id, now)
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    db.add(LinkCode(digest=_digest(code), person_id=person_id, made_at=now, expires_at=now + LIFE))
    await db.flush()
    return code


def _digest(code: str) -> str:
    return hashlib.sha256(f"link {code}".encode()).hexdigest()


async def owner_of(db: AsyncSession, code: str, now: datetime) -> Person:
    """Whose code it is; it is not used up by asking."""
    found = await linking.open_code(db, _digest(code), now)
    person = await db.get(Person, found.person_id) if found else None
    if person is None or person.state not in MEMBERS:
        raise Refusal(UNKNOWN, over=True)
    return person


async def use_up(db: AsyncSession, code: str, now: datetime) -> None:
    if not await linking.take_code(db, _digest(code), now):
        raise Refusal(UNKNOWN, over=True)


async def attach(db: AsyncSession, person: Person, who: Speaker, now: datetime) -> None:
    """Somebody who is not a member there becomes this person. What they had begun to fill in is forgotten."""
    if who.identity_id is None:
        new = Identity(
            person_id=person.id, platform=who.platform, channel=who.channel, address=who.address, preferred=False,
            created_at=now, last_interaction_at=now,
        )
        db.add(new)
    else:
        mine = update(Identity).where(Identity.id == who.identity_id)
        await db.execute(mine.values(person_id=person.id, preferred=False))
        await _forget_waiting(db, who.identity_id)
        if who.state == PersonState.JOINING and not await linking.identities(db, who.person_id or 0):
            await people.erase(db, who.person_id or 0, now)
    await db.flush()
    detail = {"platform": who.platform}
    await audit.record(db, now, "identity.linked", actor=person.id, subject=f"person:{person.id}", detail=detail)


async def detach(db: AsyncSession, person_id: int, identity_id: int, now: datetime) -> Identity:
    """The channel is nobody's again. A person's last one stays: leaving is something else."""
    mine = await linking.identities(db, person_id)
    found = next((one for one in mine if one.id == identity_id), None)
    if found is None or len(mine) == 1:
        raise Refusal("Kênh này không gỡ được: mỗi người cần ít nhất một kênh. Muốn rời mạng lưới, gõ /roi.")
    nobody = Person(state=PersonState.ERASED, created_at=now)
    db.add(nobody)
    await db.flush()
    found.person_id, found.preferred = nobody.id, True
    await _forget_waiting(db, identity_id)
    await db.flush()
    detail = {"platform": found.platform}
    await audit.record(db, now, "identity.unlinked", actor=person_id, subject=f"person:{person_id}", detail=detail)
    return found


async def _forget_waiting(db: AsyncSession, identity_id: int) -> None:
    for table in (Prompt, Offer):
        await db.execute(table.__table__.delete().where(table.identity_id == identity_id))


async def prefer(db: AsyncSession, person_id: int, identity_id: int) -> Identity:
    mine = await linking.identities(db, person_id)
    chosen = next((one for one in mine if one.id == identity_id), None)
    if chosen is None:
        raise Refusal("Kênh này không còn nối với hồ sơ của anh/chị.")
    for one in mine:
        one.preferred = one.id == identity_id
    await db.flush()
    return chosen


def in_order(mine: Sequence[Identity]) -> list[Identity]:
    """As they are tried."""
    return sorted(mine, key=fallback.key)


# Two people who are one


async def merge(db: AsyncSession, kept_id: int, absorbed_id: int, now: datetime, actor: int | None = None) -> Merge:
    """Everything that names the absorbed person names the kept one from now on; the row stays, to be separated."""
    _kept, absorbed = await _pair(db, kept_id, absorbed_id)
    await _keep_an_administrator(db, absorbed)
    moved = {}
    for column in _references():
        if keys := await _move(db, column, absorbed_id, kept_id):
            moved[f"{column.table.name}.{column.name}"] = keys
    merged = Merge(
        kept_id=kept_id, absorbed_id=absorbed_id, state_before=absorbed.state, moved=moved, merged_at=now
    )
    db.add(merged)
    absorbed.state = PersonState.MERGED
    await db.execute(
        update(Identity)
        .where(Identity.person_id == kept_id, Identity.id.in_(k[0] for k in moved.get("identity.person_id", ())))
        .values(preferred=False)
    )
    await db.flush()
    detail = {"absorbed": absorbed_id, "rows": sum(map(len, moved.values()))}
    await audit.record(db, now, "person.merged", actor=actor or kept_id, subject=f"person:{kept_id}", detail=detail)
    return merged


async def separate(db: AsyncSession, absorbed_id: int, now: datetime, actor: int | None = None) -> Merge:
    """What was moved goes back, as far as it is still there; what came since stays with the kept person."""
    merged = await linking.standing_merge(db, absorbed_id)
    if merged is None:
        raise Refusal(f"Người số {absorbed_id} không được gộp vào ai.")
    absorbed = await db.get_one(Person, absorbed_id)
    if absorbed.state != PersonState.MERGED:
        raise Refusal(f"Người số {absorbed_id} đã xóa dữ liệu nên không tách ra được.")
    for column in _references():
        keys = merged.moved.get(f"{column.table.name}.{column.name}", [])
        await _back(db, column, keys, merged.kept_id, absorbed_id)
    absorbed.state, merged.separated_at = merged.state_before, now
    mine = await linking.identities(db, absorbed_id)
    if mine and not any(one.preferred for one in mine):
        mine[0].preferred = True
    await db.flush()
    await audit.record(
        db, now, "person.separated", actor=actor, subject=f"person:{absorbed_id}", detail={"kept": merged.kept_id}
    )
    return merged


async def _pair(db: AsyncSession, kept_id: int, absorbed_id: int) -> tuple[Person, Person]:
    rows = {p.id: p for p in await db.scalars(select(Person).where(Person.id.in_((kept_id, absorbed_id))))}
    if kept_id == absorbed_id or len(rows) != 2:
        raise Refusal("Cần hai người khác nhau đang có trong mạng lưới.")
    if rows[kept_id].state not in MEMBERS:
        raise Refusal(f"Người số {kept_id} không phải thành viên nên không giữ được hồ sơ.")
    if rows[absorbed_id].state in (PersonState.ERASED, PersonState.MERGED):
        raise Refusal(f"Người số {absorbed_id} đã xóa dữ liệu hoặc đã được gộp.")
    return rows[kept_id], rows[absorbed_id]


async def _keep_an_administrator(db: AsyncSession, absorbed: Person) -> None:
    try:
        await people.keep_an_administrator(db, absorbed.id)
    except Refusal:
        raise Refusal(
            "Người được gộp là quản trị hệ thống duy nhất: vui lòng giữ hồ sơ đó, hoặc mời thêm một quản trị."
        ) from None


def _references() -> Iterator[Column[Any]]:
    """Columns that name a person, by a foreign key or as db/pushes.py's ledger without one."""
    for table in Base.metadata.sorted_tables:
        if table.name not in KEPT_APART:
            for column in table.columns:
                named = any(key.column.table.name == "person" for key in column.foreign_keys)
                if named or (table.name, column.name) == ("delivery", "person_id"):
                    yield column


async def _move(db: AsyncSession, column: Column[Any], old: int, new: int) -> list[list[Any]]:
    """Keys of the rows moved. Where the kept person has such a row already (both acknowledged), both stay."""
    keys = list(column.table.primary_key.columns)
    rows = [list(row) for row in await db.execute(select(*keys).where(column == old))]
    if column not in keys:
        await db.execute(update(column.table).where(column == old).values({column.name: new}))
        return rows
    moved = []
    for row in rows:
        try:
            async with db.begin_nested():
                await db.execute(update(column.table).where(_is(column.table, row)).values({column.name: new}))
        except IntegrityError:
            continue
        moved.append([new if key is column else value for key, value in zip(keys, row, strict=True)])
    return moved


async def _back(db: AsyncSession, column: Column[Any], rows: list[list[Any]], kept: int, absorbed: int) -> None:
    keys = list(column.table.primary_key.columns)
    for start in range(0, len(rows), 500):
        these = tuple_(*keys).in_([tuple(row) for row in rows[start : start + 500]])
        await db.execute(update(column.table).where(column == kept, these).values({column.name: absorbed}))


def _is(table: Table, row: list[Any]) -> Any:
    return and_(*(key == value for key, value in zip(table.primary_key.columns, row, strict=True)))
