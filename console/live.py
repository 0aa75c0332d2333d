"""A push while it runs: numbers each second over one open answer, failures by what to do next, and the buttons."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response, StreamingResponse

from console import charts, english, rendering
from console.visit import Visit
from db import matrix, receipts
from db.agencies import all_provinces
from db.pushes import Push, PushState
from handlers import lane_news
from network import acknowledgements, briefs, failures, pushes, releases, sending_again, sending_time
from network.brief_content import Content
from network.refusals import Refusal
from network.roles import Permission

EVERY = 1.0  # seconds between two looks
SHARED, STALE = timedelta(seconds=0.9), timedelta(seconds=20)
LONGEST = 600  # looks of one open answer; the page asks again
RECENT = 10.0  # seconds a look may be old for a rate to be told from it
MANAGING = (Permission.MANAGE_PEOPLE, Permission.ADMINISTER)
AGENCIES = 200  # rows of the table


async def push_of(visit: Visit) -> tuple[briefs.Draft, Push]:
    draft = await briefs.load(visit.db, visit.number("brief"))
    push = await releases.push_of(visit.db, draft.id)
    if push is None:
        raise Refusal(f"{briefs.stands(draft.state)}, chưa có gì được gửi.")
    return draft, push


async def show(visit: Visit) -> Response:
    draft, push = await push_of(visit)
    now = await _look(visit, draft.id, push.id, draft.content)
    offered = visit.may(Permission.SEND) and now["ended"]
    chance = await _chance(visit, draft, push) if offered else None
    agencies = await visit.needs.kept.get(
        ("agencies", draft.id), lambda db: acknowledgements.by_agency(db, draft.id, limit=AGENCIES),
        fresh=SHARED, stale=STALE,
    )
    return visit.page(
        "push.html", draft=draft, push=push, state=releases.PUSH_NAMES[PushState(push.state)],
        failing=_failing(visit, now), map=await _map(visit, draft),
        now=now, chance=chance, agencies=agencies.value,
        may_steer=visit.may(Permission.SEND), running=push.state == PushState.RUNNING,
        paused=push.state == PushState.PAUSED,
    )


async def _map(visit: Visit, draft: briefs.Draft) -> Markup:
    """Of each province: acknowledged of those it reached, or, where nobody was asked to, reached of all."""
    found = await visit.needs.kept.get(
        ("provinces", draft.id), lambda db: matrix.by_province(db, draft.id), fresh=SHARED, stale=STALE
    )
    rows, tiles = {row.province: row for row in found.value}, []
    for province in await all_provinces(visit.db):
        part, whole = 0, 0
        if row := rows.get(province.code):
            part, whole = (row.acknowledged, row.sent) if draft.content.ack else (row.sent, row.people)
        share = part / whole if whole else None
        said = f"{province.short_name}: {part}/{whole}"
        tiles.append((province.code, province.short_name, share, said))
    return charts.tiles(tiles)


async def _chance(visit: Visit, draft: briefs.Draft, push: Push) -> sending_again.Chance:
    key = ("chance", push.id, push.planned, push.finished_at)
    found = await visit.needs.kept.get(
        key, lambda db: sending_again.chance(db, draft, push), fresh=timedelta(minutes=1), stale=timedelta(minutes=10)
    )
    return found.value


async def _look(visit: Visit, brief_id: int, push_id: int, content: Content) -> dict[str, Any]:
    """One look a second, however many people watch."""
    found = await visit.needs.kept.get(
        ("push", push_id), lambda db: look(db, brief_id, push_id, content, visit), fresh=SHARED
    )
    return found.value


async def look(db: AsyncSession, brief_id: int, push_id: int, content: Content, visit: Visit) -> dict[str, Any]:
    """The numbers of this moment. `failures`: network.failures.grouped; `rate`: messages a second."""
    counted = await pushes.progress(db, push_id)
    running = counted.state == PushState.RUNNING
    soon = visit.needs.clock() + lane_news.TRIES
    left = await sending_time.of_rest(db, push_id, content, soon) if running and counted.waiting else 0
    done, late = await receipts.acknowledged(db, brief_id) if content.ack else (0, 0)
    news = await lane_news.lines(db, push_id, visit.needs.clock()) if running else []
    return {
        "planned": counted.planned, "sent": counted.sent, "waiting": counted.waiting, "unknown": counted.unknown,
        "unreachable": counted.failed + counted.skipped, "stopped": counted.stopped, "acknowledged": done, "late": late,
        "state": releases.PUSH_NAMES[counted.state], "ended": counted.finished_at is not None,
        "left": sending_time.said(left) if left else "", "news": " ".join(news), "why": counted.stop_reason or "",
        "failures": failures.grouped(counted.by_kind), "rate": _rate(visit, push_id, counted.sent) if running else 0,
    }


def _rate(visit: Visit, push_id: int, sent: int) -> float:
    """Messages a second since the look before, evened out over some looks."""
    before = visit.needs.kept.last(("push", push_id))
    seconds = (visit.needs.clock() - before.at).total_seconds() if before else 0.0
    if before is None or not 0 < seconds < RECENT:
        return 0.0
    now, was = max(0, sent - before.value["sent"]) / seconds, before.value["rate"]
    return round(0.6 * was + 0.4 * now if was else now, 1)


async def events(visit: Visit) -> Response:
    draft, push = await push_of(visit)
    return StreamingResponse(
        _events(visit, draft.id, push.id, draft.content), media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )


async def _events(visit: Visit, brief_id: int, push_id: int, content: Content) -> AsyncIterator[str]:
    """Holds no session: the answer stays open for minutes. Says nothing while nothing changed."""
    last: dict[str, Any] = {}
    for _ in range(LONGEST):
        now = await _look(visit, brief_id, push_id, content)
        if now is not last and now != last:
            yield _event(visit, push_id, now)
        if now["ended"]:
            return
        last = now
        await asyncio.sleep(EVERY)


def _event(visit: Visit, push_id: int, now: dict[str, Any]) -> str:
    """Written once for all watchers who read the same: fifty of them cost little more than one."""
    key = ("event", push_id, visit.in_english, visit.may(*MANAGING), visit.place(""))
    written = visit.needs.kept.last(key)
    if written is None or written.value[0] is not now:
        written = visit.needs.kept.put(key, (now, f"data: {json.dumps(_said(visit, now), ensure_ascii=False)}\n\n"))
    return written.value[1]


def _said(visit: Visit, now: dict[str, Any]) -> dict[str, Any]:
    """A look is shared; each watcher gets it in the own language."""
    told = {n: english.said(v) if isinstance(v, str) else v for n, v in now.items()} if visit.in_english else dict(now)
    drawn = rendering.piece(visit.request, "failures.html", **_failing(visit, now))
    return told | {"failures": str(drawn), "rate": rendering.pace(now["rate"], visit.in_english)}


def _failing(visit: Visit, now: dict[str, Any]) -> dict[str, Any]:
    return {
        "groups": now["failures"], "todos": failures.TODOS, "place": visit.place(f"/briefs/{visit.number('brief')}"),
        "invitations": visit.place("/people/invitations") if visit.may(*MANAGING) else "",
    }


async def steer(visit: Visit) -> Response:
    number, act = visit.number("brief"), visit.text("act")
    if push := await releases.push_of(visit.db, number):
        visit.needs.kept.forget(("push", push.id))
    place = f"/briefs/{number}/push"
    match act:
        case "pause" | "stop":
            await {"pause": releases.pause, "stop": releases.stop}[act](visit.db, number, visit.who, visit.now)
            return visit.to(place, {"pause": "tam", "stop": "dung"}[act])
        case "resume":
            await releases.resume(visit.db, number, visit.who, visit.now, visit.needs.quiet)
            return visit.to(place, "tiep")
        case "retry":
            await sending_again.retry(visit.db, number, visit.who, visit.now, quiet=visit.needs.quiet)
            return visit.to(place, "lai")
        case "send-rest":
            await sending_again.send_rest(visit.db, number, visit.who, visit.now, quiet=visit.needs.quiet)
            return visit.to(place, "not")
        case "add-new":
            await sending_again.add_new(visit.db, number, visit.who, visit.now, visit.needs.quiet)
            return visit.to(place, "them")
    raise Refusal("Không có thao tác này. Vui lòng tải lại trang.")
