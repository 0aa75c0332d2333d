"""One person's record, invitations, agencies: looked at on record, changed where a press department has to."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from console.visit import Visit
from db import invitations as invited
from db import members
from db.agencies import Agency, standing_under
from db.people import Person, PersonState
from handlers import confirming
from handlers.reply import Action
from network import agencies, audit, invitations, lookups, people, records, roles, topics
from network.refusals import Refusal
from network.roles import Permission

PAGE, LAST = 50, 100_000
USES, DAYS = 5000, 365  # most of an invitation


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
        roles=_grantable(visit), managed=managed and person.state not in (PersonState.MERGED, PersonState.ERASED),
        member=person.state in people.MEMBERS, suspended=person.state == PersonState.SUSPENDED,
        waiting=person.state == PersonState.WAITING,
    )


def _grantable(visit: Visit) -> list[tuple[str, str]]:
    """Those a newcomer may choose first: nobody becomes an administrator by an overlooked select."""
    found = sorted(roles.roles().values(), key=lambda role: not role.open)
    return [(role.code, role.name) for role in found if roles.may_grant(visit.who.permissions, role)]


async def _agency(visit: Visit) -> int | None:
    typed = visit.text("agency").strip()
    return (await lookups.agency(visit.db, typed)).id if typed else None


async def change(visit: Visit) -> Response:
    person, agency = await person_of(visit), await _agency(visit)
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


def _number(visit: Visit) -> int:
    typed = visit.request.query_params.get("trang", "")
    return min(max(1, int(typed)), LAST) if typed.isdecimal() else 1


async def all_invitations(visit: Visit) -> Response:
    every = visit.request.query_params.get("xem") == "tat-ca"
    number, under, me = _number(visit), visit.who.scope, visit.who.person_id
    at = None if every else visit.now
    count = await invited.count(visit.db, under, me, at)
    found = await invited.listed(visit.db, under, me, at, PAGE, (number - 1) * PAGE)
    return visit.page(
        "invitations.html", found=[(*row, _standing(visit, row[0])) for row in found], count=count, every=every,
        number=number, more=count > number * PAGE, roles=_grantable(visit),
        may_make=visit.may(Permission.MANAGE_PEOPLE),
    )


def _standing(visit: Visit, one: Any) -> str:
    if one.revoked_at:
        return "đã thu hồi"
    if one.expires_at and one.expires_at <= visit.now:
        return "hết hạn"
    return "đã đủ người" if one.max_uses is not None and one.uses >= one.max_uses else "đang dùng được"


async def invite(visit: Visit) -> Response:
    role, agency = roles.find(visit.text("role")), await _agency(visit)
    if role is None or not roles.may_grant(visit.who.permissions, role):
        raise Refusal("Vui lòng chọn một vai trò anh/chị giao được.")
    if not visit.may(Permission.ADMINISTER):
        agency = agency or visit.who.scope or None
        if not await agencies.is_below(visit.db, agency, visit.who.scope):
            raise Refusal("Vui lòng chọn một cơ quan trong phạm vi anh/chị quản lý.")
    uses, days = _whole(visit, "uses", USES, "Số người"), _whole(visit, "days", DAYS, "Số ngày")
    await invitations.make(
        visit.db, now=visit.now, role=role.code, agency_id=agency, max_uses=uses, valid_for=timedelta(days=days),
        needs_confirmation=visit.text("confirm") == "on", created_by=visit.who.person_id,
        note=visit.text("note").strip()[:200] or None,
    )
    return visit.to("/people/invitations", "moi")


def _whole(visit: Visit, name: str, most: int, what: str) -> int:
    typed = visit.text(name).strip()
    if not (typed.isdecimal() and len(typed) < 6 and 1 <= int(typed) <= most):
        raise Refusal(f"{what} là một số từ 1 đến {most:,}.".replace(",", "."))
    return int(typed)


async def revoke(visit: Visit) -> Response:
    found = await invited.visible(visit.db, visit.number("invitation"), visit.who.scope, visit.who.person_id)
    if found is None or not await invitations.revoke(visit.db, found.code, visit.now, visit.who.person_id):
        raise Refusal("Lời mời này đã được thu hồi hoặc không thuộc phạm vi của anh/chị.")
    return visit.to("/people/invitations", "thuhoi")


async def all_agencies(visit: Visit) -> Response:
    wanted, number = visit.request.query_params.get("tim", "").strip()[:200], _number(visit)
    rows, above = select(Agency), Agency.__table__.alias("above")
    if visit.who.scope is not None:
        rows = rows.where(Agency.id.in_(standing_under([visit.who.scope])))
    if wanted:
        held = [members.holds(visit.db, column, wanted) for column in (Agency.name, Agency.short_name)]
        rows = rows.where(or_(*held, Agency.code == wanted))
    count = await visit.db.scalar(rows.with_only_columns(func.count())) or 0
    lead = Person.__table__.alias("lead")
    part = rows.outerjoin(above, above.c.id == Agency.parent_id).outerjoin(lead, lead.c.id == Agency.lead_id)
    part = part.add_columns(above.c.name, lead.c.full_name).order_by(Agency.path)
    found = (await visit.db.execute(part.limit(PAGE).offset((number - 1) * PAGE))).all()
    return visit.page(
        "agencies.html", found=found, count=count, wanted=wanted, number=number, more=count > number * PAGE,
        levels=agencies.LEVEL_NAMES, people=await _people_in(visit.db, [row[0].id for row in found]),
    )


async def _people_in(db: AsyncSession, ids: list[int]) -> dict[int | None, int]:
    rows = select(Person.agency_id, func.count()).where(Person.agency_id.in_(ids), Person.state.in_(people.MEMBERS))
    return {agency: count for agency, count in await db.execute(rows.group_by(Person.agency_id))}
