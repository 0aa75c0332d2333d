"""`loa bench`: measurements against the sandbox, on this machine."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Đo hiệu năng trên nền tảng giả lập.", no_args_is_help=True)


@app.callback()
def bench() -> None: ...


@app.command()
def push(
    quick: Annotated[bool, typer.Option(help="Bản rút gọn, dưới một phút.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Chỉ đo: rate, baseline, plan, memory, kill, shared, faults, overtake.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON.")] = False,
    save: Annotated[Path | None, typer.Option(help="Ghi JSON vào tệp này.")] = None,
) -> None:
    """Đo việc gửi tin: tốc độ, lỗi 429, CPU, bộ nhớ, mất và trùng sau khi tiến trình bị giết."""
    import asyncio

    from rich.console import Console

    from benchmarks import push as measured

    console = Console(stderr=as_json)
    if unknown := set(only or []) - set(measured.SECTIONS):
        typer.echo(f"loa bench push: không có phần {', '.join(sorted(unknown))}.", err=True)
        raise typer.Exit(2)
    size = measured.QUICK if quick else measured.FULL
    wanted = only or (["rate", "baseline", "kill", "faults"] if quick else [])
    with console.status("Đang đo…"):
        result = asyncio.run(measured.run(size, wanted, lambda _name, rows: console.print(_table(rows))))
    text = json.dumps(result, ensure_ascii=False, indent=2)
    if save:
        save.write_text(text + "\n", encoding="utf-8")
    if as_json:
        typer.echo(text)


@app.command()
def webhook(
    rate: Annotated[int, typer.Option(min=1, help="Số sự kiện mỗi giây.")] = 200,
    seconds: Annotated[int, typer.Option(min=1, help="Đo trong bao nhiêu giây.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON.")] = False,
) -> None:
    """Đo webhook Zalo trên SQLite: thời gian trả lời trong khi các cuộc trò chuyện được xử lý."""
    import asyncio

    from benchmarks import webhook as measured

    found = asyncio.run(measured.run(rate, seconds))
    if as_json:
        typer.echo(json.dumps(found))
        return
    typer.echo(
        f"{found['events']} sự kiện, {rate}/giây: p50 {found['p50_ms']} ms, p99 {found['p99_ms']} ms, chậm nhất "
        f"{found['worst_ms']} ms; {found['refused']} bị từ chối; xử lý xong sau {found['behind_s']} s; CPU "
        f"{found['cpu_ms_an_event']} ms/sự kiện, {found['mb']} MB."
    )


@app.command()
def answers(
    passages: Annotated[int, typer.Option(min=1, help="Số đoạn trong kho.")] = 20_000,
    as_json: Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON.")] = False,
) -> None:
    """Đo kho tri thức lớn: thời gian dựng chỉ mục, trả lời, xuất bản, bộ nhớ."""
    import asyncio
    from tempfile import TemporaryDirectory

    from benchmarks import answers as measured
    from bot import logs

    logs.configure("error", False)
    found = measured.run(passages)
    with TemporaryDirectory() as folder:
        found |= asyncio.run(measured.published(passages, Path(folder)))
    typer.echo(json.dumps(found) if as_json else "\n".join(f"{name:18s} {value}" for name, value in found.items()))


@app.command()
def console(
    people: Annotated[int, typer.Option(min=1000, help="Số người.")] = 100_000,
    deliveries: Annotated[int, typer.Option(min=10_000, help="Số lượt gửi.")] = 1_000_000,
    looks: Annotated[int, typer.Option(min=2, help="Số lần xem mỗi trang.")] = 20,
    keep: Annotated[Path | None, typer.Option(help="Thư mục giữ cơ sở dữ liệu cho lần đo sau.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON.")] = False,
) -> None:
    """Đo bảng điều khiển trên SQLite cỡ cả nước: thời gian máy chủ của từng trang."""
    import asyncio
    from dataclasses import asdict

    from benchmarks import console as measured

    found = asyncio.run(measured.run(measured.Size(people=people, deliveries=deliveries, looks=looks), keep))
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in found], ensure_ascii=False))
        return
    for row in found:
        said = f"p50 {row.p50_ms:7.1f} ms  p95 {row.p95_ms:7.1f} ms  lần đầu {row.first_ms:7.1f} ms  {row.kb:5.1f} kB"
        typer.echo(f"{row.page:40s} {said}")


@app.command()
def paint(
    looks: Annotated[int, typer.Option(min=1, help="Số lần mở mỗi trang.")] = 10,
    keep: Annotated[Path | None, typer.Option(help="Thư mục giữ cơ sở dữ liệu cho lần đo sau.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON.")] = False,
) -> None:
    """Đo bảng điều khiển bằng trình duyệt: bao lâu thì trang hiện ra, tải bao nhiêu kB."""
    import asyncio
    import importlib.util
    import shutil
    from dataclasses import asdict

    chromium = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), "")
    if not chromium or importlib.util.find_spec("playwright") is None:
        typer.echo("Cần chromium và playwright: apt-get install chromium; pip install loa[test].", err=True)
        raise typer.Exit(2)
    from benchmarks import paint as measured
    from benchmarks.console import Size

    found = asyncio.run(measured.run(chromium, Size(looks=looks), keep))
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in found], ensure_ascii=False))
        return
    for row in found:
        said = f"p50 {row.p50_ms:5.0f} ms  lâu nhất {row.worst_ms:5.0f} ms  lần đầu {row.first_ms:5.0f} ms"
        typer.echo(f"{row.page:24s} {said}  {row.kb:6.1f} kB")


@app.command()
def watching(
    watchers: Annotated[int, typer.Option(min=1, help="Số người cùng xem một lần gửi.")] = 50,
    turns: Annotated[int, typer.Option(min=1, help="Số lượt đo, xen kẽ có và không có người xem.")] = 5,
    seconds: Annotated[int, typer.Option(min=5, help="Mỗi lượt bao nhiêu giây.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON.")] = False,
) -> None:
    """Đo CPU của tiến trình đang gửi khi nhiều người cùng xem lần gửi đó."""
    import asyncio
    from dataclasses import asdict

    from benchmarks import watching as measured

    found = asyncio.run(measured.run(watchers, turns, seconds))
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in found]))
        return
    for row in found:
        said = f"một mình {row.alone:.1f} % một nhân, có {watchers} người xem {row.watched:.1f} %"
        typer.echo(f"{row.rate}/giây: {said}, thêm {row.more:.1f} % của tiến trình")


@app.command()
def zalo(
    people: Annotated[int, typer.Option(min=11, help="Số người, với lần tương tác cuối khác nhau.")] = 10_000,
    seconds: Annotated[int, typer.Option(min=5, help="Đo nhịp gửi trong bao nhiêu giây.")] = 60,
    trials: Annotated[int, typer.Option(min=1, help="Số lần tám tiến trình cùng gia hạn token.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON.")] = False,
) -> None:
    """Đo Zalo OA trên SQLite: dự kiến so với hóa đơn, nhịp gửi so với trần, gia hạn token cùng lúc."""
    import asyncio

    from benchmarks import zalo as measured

    found = asyncio.run(measured.run(people, seconds, trials))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for name, figures in found.items():
        typer.echo(f"{name}: " + ", ".join(f"{key} {value}" for key, value in figures.items()))


COLUMNS = ("what", "people", "rate", "of_ceiling", "refused", "lost", "doubled", "cpu_ms", "peak_mb", "note")
HEADS = ("", "người", "tin/s", "so với trần", "429", "mất", "trùng", "CPU ms/tin", "MB", "")


def _table(rows: list[Any]) -> Any:
    from rich.table import Table

    table = Table(title=rows[0].section if rows else "", title_justify="left")
    shown = [(column, head) for column, head in zip(COLUMNS, HEADS, strict=True) if any(_said(r, column) for r in rows)]
    for column, head in shown:
        table.add_column(head, justify="left" if column in ("what", "note") else "right")
    for row in rows:
        table.add_row(*(_said(row, column) for column, _ in shown))
    return table


def _said(row: Any, column: str) -> str:
    value = getattr(row, column)
    if value is None or value == "":
        return ""
    return f"{value:,}" if isinstance(value, int | float) else str(value)
