"""`loa console`: a way in from the command line, and out for everybody."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.transactions import writing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

app = typer.Typer(help="Bảng điều khiển web: liên kết đăng nhập, đóng phiên.", no_args_is_help=True)
Person = Annotated[int, typer.Argument(help="Mã người (loa people list).")]


@app.command()
def link(person: Person) -> None:
    """In liên kết đăng nhập một lần cho một người, khi họ không vào được khung chat."""
    from bot.settings import Settings
    from network import console_access

    async def work(db: "AsyncSession") -> str:
        await _known(db, person)
        return await console_access.make_link(db, person, datetime.now(UTC))

    typer.echo(console_access.address(Settings().as_running().console_url, writing(work)))


@app.command()
def close(person: Person) -> None:
    """Đóng mọi phiên đang mở của một người."""
    from network import console_access

    async def work(db: "AsyncSession") -> int:
        await _known(db, person)
        return await console_access.close(db, person, datetime.now(UTC))

    typer.echo(f"Đã đóng {writing(work)} phiên.")


async def _known(db: "AsyncSession", person: int) -> None:
    from db.people import Person as Row
    from network.refusals import Refusal

    if await db.get(Row, person) is None:
        raise Refusal(f"Không có người mang mã {person}.")
