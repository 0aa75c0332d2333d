"""What was sent is put right or taken back at the desk: the forms on a brief's page, and how far it came."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from console.visit import Visit
from db import corrections as table
from handlers import recalling
from network import corrections, recalls, releases, sending_again
from network.briefs import OPEN, Draft
from network.recalls import Recalled
from network.refusals import Refusal
from network.roles import Permission

LISTED = 50  # people whose message could not be taken back


@dataclass(frozen=True, slots=True)
class Amending:
    """What a brief's page says and offers. `newer`: the correction that went out; `being_written`: one that did not;
    `forecast`: people who have it, letters still waiting; `result`: of a correction that was sent, as a sentence."""

    newer: int | None = None
    being_written: int | None = None
    may_correct: bool = False
    may_explain: bool = False
    may_recall: bool = False
    forecast: tuple[int, int] = (0, 0)
    recalled: str = ""
    rest: tuple[tuple[str, str], ...] = ()
    may_retry: bool = False
    result: str = ""

    @property
    def anything(self) -> bool:
        return self != Amending()


async def of(visit: Visit, draft: Draft) -> Amending:
    write, send = visit.may(Permission.WRITE_BRIEF), visit.may(Permission.SEND)
    if draft.state in OPEN:
        return Amending(may_explain=write and draft.content.corrects is not None)
    if found := await recalls.progress(visit.db, draft.id):
        lines = "\n".join(recalling.lines(found)).strip()
        return Amending(recalled=lines, rest=await _rest(visit.db, found), may_retry=send and bool(found.finished_at))
    if draft.state not in releases.SENT:
        return Amending()
    newer, other = await table.successor(visit.db, draft.id), await table.being_written(visit.db, draft.id)
    return Amending(
        newer=newer, being_written=other[0] if other else None, may_correct=write and not newer and not other,
        may_recall=send, forecast=await recalls.forecast(visit.db, draft.id) if send else (0, 0),
        result=await _result(visit.db, draft),
    )


async def _rest(db: AsyncSession, found: Recalled) -> tuple[tuple[str, str], ...]:
    """(name and agency, why) of those whose message is still there."""
    if not found.rest:
        return ()
    rows = await sending_again.rows(db, found.push_id, recalls.REST, LISTED)
    return tuple(
        (", ".join(filter(None, (row.name or f"Người số {row.person_id}", row.agency))), recalling.why(row))
        for row in rows
    )


async def _result(db: AsyncSession, draft: Draft) -> str:
    push = await releases.push_of(db, draft.id)
    if draft.content.corrects is None or push is None:
        return ""
    found = await corrections.result(db, push)
    edited, told, whole, missed = (
        f"{number:,}".replace(",", ".") for number in (found.edited, found.told, found.whole, found.missed)
    )
    said = f"{edited} tin cũ đã sửa tại chỗ, {told} người chỉ nhận tin đính chính"
    said += f", {whole} người chưa có bản nào nhận bản đúng" if found.whole else ""
    return f"{said}; {missed} người chưa nhận được." if found.missed else f"{said}."


def _words(visit: Visit) -> dict[str, str]:
    said = {name: visit.text(name).strip() for name in ("wrong", "right")}
    if not all(said.values()):
        raise Refusal("Vui lòng ghi cả phần sai và phần đúng.")
    return said


async def correct(visit: Visit) -> Response:
    """A draft of its own, with the wrong words put right wherever they stand; it is signed as any other."""
    draft = await corrections.begin(visit.db, visit.number("brief"), visit.who, visit.now, **_words(visit))
    await corrections.explain(visit.db, draft.id, visit.who, visit.now, apply=True)
    return visit.to(f"/briefs/{draft.id}", "dinhchinh")


async def explain(visit: Visit) -> Response:
    draft = await corrections.explain(visit.db, visit.number("brief"), visit.who, visit.now, **_words(visit))
    return visit.to(f"/briefs/{draft.id}", "luu")


async def recall(visit: Visit) -> Response:
    number = visit.number("brief")
    await recalls.recall(visit.db, number, visit.who, visit.now, reason=visit.text("reason"))
    return visit.to(f"/briefs/{number}", "thuhoitin")


async def recall_again(visit: Visit) -> Response:
    number = visit.number("brief")
    await recalls.again(visit.db, number, visit.who, visit.now)
    return visit.to(f"/briefs/{number}", "thuhoitin")
