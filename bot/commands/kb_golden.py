"""`loa kb golden`: questions that must stay answered."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from bot.commands.kb_entries import AS, act, find
from bot.commands.transactions import knowing, writing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from knowledge.catalogue import Snapshot

app = typer.Typer(help="Câu hỏi mẫu: phải luôn được trả lời bằng đúng mục của nó.", no_args_is_help=True)


@app.command()
def add(
    question: str = typer.Argument(help="Câu hỏi, như cán bộ sẽ gõ."),
    key: str = typer.Argument(help="Mã mục phải trả lời."),
    person: int = AS,
) -> None:
    """Thêm một câu hỏi mẫu; báo ngay nếu hiện nay nó chưa được trả lời đúng."""
    from knowledge import golden

    async def work(db: "AsyncSession", by: int, now: datetime, base: "Snapshot") -> tuple[int, Any]:
        made = await golden.add(db, question, await find(db, key), by, now)
        return made.id, golden.asked(base, base.index, [(made.id, made.question, key)])[0]

    number, check = act(work, person, "edit_entries", base=True)
    typer.echo(f"Đã thêm câu hỏi mẫu số {number}.")
    if not check.holds:
        typer.echo(f"Lưu ý, hiện nay chưa đạt: {golden.said(check)}. Hãy thêm cách hỏi cho mục {key}.")


@app.command()
def remove(number: int = typer.Argument(help="Số của câu hỏi mẫu, xem loa kb golden list."), person: int = AS) -> None:
    """Bỏ một câu hỏi mẫu."""
    from knowledge import golden

    async def work(db: "AsyncSession", by: int, now: datetime) -> str:
        return (await golden.remove(db, number)).question

    typer.echo(f"Đã bỏ câu hỏi mẫu: {act(work, person, 'review_entries')}")


@app.command("list")
def list_() -> None:
    """Mọi câu hỏi mẫu và mục của nó."""
    from db import golden as rows

    found = writing(rows.listed)
    typer.echo("\n".join(f"{n}\t{key}\t{question}" for n, question, key in found) or "Chưa có câu hỏi mẫu.")


@app.command()
def run(as_json: bool = typer.Option(False, "--json", help="In ra JSON.")) -> None:
    """Hỏi tất cả trên kho đang dùng. Mã thoát 1 khi có câu không đạt."""
    from knowledge import golden

    checks = knowing(golden.run)
    failing = [check for check in checks if not check.holds]
    if as_json:
        typer.echo(json.dumps({"asked": len(checks), "failing": [asdict(c) for c in failing]}, ensure_ascii=False))
    else:
        typer.echo(f"{len(checks) - len(failing)}/{len(checks)} câu hỏi mẫu được trả lời đúng.")
        for check in failing:
            typer.echo(f"✗ {check.id}. {golden.said(check)}")
    raise typer.Exit(1 if failing else 0)
