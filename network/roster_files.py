"""Rosters as files: people, agencies and communes from XLSX or CSV, all or nothing; people back out again."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency, Commune, Level, Province
from db.people import Invitation, Person, PersonState
from network import agencies, audit, invitations, names, places, roles
from network.agencies import NewAgency
from network.refusals import Refusal

MOST_ROWS = 200_000
COLUMNS = {
    "people": {"ho_ten": True, "vai_tro": True, "ma_co_quan": False, "tinh": False, "xa": False},
    "agencies": {"ma": True, "ten": True, "cap": True, "ten_ngan": False, "ma_cap_tren": False, "tinh": False},
    "communes": {"ma": True, "ten": True, "ma_tinh": True},
}
LEVELS = {
    "trung uong": Level.CENTRAL, "tinh": Level.PROVINCE, "cap tinh": Level.PROVINCE, "xa": Level.COMMUNE,
    "cap xa": Level.COMMUNE, "bao chi": Level.PRESS, **{level.value: level for level in Level},
}
RISKY = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would take the cell for a formula


@dataclass(frozen=True, slots=True)
class BadRow:
    """`number` as the spreadsheet shows it: the heading is row 1."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What an import would do. Nothing is written while `bad` is not empty."""

    kind: str
    rows: int
    bad: tuple[BadRow, ...]
    good: tuple[dict[str, str], ...]


