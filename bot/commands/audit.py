"""`loa audit`: is the log whole, and who did what."""

import json
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.transactions import writing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

app = typer.Typer(help="Nhật ký kiểm toán: kiểm tra chuỗi, xem ai đã làm gì.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="In ra JSON.")]


@app.command()
def verify(
    known: Annotated[str, typer.Option(help="Mã cuối đã ghi lại lần trước; phát hiện nhật ký bị cắt đuôi.")] = "",
    as_json: AsJson = False,
) -> None:
    """Kiểm tra từng dòng của chuỗi; mã thoát 1 khi chuỗi bị sửa. In mã cuối để ghi lại ngoài hệ thống."""
    from network import audit

    if known and not re.fullmatch(r"[0-9a-fA-F]{64}", known.strip()):
        raise typer.BadParameter("không phải mã của nhật ký; mã gồm 64 ký tự 0–9, a–f, do “loa audit verify” in ra")

    async def work(db: "AsyncSession") -> dict[str, Any]:
        broken, (rows, head) = await audit.verify(db), await audit.head(db)
        lost = bool(known) and not await audit.has(db, known.strip().lower())
        return {
            "ok": broken is None and not lost, "rows": rows, "head": head, "known_lost": lost,
            "broken_row": broken.row if broken else None, "why": broken.why if broken else None,
        }

    found = writing(work)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    elif found["broken_row"] is not None:
        typer.echo(f"Chuỗi bị đứt ở dòng {found['broken_row']}: {found['why']}.")
    elif found["known_lost"]:
        typer.echo("Mã đã ghi không còn trong nhật ký: phần cuối đã bị xóa hoặc cả chuỗi đã bị viết lại.")
    else:
        typer.echo(f"Chuỗi nguyên vẹn qua {found['rows']} dòng. Mã cuối: {found['head']}")
    raise typer.Exit(0 if found["ok"] else 1)


@app.command(name="list")
def listing(
    about: Annotated[str, typer.Option(help="Đối tượng (brief:12) hoặc loại việc (brief., people.seen).")] = "",
    person: Annotated[int | None, typer.Option(help="Chỉ việc của người mang mã này.")] = None,
    before: Annotated[int | None, typer.Option(help="Chỉ các dòng trước dòng này.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Số dòng.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Các dòng mới nhất của nhật ký."""
    from db import audit as table
    from network import moments

    async def work(db: "AsyncSession") -> list[dict[str, Any]]:
        rows = await table.listed(db, about=about, actor=person, before=before, limit=limit)
        return [
            {
                "id": row.id, "at": row.at.isoformat(), "said": moments.say(row.at), "actor": row.actor_id,
                "name": name, "act": row.act, "subject": row.subject, "detail": row.detail,
            }
            for row, name in rows
        ]

    rows = writing(work)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for r in rows:
        who = r["name"] or (f"người {r['actor']}" if r["actor"] else "hệ thống")
        detail = json.dumps(r["detail"], ensure_ascii=False) if r["detail"] else ""
        typer.echo("  ".join(filter(None, (str(r["id"]), r["said"], who, r["act"], r["subject"], detail))))
    if not rows:
        typer.echo("Không có dòng nào.")
