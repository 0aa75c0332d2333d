"""What `loa brief matrix` prints: the live matrix agency × state, for people, scripts and spreadsheets."""

import csv
import io
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.commands import brief_acting
from network import acknowledgements, moments

HEADINGS = {
    "agency": "Cơ quan", "planned": "Người nhận", "sent": "Đã gửi", "waiting": "Còn chờ", "unknown": "Chưa rõ",
    "failed": "Không gửi được", "skipped": "Bỏ qua", "stopped": "Dừng", "acknowledged": "Đã xác nhận",
    "late": "Sau hạn", "silent": "Chưa xác nhận", "reminded": "Đã nhắc", "delivered": "Đã đến máy",
    "seen": "Đã xem", "escalated_at": "Báo lúc", "lead": "Đã báo",
}

ALWAYS = ("agency", "planned", "sent", "acknowledged", "silent")  # the others only where there is something to say
TEXTS, MIN = ("agency", "escalated_at", "lead"), {"agency": 16}  # columns that are no numbers; characters of a line


async def rows(db: AsyncSession, which: str) -> list[dict[str, Any]]:
    draft = await brief_acting.find(db, which)
    found = [asdict(row) for row in await acknowledgements.by_agency(db, draft.id)]
    for row in found:
        row["escalated_at"] = row["escalated_at"] and row["escalated_at"].isoformat()
    return found


def as_csv(found: list[dict[str, Any]]) -> str:
    """With a byte order mark: Excel then reads Vietnamese as it is."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(HEADINGS), lineterminator="\n")
    writer.writerow(HEADINGS)
    writer.writerows({name: _safe(value) for name, value in row.items()} for row in found)
    return "\ufeff" + text.getvalue()


def _safe(value: Any) -> Any:
    """A name that begins like a formula must not be calculated by a spreadsheet."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@" else value


def as_table(found: list[dict[str, Any]]) -> Any:
    from rich.markup import escape
    from rich.table import Table

    shown = [name for name in HEADINGS if name in ALWAYS or any(row[name] for row in found)]
    table = Table(padding=(0, 0), collapse_padding=True)
    for name in shown:
        table.add_column(HEADINGS[name], justify="left" if name in TEXTS else "right", min_width=MIN.get(name, 4))
    for row in found:
        table.add_row(*(escape(_cell(name, row[name])) for name in shown))
    return table


def _cell(name: str, value: Any) -> str:
    if name == "escalated_at" and value:
        return moments.say(datetime.fromisoformat(value))
    return str(value) if value is not None else "–"
