"""The first page: what waits for me, what is being sent, what was sent last."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from console.visit import Visit
from db.briefs import BriefState
from db.knowledge import Case, CaseState
from db.people import Person, PersonState
from network import approvals, briefs, pushes, releases, sight
from network.roles import Permission

NEWEST = 6


async def show(visit: Visit) -> Response:
    db, who = visit.db, visit.who
    waiting = await approvals.waiting_for(db, who.person_id) if visit.may(Permission.APPROVE) else []
    drafts = await briefs.listed(db, states=[BriefState.DRAFT], author_id=who.person_id, limit=NEWEST)
    seen = sight.of_briefs(who)
    sending = await briefs.listed(db, states=[BriefState.SENDING], limit=NEWEST, seen=seen)
    newest = await briefs.listed(db, states=[BriefState.DONE], limit=NEWEST, seen=seen)
    cases = select(func.count()).select_from(Case).where(Case.state.in_((CaseState.OPEN, CaseState.ASSIGNED)))
    people = await visit.needs.kept.get(("people",), _people, fresh=timedelta(seconds=30), stale=timedelta(hours=1))
    return visit.page(
        "home.html", waiting=waiting, drafts=drafts, cases=await db.scalar(cases) or 0,
        people=people.value, sending=[(d, await _progress(visit, d.id)) for d in sending],
        newest=[(d, await _progress(visit, d.id)) for d in newest], may_write=visit.may(Permission.WRITE_BRIEF),
        may_answer=visit.may(Permission.ANSWER_CASES),
    )


async def _people(db: AsyncSession) -> int:
    counted = select(func.count()).select_from(Person).where(Person.state == PersonState.ACTIVE)
    return await db.scalar(counted) or 0


async def _progress(visit: Visit, brief_id: int) -> pushes.Progress | None:
    push = await releases.push_of(visit.db, brief_id)
    if push is None:
        return None
    number = push.id
    found = await visit.needs.kept.get(
        ("progress", number, push.state), lambda db: pushes.progress(db, number), fresh=timedelta(seconds=2),
        stale=timedelta(seconds=30),
    )
    return found.value
