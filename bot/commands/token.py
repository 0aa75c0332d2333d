"""`loa token`: keys of the API for other programmes."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.transactions import writing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

app = typer.Typer(help="Mã truy cập API cho phần mềm khác: tạo, xem, thu hồi.", no_args_is_help=True)
DAYS = 3650


@app.command()
def make(
    person: Annotated[int, typer.Option(help="Mã người mà phần mềm làm việc thay (loa people list).")],
    name: Annotated[str, typer.Option(help="Tên phần mềm dùng mã, để nhận ra về sau.")],
    scope: Annotated[list[str], typer.Option(help="Phạm vi, lặp lại được: briefs:read, briefs:write, people:read, "
                                                  "entries:read, questions:ask, questions:read.")],
    days: Annotated[int, typer.Option(min=0, max=DAYS, help="Số ngày có hiệu lực; 0 là không hạn.")] = 365,
    as_json: Annotated[bool, typer.Option("--json", help="In ra JSON.")] = False,
) -> None:
    """Tạo mã; mã chỉ hiện một lần, Loa chỉ giữ bản băm."""
    from network import api_tokens

    token = writing(lambda db: api_tokens.make(db, person, name, scope, datetime.now(UTC), days or None))
    typer.echo(json.dumps({"token": token}) if as_json else token)


@app.command(name="list")
def listing(as_json: Annotated[bool, typer.Option("--json", help="In ra JSON.")] = False) -> None:
    """Mọi mã: của ai, phạm vi, dùng lần cuối khi nào."""
    from db import api
    from network import moments

    async def work(db: "AsyncSession") -> list[dict[str, Any]]:
        return [
            {
                "id": row.id, "name": row.name, "person": row.person_id, "person_name": person, "scopes": row.scopes,
                "used_at": row.used_at and moments.say(row.used_at), "revoked": row.revoked_at is not None,
                "expires_at": row.expires_at and moments.say(row.expires_at),
            }
            for row, person in await api.tokens(db)
        ]

    rows = writing(work)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for r in rows:
        state = "đã thu hồi" if r["revoked"] else f"hạn {r['expires_at']}" if r["expires_at"] else "không hạn"
        used = f"dùng lần cuối {r['used_at']}" if r["used_at"] else "chưa dùng"
        whose, scopes = r["person_name"] or f"người {r['person']}", " ".join(r["scopes"])
        typer.echo(f"{r['id']}  {r['name']}  {whose}  {scopes}  {state}, {used}")
    if not rows:
        typer.echo("Chưa có mã truy cập nào.")


@app.command()
def revoke(token: Annotated[int, typer.Argument(metavar="SỐ", help="Số của mã (loa token list).")]) -> None:
    """Thu hồi ngay; phần mềm đang dùng mã bị từ chối từ yêu cầu kế tiếp."""
    from network import api_tokens

    row = writing(lambda db: api_tokens.revoke(db, token, datetime.now(UTC)))
    typer.echo(f"Đã thu hồi mã {row.id} ({row.name}).")
