"""`loa webhook`: addresses of other programmes that are told what happens."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.transactions import writing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

app = typer.Typer(help="Báo sự kiện cho phần mềm khác: thêm, xem, bỏ địa chỉ nhận.", no_args_is_help=True)


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="ĐỊA_CHỈ", help="https://…")],
    event: Annotated[list[str], typer.Option(help="Sự kiện, lặp lại được: brief.sent, brief.acknowledged, "
                                                  "question.unanswered.")],
) -> None:
    """Thêm địa chỉ và in khóa ký; phía nhận dùng khóa để kiểm tra chữ ký (docs/api.md)."""
    from network import webhooks

    async def work(db: "AsyncSession") -> tuple[int, str]:
        hook = await webhooks.add(db, url, event, datetime.now(UTC))
        return hook.id, hook.secret

    number, secret = writing(work)
    typer.echo(f"Địa chỉ số {number}. Khóa ký: {secret}")


@app.command(name="list")
def listing(as_json: Annotated[bool, typer.Option("--json", help="In ra JSON.")] = False) -> None:
    """Các địa chỉ đang nhận sự kiện."""
    from db import webhooks

    async def work(db: "AsyncSession") -> list[dict[str, Any]]:
        return [{"id": h.id, "url": h.url, "events": h.events} for h in await webhooks.listed(db)]

    rows = writing(work)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        typer.echo(f"{row['id']}  {row['url']}  {' '.join(row['events'])}")
    if not rows:
        typer.echo("Chưa có địa chỉ nào nhận sự kiện.")


@app.command()
def remove(number: Annotated[int, typer.Argument(metavar="SỐ", help="Số của địa chỉ (loa webhook list).")]) -> None:
    """Bỏ một địa chỉ; những gì chưa báo được cũng thôi."""
    from network import webhooks

    hook = writing(lambda db: webhooks.remove(db, number, datetime.now(UTC)))
    typer.echo(f"Đã bỏ địa chỉ {hook.url}.")
