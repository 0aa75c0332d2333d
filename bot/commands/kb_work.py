"""`loa kb work`: questions without an answer and answers called wrong, as work for editors."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from bot.commands.kb_entries import AS, act, find, say
from bot.commands.transactions import writing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

app = typer.Typer(help="Việc của biên tập viên: câu hỏi chưa có câu trả lời.", invoke_without_command=True)
NUMBER = typer.Argument(help="Số của việc, xem loa kb work.")


@app.callback()
def listed(
    context: typer.Context,
    ended: bool = typer.Option(False, "--all", help="Cả việc đã xong."),
    as_json: bool = typer.Option(False, "--json", help="In ra JSON."),
) -> None:
    """Không kèm lệnh con: liệt kê việc, câu được hỏi nhiều nhất trước."""
    from db import work as rows
    from db.knowledge import WorkState
    from handlers import work_desk

    if context.invoked_subcommand:
        return

    async def work(db: "AsyncSession") -> list[Any]:
        found = await rows.listed(db, None, tuple(WorkState) if ended else rows.ACTIVE, 500)
        return [(_row(piece, owner), f"{piece.id}. {work_desk.line(piece, owner)}") for piece, owner in found]

    found = writing(work)
    if as_json:
        typer.echo(json.dumps([row for row, _ in found], ensure_ascii=False, default=str))
    else:
        say("\n".join(line for _, line in found) or "Không có việc nào.")


def _row(piece: Any, owner: str | None) -> dict[str, Any]:
    names = ("id", "kind", "state", "text", "examples", "count", "first_at", "last_at", "topic", "reason")
    return {name: getattr(piece, name) for name in names} | {"owner": owner}


@app.command()
def show(number: int = NUMBER) -> None:
    """Một việc: câu hỏi, ví dụ, số lần, ai nhận."""
    from handlers import work_desk
    from knowledge import work

    async def read(db: "AsyncSession") -> str:
        return await work_desk.described(db, await work.find(db, number))

    say(writing(read))


@app.command()
def take(number: int = NUMBER, person: int = AS) -> None:
    """Nhận một việc (hoặc giao cho người khác bằng --as)."""
    from knowledge import work

    async def taking(db: "AsyncSession", by: int, now: datetime) -> None:
        await work.take(db, number, by)

    act(taking, person, "edit_entries")
    typer.echo(f"Đã nhận việc {number}.")


@app.command()
def link(
    number: int = NUMBER, key: str = typer.Argument(help="Mã mục đã trả lời được."), person: int = AS
) -> None:
    """Một mục đang công bố đã trả lời được: gửi cho mọi người đã hỏi."""
    from bot.settings import Settings
    from handlers import work_acts

    async def linking(db: "AsyncSession", by: int, now: datetime) -> int:
        return await work_acts.link(db, number, await find(db, key), by, now, Settings().cases)

    typer.echo(f"Đã gửi câu trả lời cho {act(linking, person, 'edit_entries')} người hỏi.")


@app.command()
def refuse(number: int = NUMBER, why: str = typer.Argument(help="Lý do."), person: int = AS) -> None:
    """Không làm, kèm lý do; câu hỏi giống câu này không hiện lại."""
    from handlers import work_acts

    async def refusing(db: "AsyncSession", by: int, now: datetime) -> None:
        await work_acts.refuse(db, number, by, why, now)

    act(refusing, person, "edit_entries")
    typer.echo(f"Đã đóng việc {number}.")
