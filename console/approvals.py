"""The second signature at the desk: what waits for me, signing, returning with a reason."""

from starlette.responses import Response

from console.visit import Visit
from db.briefs import BriefState
from handlers import approving, embargoed
from network import approvals, markup


async def waiting(visit: Visit) -> Response:
    found = await approvals.waiting_for(visit.db, visit.who.person_id)
    rows = [(draft, await approvals.name_of(visit.db, draft.author_id)) for draft in found]
    return visit.page("approvals.html", waiting=rows)


async def approve(visit: Visit) -> Response:
    number, stamp = visit.number("brief"), visit.text("stamp")
    draft = await approvals.approve(visit.db, number, visit.who, visit.now, stamp=stamp)
    said = f"**Đã duyệt:** “{markup.escape(draft.content.title)}”."
    await approving.tell_writers(visit.db, draft, visit.who, said, visit.now)
    if draft.state == BriefState.SCHEDULED:
        await embargoed.invite(visit.db, draft, visit.now)
    return visit.to(f"/briefs/{number}", "duyet")


async def give_back(visit: Visit) -> Response:
    number, stamp, reason = visit.number("brief"), visit.text("stamp"), visit.text("reason")
    draft = await approvals.give_back(visit.db, number, visit.who, visit.now, stamp=stamp, reason=reason)
    await approving.tell_returned(visit.db, draft, visit.who, reason.strip(), visit.now)
    return visit.to(f"/briefs/{number}", "tra")
