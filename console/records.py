"""One person's record: looked at on record, changed where a press department has to."""

from starlette.responses import Response

from console.visit import Visit
from db import members
from db.agencies import Agency
from db.people import Person, PersonState
from handlers import confirming
from handlers.reply import Action
from network import agencies, audit, lookups, people, records, roles, topics
from network.refusals import Refusal


async def person_of(visit: Visit) -> Person:
    person = await visit.db.get(Person, visit.number("person"))
    hidden = person is None or person.state == PersonState.ERASED
    if hidden or not await _sees(visit, person):
        raise Refusal("Không tìm thấy người này trong phạm vi anh/chị quản lý.")
    return person


async def _sees(visit: Visit, person: Person) -> bool:
    if visit.who.scope is None:
        return True
    return await agencies.is_below(visit.db, person.agency_id, visit.who.scope)


async def show(visit: Visit) -> Response:
    person = await person_of(visit)
    if not visit.fault:  # a page that comes back with a refused form is read only
        seen = {"people": [person.id]}
        await audit.record(visit.db, visit.now, "people.seen", actor=visit.who.person_id, detail=seen)
    stored = await people.stored(visit.db, person.id)
    agency = await visit.db.get(Agency, person.agency_id) if person.agency_id else None
    managed = await records.manages(visit.db, visit.who, person) and person.id != visit.who.person_id
    return visit.page(
        "person.html", person=person, stored=stored, state=people.STATE_NAMES[PersonState(person.state)],
        role=roles.find(person.role), agency=f"{agency.name} ({agency.code})" if agency else "",
        channels=(await members.channels(visit.db, [person.id])).get(person.id, []),
        topics=", ".join(topics.name_of(code) for code in stored.topics) or "mọi chủ đề",
        roles=grantable(visit), managed=managed and person.state not in (PersonState.MERGED, PersonState.ERASED),
        member=person.state in people.MEMBERS, suspended=person.state == PersonState.SUSPENDED,
        waiting=person.state == PersonState.WAITING,
    )


def grantable(visit: Visit) -> list[tuple[str, str]]:
    """Those a newcomer may choose first: nobody becomes an administrator by an overlooked select."""
    found = sorted(roles.roles().values(), key=lambda role: not role.open)
    return [(role.code, role.name) for role in found if roles.may_grant(visit.who.permissions, role)]


async def agency_typed(visit: Visit) -> int | None:
    typed = visit.text("agency").strip()
    return (await lookups.agency(visit.db, typed)).id if typed else None


async def change(visit: Visit) -> Response:
    person, agency = await person_of(visit), await agency_typed(visit)
    if not await records.change(visit.db, visit.who, person, visit.text("role"), agency, visit.now):
        raise Refusal("Vai trò và cơ quan không có gì thay đổi.")
    return visit.to(f"/people/{person.id}" if await _sees(visit, person) else "/people", "luu")


async def suspend(visit: Visit) -> Response:
    person = await person_of(visit)
    await records.suspend(visit.db, visit.who, person, visit.text("reason"), visit.now)
    return visit.to(f"/people/{person.id}", "tamngung")


async def let_in(visit: Visit) -> Response:
    person = await person_of(visit)
    await records.let_in(visit.db, visit.who, person, visit.now)
    return visit.to(f"/people/{person.id}", "chovao")


async def decide(visit: Visit) -> Response:
    """Of somebody who waits to be confirmed."""
    person, yes = await person_of(visit), visit.text("yes") == "1"
    action = Action("join.yes" if yes else "join.no", str(person.id))
    reply = await confirming.decide(visit.db, visit.who, action, visit.now)
    if reply.toast:
        raise Refusal(reply.toast)
    return visit.to(f"/people/{person.id}", "luu")
