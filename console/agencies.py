"""Agencies: looked through by who manages people, changed by who administers the network."""

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from console.visit import Visit
from db import agencies as table
from db import members
from db.agencies import Agency, Level, standing_under
from db.people import MEMBERS, Person
from network import agencies, leads, lookups, names
from network.agencies import NewAgency
from network.refusals import Refusal
from network.roles import Permission

PAGE = 50
OFFERED = 200  # people a form offers as leads
LONGEST, LONGEST_CODE = 200, 64
MISSING = "Không tìm thấy cơ quan này."


async def listing(visit: Visit) -> Response:
    wanted, number = visit.request.query_params.get("tim", "").strip()[:200], visit.leaf
    rows, above = select(Agency), Agency.__table__.alias("above")
    if visit.who.scope is not None:
        rows = rows.where(Agency.id.in_(standing_under([visit.who.scope])))
    if wanted:
        held = [members.holds(visit.db, column, wanted) for column in (Agency.name, Agency.short_name)]
        rows = rows.where(or_(*held, Agency.code == wanted))
    count = await visit.db.scalar(rows.with_only_columns(func.count(Agency.id))) or 0
    lead = Person.__table__.alias("lead")
    part = rows.outerjoin(above, above.c.id == Agency.parent_id).outerjoin(lead, lead.c.id == Agency.lead_id)
    part = part.add_columns(above.c.name, lead.c.full_name).order_by(Agency.path)
    found = (await visit.db.execute(part.limit(PAGE).offset((number - 1) * PAGE))).all()
    may_change = visit.may(Permission.ADMINISTER)
    return visit.page(
        "agencies.html", found=found, count=count, wanted=wanted, number=number, more=count > number * PAGE,
        levels=agencies.LEVEL_NAMES, people=await _people_in(visit.db, [row[0].id for row in found]),
        may_change=may_change, provinces=await table.all_provinces(visit.db) if may_change else [],
    )


async def _people_in(db: AsyncSession, ids: list[int]) -> dict[int | None, int]:
    rows = select(Person.agency_id, func.count()).where(Person.agency_id.in_(ids), Person.state.in_(MEMBERS))
    return {agency: count for agency, count in await db.execute(rows.group_by(Person.agency_id))}


async def _agency_of(visit: Visit) -> Agency:
    found = await visit.db.get(Agency, visit.number("agency"))
    if found is None:
        raise Refusal(MISSING)
    return found


async def show(visit: Visit) -> Response:
    agency, db = await _agency_of(visit), visit.db
    heir = await db.get(Agency, agency.merged_into_id) if agency.merged_into_id else None
    above = await db.get(Agency, agency.parent_id) if agency.parent_id else None
    units = select(Agency).where(Agency.parent_id == agency.id).order_by(Agency.name).limit(PAGE)
    led_by = await leads.lead_of(db, agency.id)
    return visit.page(
        "agency.html", agency=agency, heir=heir, above=_named(above), units=(await db.scalars(units)).all(),
        level=agencies.LEVEL_NAMES[Level(agency.level)], people=(await _people_in(db, [agency.id])).get(agency.id, 0),
        leads=await leads.candidates(db, agency, OFFERED), led_by=await db.get(Person, led_by) if led_by else None,
    )


def _named(agency: Agency | None) -> str:
    """As a form writes it, and takes it again."""
    return f"{agency.name} ({agency.code})" if agency else ""


async def _other(visit: Visit, field: str) -> Agency | None:
    typed = visit.text(field).strip()
    return await lookups.agency(visit.db, typed) if typed else None


async def add(visit: Visit) -> Response:
    code, above = visit.text("code").strip(), await _other(visit, "parent")
    if not code or len(code) > LONGEST_CODE or names.text_problem(code) or any(c.isspace() or c in "()" for c in code):
        raise Refusal(f"Mã cơ quan dài từ 1 đến {LONGEST_CODE} ký tự, không có dấu cách, ngoặc, dấu < >.")
    name, short = _names(visit)
    provinces = {one.code for one in await table.all_provinces(visit.db)}
    if (province := visit.text("province") or (above.province_code if above else None)) not in {*provinces, None}:
        raise Refusal("Vui lòng chọn một tỉnh trong danh sách.")
    new = NewAgency(code, name, Level(lookups.level(visit.text("level"))), short, province_code=province)
    made = await agencies.add(visit.db, new, above, now=visit.now, actor=visit.who.person_id)
    return visit.to(f"/people/agencies/{made.id}", "luu")


def _names(visit: Visit) -> tuple[str, str | None]:
    name, short = names.tidy(visit.text("name")), names.tidy(visit.text("short"))
    if not 3 <= len(name) <= LONGEST:
        raise Refusal(f"Tên cơ quan dài từ 3 đến {LONGEST} ký tự.")
    for one in (name, short):
        if problem := names.text_problem(one):
            raise Refusal(f"Tên cơ quan {problem}.")
    return name, short[:LONGEST] or None


async def change(visit: Visit) -> Response:
    """Name, place in the tree, and who leads it; what stays the same leaves no trace."""
    agency, actor = await _agency_of(visit), visit.who.person_id
    name, short = _names(visit)
    above, lead = await _other(visit, "parent"), visit.text("lead")
    if (agency.name, agency.short_name) != (name, short):
        await agencies.rename(visit.db, agency, name, short, visit.now, actor)
    if agency.parent_id != (above.id if above else None):
        await agencies.move(visit.db, agency, above, visit.now, actor)
    led_by = int(lead) if lead.isdecimal() and len(lead) < 18 else None
    if agency.lead_id != led_by:
        await leads.name(visit.db, agency.code, led_by, visit.now, actor)
    return visit.to(f"/people/agencies/{agency.id}", "luu")


async def merge(visit: Visit) -> Response:
    agency, heir = await _agency_of(visit), await _other(visit, "into")
    if heir is None:
        raise Refusal("Vui lòng ghi tên hoặc mã của cơ quan nhận.")
    await agencies.merge(visit.db, agency, heir, visit.now, visit.who.person_id)
    return visit.to(f"/people/agencies/{heir.id}", "gop")


async def close(visit: Visit) -> Response:
    agency = await _agency_of(visit)
    await agencies.close(visit.db, agency, visit.now, visit.who.person_id)
    return visit.to(f"/people/agencies/{agency.id}", "luu")


async def reopen(visit: Visit) -> Response:
    agency = await _agency_of(visit)
    await agencies.reopen(visit.db, agency, visit.now, visit.who.person_id)
    return visit.to(f"/people/agencies/{agency.id}", "luu")
