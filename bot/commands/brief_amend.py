"""`loa brief correct|recall`: putting right, or taking back, what was sent; and what `loa brief status` says of it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.brief_again import As, Json, Which

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from db.pushes import Push
    from network.briefs import Draft


def correct(
    which: Which,
    wrong: Annotated[str | None, typer.Option(help="Nội dung sai, trích nguyên văn.")] = None,
    right: Annotated[str | None, typer.Option(help="Nội dung đúng.")] = None,
    file: Annotated[Path | None, typer.Option(metavar="TỆP", help="Toàn văn đã sửa; bỏ trống: như cũ.")] = None,
    person: As = None,
    as_json: Json = False,
) -> None:
    """Soạn bản đính chính cho bản tin đã gửi, hoặc sửa bản đính chính đang soạn; rồi trình, duyệt, gửi như bản tin."""
    from bot.commands import brief
    from bot.commands import brief_acting as acting

    found = acting.read(file) if file else None
    if isinstance(found, list):
        brief.refuse(found, as_json)
    made = brief.run(lambda db: _correct(db, which, person, wrong, right, found))
    brief.say(made, as_json, "Bản tin {id}, đính chính bản tin {corrects}: {state_name}. Tiếp: loa brief submit {id}")


async def _correct(
    db: "AsyncSession", which: str, person: int | None, wrong: str | None, right: str | None, found: Any
) -> dict[str, Any]:
    from dataclasses import replace
    from datetime import UTC, datetime

    from bot.commands import brief_acting as acting
    from network import briefs, corrections

    who, now, sent = await acting.account(db, person), datetime.now(UTC), await acting.find(db, which)
    content = await acting.content_of(db, found, found.briefs[0], now) if found else None
    if content and not content.attachments:
        content = replace(content, attachments=sent.content.attachments)
    said = content.corrects if content else None
    wrong, right = wrong or (said.wrong if said else None), right or (said.right if said else None)
    if sent.content.corrects and sent.state in briefs.OPEN:  # the correction itself: what is given is changed
        if content:
            text = replace(content, priority=sent.content.priority, corrects=sent.content.corrects)
            await briefs.edit(db, sent.id, who, now, content=text)
        made = await corrections.explain(db, sent.id, who, now, wrong=wrong, right=right, apply=content is None)
    else:
        made = await corrections.begin(db, sent.id, who, now, wrong=wrong or "", right=right or "", content=content)
        if content is None and wrong and right:
            made = await corrections.explain(db, made.id, who, now, apply=True)
    return {**await acting.summary(db, made.id), "corrects": made.content.corrects and made.content.corrects.brief}


def recall(
    which: Which,
    reason: Annotated[str, typer.Option(help="Lý do; người nhận sẽ đọc lý do này.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Thử lại các tin chưa thu hồi được.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Không hỏi lại.")] = False,
    person: As = None,
    as_json: Json = False,
) -> None:
    """Thu hồi: xóa tin chưa quá 48 giờ và báo lý do, tin cũ hơn thay bằng ghi chú, phần còn lại được liệt kê."""
    from datetime import UTC, datetime

    from bot.commands import brief
    from network import recalls

    if not (yes or again):
        has_it, waiting = brief.run(lambda db: _forecast(db, which))
        typer.confirm(f"Thu hồi ở {has_it} người đã nhận, bỏ {waiting} người đang chờ?", abort=True)

    async def work(db: Any, draft: Any, who: Any) -> None:
        if again:
            await recalls.again(db, draft.id, who, datetime.now(UTC))
        else:
            await recalls.recall(db, draft.id, who, datetime.now(UTC), reason=reason)

    brief.act(which, person, as_json, work, "Bản tin {id}: {state_name}. Theo dõi: loa brief status {id}")


async def _forecast(db: "AsyncSession", which: str) -> tuple[int, int]:
    from bot.commands import brief_acting as acting
    from network import recalls

    return await recalls.forecast(db, (await acting.find(db, which)).id)


async def standing(db: "AsyncSession", draft: "Draft", push: "Push") -> dict[str, Any]:
    """For the status: corrected by which brief, what a correction did, how far a recall is."""
    from db import corrections as table
    from network import corrections, recalls

    recalled = await recalls.progress(db, draft.id)
    done = await corrections.result(db, push) if draft.content.corrects else None
    return {
        "corrects": draft.content.corrects.brief if draft.content.corrects else None,
        "corrected_by": await table.successor(db, draft.id),
        "correction": asdict(done) if done else None,
        "recall": {
            "reason": recalled.reason, "at": recalled.at.isoformat(), "total": recalled.total,
            "deleted": recalled.deleted, "untold": recalled.untold, "noted": recalled.noted, "told": recalled.told,
            "waiting": recalled.waiting, "rest": recalled.rest, "finished": recalled.finished_at is not None,
        } if recalled else None,
    }


def lines(found: dict[str, Any]) -> list[str]:
    said = [f"  đã đính chính bằng bản tin {found['corrected_by']}"] if found["corrected_by"] else []
    if done := found["correction"]:
        said.append(
            f"  đính chính bản tin {found['corrects']}: {done['edited']} tin cũ đã sửa, {done['told']} chỉ nhận tin "
            f"đính chính, {done['whole']} nhận bản đúng, {done['missed']} không tới"
        )
    if back := found["recall"]:
        said.append(
            f"  {'đã thu hồi' if back['finished'] else 'đang thu hồi'}: {back['deleted']} đã xóa, {back['noted']} thay "
            f"bằng ghi chú, {back['told']} chỉ gửi được ghi chú, {back['waiting']} còn chờ, {back['rest']} không thu "
            f"hồi được; lý do: {back['reason']}"
        )
    return said
