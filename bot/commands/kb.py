"""`loa kb`: the knowledge base as files."""

import asyncio
import json
from pathlib import Path
from typing import Any

import typer

from bot.commands import kb_eval, legal

app = typer.Typer(help="Kho tri thức: nhập, xuất, kiểm tra, đo.", no_args_is_help=True)
app.command("eval")(kb_eval.eval_)
app.command("serve-eval")(kb_eval.serve_eval)
app.add_typer(legal.app, name="legal")


@app.command("import")
def import_(
    path: Path, apply: bool = typer.Option(False, "--apply", help="Ghi vào cơ sở dữ liệu; không có thì chỉ kiểm tra.")
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
    changed = asyncio.run(_import(entries))
    typer.echo(f"Đã nhập {changed} mục mới hoặc thay đổi, {len(entries) - changed} mục không đổi.")


async def _import(entries: list[Any]) -> int:
    from datetime import UTC, datetime

    from bot.settings import Settings
    from db.session import Database
    from knowledge import entry

    database = Database(Settings().database)
    try:
        async with database.transaction() as db:
            return sum([await entry.put(db, file, datetime.now(UTC)) for file in entries])
    finally:
        await database.close()


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


@app.command()
def check(
    path: Path = typer.Argument(None, help="Tệp YAML; bỏ trống là nội dung ban đầu đi kèm."),
    as_json: bool = typer.Option(False, "--json", help="In ra JSON."),
) -> None:
    """Kiểm tra dạng, trùng, hiệu lực, và mỗi mục có được tìm thấy bằng chính câu hỏi của nó. Mã thoát 1 khi lỗi."""
    from datetime import date

    from knowledge import content
    from knowledge.index import Index, Passage

    try:
        entries = content.read_entries(path) if path else list(content.entries())
    except content.ContentError as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
    index = Index.build([Passage(e.id, e.question, e.answer, e.variants) for e in entries], content.abbreviations())
    lost = []
    for entry in entries:
        for phrase in (entry.question, *entry.variants):
            hits = index.search(phrase, 1)
            if not hits or hits[0].id != entry.id:
                lost.append({"entry": entry.id, "phrase": phrase, "found": hits[0].id if hits else None})
    expired = [e.id for e in entries if e.valid_to and e.valid_to < date.today()]
    if as_json:
        typer.echo(json.dumps({"entries": len(entries), "lost": lost, "expired": expired}, ensure_ascii=False))
    else:
        typer.echo(f"{len(entries)} mục. Hết hiệu lực, chỉ dùng tra cứu: {', '.join(expired) or 'không có'}")
        for row in lost:
            typer.echo(f"✗ {row['entry']}: “{row['phrase']}” lại tìm ra {row['found']}")
    raise typer.Exit(1 if lost else 0)