def read(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Numbered rows with headings folded ("Họ tên" → "ho_ten"). Refuses what is no table, in a sentence."""
    spreadsheet = path.suffix.lower() in (".xlsx", ".xlsm")
    table = _sheet(path) if spreadsheet else _separated(path.read_bytes(), path.name)
    if not table:
        raise Refusal(f"Tệp {path.name} không có dòng nào.")
    headings = ["_".join(names.fold(cell).split()) for cell in table[0]]
    rows = [
        (number, {h: names.tidy(c) for h, c in zip(headings, cells, strict=False) if h})
        for number, cells in enumerate(table[1:], 2)
        if any(cell.strip() for cell in cells)
    ]
    if len(rows) > MOST_ROWS:
        raise Refusal(f"Tệp có {len(rows)} dòng, quá {MOST_ROWS}. Vui lòng chia thành nhiều tệp.")
    return rows


def _sheet(path: Path) -> list[list[str]]:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, OSError, KeyError, ValueError) as problem:
        raise Refusal(f"Không mở được {path.name}: không phải tệp XLSX, hoặc tệp hỏng.") from problem
    try:
        return [["" if c is None else str(c) for c in row] for row in book.worksheets[0].iter_rows(values_only=True)]
    finally:
        book.close()


def _separated(data: bytes, name: str) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal(
            f"Tệp {name} không phải mã UTF-8 (có thể là Windows-1258 hoặc TCVN3). Trong Excel: Lưu thành “CSV UTF-8”."
        ) from None
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    return [row for row in csv.reader(io.StringIO(text), delimiter=separator) if row]


async def check(db: AsyncSession, kind: str, rows: Sequence[tuple[int, dict[str, str]]]) -> Checked:
    """Every bad row by number and reason; codes and places are looked up once for all rows."""
    wanted = COLUMNS[kind]
    have = set(rows[0][1]) if rows else set()
    if missing := [name for name, needed in wanted.items() if needed and name not in have]:
        raise Refusal(f"Thiếu cột {', '.join(missing)}. Các cột cần có: {', '.join(wanted)}.")
    judge = {"people": _judge_people, "agencies": _judge_agencies, "communes": _judge_communes}[kind]
    bad, good = await judge(db, rows)
    return Checked(kind, len(rows), tuple(sorted(bad, key=lambda b: b.number)), tuple(good))


Judged = tuple[list[BadRow], list[dict[str, str]]]


async def _judge_people(db: AsyncSession, rows: Iterable[tuple[int, dict[str, str]]]) -> Judged:
    codes = {"", *await db.scalars(select(Agency.code))}
    provinces: dict[str, str | None] = {}
    bad, good = [], []
    for number, row in rows:
        typed = row.get("tinh", "")
        if typed and typed not in provinces:
            found = await places.find_province(db, typed)
            provinces[typed] = found[0].code if len(found) == 1 else None
        reasons = [
            names.name_problem(row["ho_ten"]) or "",
            "" if roles.find(row["vai_tro"]) else f"không có vai trò “{row['vai_tro']}”",
            f"không có cơ quan “{row['ma_co_quan']}”" if row.get("ma_co_quan", "") not in codes else "",
            "" if not typed or provinces[typed] else f"không rõ tỉnh “{typed}”",
        ]
        if said := [reason for reason in reasons if reason]:
            bad.append(BadRow(number, "; ".join(said)))
        else:
            good.append({**row, "province_code": provinces.get(typed) or ""})
    return bad, good


async def _judge_agencies(db: AsyncSession, rows: Iterable[tuple[int, dict[str, str]]]) -> Judged:
    known = set(await db.scalars(select(Agency.code)))
    provinces = {code for code in await db.scalars(select(Province.code))}
    bad, good, seen = [], [], set(known)
    for number, row in rows:
        parent, province = row.get("ma_cap_tren", ""), row.get("tinh", "")
        reasons = [
            "thiếu mã" if not row["ma"] else "", "thiếu tên" if not row["ten"] else "",
            f"mã “{row['ma']}” đã có" if row["ma"] in seen else "",
            "" if names.fold(row["cap"]) in LEVELS else f"cấp “{row['cap']}” không rõ (trung ương, tỉnh, xã, báo chí)",
            f"cấp trên “{parent}” chưa có ở các dòng trước" if parent and parent not in seen else "",
            f"mã tỉnh “{province}” không có" if province and province not in provinces else "",
        ]
        seen.add(row["ma"])
        if said := [reason for reason in reasons if reason]:
            bad.append(BadRow(number, "; ".join(said)))
        else:
            good.append(row)
    return bad, good


async def _judge_communes(db: AsyncSession, rows: Iterable[tuple[int, dict[str, str]]]) -> Judged:
    provinces, seen = set(await db.scalars(select(Province.code))), set(await db.scalars(select(Commune.code)))
    bad, good = [], []
    for number, row in rows:
        reasons = [
            "thiếu mã" if not row["ma"] else f"mã “{row['ma']}” đã có" if row["ma"] in seen else "",
            "thiếu tên" if not row["ten"] else "",
            "" if row["ma_tinh"] in provinces else f"mã tỉnh “{row['ma_tinh']}” không có",
        ]
        seen.add(row["ma"])
        if said := [reason for reason in reasons if reason]:
            bad.append(BadRow(number, "; ".join(said)))
        else:
            good.append(row)
    return bad, good


async def apply(db: AsyncSession, checked: Checked, now: datetime, actor: int | None = None) -> int:
    """Write everything, in the caller's transaction. Refuses while a row is bad."""
    if checked.bad:
        raise Refusal(f"Còn {len(checked.bad)} dòng lỗi nên chưa nhập dòng nào.")
    write = {"people": _add_people, "agencies": _add_agencies, "communes": _add_communes}[checked.kind]
    await write(db, checked.good, now)
    detail = {"kind": checked.kind, "rows": len(checked.good)}
    await audit.record(db, now, "roster.imported", actor=actor, detail=detail)
    return len(checked.good)


async def _add_people(db: AsyncSession, rows: Iterable[dict[str, str]], now: datetime) -> None:
    """A row for each, with an invitation of their own: they have no chat yet."""
    ids = {code: number for code, number in await db.execute(select(Agency.code, Agency.id))}
    for row in rows:
        person = Person(
            state=PersonState.JOINING, full_name=row["ho_ten"], role=row["vai_tro"],
            agency_id=ids.get(row.get("ma_co_quan", "")), province_code=row["province_code"] or None, created_at=now,
        )
        db.add(person)
        await db.flush()
        db.add(
            Invitation(
                code=invitations.new_code(), person_id=person.id, role=person.role, agency_id=person.agency_id,
                province_code=person.province_code, max_uses=1, created_at=now, note="roster",
            )
        )
    await db.flush()


async def _add_agencies(db: AsyncSession, rows: Iterable[dict[str, str]], now: datetime) -> None:
    for row in rows:
        parent = row.get("ma_cap_tren")
        above = await db.scalar(select(Agency).where(Agency.code == parent)) if parent else None
        new = NewAgency(
            row["ma"], row["ten"], LEVELS[names.fold(row["cap"])], row.get("ten_ngan") or None,
            province_code=row.get("tinh") or None,
        )
        await agencies.add(db, new, above)


async def _add_communes(db: AsyncSession, rows: Iterable[dict[str, str]], now: datetime) -> None:
    db.add_all(
        Commune(code=r["ma"], province_code=r["ma_tinh"], name=r["ten"], folded=names.fold(r["ten"])) for r in rows
    )
    await db.flush()


EXPORTED = ("id", "ho_ten", "vai_tro", "ma_co_quan", "tinh", "trang_thai", "ma_moi")


async def people_table(db: AsyncSession) -> list[tuple[str, ...]]:
    """Headings first. `ma_moi` is the personal invitation of those who have not come yet."""
    found = (
        select(Person, Agency.code, Province.short_name, Invitation.code)
        .outerjoin(Agency, Agency.id == Person.agency_id)
        .outerjoin(Province, Province.code == Person.province_code)
        .outerjoin(Invitation, (Invitation.person_id == Person.id) & (Invitation.uses == 0))
        .order_by(Person.id)
    )
    rows = [
        (str(p.id), p.full_name or "", p.role or "", agency or "", province or "", p.state, code or "")
        for p, agency, province, code in await db.execute(found)
    ]
    return [EXPORTED, *(tuple(harmless(cell) for cell in row) for row in rows)]


def harmless(cell: str) -> str:
    """No cell becomes a formula in the office's spreadsheet."""
    return f"'{cell}" if cell.startswith(RISKY) else cell


def write(path: Path, table: Sequence[Sequence[str]]) -> None:
    """XLSX by its ending, else CSV that Excel reads as UTF-8."""
    if path.suffix.lower() == ".xlsx":
        book = Workbook(write_only=True)
        sheet = book.create_sheet("Người")
        for row in table:
            sheet.append(list(row))
        book.save(path)
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(table)
