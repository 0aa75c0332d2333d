"""`loa people merge`, `loa people separate`: two entries of one human made one, and the other way round."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from bot.commands.transactions import writing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


def merge(
    kept: int = typer.Argument(..., help="Mã người giữ lại (xem loa people list)."),
    absorbed: int = typer.Argument(..., help="Mã người được gộp vào."),
) -> None:
    """Gộp hai hồ sơ của cùng một người: kênh, xác nhận, báo cáo, câu hỏi chuyển sang người giữ lại."""
    from network import identities

    async def work(db: "AsyncSession") -> int:
        merged = await identities.merge(db, kept, absorbed, datetime.now(UTC))
        return sum(map(len, merged.moved.values()))

    moved = writing(work)
    typer.echo(f"Đã gộp người số {absorbed} vào người số {kept}, chuyển {moved} dòng. Tách lại: loa people separate "
               f"{absorbed}")


def separate(absorbed: int = typer.Argument(..., help="Mã người đã được gộp.")) -> None:
    """Tách lại hồ sơ đã gộp: những gì đã chuyển trở về người cũ."""
    from network import identities

    async def work(db: "AsyncSession") -> int:
        return (await identities.separate(db, absorbed, datetime.now(UTC))).kept_id

    typer.echo(f"Đã tách người số {absorbed} khỏi người số {writing(work)}.")
