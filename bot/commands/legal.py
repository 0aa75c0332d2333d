"""`loa kb legal`: statutes and handbooks: import with a dry run, what replaced what, what may be quoted."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

app = typer.Typer(help="Văn bản pháp luật, sổ tay: nhập, thay thế, trích dẫn.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="In ra JSON.")]
Number = Annotated[str, typer.Argument(metavar="SỐ_HIỆU", help="Ví dụ 244/2026/NĐ-CP.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%d/%m/%Y"], help="Ngày, ví dụ 2026-07-01.")]


def _run(work: "Callable[[AsyncSession], Awaitable[Any]]") -> Any:
    """One transaction; a refusal is a sentence and exit code 1."""
    from bot.settings import Settings
    from db.session import Database
    from knowledge.legal_desk import Wrong
    from knowledge.legal_import import Refused

    async def inside() -> Any:
        database = Database(Settings().database)
        try:
            async with database.transaction() as db:
                return await work(db)
        finally:
            await database.close()

    try:
        return asyncio.run(inside())
    except (Wrong, Refused) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="TỆP", help="DOCX, PDF, HTML, Markdown hoặc văn bản thuần.")],
    number: Annotated[str, typer.Option(help="Số hiệu; sổ tay: một mã ngắn.")] = "",
    kind: Annotated[str, typer.Option(help="Loại: Luật, Nghị định, Sổ tay…")] = "",
    name: Annotated[str, typer.Option(help="Tên văn bản.")] = "",
    issuer: Annotated[str | None, typer.Option(help="Cơ quan ban hành.")] = None,
    issued: Day = None,
    effective: Day = None,
    expires: Day = None,
    url: Annotated[str | None, typer.Option(help="Nơi đăng bản gốc.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Ghi vào kho; không có thì chỉ đọc thử.")] = False,
    with_gaps: Annotated[bool, typer.Option("--allow-gaps", help="Vẫn nhập khi thiếu Điều hoặc thiếu trang.")] = False,
    as_json: Json = False,
) -> None:
    """Đọc thử một văn bản và báo những gì tìm thấy; với --apply thì nhập tất cả hoặc không nhập gì."""
    from bot.commands import legal_acting as acting
    from knowledge.legal_head import Head

    if not file.is_file():
        typer.echo(f"Không có tệp {file}.", err=True)
        raise typer.Exit(2)
    days = (_date(issued), _date(effective), _date(expires))
    draft = acting.read(file, Head(number, kind, name, issuer, *days, url))
    if isinstance(draft, str):
        typer.echo(json.dumps({"problems": [draft]}, ensure_ascii=False) if as_json else draft, err=not as_json)
        raise typer.Exit(1)
    good = draft.acceptable(with_gaps=with_gaps)
    done = _run(lambda db: acting.put(db, draft, with_gaps=with_gaps)) if apply and good else None
    acting.say(draft, done, applying=apply, with_gaps=with_gaps, as_json=as_json)
    raise typer.Exit(0 if good else 1)


@app.command("list")
def list_(on: Day = None, as_json: Json = False) -> None:
    """Các văn bản trong kho: số đoạn trích, hiệu lực, bị thay thế hay chưa."""
    from bot.commands import legal_acting as acting

    found = _run(lambda db: acting.listed(db, _date(on) or acting.today()))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("Văn bản", "Đoạn", "Hiệu lực từ", "Đến", "Tình trạng")
    for row in found:
        table.add_row(row["title"], str(row["passages"]), row["effective_on"], row["expires_on"], row["standing"])
    Console().print(table)


@app.command()
def show(number: Number, on: Day = None, as_json: Json = False) -> None:
    """Các đoạn của một văn bản đúng như sẽ được trích."""
    from bot.commands import legal_acting as acting

    quotes = _run(lambda db: acting.quotes(db, number, _date(on) or acting.today()))
    if as_json:
        typer.echo(json.dumps(quotes, ensure_ascii=False))
        return
    if not quotes:
        typer.echo("Không có đoạn nào được trích vào ngày này (đã hết hiệu lực, bị thay thế, hoặc chưa nhập nội dung).")
    for quote in quotes:
        typer.echo(f"{quote['text']}\n{'─' * 40}")


@app.command()
def links(everything: Annotated[bool, typer.Option("--all", help="Cả liên kết đã quyết định.")] = False,
          as_json: Json = False) -> None:
    """Các liên kết thay thế, sửa đổi đọc được trong văn bản, chờ xác nhận."""
    from bot.commands import legal_acting as acting

    found = _run(lambda db: acting.links(db, everything))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for row in found:
        typer.echo(f"{row['id']}. {row['said']} [{row['state']}]\n   “{row['evidence']}”")
    if not found:
        typer.echo("Không có liên kết nào chờ xác nhận.")


@app.command()
def confirm(ids: Annotated[list[int], typer.Argument(metavar="SỐ…")], since: Day = None) -> None:
    """Xác nhận liên kết; văn bản cũ không còn được trích như đang có hiệu lực."""
    from bot.commands import legal_acting as acting

    for said in _run(lambda db: acting.decide(db, ids, True, _date(since))):
        typer.echo(f"Đã xác nhận: {said}")


@app.command()
def reject(ids: Annotated[list[int], typer.Argument(metavar="SỐ…")]) -> None:
    """Bỏ liên kết đọc nhầm."""
    from bot.commands import legal_acting as acting

    for said in _run(lambda db: acting.decide(db, ids, False, None)):
        typer.echo(f"Đã bỏ: {said}")


@app.command()
def link(
    old: Annotated[str | None, typer.Argument(metavar="VĂN_BẢN_CŨ")] = None,
    new: Annotated[str | None, typer.Argument(metavar="VĂN_BẢN_MỚI")] = None,
    amends: Annotated[bool, typer.Option("--amends", help="Sửa đổi, bổ sung (mặc định: thay thế).")] = False,
    since: Day = None,
    provision: Annotated[list[str] | None, typer.Option(help="Chỉ điều khoản này, ví dụ “khoản 2 Điều 9”.")] = None,
    file: Annotated[Path | None, typer.Option(help="Tệp YAML gồm nhiều liên kết thay thế.")] = None,
) -> None:
    """Ghi văn bản nào thay thế hoặc sửa đổi văn bản nào: từng cặp, hoặc cả tệp YAML."""
    from bot.commands import legal_acting as acting

    if (file is None) == (old is None or new is None):
        raise typer.BadParameter("cần VĂN_BẢN_CŨ và VĂN_BẢN_MỚI, hoặc --file")
    if file is not None:
        table = acting.table(file)
        if isinstance(table, str):
            typer.echo(table, err=True)
            raise typer.Exit(1)
        typer.echo(f"Đã ghi {_run(lambda db: acting.take_table(db, table))} liên kết.")
        return
    said = _run(lambda db: acting.link(db, old or "", new or "", amends, _date(since), provision or []))
    typer.echo(f"Đã ghi: {said}")


@app.command()
def withdraw(
    number: Number, suspended: Annotated[bool, typer.Option("--suspended", help="Ngưng hiệu lực.")] = False
) -> None:
    """Không trích văn bản này nữa; nội dung vẫn giữ."""
    from bot.commands import legal_acting as acting
    from db.legal import DocumentState

    state = DocumentState.SUSPENDED if suspended else DocumentState.WITHDRAWN
    typer.echo(f"Đã ngừng trích {_run(lambda db: acting.set_state(db, number, state))}.")


@app.command()
def restore(number: Number) -> None:
    """Trích lại văn bản đã ngừng."""
    from bot.commands import legal_acting as acting
    from db.legal import DocumentState

    typer.echo(f"Trích lại {_run(lambda db: acting.set_state(db, number, DocumentState.IN_FORCE))}.")


@app.command()
def successor(
    words: Annotated[str, typer.Argument(metavar="CÂU", help="Số hiệu hoặc cách gọi, ví dụ “Luật Báo chí 2016”.")],
    on: Day = None,
    as_json: Json = False,
) -> None:
    """Văn bản nào đã thay thế văn bản được nhắc tới; mã thoát 1 khi chưa biết văn bản nào thay thế."""
    from bot.commands import legal_acting as acting

    found = _run(lambda db: acting.outdated(db, words, _date(on) or acting.today()))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        typer.echo("\n".join(row["said"] for row in found) or "Chưa biết văn bản nào thay thế.")
    raise typer.Exit(0 if found else 1)


def _date(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
