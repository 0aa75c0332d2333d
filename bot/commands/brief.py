"""`loa brief`: a brief from file to sent, with the same rules as in the chat."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands import brief_again, brief_amend, brief_reach

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from bot.commands.brief_acting import Account
    from network.briefs import Draft

app = typer.Typer(help="Bản tin: soạn từ tệp, trình, duyệt, gửi, theo dõi.", no_args_is_help=True)
Which = Annotated[str, typer.Argument(metavar="TỆP_HOẶC_MÃ", help="Số hoặc mã bản tin, hay tệp đã nạp.")]
As = Annotated[int | None, typer.Option("--as", help="Mã người thực hiện; bỏ trống khi chỉ có một quản trị.")]
Json = Annotated[bool, typer.Option("--json", help="In ra JSON.")]
Yes = Annotated[bool, typer.Option("--yes", help="Không hỏi lại.")]


def run(work: Callable[["AsyncSession"], Awaitable[Any]]) -> Any:
    """One transaction; a refusal is a sentence and exit code 1."""
    from bot.settings import Settings
    from db.session import Database
    from network.refusals import Refusal

    async def inside() -> Any:
        database = Database(Settings().database)
        try:
            async with database.transaction() as db:
                return await work(db)
        finally:
            await database.close()

    try:
        return asyncio.run(inside())
    except Refusal as refusal:
        typer.echo(refusal.text, err=True)
        raise typer.Exit(1) from None


def act(
    which: str, person: int | None, as_json: bool,
    work: "Callable[[AsyncSession, Draft, Account], Awaitable[Draft | None]]", said: str,
) -> None:
    from bot.commands import brief_acting as acting

    async def inside(db: "AsyncSession") -> dict[str, Any]:
        draft = await acting.find(db, which)
        await work(db, draft, await acting.account(db, person))
        return await acting.summary(db, draft.id)

    say(run(inside), as_json, said)


def say(found: dict[str, Any], as_json: bool, said: str) -> None:
    typer.echo(json.dumps(found, ensure_ascii=False) if as_json else said.format(**found))


@app.command()
def new(
    file: Annotated[Path | None, typer.Argument(metavar="TỆP", help="YAML, hoặc văn bản, dòng đầu là tiêu đề.")] = None,
    title: Annotated[str | None, typer.Option(help="Tiêu đề, khi không có tệp.")] = None,
    body: Annotated[str, typer.Option(help="Nội dung, khi không có tệp.")] = "",
    audience: Annotated[str | None, typer.Option(help="Tên danh sách nhận đã lưu.")] = None,
    change: Annotated[bool, typer.Option("--replace", help="Sửa bản tin đã nạp từ tệp này.")] = False,
    person: As = None,
    as_json: Json = False,
) -> None:
    """Tạo bản nháp từ tệp hoặc từ tiêu đề."""
    from bot.commands import brief_acting as acting

    if (file is None) == (title is None):
        raise typer.BadParameter("cần đúng một trong hai: TỆP hoặc --title")
    found = acting.read(file) if file else acting.typed(title or "", body)
    if isinstance(found, list):
        refuse(found, as_json)
    made = run(lambda db: acting.create(db, found, person, audience, change))
    if as_json:
        typer.echo(json.dumps(made if len(made) > 1 else made[0], ensure_ascii=False))
    else:
        for draft in made:
            typer.echo(f"Bản tin {draft['id']} “{draft['title']}”: {draft['state_name']}.")


def refuse(problems: list[str], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"problems": problems}, ensure_ascii=False))
    else:
        for problem in problems:
            typer.echo(problem, err=True)
    raise typer.Exit(1)


@app.command("list")
def list_(
    state: Annotated[str | None, typer.Option(help="draft, submitted, approved, scheduled, sending, done…")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    as_json: Json = False,
) -> None:
    """Liệt kê các bản tin, mới sửa trước."""
    from bot.commands import brief_acting as acting

    found = run(lambda db: acting.listed(db, state, limit))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("Số", "Mã", "Tiêu đề")
    for heading in ("Trạng thái", "Hẹn gửi"):
        table.add_column(heading, no_wrap=True)
    for draft in found:
        cells = (str(draft["id"]), draft["key"] or "", draft["title"], draft["state_name"], draft["appointed"])
        table.add_row(*(escape(cell) for cell in cells))
    Console().print(table)


@app.command()
def show(which: Which, as_json: Json = False, as_yaml: Annotated[bool, typer.Option("--yaml")] = False) -> None:
    """Xem bản tin như người nhận sẽ thấy; --yaml in ra tệp nạp lại được."""
    from bot.commands import brief_acting as acting

    found = run(lambda db: acting.shown(db, which))
    if as_json:
        typer.echo(json.dumps({k: v for k, v in found.items() if k not in ("plain", "yaml")}, ensure_ascii=False))
    else:
        typer.echo(found["yaml"] if as_yaml else found["plain"])


@app.command()
def submit(which: Which, person: As = None, as_json: Json = False) -> None:
    """Trình duyệt; nội dung và người nhận được chốt."""
    from datetime import UTC, datetime

    from handlers import approving
    from network import briefs

    async def work(db, draft, who):
        now = datetime.now(UTC)
        sent = await briefs.submit(db, draft.id, who, now, stamp=draft.stamp)
        await approving.ask_for_signature(db, sent, now)

    act(which, person, as_json, work, "Bản tin {id}: {state_name}, bản số {number}, mã nội dung {stamp}.")


@app.command()
def approve(
    which: Which, person: As = None,
    stamp: Annotated[str | None, typer.Option(help="Mã nội dung đã đọc; khác thì không duyệt.")] = None,
    as_json: Json = False,
) -> None:
    """Duyệt; phải là người thứ hai."""
    from datetime import UTC, datetime

    from handlers import embargoed
    from network import approvals

    async def work(db, draft, who):
        now = datetime.now(UTC)
        await embargoed.invite(db, await approvals.approve(db, draft.id, who, now, stamp=stamp or draft.stamp), now)

    act(which, person, as_json, work, "Bản tin {id}: {state_name}{when}.")


@app.command("return")
def return_(
    which: Which, reason: Annotated[str, typer.Option(help="Lý do.")], person: As = None, as_json: Json = False
) -> None:
    """Trả lại người soạn, kèm lý do."""
    from datetime import UTC, datetime

    from network import approvals

    async def work(db, draft, who):
        await approvals.give_back(db, draft.id, who, datetime.now(UTC), stamp=draft.stamp, reason=reason)

    act(which, person, as_json, work, "Bản tin {id} đã được trả lại; bản số {number} là bản nháp mới.")


@app.command()
def send(
    which: Which,
    at: Annotated[str | None, typer.Option(help="Hẹn giờ, ví dụ: '8h30 ngày 25/11'.")] = None,
    on_holiday: Annotated[bool, typer.Option("--on-holiday", help="Hẹn giờ cả vào ngày nghỉ lễ.")] = False,
    alone: Annotated[bool, typer.Option("--alone", help="Hỏa tốc: gửi trước, chữ ký thứ hai sau.")] = False,
    yes: Yes = False,
    person: As = None,
    as_json: Json = False,
) -> None:
    """Gửi ngay, hoặc hẹn giờ với --at."""
    from datetime import UTC, datetime

    from bot.settings import Settings
    from handlers import approving
    from network import approvals, moments, releases
    from network.brief_content import Priority
    from network.refusals import Refusal

    async def work(db, draft, who):
        now = datetime.now(UTC)
        if at:
            when = moments.read(at, now)
            holiday = Settings().calendar.holiday(when)
            if holiday and not on_holiday and draft.content.priority != Priority.FLASH:
                raise Refusal(f"Ngày {moments.day(when)} là ngày nghỉ lễ ({holiday}). Nếu vẫn gửi, thêm --on-holiday.")
            await releases.schedule(db, draft.id, who, now, when=when, stamp=draft.stamp)
            return
        if alone:
            draft = await approvals.send_alone(db, draft.id, who, now, stamp=draft.stamp)
        await releases.send(db, draft.id, who, now, stamp=draft.stamp, quiet=Settings().quiet)
        if alone:
            await approving.ask_for_signature(db, draft, now)

    if at and alone:
        raise typer.BadParameter("--alone là gửi ngay, không dùng cùng --at")
    if alone:
        asked = "Gửi ngay bản tin hỏa tốc “{title}” đến {people} người khi chưa có người thứ hai duyệt?"
        confirm(which, yes, "people", asked)
    act(which, person, as_json, work, "Bản tin {id}: {state_name}{when}.{night}")


@app.command()
def unschedule(which: Which, person: As = None, as_json: Json = False) -> None:
    """Bỏ hẹn giờ; bản tin trở lại đã duyệt."""
    from datetime import UTC, datetime

    from network import releases

    async def work(db, draft, who):
        await releases.unschedule(db, draft.id, who, datetime.now(UTC), stamp=draft.stamp)

    act(which, person, as_json, work, "Bản tin {id}: {state_name}, đã bỏ hẹn giờ.")


@app.command()
def test(which: Which, person: As = None, as_json: Json = False) -> None:
    """Gửi thử cho chính người thực hiện."""
    from bot.commands import brief_acting as acting

    act(which, person, as_json, acting.try_on, "Bản tin {id}: bản gửi thử đang được gửi.")


@app.command()
def pause(which: Which, person: As = None, as_json: Json = False) -> None:
    """Tạm dừng việc gửi."""
    from network import releases

    _steer(which, person, as_json, releases.pause)


@app.command()
def resume(which: Which, person: As = None, as_json: Json = False) -> None:
    """Gửi tiếp."""
    from functools import partial

    from bot.settings import Settings
    from network import releases

    _steer(which, person, as_json, partial(releases.resume, quiet=Settings().quiet))


@app.command()
def stop(which: Which, yes: Yes = False, person: As = None, as_json: Json = False) -> None:
    """Dừng hẳn: phần chưa gửi sẽ không gửi nữa."""
    from network import releases

    confirm(which, yes, "waiting", "Dừng hẳn việc gửi “{title}”? {waiting} người còn chờ sẽ không nhận.")
    _steer(which, person, as_json, releases.stop)


def _steer(which: str, person: int | None, as_json: bool, steer: Callable[..., Awaitable[Any]]) -> None:
    from datetime import UTC, datetime

    async def work(db, draft, who):
        await steer(db, draft.id, who, datetime.now(UTC))

    act(which, person, as_json, work, "Bản tin {id}: {state_name}, việc gửi {push_name}.{night}")


def confirm(which: str, yes: bool, whom: str, question: str) -> None:
    """Asked before what cannot be taken back, where there is anybody it concerns: `whom` is "people" or "waiting"."""
    from bot.commands import brief_acting as acting

    found = {} if yes else run(lambda db: acting.concerned(db, which))
    if found.get(whom):
        typer.confirm(question.format(**found), abort=True, err=True)


@app.command()
def matrix(
    which: Which, as_json: Json = False, as_csv: Annotated[bool, typer.Option("--csv", help="In ra CSV.")] = False
) -> None:
    """Từng cơ quan: đã gửi, xác nhận, chưa xác nhận, đã nhắc, đã báo người phụ trách."""
    from bot.commands import brief_matrix

    found = run(lambda db: brief_matrix.rows(db, which))
    if as_json or as_csv:
        text = json.dumps(found, ensure_ascii=False) if as_json else brief_matrix.as_csv(found)
        typer.echo(text, nl=as_json)
        return
    from rich.console import Console

    Console().print(brief_matrix.as_table(found))


@app.command()
def status(
    which: Which,
    watch: Annotated[bool, typer.Option("--watch", help="Theo dõi đến khi gửi xong.")] = False,
    as_json: Json = False,
) -> None:
    """Đã gửi, đã xác nhận, không gửi được, theo cơ quan."""
    import time

    from bot.commands import brief_acting as acting

    found = run(lambda db: acting.status(db, which))
    if watch and not as_json:
        from rich.progress import Progress

        with Progress() as progress:
            task = progress.add_task(found["title"], total=found["planned"] or 1)
            while True:
                progress.update(task, completed=found["planned"] - found["waiting"])
                if found["push"] not in ("running", "paused"):
                    break
                time.sleep(1)
                found = run(lambda db: acting.status(db, which))
    typer.echo(json.dumps(found, ensure_ascii=False) if as_json else acting.status_text(found))


app.command()(brief_again.retry)
app.command("send-rest")(brief_again.send_rest)
app.command("add-new")(brief_again.add_new)
app.command()(brief_again.deliveries)
app.command()(brief_again.watch)
app.command()(brief_amend.correct)
app.command()(brief_amend.recall)
app.command()(brief_reach.reach)
