"""Whose work it is: an editor of the agency that keeps the subject, else one who named its topic, else whoever takes
it."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from db import work as rows
from db.knowledge import Question, Work
from handlers import case_routing
from knowledge import routing
from knowledge.routing import Expert, Wanted
from network import people
from network.roles import Permission


async def assign(db: AsyncSession, work: Work, question: Question) -> None:
    """The topic, and the editor nearest to it with the least work."""
    subject = await case_routing.subject_of(db, question)
    work.topic = subject.topic
    editors = await people.with_permission(db, Permission.EDIT_ENTRIES)
    wanted = Wanted(subject.topic, await routing.path_of(db, subject.keeper_id))
    busy = await rows.busy(db, [person.id for person in editors])
    known = [replace(one, cases=busy.get(one.id, 0)) for one in await routing.experts(db, editors)]
    fitting = [one for one in known if _fits(one, wanted)]
    work.owner_id = routing.rank(fitting, wanted)[0] if fitting else None
    await db.flush()


def _fits(editor: Expert, wanted: Wanted) -> bool:
    """Somebody must stand near the subject; otherwise it is everybody's to take."""
    keeps = bool(wanted.keeper) and editor.path.startswith(wanted.keeper)
    named = wanted.topic is not None and editor.topics is not None and wanted.topic in editor.topics
    return not editor.paused and (keeps or named)
