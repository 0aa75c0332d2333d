"""`loa people`: invitations and the list of members."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from network.roster_rows import Checked

app = typer.Typer(help="Người trong mạng lưới: mời, liệt kê.", no_args_is_help=True)


@app.command()
def invite(
    role: str = typer.Option(..., help="Mã vai trò, ví dụ super_admin, communicator_commune."),
    agency: str = typer.Option(None, help="Mã cơ quan."),
    province: str = typer.Option(None, help="Mã tỉnh, ví dụ 01."),
    uses: int = typer.Option(1, help="Số người dùng được; 0 là không giới hạn."),
    days: int = typer.Option(30, help="Số ngày có hiệu lực; 0 là không hạn."),
    confirm: bool = typer.Option(False, help="Cần quản trị xác nhận."),
    contact: bool = typer.Option(False, help="Cần chia sẻ số điện thoại."),
    qr: Path = typer.Option(None, help="Ghi mã QR ra tệp PNG."),
    bot: str = typer.Option("loa_sandbox_bot", help="Tên người dùng của bot."),
    as_json: bool = typer.Option(False, "--json", help="In ra JSON."),
) -> None:
    """Tạo lời mời và in liên kết."""
    from network import invitations, roles

    if roles.find(role) is None:
        typer.echo(f"Không có vai trò {role!r}. Các vai trò: {', '.join(roles.roles())}", err=True)
        raise typer.Exit(2)
    wanted = {
        "role": role, "province_code": province, "max_uses": uses or None, "needs_confirmation": confirm,
        "valid_for": timedelta(days=days) if days else None, "needs_contact": contact, "note": "loa people invite",
    }
    code = asyncio.run(_invite(wanted, agency))
    if code is None:
        typer.echo(f"Không có cơ quan mã {agency!r}.", err=True)
        raise typer.Exit(2)
    link = invitations.link(bot, code)
    if qr is not None:
        qr.write_bytes(invitations.qr_png(link))
    typer.echo(json.dumps({"code": code, "link": link}) if as_json else f"Liên kết: {link}\nMã: {code}")


async def _invite(wanted: dict[str, Any], agency: str | None) -> str | None:
    from sqlalchemy import select

    from bot.settings import Settings
    from db.agencies import Agency
    from db.session import Database
    from network import invitations

    database = Database(Settings().database)
    try:
        async with database.transaction() as db:
            agency_id = await db.scalar(select(Agency.id).where(Agency.code == agency)) if agency else None
            if agency and agency_id is None:
                return None
            return (await invitations.make(db, now=datetime.now(UTC), agency_id=agency_id, **wanted)).code
    finally:
        await database.close()


@app.command("import")
def import_(
    path: Path,
    kind: str = typer.Option("people", help="people, agencies hoặc communes."),
    apply: bool = typer.Option(False, "--apply", help="Ghi vào cơ sở dữ liệu; không có thì chỉ chạy thử."),
    as_json: bool = typer.Option(False, "--json", help="In ra JSON."),
) -> None:
    """Nhập người, cơ quan hoặc xã từ XLSX/CSV: chạy thử, liệt kê từng dòng lỗi; nhập tất cả hoặc không nhập gì."""
    if kind not in ("people", "agencies", "communes") or not path.is_file():
        typer.echo(f"Không có tệp {path}." if not path.is_file() else f"Không có loại {kind!r}.", err=True)
        raise typer.Exit(2)
    from network.refusals import Refusal

    try:
        checked, written = asyncio.run(_import(path, kind, apply))
    except Refusal as refusal:
        typer.echo(refusal.text, err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(_plain(checked, written), ensure_ascii=False))
    else:
        for line in _told(checked, written):
            typer.echo(line)
    raise typer.Exit(1 if checked.bad else 0)


def _plain(checked: "Checked", written: int) -> dict[str, Any]:
    from network.roster_rows import Fate

    bad = [{"row": b.number, "reason": b.reason} for b in checked.bad]
    counted = {fate.value: checked.count(fate) for fate in Fate}
    return {
        "rows": checked.rows, "bad": bad, **counted, "unknown_columns": checked.unknown, "notes": checked.notes,
        "written": written,
    }


def _told(checked: "Checked", written: int) -> list[str]:
    from network.roster_rows import COLUMNS, Fate

    lines = [f"✗ dòng {b.number}: {b.reason}" for b in checked.bad]
    if checked.unknown:
        known = ", ".join(COLUMNS[checked.kind].all)
        lines.append(f"! Cột không nhận ra nên bỏ qua: {', '.join(checked.unknown)}. Các cột được đọc: {known}.")
    lines += [f"! {note}" for note in checked.notes]
    new, changed, same = (checked.count(fate) for fate in Fate)
    if checked.bad:
        said = f"{len(checked.bad)} dòng lỗi trong {checked.rows} dòng."
        return [*lines, f"{said} Chưa nhập dòng nào; vui lòng sửa tệp rồi chạy lại."]
    counted = f"{new} mới, {changed} thay đổi, {same} không đổi"
    if written or not new + changed:
        return [*lines, f"Đã nhập {written} dòng: {counted}." if written else f"Không có gì để nhập: {counted}."]
    return [*lines, f"{checked.rows} dòng đều hợp lệ: {counted}. Thêm --apply để nhập."]


async def _import(path: Path, kind: str, apply: bool) -> "tuple[Checked, int]":
    from bot.settings import Settings
    from db.session import Database
    from network import roster_files

    rows = roster_files.read(path)
    database = Database(Settings().database)
    try:
        async with database.transaction() as db:
            checked = await roster_files.check(db, kind, rows)
            written = await roster_files.apply(db, checked, datetime.now(UTC)) if apply and not checked.bad else 0
            return checked, written
    finally:
        await database.close()


@app.command()
def export(path: Path) -> None:
    """Xuất danh sách người ra XLSX hoặc CSV, kèm mã mời của người chưa tham gia."""
    from network import roster_files

    table = asyncio.run(_table())
    roster_files.write(path, table)
    typer.echo(f"Đã xuất {len(table) - 1} người ra {path}.")


async def _table() -> list[tuple[str, ...]]:
    from bot.settings import Settings
    from db.session import Database
    from network import roster_files

    database = Database(Settings().database)
    try:
        async with database.reading() as db:
            return await roster_files.people_table(db)
    finally:
        await database.close()


@app.command("list")
def list_(as_json: bool = typer.Option(False, "--json", help="In ra JSON.")) -> None:
    """Liệt kê thành viên."""
    rows = asyncio.run(_people())
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("ID", "Họ tên", "Vai trò", "Cơ quan", "Trạng thái")
    for row in rows:
        table.add_row(*(str(row[k] or "") for k in ("id", "name", "role", "agency", "state")))
    Console().print(table)


async def _people() -> list[dict[str, Any]]:
    from sqlalchemy import select

    from bot.settings import Settings
    from db.agencies import Agency
    from db.people import Person
    from db.session import Database

    database = Database(Settings().database)
    try:
        async with database.reading() as db:
            found = select(Person, Agency.name).outerjoin(Agency, Agency.id == Person.agency_id).order_by(Person.id)
            return [
                {"id": p.id, "name": p.full_name, "role": p.role, "agency": agency, "state": p.state}
                for p, agency in await db.execute(found)
            ]
    finally:
        await database.close()
