"""People of the network: looked for by name, role, agency and state."""

from starlette.responses import Response

from console.visit import Visit
from db import members
from db.members import Wanted
from network import audit, people, roles

PAGE = 50
ORDERS = {"moi": "Mới nhất", "ten": "Họ tên"}


def wanted_by(visit: Visit) -> Wanted:
    """The filters of the address, inside what this visitor may see."""
    query = visit.request.query_params
    role, state = query.get("vai-tro", ""), query.get("trang-thai", "")
    return Wanted(
        under=visit.who.scope, words=query.get("tim", "").strip(), role=role if role in roles.roles() else "",
        state=state if state in people.STATE_NAMES else "",
    )


async def listing(visit: Visit) -> Response:
    """Inside one's own agency and below it, unless one administers the network. Who looked at whom is on record."""
    page = visit.leaf
    order = visit.request.query_params.get("xep", "")
    wanted = wanted_by(visit)
    count = await members.count(visit.db, wanted)
    found = await members.listed(visit.db, wanted, limit=PAGE, offset=(page - 1) * PAGE, by_name=order == "ten")
    seen = [person.id for person, _ in found]
    await audit.record(visit.db, visit.now, "people.seen", actor=visit.who.person_id, detail={"people": seen})
    return visit.page(
        "people.html", people=found, count=count, channels=await members.channels(visit.db, seen), number=page,
        more=count > page * PAGE, wanted=wanted.words, role=wanted.role, state=wanted.state,
        roles=[(c, r.name) for c, r in roles.roles().items()], states=people.STATE_NAMES,
        orders=ORDERS, order=order if order in ORDERS else "moi",
    )
