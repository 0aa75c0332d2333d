"""`loa kb suggestions`: people's own words as phrasings of entries."""

from datetime import datetime
from typing import TYPE_CHECKING

import typer

from bot.commands.kb_entries import AS, act
from bot.commands.transactions import writing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from knowledge.catalogue import Snapshot

app = typer.Typer(help="Cách hỏi gợi ý từ câu hỏi thật.", no_args_is_help=True)
NUMBER = typer.Argument(help="Số của gợi ý, xem loa kb suggestions list.")


@app.command("list")
def list_() -> None:
    """Các gợi ý đang chờ, câu được hỏi nhiều nhất trước."""
    from db import phrasings as rows

    async def work(db: "AsyncSession") -> list[str]:
        found = await rows.waiting(db, 200)
        return [f"{s.id}\t{'máy' if s.machine else f'{s.count} lần'}\t{e.key}\t{s.text}" for s, e in found]

    typer.echo("\n".join(writing(work)) or "Không có gợi ý nào.")


@app.command()
def accept(number: int = NUMBER, person: int = AS) -> None:
    """Nhận làm cách hỏi của mục; công bố ngay, trừ gợi ý của máy phải chờ người thứ hai duyệt."""
    from knowledge import suggestions

    async def work(db: "AsyncSession", by: int, now: datetime, base: "Snapshot") -> str:
        taken = await suggestions.accept(db, number, by, now, base, reviews=True)
        return f"Đã thêm cách hỏi vào mục {taken.entry.key}{'' if taken.live else ', chờ người thứ hai duyệt'}."

    typer.echo(act(work, person, "review_entries", base=True))


@app.command()
def refuse(number: int = NUMBER, person: int = AS) -> None:
    """Bỏ qua; câu này không được gợi ý lại cho mục này."""
    from knowledge import suggestions

    async def work(db: "AsyncSession", by: int, now: datetime) -> None:
        await suggestions.refuse(db, number, by, now)

    act(work, person, "edit_entries")
    typer.echo("Đã bỏ qua.")
