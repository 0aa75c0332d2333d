"""`loa kb abbreviations`: what an agency's own abbreviations stand for."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from bot.commands.transactions import writing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

app = typer.Typer(help="Chữ viết tắt riêng của từng cơ quan.", no_args_is_help=True)
AGENCY = typer.Argument(help="Mã hoặc tên cơ quan; dùng cho người và mục của cơ quan này và các đơn vị bên dưới.")
SHORT = typer.Argument(help="Chữ viết tắt, ví dụ QLĐĐ.")


@app.command("list")
def list_(agency: str = AGENCY) -> None:
    """Chữ viết tắt của một cơ quan."""
    from db import abbreviations as rows
    from network import lookups

    async def work(db: "AsyncSession") -> list[str]:
        return [f"{a.short}\t{a.long}" for a in await rows.of_agency(db, (await lookups.agency(db, agency)).id)]

    typer.echo("\n".join(writing(work)) or "Chưa có chữ viết tắt nào.")


@app.command()
def add(agency: str = AGENCY, short: str = SHORT, long: str = typer.Argument(help="Cách viết đầy đủ.")) -> None:
    """Thêm một chữ viết tắt; có hiệu lực trong vài giây."""
    from knowledge import own_abbreviations
    from network import lookups

    async def work(db: "AsyncSession") -> bool:
        return await own_abbreviations.add(db, await lookups.agency(db, agency), short, long, datetime.now(UTC))

    typer.echo(f"Đã thêm {short}." if writing(work) else f"{short} đã có nghĩa này.")


@app.command()
def remove(agency: str = AGENCY, short: str = SHORT) -> None:
    """Bỏ một chữ viết tắt, mọi nghĩa của nó."""
    from knowledge import own_abbreviations
    from network import lookups

    async def work(db: "AsyncSession") -> int:
        return await own_abbreviations.remove(db, await lookups.agency(db, agency), short, datetime.now(UTC))

    count = writing(work)
    typer.echo(f"Đã bỏ {short}." if count else f"Cơ quan này không có chữ viết tắt {short}.")
    raise typer.Exit(0 if count else 1)
