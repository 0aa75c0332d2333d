"""Agencies and communes from a roster: known by their codes, new ones added, changed ones brought up to date."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db import agencies as table
from db.agencies import Agency, Commune, Level, Province
from network import agencies, names, places
from network.agencies import NewAgency
from network.roster_rows import BadRow, Fate, Judged, Planned, Row

LEVELS = {
    "trung uong": Level.CENTRAL, "tinh": Level.PROVINCE, "cap tinh": Level.PROVINCE, "xa": Level.COMMUNE,
    "cap xa": Level.COMMUNE, "bao chi": Level.PRESS, "co quan bao chi": Level.PRESS,
    **{level.value: level for level in Level},
}


async def judge_agencies(db: AsyncSession, rows: Iterable[Row]) -> Judged:
    known = {a.code: a for a in await table.all_agencies(db)}
    codes = {a.id: a.code for a in known.values()}
    provinces = set(await db.scalars(select(Province.code)))
    bad, planned, seen = [], [], {}
    for number, row in rows:
        code, parent, province = row["ma"], row.get("ma_cap_tren", ""), row.get("tinh", "")
        reasons = [
            *_named(row, seen), "" if names.fold(row["cap"]) in LEVELS
            else f"cấp “{row['cap']}” không rõ (trung ương, tỉnh, xã, báo chí)",
            f"cấp trên “{parent}” chưa có ở các dòng trước" if parent and parent not in {*known, *seen} else "",
            f"mã tỉnh “{province}” không có" if province and province not in provinces else "",
            "cơ quan đã kết thúc hoạt động trong danh sách" if code in known and known[code].closed_at else "",
        ]
        seen.setdefault(code, number)
        if said := [reason for reason in reasons if reason]:
            bad.append(BadRow(number, "; ".join(said)))
            continue
        values = {
            "code": code, "name": row["ten"], "level": LEVELS[names.fold(row["cap"])], "parent": parent or None,
            "short_name": row.get("ten_ngan") or None, "province_code": province or None,
        }
        planned.append(_agency_plan(number, values, known.get(code), codes))
    return bad, planned, []


def _agency_plan(number: int, values: dict[str, Any], agency: Agency | None, codes: dict[int, str]) -> Planned:
    if agency is None:
        return Planned(number, Fate.NEW, values)
    now = {"parent": codes.get(agency.parent_id) if agency.parent_id else None}
    changed = {n: v for n, v in values.items() if v and now.get(n, getattr(agency, n, None)) != v}
    return Planned(number, Fate.CHANGED if changed else Fate.SAME, changed, agency)


def _named(row: dict[str, str], seen: dict[str, int]) -> list[str]:
    code, problem = row["ma"], names.text_problem(row["ten"])
    return [
        "thiếu mã" if not code else f"mã “{code}” trùng với dòng {seen[code]}" if code in seen else "",
        "thiếu tên" if not row["ten"] else f"tên {problem}" if problem else "",
    ]


async def put_agencies(db: AsyncSession, planned: Sequence[Planned], now: datetime) -> None:
    for plan in planned:
        values = dict(plan.values)
        parent = values.pop("parent", None)
        above = await table.agency_by_code(db, parent) if parent else None
        if plan.fate == Fate.NEW:
            await agencies.add(db, NewAgency(**values), above)
        elif plan.fate == Fate.CHANGED:
            await _change_agency(db, plan.known, values, above, now)


async def _change_agency(
    db: AsyncSession, agency: Agency, values: dict[str, Any], above: Agency | None, now: datetime
) -> None:
    if "name" in values or "short_name" in values:
        name, short = values.pop("name", agency.name), values.pop("short_name", agency.short_name)
        await agencies.rename(db, agency, name, short, now)
    for column, value in values.items():
        setattr(agency, column, value)
    if above is not None:
        await agencies.move(db, agency, above, now)
    await db.flush()


async def judge_communes(db: AsyncSession, rows: Iterable[Row]) -> Judged:
    provinces = set(await db.scalars(select(Province.code)))
    known = {c.code: c for c in await db.scalars(select(Commune))}
    bad, planned, seen = [], [], {}
    for number, row in rows:
        code, province = row["ma"], row["ma_tinh"]
        province = province.zfill(2) if province.isdigit() else province
        reasons = [*_named(row, seen), "" if province in provinces else f"mã tỉnh “{province}” không có"]
        seen.setdefault(code, number)
        if said := [reason for reason in reasons if reason]:
            bad.append(BadRow(number, "; ".join(said)))
            continue
        commune = known.get(code)
        values = {"code": code, "name": row["ten"], "province_code": province}
        same = commune is not None and all(getattr(commune, n) == v for n, v in values.items())
        fate = Fate.NEW if commune is None else Fate.SAME if same else Fate.CHANGED
        planned.append(Planned(number, fate, values, commune))
    return bad, planned, []


async def put_communes(db: AsyncSession, planned: Sequence[Planned], now: datetime) -> None:
    for plan in planned:
        wanted = places.commune_row(**plan.values)
        if plan.fate == Fate.NEW:
            db.add(wanted)
        elif plan.fate == Fate.CHANGED:
            plan.known.name, plan.known.folded = wanted.name, wanted.folded
            plan.known.province_code = wanted.province_code
    await db.flush()
