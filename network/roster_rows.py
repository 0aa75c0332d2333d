"""What a roster's columns may be called, and what an import would do with each row."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from network.refusals import Refusal

Row = tuple[int, dict[str, str]]  # number as the spreadsheet shows it: the heading is row 1; cells by column


@dataclass(frozen=True, slots=True)
class Columns:
    """`seen` stand in an exported file and are not read back."""

    needed: tuple[str, ...]
    others: tuple[str, ...]
    seen: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.needed, *self.others)


COLUMNS = {
    "people": Columns(
        ("ho_ten", "vai_tro"), ("ma_co_quan", "tinh", "xa", "dien_thoai", "id"), ("trang_thai", "ma_moi", "stt")
    ),
    "agencies": Columns(("ma", "ten", "cap"), ("ten_ngan", "ma_cap_tren", "tinh"), ("stt",)),
    "communes": Columns(("ma", "ten", "ma_tinh"), (), ("stt",)),
}
OTHER_NAMES = {
    "ho_va_ten": "ho_ten", "ten_vai_tro": "vai_tro", "co_quan": "ma_co_quan", "don_vi": "ma_co_quan",
    "tinh_thanh": "tinh", "tinh_thanh_pho": "tinh", "xa_phuong": "xa",
    "so_dien_thoai": "dien_thoai", "sdt": "dien_thoai",
    "ma_nguoi": "id", "cap_tren": "ma_cap_tren",
}


class Fate(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class BadRow:
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Planned:
    """`values` by column of the table; `known` is the row they go to, None when it is still to be made."""

    number: int
    fate: Fate
    values: Mapping[str, Any]
    known: Any = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What an import would do. Nothing is written while `bad` is not empty. `notes` are sentences about the file."""

    kind: str
    rows: int
    bad: tuple[BadRow, ...]
    planned: tuple[Planned, ...]
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def count(self, fate: Fate) -> int:
        return sum(plan.fate == fate for plan in self.planned)


Judged = tuple[list[BadRow], list[Planned], list[str]]


def unknown_columns(kind: str, headings: set[str]) -> tuple[str, ...]:
    """Refuses a file without the columns an import cannot do without."""
    columns = COLUMNS[kind]
    unknown = tuple(sorted(headings - {*columns.all, *columns.seen}))
    if missing := [name for name in columns.needed if name not in headings]:
        also = f" Cột không nhận ra: {', '.join(unknown)}." if unknown else ""
        raise Refusal(f"Thiếu cột {', '.join(missing)}. Các cột cần có: {', '.join(columns.all)}.{also}")
    return unknown
