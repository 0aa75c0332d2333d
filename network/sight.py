"""What somebody at the desk may see of briefs: everything that was sent, and what is still written near them."""

from typing import Protocol

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import standing_under
from db.briefs import Brief, BriefState, Edition
from db.people import Person
from db.pushes import Push
from network.roles import Permission

SIGNERS = {Permission.APPROVE, Permission.SEND}


class Looking(Protocol):
    """A visitor of the console, a caller of the API. `scope`: as network.console_access.Visitor.scope."""

    @property
    def person_id(self) -> int | None: ...

    @property
    def permissions(self) -> frozenset[Permission]: ...

    @property
    def scope(self) -> int | None: ...


def of_briefs(who: Looking) -> ColumnElement[bool]:
    """A condition on Brief. Who signs or sends sees what waits for them, from whichever agency."""
    if who.scope is None:
        return true()
    near = select(Person.id).where(Person.agency_id.in_(standing_under([who.scope])))
    edited = Brief.id.in_(select(Edition.brief_id).where(Edition.editor_id == who.person_id))
    sent = Brief.id.in_(select(Edition.brief_id).join(Push, Push.edition_id == Edition.id))
    waiting = [Brief.state != BriefState.DRAFT] if who.permissions & SIGNERS else []
    return or_(Brief.author_id == who.person_id, Brief.author_id.in_(near), edited, sent, *waiting)


async def of_brief(db: AsyncSession, who: Looking, brief_id: int) -> bool:
    return await db.scalar(select(Brief.id).where(Brief.id == brief_id, of_briefs(who))) is not None
