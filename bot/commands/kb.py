"""`loa kb`: the knowledge base as files."""

import asyncio
from pathlib import Path
from typing import Any

import typer

from bot.commands import (
    kb_abbreviations,
    kb_cases,
    kb_check,
    kb_entries,
    kb_eval,
    kb_golden,
    kb_suggest,
    kb_suggestions,
    kb_work,
    legal,
)

app = typer.Typer(help="Kho tri thức: nhập, xuất, kiểm tra, đo.", no_args_is_help=True)
app.command()(kb_check.check)
app.command("cases")(kb_cases.list_)
app.command("suggest")(kb_suggest.suggest)
app.command("eval")(kb_eval.eval_)
app.command("serve-eval")(kb_eval.serve_eval)
for name, command in kb_entries.COMMANDS.items():
    app.command(name)(command)
app.add_typer(kb_abbreviations.app, name="abbreviations")
app.add_typer(kb_golden.app, name="golden")
app.add_typer(kb_suggestions.app, name="suggestions")
app.add_typer(kb_work.app, name="work")
app.add_typer(legal.app, name="legal")


@app.command("import")
def import_(
    path: Path,
    apply: bool = typer.Option(False, "--apply", help="Ghi vào cơ sở dữ liệu; không có thì chỉ kiểm tra."),
    anyway: str = kb_entries.ANYWAY,
) -> None:
    """Nhập các mục từ tệp YAML: kiểm tra mọi mục trước, nhập tất cả hoặc không nhập gì."""
    from knowledge.content import ContentError, read_entries

    if not path.is_file():
        typer.echo(f"Không có tệp {path}.", err=True)
        raise typer.Exit(2)
    try:
        entries = read_entries(path)
    except ContentError as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
    if not apply:
        typer.echo(f"{len(entries)} mục hợp lệ. Thêm --apply để nhập.")
        return
    changed = _import(entries, path.name, anyway)
    typer.echo(f"Đã nhập {changed} mục mới hoặc thay đổi, {len(entries) - changed} mục không đổi.")


def _import(entries: list[Any], name: str, anyway: str) -> int:
    from datetime import UTC, datetime

    from bot.commands.transactions import knowing
    from knowledge import entry, golden

    why = f"Nhập từ {name}" + (f": {anyway}" if anyway else "")

    async def work(db: Any, base: Any) -> int:
        passages = [golden.passage(e.id, entry.fields_of(e)) for e in entries]
        await golden.guard(db, base, passages, (), anyway)
        return sum([await entry.put(db, file, datetime.now(UTC), why=why) for file in entries])

    return knowing(work)


@app.command()
def export(path: Path) -> None:
    """Xuất các mục đang công bố ra tệp YAML, cùng dạng với tệp nhập."""
    import yaml

    rows = asyncio.run(_export())
    path.write_text(yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, width=110), encoding="utf-8")
    typer.echo(f"Đã xuất {len(rows)} mục ra {path}.")


async def _export() -> list[dict[str, Any]]:
    from bot.settings import Settings
    from db.session import Database
    from knowledge import entry

    database = Database(Settings().database)
    try:
        async with database.reading() as db:
            return [_row(e) for e in await entry.published(db)]
    finally:
        await database.close()


def _row(entry: Any) -> dict[str, Any]:
    row = {
        "id": entry.key, "question": entry.question, "variants": entry.variants, "answer": entry.answer,
        "citations": entry.citations, "topic": entry.topic, "audience": entry.audiences,
        "valid_from": entry.valid_from, "valid_to": entry.valid_to,
        "confidence": "medium" if entry.check_source else "high", "superseded_by": entry.superseded_by,
    }
    return {k: v for k, v in row.items() if v is not None or k in ("valid_from", "valid_to")}
