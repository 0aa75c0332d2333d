"""`loa db`: schema and state of the database."""

import asyncio
import json

import typer

app = typer.Typer(help="Cơ sở dữ liệu: nâng cấp lược đồ, kiểm tra.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Nâng lược đồ lên bản mới nhất và nạp nội dung ban đầu."""
    from bot.app import prepare_database
    from bot.settings import Settings
    from db.session import Database

    async def work() -> None:
        settings = Settings()
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        database = Database(settings.database)
        await prepare_database(database)
        await database.close()

    asyncio.run(work())
    typer.echo("Cơ sở dữ liệu đã ở bản mới nhất.")


@app.command()
def check(as_json: bool = typer.Option(False, "--json", help="In ra JSON.")) -> None:
    """So lược đồ với bản mới nhất và kiểm tra chuỗi nhật ký; mã thoát 1 khi có vấn đề."""
    from bot import migrate
    from bot.settings import Settings
    from db.session import Database
    from network import audit

    async def work() -> dict[str, object]:
        database = Database(Settings().database)
        try:
            found, wanted = await migrate.current(database), migrate.newest()
            broken = None
            if found:
                async with database.reading() as db:
                    found_broken = await audit.verify(db)
                    broken = found_broken.row if found_broken else None
            return {"revision": found, "newest": wanted, "audit_broken_at": broken}
        finally:
            await database.close()

    state = asyncio.run(work())
    good = state["revision"] == state["newest"] and state["audit_broken_at"] is None
    if as_json:
        typer.echo(json.dumps({**state, "ok": good}))
    elif state["revision"] != state["newest"]:
        typer.echo("Lược đồ chưa ở bản mới nhất. Hãy chạy: loa db upgrade")
    elif state["audit_broken_at"] is not None:
        typer.echo(f"Nhật ký kiểm toán bị sửa từ dòng {state['audit_broken_at']}.")
    else:
        typer.echo("Cơ sở dữ liệu tốt.")
    raise typer.Exit(0 if good else 1)
