"""`loa brief retry|send-rest|add-new|deliveries|watch`: after a sending, and while it runs."""

import json
from typing import Annotated, Any

import typer

As = Annotated[int | None, typer.Option("--as", help="Mã người thực hiện; bỏ trống khi chỉ có một quản trị.")]
Json = Annotated[bool, typer.Option("--json", help="In ra JSON.")]
Which = Annotated[str, typer.Argument(metavar="BẢN_TIN", help="Số hoặc mã bản tin.")]
STATES = ("planned", "leased", "sent", "unknown", "failed", "skipped", "stopped")


def retry(
    which: Which, person: As = None, as_json: Json = False,
    unsure: Annotated[bool, typer.Option(help="Cả người chưa rõ đã nhận hay chưa.")] = True,
) -> None:
    """Gửi lại cho người bị lỗi và người chưa rõ đã nhận hay chưa."""
    from datetime import UTC, datetime

    from bot.settings import Settings
    from network import sending_again

    async def work(db, draft, who):
        await sending_again.retry(db, draft.id, who, datetime.now(UTC), unsure=unsure, quiet=Settings().quiet)

    from bot.commands.brief import act

    act(which, person, as_json, work, "Bản tin {id}: {state_name}, việc gửi {push_name}.{night}")


def send_rest(which: Which, person: As = None, as_json: Json = False) -> None:
    """Gửi nốt cho người chưa được gửi khi việc gửi bị dừng."""
    from datetime import UTC, datetime

    from bot.settings import Settings
    from network import sending_again

    async def work(db, draft, who):
        await sending_again.send_rest(db, draft.id, who, datetime.now(UTC), quiet=Settings().quiet)

    from bot.commands.brief import act

    act(which, person, as_json, work, "Bản tin {id}: {state_name}, việc gửi {push_name}.{night}")


def add_new(which: Which, person: As = None, as_json: Json = False) -> None:
    """Gửi cho người tham gia sau khi bản tin được gửi."""
    from datetime import UTC, datetime

    from bot.settings import Settings
    from network import sending_again

    async def work(db, draft, who):
        await sending_again.add_new(db, draft.id, who, datetime.now(UTC), Settings().quiet)

    from bot.commands.brief import act

    act(which, person, as_json, work, "Bản tin {id}: {state_name}, việc gửi {push_name}.{night}")


def deliveries(
    which: Which, as_json: Json = False, as_csv: Annotated[bool, typer.Option("--csv", help="In ra CSV.")] = False,
    state: Annotated[list[str] | None, typer.Option(help=f"Trạng thái: {', '.join(STATES)}.")] = None,
    recall: Annotated[bool, typer.Option("--recall", help="Của việc thu hồi: ai chưa thu hồi được.")] = False,
) -> None:
    """Từng người: gửi được hay không và vì sao. Mặc định: người chưa chắc đã nhận được."""
    if unknown := set(state or ()) - set(STATES):
        typer.echo(f"Không có trạng thái {', '.join(sorted(unknown))}. Có: {', '.join(STATES)}.", err=True)
        raise typer.Exit(2)
    from bot.commands.brief import run

    _print(run(lambda db: _rows(db, which, state or ["unknown", "failed", "skipped"], recall)), as_json, as_csv)


def watch(which: Which, as_json: Json = False) -> None:
    """Theo dõi việc gửi đang chạy, mỗi giây một dòng, đến khi xong."""
    import time

    from bot.commands.brief import run

    before: tuple[float, int] | None = None
    while True:
        found = run(lambda db: _progress(db, which))
        moment, done = time.monotonic(), found["sent"]
        found["rate"] = round((done - before[1]) / (moment - before[0]), 1) if before else None
        found["seconds_left"] = round(found["waiting"] / found["rate"]) if found["rate"] else None
        before = (moment, done)
        typer.echo(json.dumps(found, ensure_ascii=False) if as_json else _line(found))
        if found["finished"]:
            return
        time.sleep(1)


async def _push(db: Any, which: str) -> Any:
    from bot.commands import brief_acting
    from network import releases
    from network.refusals import Refusal

    push = await releases.push_of(db, (await brief_acting.find(db, which)).id)
    if push is None:
        raise Refusal("Bản tin này chưa gửi.")
    return push


async def _rows(db: Any, which: str, states: list[str], recall: bool) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from network import sending_again

    push_id = await _recall(db, which) if recall else (await _push(db, which)).id
    return [asdict(row) for row in await sending_again.rows(db, push_id, states)]


async def _recall(db: Any, which: str) -> int:
    from bot.commands import brief_acting
    from network import recalls
    from network.refusals import Refusal

    found = await recalls.progress(db, (await brief_acting.find(db, which)).id)
    if found is None:
        raise Refusal("Bản tin này chưa bị thu hồi.")
    return found.push_id


async def _progress(db: Any, which: str) -> dict[str, Any]:
    from datetime import UTC, datetime

    from handlers import lane_news
    from network import pushes

    now = await pushes.progress(db, (await _push(db, which)).id)
    waits_for = await lane_news.lines(db, now.push_id, datetime.now(UTC)) if now.state == "running" else []
    return {
        "planned": now.planned, "sent": now.sent, "acknowledged": now.acknowledged, "waiting": now.waiting,
        "unreachable": now.failed + now.skipped, "unknown": now.unknown, "stopped": now.stopped,
        "state": str(now.state), "finished": now.finished_at is not None,
        "waits_for": waits_for,
    }


def _line(found: dict[str, Any]) -> str:
    rate = f", {found['rate']:g} tin/s" if found["rate"] else ""
    left = f", còn khoảng {found['seconds_left']} giây" if found["seconds_left"] else ""
    return (
        f"{found['sent']}/{found['planned']} đã gửi, {found['acknowledged']} xác nhận, "
        f"{found['unreachable']} không tới được, {found['unknown']} chưa rõ{rate}{left}"
        + "".join(f"\n  {line}" for line in found["waits_for"])
    )


def _print(rows: list[dict[str, Any]], as_json: bool, as_csv: bool) -> None:
    import csv
    import sys

    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, ["person_id", "name", "agency", "state", "kind", "error"])
        writer.writeheader()
        writer.writerows(rows)
    else:
        for row in rows:
            typer.echo(f"{row['person_id']}\t{row['name']}\t{row['agency'] or ''}\t{row['state']}\t{row['kind'] or ''}")
        typer.echo(f"{len(rows)} người.")
