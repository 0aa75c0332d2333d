"""`loa people`: invitations, rosters, and the list of members."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bot.commands import people_linking
from bot.commands.transactions import writing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from network.roster_rows import Checked

app = typer.Typer(help="Người trong mạng lưới: mời, nhập, xuất, liệt kê.", no_args_is_help=True)
MOST_USES, MOST_DAYS = 100_000, 3650
KINDS = ("people", "agencies", "communes")


@app.command()
def invite(
    role: str = typer.Option(..., help="Mã hoặc tên vai trò, ví dụ super_admin, communicator_commune."),
    agency: str = typer.Option(None, help="Mã hoặc tên cơ quan."),
    province: str = typer.Option(None, help="Mã hoặc tên tỉnh, ví dụ 01."),
    uses: int = typer.Option(1, help="Số người dùng được; 0 là không giới hạn."),
    days: int = typer.Option(30, help="Số ngày có hiệu lực; 0 là không hạn."),
    confirm: bool = typer.Option(False, help="Cần quản trị xác nhận."),
    contact: bool = typer.Option(False, help="Cần chia sẻ số điện thoại."),
    qr: Path = typer.Option(None, help="Ghi mã QR ra tệp PNG."),
    bot: str = typer.Option("loa_sandbox_bot", help="Tên người dùng của bot."),
    as_json: bool = typer.Option(False, "--json", help="In ra JSON."),
) -> None:
    """Tạo lời mời và in liên kết."""
    from network import invitations, lookups
    from network.refusals import Refusal

    async def work(db: "AsyncSession") -> str:
        for name, value, most, none in (
            ("--uses", uses, MOST_USES, "không giới hạn"), ("--days", days, MOST_DAYS, "không hạn"),
        ):
            if not 0 <= value <= most:
                raise Refusal(f"{name} {value} không được: vui lòng chọn từ 1 đến {most}, hoặc 0 là {none}.")
        made = await invitations.make(
            db, now=datetime.now(UTC), role=lookups.role(role), max_uses=uses or None,
            agency_id=(await lookups.agency(db, agency)).id if agency else None,
            province_code=await lookups.province(db, province) if province else None,
            needs_confirmation=confirm, needs_contact=contact, valid_for=timedelta(days=days) if days else None,
            note="loa people invite",
        )
        return made.code

    code = writing(work, refused=2)
    link = invitations.link(bot, code)
    if qr is not None:
        _save(qr, invitations.qr_png(link))
    typer.echo(json.dumps({"code": code, "link": link}) if as_json else f"Liên kết: {link}\nMã: {code}")


def _save(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as problem:
        typer.echo(f"Không ghi được {path}: {problem.strerror}.", err=True)


@app.command()
def lead(
    agency: str = typer.Argument(..., help="Mã hoặc tên cơ quan."),
    person: int = typer.Argument(None, help="Mã người phụ trách; bỏ trống là không chỉ định riêng."),
) -> None:
    """Chỉ định người được báo khi người của cơ quan chưa xác nhận bản tin."""
    from db.people import Person
    from network import leads, lookups

    async def work(db: "AsyncSession") -> str:
        named = await leads.name(db, (await lookups.agency(db, agency)).code, person, datetime.now(UTC))
        found = await leads.lead_of(db, named.id)
        who = (await db.get_one(Person, found)).full_name if found else "chưa có ai"
        return f"{named.name}: người phụ trách là {who}."

    typer.echo(writing(work))


@app.command("import")
def import_(
    path: Path,
    kind: str = typer.Option("people", help="people, agencies hoặc communes."),
    apply: bool = typer.Option(False, "--apply", help="Ghi vào cơ sở dữ liệu; không có thì chỉ chạy thử."),
    as_json: bool = typer.Option(False, "--json", help="In ra JSON."),
) -> None:
    """Nhập người, cơ quan hoặc xã từ XLSX/CSV: chạy thử, liệt kê từng dòng lỗi; nhập tất cả hoặc không nhập gì."""
    from network import roster_files

    if kind not in KINDS or not path.is_file():
        no_kind = f"Không có loại {kind!r}. Các loại: {', '.join(KINDS)}."
        typer.echo(no_kind if path.is_file() else f"Không có tệp {path}.", err=True)
        raise typer.Exit(2)

    async def work(db: "AsyncSession") -> "tuple[Checked, int]":
        checked = await roster_files.check(db, kind, roster_files.read(path))
        written = await roster_files.apply(db, checked, datetime.now(UTC)) if apply and not checked.bad else 0
        return checked, written

    checked, written = writing(work)
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


@app.command()
def export(path: Path) -> None:
    """Xuất danh sách người ra XLSX hoặc CSV, kèm mã mời của người chưa tham gia."""
    from network import roster_files
    from network.refusals import Refusal

    async def work(db: "AsyncSession") -> int:
        table = await roster_files.people_table(db)
        try:
            roster_files.write(path, table)
        except OSError as problem:
            raise Refusal(f"Không ghi được {path}: {problem.strerror}.") from None
        return len(table) - 1

    typer.echo(f"Đã xuất {writing(work)} người ra {path}.")


@app.command("list")
def list_(as_json: bool = typer.Option(False, "--json", help="In ra JSON.")) -> None:
    """Liệt kê thành viên."""
    from network import people, roles

    rows = writing(_people)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    shown = [
        (str(r["id"]), r["name"] or "", roles.name_of(r["role"]), r["agency"] or "", people.STATE_NAMES[r["state"]])
        for r in rows
    ]
    _table(("Mã", "Họ tên", "Vai trò", "Cơ quan", "Trạng thái"), shown)


async def _people(db: "AsyncSession") -> list[dict[str, Any]]:
    from sqlalchemy import select

    from db.agencies import Agency
    from db.people import Person

    found = select(Person, Agency.name).outerjoin(Agency, Agency.id == Person.agency_id).order_by(Person.id)
    return [
        {"id": p.id, "name": p.full_name, "role": p.role, "agency": agency, "state": p.state}
        for p, agency in await db.execute(found)
    ]


@app.command()
def agencies(
    words: list[str] = typer.Argument(None, metavar="TÊN", help="Chỉ những cơ quan tên gần như vậy."),
    as_json: bool = typer.Option(False, "--json", help="In ra JSON."),
) -> None:
    """Liệt kê cơ quan với mã của chúng."""
    from db import agencies as table
    from network import agencies as rules
    from network.agencies import LEVEL_NAMES

    name = " ".join(words or ())

    async def work(db: "AsyncSession") -> list[dict[str, Any]]:
        found = await rules.find(db, name) if name else await table.all_agencies(db)
        return [{"code": a.code, "name": a.name, "level": a.level} for a in found if a.closed_at is None]

    rows = writing(work)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    else:
        _table(("Mã", "Tên", "Cấp"), [(r["code"], r["name"], LEVEL_NAMES[r["level"]]) for r in rows])


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Cells stand as they are: square brackets are no style."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*headings)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    Console().print(table)


app.command()(people_linking.merge)
app.command()(people_linking.separate)
