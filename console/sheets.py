"""Tables as files: CSV that Excel reads as UTF-8, or XLSX. No cell becomes a formula."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from starlette.responses import Response, StreamingResponse

from network.refusals import Refusal
from network.roster_files import harmless

Row = Sequence[Any]
Parts = AsyncIterator[Sequence[Row]]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = ("csv", "xlsx")
MOST = 200_000  # rows of an XLSX, which is made whole in memory; a CSV leaves part by part


def _cells(row: Row) -> list[Any]:
    return [harmless(ILLEGAL_CHARACTERS_RE.sub("", cell)) if isinstance(cell, str) else cell for cell in row]


async def answer(kind: str, name: str, heads: Sequence[str], rows: int, parts: Parts) -> Response:
    """`kind` is one of KINDS, `name` the file's without its ending; `rows`: how many there are about to be."""
    if kind == "csv":
        media, body = "text/csv; charset=utf-8", _lines(heads, parts)
        return StreamingResponse(body, media_type=media, headers=named(f"{name}.csv"))
    if rows > MOST:
        raise Refusal("Bảng dài quá 200.000 dòng, XLSX không chứa được. Vui lòng chọn CSV hoặc lọc bớt.")
    table = [row async for part in parts for row in part]
    return Response(await asyncio.to_thread(_book, heads, table), media_type=XLSX, headers=named(f"{name}.xlsx"))


def named(file: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{file}"'}


async def _lines(heads: Sequence[str], parts: Parts) -> AsyncIterator[str]:
    yield "\ufeff" + _text([heads])
    async for part in parts:
        yield _text(part)


def _text(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(map(_cells, rows))
    return text.getvalue()


def _book(heads: Sequence[str], table: Sequence[Row]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Loa")
    for row in (heads, *table):
        sheet.append(_cells(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
