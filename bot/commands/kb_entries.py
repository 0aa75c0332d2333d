"""The life of an entry on the command line: `loa kb history|diff|waiting|similar|publish|return|retire|due|…`."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from bot.commands.transactions import knowing, writing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from db.knowledge import Entry
    from knowledge.catalogue import Snapshot

KEY = typer.Argument(help="Mã mục, ví dụ ct07-01.")
AS = typer.Option(None, "--as", help="Mã người thực hiện; bỏ trống là quản trị duy nhất.")

ANYWAY = typer.Option("", "--anyway", help="Lý do vẫn công bố dù làm hỏng câu hỏi mẫu.")


async def find(db: "AsyncSession", key: str) -> "Entry":
    from db import entries as rows
    from knowledge.wrong import Wrong

    entry = await rows.by_key(db, key)
    if entry is None:
        raise Wrong(f"Không có mục mang mã “{key}”. Tìm mã: loa ask \"câu hỏi\" --json")
    return entry


def say(marked: str) -> None:
    from network import markup

    typer.echo(markup.to_plain(marked))


def history(key: str = KEY) -> None:
    """Các bản của một mục: ai, khi nào, vì sao."""
    from db import entries as rows
    from handlers import entry_page

    async def work(db: "AsyncSession") -> str:
        entry = await find(db, key)
        return entry_page.history(entry, await rows.history(db, entry.id))

    say(writing(work))


def diff(
    key: str = KEY,
    new: int = typer.Argument(None, help="Bản cần xem; bỏ trống là bản mới nhất."),
    old: int = typer.Argument(None, help="So với bản nào; bỏ trống là bản được công bố trước đó."),
) -> None:
    """Hai bản của một mục khác nhau ở đâu."""
    from db import entries as rows
    from handlers import entry_page
    from knowledge.wrong import Wrong

    async def work(db: "AsyncSession") -> str:
        entry = await find(db, key)
        number = new or await rows.newest(db, entry.id)
        later = await rows.version(db, entry.id, number)
        earlier = await rows.version(db, entry.id, old) if old else await rows.before(db, entry.id, number)
        if later is None or (old and earlier is None):
            raise Wrong(f"Mục {key} không có bản {number if later is None else old}. Xem: loa kb history {key}")
        against = f" so với bản {earlier.version}" if earlier else ""
        head = f"**{key}, bản {number}{against}**"
        return f"{head}\n\n{await entry_page.difference(db, earlier.content if earlier else None, later.content)}"

    say(writing(work))


def act(work: "Callable[..., Awaitable[Any]]", person: int | None, permission: str, *, base: bool = False) -> Any:
    """`work(db, who, now)` in the name of somebody who must be allowed to; with `base`, it gets the snapshot too."""
    from bot.commands.brief_acting import account
    from knowledge.wrong import Wrong

    async def inside(db: "AsyncSession", *more: Any) -> Any:
        who = await account(db, person)
        if permission not in who.permissions:
            raise Wrong(f"Người mang mã {who.person_id} không có quyền làm việc này.")
        return await work(db, who.person_id, datetime.now(UTC), *more)

    return (knowing if base else writing)(inside)


async def _waiting(db: "AsyncSession", key: str) -> int:
    from db import entries as rows
    from db.knowledge import VersionState
    from knowledge.wrong import Wrong

    version = await rows.pending(db, (await find(db, key)).id)
    if version is None or version.state != VersionState.REVIEW:
        raise Wrong(f"Mục {key} không có bản nào chờ duyệt.")
    return version.id


def waiting() -> None:
    """Các bản đang chờ người thứ hai duyệt."""
    from db import entries as rows

    async def work(db: "AsyncSession") -> list[str]:
        found = await rows.waiting(db, None, 100)
        return [f"{e.key}\tbản {v.version}\t{v.content['question']}\t{v.why or ''}" for e, v in found]

    typer.echo("\n".join(writing(work)) or "Không có mục nào chờ duyệt.")


def similar(question: str = typer.Argument(help="Câu hỏi sắp viết thành mục.")) -> None:
    """Câu hỏi này đã có mục nào trả lời chưa. Mã thoát 1 khi đã có."""
    from handlers import entry_page
    from knowledge import duplicates
    from knowledge.curate import BLANK

    async def work(db: "AsyncSession", base: "Snapshot") -> Any:
        return duplicates.find(base, BLANK | {"question": question}, "", entry_page.today(datetime.now(UTC)))

    found = knowing(work)
    if found is None:
        typer.echo("Chưa có mục nào trả lời câu hỏi này.")
        return
    typer.echo(f"Mục {found.key} đã trả lời: {found.question} (điểm {found.score:.2f}). Nên thêm cách hỏi vào mục đó.")
    raise typer.Exit(1)


def restore(key: str = KEY, version: int = typer.Argument(help="Bản cần lấy lại."), person: int = AS) -> None:
    """Lấy lại một bản cũ thành bản nháp mới; bản nháp vẫn phải được người thứ hai duyệt."""
    from handlers import publishing
    from knowledge import curate

    async def work(db: "AsyncSession", by: int, now: datetime) -> int:
        draft = await curate.take_back(db, (await find(db, key)).id, version, by, now)
        await publishing.submit(db, draft.id, by, draft.why or "", now)
        return draft.version

    typer.echo(f"Đã trình bản {act(work, person, 'edit_entries')} của mục {key}, chờ người thứ hai duyệt.")


def publish(key: str = KEY, anyway: str = ANYWAY, person: int = AS) -> None:
    """Duyệt bản đang chờ: nó được công bố trong vài giây. Từ chối khi nó làm hỏng một câu hỏi mẫu."""
    from bot.settings import Settings
    from handlers import publishing

    async def work(db: "AsyncSession", by: int, now: datetime, base: "Snapshot") -> int:
        version = await _waiting(db, key)
        done = await publishing.publish(db, version, by, now, base, anyway=anyway, rules=Settings().cases)
        return done.version

    typer.echo(f"Đã công bố bản {act(work, person, 'review_entries', base=True)} của mục {key}.")


def give_back(key: str = KEY, why: str = typer.Argument(help="Lý do."), person: int = AS) -> None:
    """Trả bản đang chờ lại người soạn."""
    from handlers import publishing

    async def work(db: "AsyncSession", by: int, now: datetime) -> None:
        await publishing.give_back(db, await _waiting(db, key), by, why, now)

    act(work, person, "review_entries")
    typer.echo(f"Đã trả lại mục {key} cho người soạn.")


def retire(
    key: str = KEY, why: str = typer.Argument(help="Lý do."), person: int = AS,
    anyway: bool = typer.Option(False, "--anyway", help="Ngừng dùng cả khi còn câu hỏi mẫu của mục này."),
) -> None:
    """Ngừng dùng một mục: từ đó không trả lời bằng mục này nữa."""
    from handlers import publishing

    async def work(db: "AsyncSession", by: int, now: datetime, base: "Snapshot") -> None:
        await publishing.retire(db, (await find(db, key)).id, by, why, now, base, anyway=anyway)

    act(work, person, "review_entries", base=True)
    typer.echo(f"Đã ngừng dùng mục {key}.")


def due(
    days: int = typer.Option(30, min=0, max=3650, help="Trong bao nhiêu ngày tới."),
    as_json: bool = typer.Option(False, "--json", help="In ra JSON."),
) -> None:
    """Mục sắp hết hiệu lực hoặc đến hạn rà soát, ngày gần nhất trước."""
    import json

    from handlers import entry_page, entry_warning
    from knowledge import due as rule

    async def work(db: "AsyncSession") -> list[Any]:
        found = await rule.coming(db, entry_page.today(datetime.now(UTC)), days)
        return [(one, await entry_warning.keeper(db, one.entry)) for one in found]

    found = writing(work)
    if as_json:
        rows = [{"id": d.entry.key, "day": d.day.isoformat(), "kind": d.kind, "owner": who} for d, who in found]
        typer.echo(json.dumps(rows, ensure_ascii=False))
    else:
        say("\n".join(f"{entry_warning.line(d)} – {who}" for d, who in found) or "Không có mục nào đến hạn.")


def confirm(key: str = KEY, person: int = AS) -> None:
    """Ghi nhận đã rà soát, nội dung vẫn đúng; ngày rà soát tiếp theo là một năm sau."""
    from handlers import publishing
    from knowledge.entry_content import day

    async def work(db: "AsyncSession", by: int, now: datetime) -> Any:
        return (await publishing.confirm(db, (await find(db, key)).id, by, now)).review_due

    typer.echo(f"Đã ghi: mục {key} vẫn đúng. Ngày rà soát tiếp theo: {day(act(work, person, 'edit_entries'))}.")


COMMANDS = {
    "history": history, "diff": diff, "waiting": waiting, "similar": similar, "restore": restore, "publish": publish,
    "return": give_back, "retire": retire, "confirm": confirm, "due": due,
}
