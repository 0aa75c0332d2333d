"""What leaves the console as a file, with the filters of the page's address; each time is a row of the audit log."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from starlette.responses import Response

from console import live, sheets, wording
from console.people import wanted_by
from console.sheets import Parts, Row
from console.statistics import chosen_by, figures_of
from console.visit import Visit
from db import exports, members
from db.agencies import all_provinces
from db.members import Wanted
from db.pushes import DeliveryState
from db.session import Database
from network import audit, drawings, failures, moments, people, roles
from network.refusals import Refusal
from network.roles import Permission

PART = 5000
PEOPLE = ("Mã", "Họ tên", "Vai trò", "Cơ quan", "Trạng thái", "Kênh", "Ngày tham gia")
DELIVERIES = ("Mã người", "Họ tên", "Cơ quan", "Kênh", "Tình trạng", "Lý do", "Gửi lúc", "Xác nhận lúc")
BRIEFS = ("Mã bản tin", "Tiêu đề", "Gửi lúc", "Người nhận", "Đã gửi", "Xác nhận")
STATES = {
    DeliveryState.PLANNED: "chờ gửi", DeliveryState.LEASED: "đang gửi", DeliveryState.SENT: "đã gửi",
    DeliveryState.UNKNOWN: "chưa rõ", DeliveryState.FAILED: "không gửi được", DeliveryState.SKIPPED: "bỏ qua",
    DeliveryState.STOPPED: "đã dừng",
}


def _said(at: datetime | None) -> str:
    """As a spreadsheet sorts it, in Vietnam's time."""
    return at.astimezone(moments.VIETNAM).strftime("%Y-%m-%d %H:%M") if at else ""


async def _leaves(
    visit: Visit, what: str, subject: str | None, kinds: Sequence[str] = sheets.KINDS, **detail: Any
) -> str:
    """Written down before anything leaves, in a transaction as short as that: reading may take minutes."""
    kind = visit.request.path_params["kind"]
    if kind not in kinds:
        raise Refusal(f"Chỉ xuất được tệp {', '.join(kinds).upper()}.")
    async with visit.needs.database.transaction() as db:
        await audit.record(
            db, visit.now, f"{what}.exported", actor=visit.who.person_id, subject=subject,
            detail={"as": kind, **{name: value for name, value in detail.items() if value}},
        )
    return kind


async def of_people(visit: Visit) -> Response:
    wanted = wanted_by(visit)
    count = await members.count(visit.db, wanted)
    kind = await _leaves(
        visit, "people", None, rows=count, role=wanted.role, state=wanted.state, searched=bool(wanted.words)
    )
    return await sheets.answer(kind, "nguoi", PEOPLE, count, _people(visit.needs.database, wanted))


async def _people(database: Database, wanted: Wanted) -> Parts:
    last: int | None = None
    while True:
        async with database.reading() as db:
            found = await members.listed(db, wanted, before=last, limit=PART)
            ids = [person.id for person, _ in found]
            channels = await members.channels(db, ids)
        if not found:
            return
        yield [
            (
                p.id, p.full_name or "", roles.name_of(p.role), agency or p.agency_typed or "",
                people.STATE_NAMES[p.state], ", ".join(wording.channel(name) for name, _ in channels.get(p.id, [])),
                _said(p.joined_at),
            )
            for p, agency in found
        ]
        last = ids[-1]


async def of_deliveries(visit: Visit) -> Response:
    """Names only where the visitor manages people; never an address. `viec`: those of one failures.Todo."""
    draft, push = await live.push_of(visit)
    asked = visit.request.query_params.get("viec", "")
    kinds = failures.kinds_of(failures.Todo(asked)) if asked in set(failures.Todo) else ()
    named = visit.may(Permission.MANAGE_PEOPLE, Permission.ADMINISTER)
    kind = await _leaves(visit, "deliveries", draft.subject, rows=push.planned, push=push.id, named=named)
    scope = visit.who.scope if named else None
    parts = _deliveries(visit.needs.database, push.id, draft.id, named, scope, kinds)
    return await sheets.answer(kind, f"ban-tin-{draft.id}", DELIVERIES, push.planned, parts)


async def _deliveries(
    database: Database, push_id: int, brief_id: int, named: bool, scope: int | None, kinds: Sequence[str]
) -> Parts:
    after = 0
    while True:
        async with database.reading() as db:
            found = await exports.deliveries(db, push_id, brief_id, after=after, limit=PART, under=scope, kinds=kinds)
        if not found:
            return
        yield [_delivery(row, named) for row in found]
        after = found[-1].identity_id


def _delivery(row: Any, named: bool) -> Row:
    name = (row.full_name or "") if named and row.inside else ""
    return (
        row.person_id, name, row.agency or "", wording.channel(row.channel), STATES[row.state],
        failures.of(row.state, row.kind).said if row.kind else "", _said(row.sent_at),
        _said(row.acknowledged_at),
    )


async def of_statistics(visit: Visit) -> Response:
    chosen, agency, problem = await chosen_by(visit)
    if problem:
        raise Refusal(problem)
    found, _ = await figures_of(visit, chosen)
    names = {p.code: p.short_name for p in await all_provinces(visit.db)}
    where = {"province": names.get(chosen.province, ""), "agency": agency}
    kind = await _leaves(visit, "statistics", None, kinds=(*sheets.KINDS, "pdf"), days=chosen.days, **where)
    if kind == "pdf":
        about = "".join(f", {said}" for said in where.values() if said)
        page = await asyncio.to_thread(drawings.draw, "pdf", found, chosen, about, names, visit.now)
        return Response(page, media_type="application/pdf", headers=sheets.named("thong-ke.pdf"))
    rows: list[Row] = [
        (b.brief_id, b.title, _said(b.at), b.planned, b.sent, b.acknowledged if b.asked else "") for b in found.briefs
    ]
    return await sheets.answer(kind, "thong-ke", BRIEFS, len(rows), _whole(rows))


async def _whole(rows: Sequence[Row]) -> Parts:
    yield rows
