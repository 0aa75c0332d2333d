"""People a programme may see: those of its person's agency and below, without phone numbers and addresses."""

from console.api.call import Call
from console.api.shapes import People, PeopleWanted, PersonShown
from db import members
from db.members import Wanted
from network import audit


async def listing(call: Call) -> People:
    given: PeopleWanted = call.given
    wanted = Wanted(call.who.scope, given.q.strip(), given.role or "", given.state or "")
    found = await members.listed(call.db, wanted, before=given.cursor, limit=given.limit + 1)
    shown = found[: given.limit]
    ids = [person.id for person, _ in shown]
    channels = await members.channels(call.db, ids)
    await audit.record(
        call.db, call.now, "people.seen", actor=call.who.person_id, subject=f"token:{call.who.token_id}",
        detail={"people": ids},
    )
    return People(
        items=[
            PersonShown(
                id=person.id, name=person.full_name, role=person.role, agency=agency or person.agency_typed,
                state=person.state, platforms=[platform for platform, _ in channels.get(person.id, [])],
            )
            for person, agency in shown
        ],
        next=ids[-1] if len(found) > given.limit else None,
    )
