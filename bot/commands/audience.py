"""`loa audience`: saved lists of recipients, as the composing desk offers them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.transactions import writing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

app = typer.Typer(help="Danh sách người nhận đã lưu.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="In ra JSON.")]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Liệt kê các danh sách."""
    from network import audiences

    async def work(db: "AsyncSession") -> list[dict[str, Any]]:
        return [await _plain(db, row.name, row.rule) for row in await audiences.saved(db)]

    found = writing(work)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    for row in [] if as_json else found:
        typer.echo(_line(row))
    if not found and not as_json:
        typer.echo("Chưa có danh sách nào. Lưu một danh sách: loa audience save TÊN TỆP")


@app.command()
def show(name: str, as_json: Json = False) -> None:
    """Xem một danh sách: điều kiện, số người nhận lúc này."""
    from bot.commands import brief_acting as acting

    async def work(db: "AsyncSession") -> dict[str, Any]:
        return await _plain(db, name, await acting.saved_rule(db, name))

    _say(writing(work), as_json)


@app.command()
def save(
    name: str,
    file: Annotated[Path, typer.Argument(metavar="TỆP", help="YAML: roles, agencies, levels, provinces, topics…")],
    person: Annotated[int | None, typer.Option("--as", help="Mã người thực hiện.")] = None,
    as_json: Json = False,
) -> None:
    """Lưu các điều kiện của một tệp YAML dưới một tên."""
    from datetime import UTC, datetime

    from bot.commands import brief_acting as acting
    from network import audience_files, audiences, briefs
    from network.roles import Permission

    async def work(db: "AsyncSession") -> dict[str, Any]:
        owner = briefs.need(await acting.account(db, person), Permission.WRITE_BRIEF, "lưu danh sách người nhận")
        audience = await audience_files.read(db, _rule(file))
        row = await audiences.save(db, name, audience, owner, datetime.now(UTC))
        return await _plain(db, row.name, row.rule)

    _say(writing(work), as_json)


def _rule(file: Path) -> dict[str, Any]:
    """The whole file, or its `audience` when it is a brief's."""
    import yaml

    from network.refusals import Refusal

    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise Refusal(f"Không đọc được {file} ({problem}). Cần tệp YAML, mã UTF-8.") from None
    rule = data.get("audience", data) if isinstance(data, dict) else None
    if not isinstance(rule, dict) or not rule:
        raise Refusal(f"{file}: cần các điều kiện chọn người nhận, ví dụ một dòng “roles: [staff]”.")
    return rule


async def _plain(db: "AsyncSession", name: str, rule: dict[str, Any]) -> dict[str, Any]:
    from network import audiences

    audience = audiences.Audience.from_json(rule)
    said, count = await audiences.describe(db, audience), await audiences.count(db, audience)
    return {"name": name, "rule": rule, "described": said, "recipients": count}


def _line(row: dict[str, Any]) -> str:
    return f"{row['name']}: {row['described']} ({row['recipients']} người)"


def _say(row: dict[str, Any], as_json: bool) -> None:
    typer.echo(json.dumps(row, ensure_ascii=False) if as_json else _line(row))
