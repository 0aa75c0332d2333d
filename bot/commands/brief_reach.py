"""`loa brief reach`: whom a brief would reach now, by which way, and for how much."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


def reach(
    which: Annotated[str, typer.Argument(metavar="TỆP_HOẶC_MÃ", help="Số hoặc mã bản tin, hay tệp đã nạp.")],
    as_json: Annotated[bool, typer.Option("--json", help="In ra JSON.")] = False,
) -> None:
    """Xem trước khi gửi: tới được bao nhiêu người, bằng cách nào, dự kiến bao nhiêu tiền."""
    from bot.commands.brief import run

    found = run(lambda db: _of(db, which))
    if as_json:
        typer.echo(json.dumps({k: v for k, v in found.items() if k not in ("said", "prices")}, ensure_ascii=False))
    else:
        typer.echo("\n".join(filter(None, (f"{found['said']}.", found["prices"]))))


async def _of(db: "AsyncSession", which: str) -> dict[str, Any]:
    from dataclasses import asdict
    from datetime import UTC, datetime

    from bot.commands import brief_acting
    from network import audiences, reach
    from network.brief_content import Priority
    from network.refusals import Refusal

    draft = await brief_acting.find(db, which)
    audience = audiences.Audience.from_json(draft.audience)
    if draft.content.corrects:
        raise Refusal("Bản đính chính gửi đến đúng những người đã nhận bản sai, theo kênh họ đã nhận.")
    if not audience:
        raise Refusal(f"Bản tin {draft.id} chưa chọn người nhận.")
    flash = draft.content.priority == Priority.FLASH
    found = await reach.of(db, audience, draft.content, flash=flash, now=datetime.now(UTC))
    prices = f"Đơn giá tham khảo: {found.prices_of}." if found.prices_of else ""
    return {**asdict(found), "people": found.people, "said": found.said(), "prices": prices}
