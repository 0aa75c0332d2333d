"""`loa lane`: what the platform allows each channel just now; and the operator's word after a freeze."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

app = typer.Typer(help="Làn gửi của từng kênh: xem, mở lại sau khi bị khóa.", no_args_is_help=True)
Channel = Annotated[str, typer.Argument(metavar="KÊNH", help="Ví dụ telegram.")]


def _run(work: Callable[[Any], Awaitable[Any]]) -> Any:
    from bot.settings import Settings
    from db.session import Database

    async def inside() -> Any:
        database = Database(Settings().database)
        try:
            async with database.transaction() as db:
                return await work(db)
        finally:
            await database.close()

    return asyncio.run(inside())


@app.command()
def show(as_json: Annotated[bool, typer.Option("--json", help="In ra JSON.")] = False) -> None:
    """Kênh nào đang gửi, đang chờ nền tảng hay bị khóa, và vì sao."""
    from datetime import UTC, datetime

    from db import lanes
    from network import moments

    now = datetime.now(UTC)
    rows = _run(lambda db: lanes.everything(db))
    found = [
        {
            "channel": lane.channel, "frozen": lane.frozen, "pause_reason": lane.pause_reason, "down": lane.down,
            "paused_until": lane.paused_until.isoformat() if lane.paused_until and lane.paused_until > now else None,
        }
        for lane in rows
    ]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    for lane in () if as_json else found:
        state = f"bị khóa: {lane['frozen']}" if lane["frozen"] else "đang gửi được"
        if lane["paused_until"] and not lane["frozen"]:
            until = moments.say(datetime.fromisoformat(lane["paused_until"]))
            state = f"nền tảng yêu cầu chờ đến {until} ({lane['pause_reason']})"
        down = f"; nền tảng không trả lời: {lane['down']}" if lane["down"] else ""
        typer.echo(f"{lane['channel']}: {state}{down}")


@app.command()
def thaw(channel: Channel) -> None:
    """Cho gửi lại: token đã thay hoặc tài khoản đã được nền tảng mở khóa. Các tiến trình nhận ra trong vài giây."""
    from datetime import UTC, datetime

    from db import lanes
    from network import audit

    async def work(db: Any) -> bool:
        if await lanes.read(db, channel) is None:
            return False
        await lanes.thaw(db, channel)
        await audit.record(db, datetime.now(UTC), "lane.thawed", subject=f"lane:{channel}")
        return True

    if not _run(work):
        typer.echo(f"Không có kênh {channel}. Xem: loa lane show", err=True)
        raise typer.Exit(1)
    typer.echo(f"Kênh {channel} được gửi lại.")
