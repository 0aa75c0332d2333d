"""`loa console`: a way in from the command line, out for everybody, and back for who is locked out."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.transactions import writing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

app = typer.Typer(help="Bảng điều khiển web: liên kết đăng nhập, đóng phiên.", no_args_is_help=True)
NO_PASSWORD = "Người này không đặt mật khẩu."
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


@app.command()
def unlock(person: Person) -> None:
    """Mở khóa mật khẩu của một người sau khi bị nhập sai nhiều lần."""
    from network import sign_in_keys

    async def work(db: "AsyncSession") -> bool:
        await _known(db, person)
        return await sign_in_keys.unlock(db, person, datetime.now(UTC))

    typer.echo("Đã mở khóa." if writing(work) else NO_PASSWORD)


@app.command()
def reset(person: Person) -> None:
    """Bỏ mật khẩu, mã xác thực và mọi phiên của một người: khi mất điện thoại và mã khôi phục, hoặc nghi bị lộ."""
    from network import console_access, sign_in_keys

    async def work(db: "AsyncSession") -> bool:
        await _known(db, person)
        await console_access.close(db, person, datetime.now(UTC))
        return await sign_in_keys.remove(db, person, datetime.now(UTC))

    said = "Đã bỏ mật khẩu và đóng mọi phiên." if writing(work) else f"{NO_PASSWORD} Đã đóng mọi phiên."
    typer.echo(f"{said} Người đó vào lại bằng /banlamviec trong khung chat, hoặc: loa console link {person}")


async def _known(db: "AsyncSession", person: int) -> None:
    from db.people import Person as Row
    from network.refusals import Refusal

    if await db.get(Row, person) is None:
        raise Refusal(f"Không có người mang mã {person}.")
