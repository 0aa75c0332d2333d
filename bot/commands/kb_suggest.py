"""`loa kb suggest`: a chat model drafts other ways to ask; people decide about each of them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from bot.commands.kb_entries import KEY, find
from bot.commands.transactions import writing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from db.knowledge import Entry, SuggestedPhrasing

PATIENCE = 60.0  # seconds


def suggest(key: str = KEY) -> None:
    """Nhờ mô hình (LOA_MODEL_DRAFTS) nháp các cách hỏi khác; chỉ thành cách hỏi khi có người nhận."""
    from knowledge import suggestions

    async def read(db: "AsyncSession") -> "Entry":
        return await find(db, key)

    drafted = _drafted(writing(read))

    async def keep(db: "AsyncSession") -> "list[SuggestedPhrasing]":
        return await suggestions.of_machine(db, await find(db, key), drafted, datetime.now(UTC))

    kept = writing(keep)
    typer.echo("\n".join(f"{s.id}\tmáy\t{s.text}" for s in kept) or "Máy không nháp được cách hỏi mới nào.")
    if kept:
        typer.echo("Nhận: loa kb suggestions accept SỐ; bỏ: loa kb suggestions refuse SỐ.")


def _drafted(entry: "Entry") -> list[str]:
    """Outside of any transaction: a model takes its time."""
    from bot.assistants import endpoint
    from bot.settings import Settings
    from knowledge.models import ModelTrouble
    from knowledge.models.drafts import phrasings

    settings = Settings()
    if not settings.model_drafts:
        typer.echo("Chưa đặt LOA_MODEL_DRAFTS (tên mô hình ở LOA_MODEL_URL).", err=True)
        raise typer.Exit(2)
    try:
        model = endpoint(settings, PATIENCE)
        return phrasings(model, settings.model_drafts, entry.question, entry.answer, entry.variants)
    except ModelTrouble as trouble:
        typer.echo(f"Mô hình không trả lời: {trouble}", err=True)
        raise typer.Exit(1) from None
