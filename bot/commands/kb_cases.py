"""`loa kb cases`: questions that wait for an expert, the most urgent first."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.transactions import writing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


def list_(
    all_: Annotated[bool, typer.Option("--all", help="Cả những câu đã trả lời hoặc đã đóng.")] = False,
    late: Annotated[bool, typer.Option("--late", help="Chỉ những câu quá hạn.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="In ra JSON.")] = False,
) -> None:
    """Câu hỏi chờ chuyên gia: tuổi, hạn, người được giao, số người hỏi."""
    now = datetime.now(UTC)

    async def work(db: "AsyncSession") -> list[dict[str, Any]]:
        from handlers import case_letters
        from knowledge import cases

        found = await cases.listed(db, ended=all_)
        chosen = [c for c in found if not late or cases.late(c, now)]
        return [
            {
                "id": c.id, "state": c.state, "question": c.text, "topic": c.topic,
                "asked_at": c.created_at.isoformat(),
                "due_at": c.due_at.isoformat() if c.due_at else None, "late": cases.late(c, now),
                "expert": await case_letters.name(db, c.expert_id) if c.expert_id else None,
                "askers": len(await cases.askers(db, c.id)), "standing": case_letters.standing(c, now),
            }
            for c in chosen
        ]

    rows = writing(work)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['id']}. {row['question']}")
        typer.echo(f"   {row['standing']}; {row['expert'] or 'chưa ai nhận'}; {row['askers']} người hỏi")
    if not rows:
        typer.echo("Không có câu hỏi nào.")
