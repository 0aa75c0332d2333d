"""People of the network: looked for by name, role, agency and state."""

from sqlalchemy import func, or_, select
from starlette.responses import Response

from console.visit import Visit
from db.agencies import Agency, standing_under
from db.people import Identity, Person, PersonState
from network import people, roles
from network.roles import Permission

PAGE = 50


async def listing(visit: Visit) -> Response:
    """Inside one's own agency and below it, unless one administers the network. Who looked is on record."""
    query = visit.request.query_params
    wanted, role, state = query.get("tim", "").strip(), query.get("vai-tro", ""), query.get("trang-thai", "")
    page = max(1, int(query["trang"])) if query.get("trang", "").isdecimal() else 1
    rows = select(Person, Agency.name).outerjoin(Agency, Agency.id == Person.agency_id)
    rows = rows.where(Person.state != PersonState.ERASED)
    if Permission.ADMINISTER not in visit.who.permissions:
        own = await visit.db.get_one(Person, visit.who.person_id)
        rows = rows.where(Person.agency_id.in_(standing_under([own.agency_id or 0])))
    if wanted:
        part = f"%{wanted.replace('%', '')}%"
        rows = rows.where(or_(Person.full_name.ilike(part), Agency.name.ilike(part)))
    if role in roles.roles():
        rows = rows.where(Person.role == role)
    if state in people.STATE_NAMES:
        rows = rows.where(Person.state == state)
    count = await visit.db.scalar(select(func.count()).select_from(rows.subquery())) or 0
    newest = rows.order_by(Person.id.desc()).limit(PAGE).offset((page - 1) * PAGE)
    found = (await visit.db.execute(newest)).all()
    channels = await _channels(visit, [person.id for person, _ in found])
    return visit.page(
        "people.html", people=found, count=count, channels=channels, number=page, more=count > page * PAGE,
        wanted=wanted, role=role, state=state, roles=[(c, r.name) for c, r in roles.roles().items()],
        states=people.STATE_NAMES,
    )


async def _channels(visit: Visit, ids: list[int]) -> dict[int, list[tuple[str, bool]]]:
    """Person → (platform, reachable)."""
    found: dict[int, list[tuple[str, bool]]] = {}
    rows = select(Identity.person_id, Identity.platform, Identity.unreachable).where(Identity.person_id.in_(ids))
    for person, platform, unreachable in await visit.db.execute(rows.order_by(Identity.id)):
        found.setdefault(person, []).append((platform, unreachable is None))
    return found
