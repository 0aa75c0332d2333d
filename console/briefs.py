"""Briefs: the list, one of them with everything about it, and the acts of its life."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from console import amending, comparing, previewing, wording
from console.visit import Visit
from db import briefs as table
from db import corrections
from db.audit import AuditRow
from db.briefs import BriefState
from db.people import Person
from handlers import approving, correcting, drafting
from network import approvals, attachments, audiences, brief_check, briefs, moments, releases, sending_time, sight
from network.brief_content import STAGES, Priority
from network.briefs import Draft
from network.roles import Permission

PAGE = 30  # briefs
FILTERS = {  # as it stands in the address → states
    "nhap": (BriefState.DRAFT,), "cho-duyet": (BriefState.SUBMITTED,),
    "cho-gui": (BriefState.APPROVED, BriefState.SCHEDULED), "dang-gui": (BriefState.SENDING,),
    "da-gui": (BriefState.DONE, BriefState.STOPPED, BriefState.RECALLED),
}
FILTER_NAMES = {
    "": "Tất cả", "nhap": "Bản nháp", "cho-duyet": "Chờ duyệt", "cho-gui": "Chờ gửi", "dang-gui": "Đang gửi",
    "da-gui": "Đã gửi",
}
REACH, STALE = timedelta(seconds=5), timedelta(minutes=1)  # a count of recipients is shown as it was
ACTS = 30  # newest lines of a brief's history


async def listing(visit: Visit) -> Response:
    chosen = visit.request.query_params.get("trang-thai", "")
    offset = (visit.leaf - 1) * PAGE
    seen = sight.of_briefs(visit.who)
    found = await briefs.listed(visit.db, states=FILTERS.get(chosen, ()), limit=PAGE + 1, offset=offset, seen=seen)
    names = await _names(visit, {draft.author_id for draft in found})
    pushes = await releases.push_states(visit.db, [draft.id for draft in found])
    return visit.page(
        "briefs.html", briefs=found[:PAGE], more=len(found) > PAGE, number=visit.leaf, chosen=chosen,
        filters=FILTER_NAMES, states=briefs.STATE_NAMES, names=names, pushes=pushes,
        may_write=visit.may(Permission.WRITE_BRIEF),
    )


async def _names(visit: Visit, ids: set[int | None]) -> dict[int | None, str]:
    rows = await visit.db.execute(select(Person.id, Person.full_name).where(Person.id.in_(ids - {None})))
    return {person: name or f"Người {person}" for person, name in rows}


async def show(visit: Visit) -> Response:
    draft = await briefs.load(visit.db, visit.number("brief"))
    marks = await approvals.signed(visit.db, draft)
    audience = audiences.Audience.from_json(draft.audience)
    flash = draft.content.priority == Priority.FLASH
    problems = []
    if draft.state == BriefState.DRAFT:
        problems = [str(p) for p in brief_check.problems(draft.content)] + await briefs.unready(visit.db, draft)
    key = ("reach", draft.hash, flash)
    reached = await visit.needs.kept.get(key, lambda db: _reach(db, draft, audience, flash), fresh=REACH, stale=STALE)
    people, took, sample = reached.value
    push = await releases.push_of(visit.db, draft.id)
    if push is not None:  # whom it went to, not whom it would go to now
        people, took, sample = push.planned, 0.0, []
    return visit.page(
        "brief.html", draft=draft, state=briefs.STATE_NAMES[draft.state], stages=STAGES,
        shown=await previewing.on_each(visit, draft.id, draft.content, correcting.preface(draft)),
        files=await table.attachments(visit.db, draft.content.attachments), sent=push is not None,
        largest=attachments.DOCUMENT_BYTES,
        corrects=draft.content.corrects,
        audience=await audiences.describe(visit.db, audience) if audience else "",
        people=people,
        sample=sample,
        took=sending_time.said(took) if took else "", problems=problems,
        signed=[(act, await approvals.name_of(visit.db, mark.person_id), mark) for act, mark in _marks(marks)],
        changes=await comparing.with_last(visit.db, draft), history=await _history(visit, draft),
        acts=await _acts(visit, draft, marks), amending=await amending.of(visit, draft),
    )


async def _reach(
    db: AsyncSession, draft: Draft, audience: audiences.Audience, flash: bool
) -> tuple[int, float, list[str]]:
    """How many people, how many seconds the sending takes, and some of the names."""
    if draft.content.corrects:
        return await corrections.have_it(db, draft.content.corrects.edition), 0.0, []
    if not audience:
        return 0, 0.0, []
    letters, took = await sending_time.reach(db, audiences.recipients(audience, flash=flash), draft.content)
    people = await audiences.count(db, audience, flash=True) if flash else letters  # flash: to each address of theirs
    return people, took, await audiences.sample(db, audience, 5)


def _marks(marks: approvals.Signed) -> list[tuple[str, object]]:
    named = (
        ("Trình duyệt", marks.submitted), ("Duyệt", marks.approved), ("Trả lại", marks.returned),
        ("Gửi khi chưa có chữ ký thứ hai", marks.sent_alone),
    )
    return [(act, mark) for act, mark in named if mark is not None]


async def _acts(visit: Visit, draft: Draft, marks: approvals.Signed) -> dict[str, bool | str]:
    """What this visitor may do now; the rules are asked again when it is done."""
    write, send = visit.may(Permission.WRITE_BRIEF), visit.may(Permission.SEND)
    open_, correcting = draft.state in briefs.OPEN, draft.content.corrects is not None
    signable = draft.state == BriefState.SUBMITTED or marks.lacking
    mine = approvals.outsider_problem(draft, marks, visit.who.person_id) or ""
    ready = draft.state in (BriefState.APPROVED, BriefState.SCHEDULED)
    return {
        "edit": write and open_, "submit": write and draft.state == BriefState.DRAFT,
        "try": write and open_, "drop": write and open_,
        "withdraw": write and open_ and draft.state != BriefState.DRAFT,
        "copy": write and not correcting, "approve": visit.may(Permission.APPROVE) and signable and not mine,
        "why_not": mine if visit.may(Permission.APPROVE) and signable else "",
        "send": send and ready, "unschedule": send and draft.state == BriefState.SCHEDULED,
        "watch": await releases.push_of(visit.db, draft.id) is not None,
    }


async def _history(visit: Visit, draft: Draft) -> list[tuple[str, str, AuditRow]]:
    rows = select(AuditRow).where(AuditRow.subject == draft.subject).order_by(AuditRow.id.desc()).limit(ACTS)
    found = (await visit.db.scalars(rows)).all()
    names = await _names(visit, {row.actor_id for row in found})
    return [(wording.act(row.act), names.get(row.actor_id, "hệ thống"), row) for row in found]


async def submit(visit: Visit) -> Response:
    draft = await briefs.submit(visit.db, visit.number("brief"), visit.who, visit.now, stamp=visit.text("stamp"))
    asked = await approving.ask_for_signature(visit.db, draft, visit.now)
    return visit.to(f"/briefs/{draft.id}", "trinh" if asked else "mot")


async def try_out(visit: Visit) -> Response:
    number = visit.number("brief")
    await drafting.send_to_me(visit.db, visit.who, number, visit.now)
    return visit.to(f"/briefs/{number}", "thu")


async def withdraw(visit: Visit) -> Response:
    draft = await briefs.withdraw(visit.db, visit.number("brief"), visit.who, visit.now, stamp=visit.text("stamp"))
    return visit.to(f"/briefs/{draft.id}", "rut")


async def drop(visit: Visit) -> Response:
    await briefs.drop(visit.db, visit.number("brief"), visit.who, visit.now, stamp=visit.text("stamp"))
    return visit.to("/briefs", "bo")


async def copy(visit: Visit) -> Response:
    draft = await briefs.copy(visit.db, visit.number("brief"), visit.who, visit.now)
    return visit.to(f"/briefs/{draft.id}", "chep")


async def send(visit: Visit) -> Response:
    number = visit.number("brief")
    quiet = visit.needs.quiet
    await releases.send(visit.db, number, visit.who, visit.now, stamp=visit.text("stamp"), quiet=quiet)
    return visit.to(f"/briefs/{number}/push", "gui")


async def schedule(visit: Visit) -> Response:
    when = moments.read(visit.text("when"), visit.now)
    number = visit.number("brief")
    await releases.schedule(visit.db, number, visit.who, visit.now, when=when, stamp=visit.text("stamp"))
    return visit.to(f"/briefs/{number}", "hen")


async def unschedule(visit: Visit) -> Response:
    number = visit.number("brief")
    await releases.unschedule(visit.db, number, visit.who, visit.now, stamp=visit.text("stamp"))
    return visit.to(f"/briefs/{number}", "bohen")
