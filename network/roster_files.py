"""Rosters as files: people, agencies and communes from XLSX or CSV, all or nothing; people back out again.

The same file twice changes nothing the second time.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency, Province
from db.people import Invitation, Person
from network import audit, names, roster_people, roster_places
from network.refusals import Refusal
from network.roster_rows import OTHER_NAMES, Checked, Fate, Row, unknown_columns

MOST_ROWS = 200_000
RISKY = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would take the cell for a formula
JUDGES = {
    "people": roster_people.judge, "agencies": roster_places.judge_agencies,
    "communes": roster_places.judge_communes,
}
WRITERS = {
    "people": roster_people.put, "agencies": roster_places.put_agencies, "communes": roster_places.put_communes,
}
PHONES = "Cột dien_thoai chỉ dùng để nhận ra người đã có: số điện thoại do chính người dùng chia sẻ khi tham gia."


def read(path: Path) -> list[Row]:
    """Numbered rows with headings folded ("Họ tên" → "ho_ten"). Refuses what is no table, in a sentence."""
    spreadsheet = path.suffix.lower() in (".xlsx", ".xlsm")
    table = _sheet(path) if spreadsheet else _separated(path.read_bytes(), path.name)
    if not table:
        raise Refusal(f"Tệp {path.name} không có dòng nào.")
    headings = [_heading(cell) for cell in table[0]]
    if twice := {h for h in headings if h and headings.count(h) > 1}:
        raise Refusal(f"Tệp {path.name} có hai cột cùng nghĩa: {', '.join(sorted(twice))}. Vui lòng bỏ bớt một cột.")
    rows = [
        (number, {h: names.tidy(c) for h, c in zip(headings, cells, strict=False) if h})
        for number, cells in enumerate(table[1:], 2)
        if any(cell.strip() for cell in cells)
    ]
    if len(rows) > MOST_ROWS:
        raise Refusal(f"Tệp có {len(rows)} dòng, quá {MOST_ROWS}. Vui lòng chia thành nhiều tệp.")
    return rows


def _heading(cell: str) -> str:
    folded = "_".join(names.fold(cell).split())
    return OTHER_NAMES.get(folded, folded)


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


async def check(db: AsyncSession, kind: str, rows: Sequence[Row]) -> Checked:
    """Every bad row by number and reason; codes and places are looked up once for all rows."""
    headings = set(rows[0][1]) if rows else set()
    unknown = unknown_columns(kind, headings)
    bad, planned, notes = await JUDGES[kind](db, rows)
    if kind == "people" and "dien_thoai" in headings:
        notes.append(PHONES)
    bad.sort(key=lambda row: row.number)
    return Checked(kind, len(rows), tuple(bad), tuple(planned), unknown, tuple(notes))


async def apply(db: AsyncSession, checked: Checked, now: datetime, actor: int | None = None) -> int:
    """Write what is new or changed, in the caller's transaction; its number. Refuses while a row is bad."""
    if checked.bad:
        raise Refusal(f"Còn {len(checked.bad)} dòng lỗi nên chưa nhập dòng nào.")
    counted = {fate.value: checked.count(fate) for fate in Fate}
    written = counted[Fate.NEW] + counted[Fate.CHANGED]
    if written:
        await WRITERS[checked.kind](db, checked.planned, now)
        detail = {"kind": checked.kind, "rows": checked.rows, **counted}
        await audit.record(db, now, "roster.imported", actor=actor, detail=detail)
    return written


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
