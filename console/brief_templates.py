"""Templates for briefs: kept from a brief, begun from, dropped."""

from sqlalchemy import select
from starlette.responses import Response

from console.visit import Visit
from db.people import Person
from network import brief_templates, briefs


async def listing(visit: Visit) -> Response:
    found = await brief_templates.listed(visit.db)
    owners = select(Person.id, Person.full_name).where(Person.id.in_({each.owner_id for each in found}))
    names = {person: name for person, name in await visit.db.execute(owners)}
    return visit.page("brief_templates.html", templates=found, names=names)


async def keep(visit: Visit) -> Response:
    draft = await briefs.load(visit.db, visit.number("brief"))
    await brief_templates.keep(visit.db, draft, visit.text("name"), visit.who, visit.now)
    return visit.to("/briefs/templates", "luumau")


async def drop(visit: Visit) -> Response:
    await brief_templates.drop(visit.db, str(visit.number("template")), visit.who, visit.now)
    return visit.to("/briefs/templates", "bomau")
