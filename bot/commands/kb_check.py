"""`loa kb check`: form, doubles, expiry, and whether each entry is found by its own words."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import typer

STARTER = "nội dung ban đầu đi kèm"
LIVE = "kho đang dùng"


@dataclass(frozen=True, slots=True)
class Read:
    id: str
    question: str
    answer: str
    variants: tuple[str, ...]
    valid_to: date | None


def check(
    path: Path = typer.Argument(None, help="Tệp YAML; bỏ trống là kho đang dùng, hoặc nội dung ban đầu khi chưa có."),
    as_json: bool = typer.Option(False, "--json", help="In ra JSON."),
) -> None:
    """Kiểm tra dạng, trùng, hiệu lực, và mỗi mục có được tìm thấy bằng chính câu hỏi của nó. Mã thoát 1 khi lỗi."""
    from knowledge import content

    try:
        what, entries = (str(path), content.read_entries(path)) if path else _kept()
    except (content.ContentError, OSError) as problem:
        said = str(problem) if isinstance(problem, content.ContentError) else f"{path}: {problem.strerror}"
        typer.echo(said, err=True)
        raise typer.Exit(1) from None
    lost = _lost(entries)
    expired = [e.id for e in entries if e.valid_to and e.valid_to < date.today()]
    if as_json:
        found = {"checked": what, "entries": len(entries), "lost": lost, "expired": expired}
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        typer.echo(f"Đã kiểm tra {what}: {len(entries)} mục.")
        typer.echo(f"Hết hiệu lực, chỉ dùng tra cứu: {', '.join(expired) or 'không có'}")
        for row in lost:
            typer.echo(f"✗ {row['entry']}: “{row['phrase']}” lại tìm ra {row['found'] or 'không mục nào'}")
    raise typer.Exit(1 if lost else 0)


def _lost(entries: Sequence[Any]) -> list[dict[str, Any]]:
    from knowledge import content
    from knowledge.index import Index, Passage

    passages = [Passage(e.id, e.question, e.answer, tuple(e.variants)) for e in entries]
    index = Index.build(passages, content.abbreviations())
    lost = []
    for entry in entries:
        for phrase in (entry.question, *entry.variants):
            hits = index.search(phrase, 1)
            if not hits or hits[0].id != entry.id:
                lost.append({"entry": entry.id, "phrase": phrase, "found": hits[0].id if hits else None})
    return lost


def _kept() -> tuple[str, Sequence[Any]]:
    """The live base where there is one."""
    from knowledge import content

    live = asyncio.run(_live())
    return (LIVE, live) if live else (STARTER, content.entries())


def _missing(database: Any) -> bool:
    """Connecting would make the file."""
    return database.sqlite and not Path(database.url.database or "").is_file()


async def _live() -> list[Read]:
    from bot import migrate
    from bot.settings import Settings
    from db.session import Database
    from knowledge import entry

    database = Database(Settings().database)
    try:
        if _missing(database) or await migrate.current(database) is None:
            return []
        async with database.reading() as db:
            found = await entry.published(db)
            return [Read(e.key, e.question, e.answer, tuple(e.variants), e.valid_to) for e in found]
    finally:
        await database.close()
