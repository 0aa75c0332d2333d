"""Who leads an agency: the person named for it, else its head, else its administrator, else the agency above."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, case, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency
from db.people import MEMBERS, Identity, Person
from network import audit
from network.refusals import Refusal

ROLES = ("leader", "tenant_admin")  # in this order, where nobody was named


async def name(
    db: AsyncSession, agency_code: str, person_id: int | None, now: datetime, actor: int | None = None
) -> Agency:
    """None: nobody in particular. Anybody of the network may be named, a deputy of the agency above too."""
    agency = await db.scalar(select(Agency).where(Agency.code == agency_code))
    if agency is None or agency.closed_at:
        raise Refusal(f"Không có cơ quan mã “{agency_code}” đang hoạt động.")
    if person_id is not None and await _reached(db, person_id) is None:
        raise Refusal(f"Không có người mang mã {person_id} đang hoạt động và nhận được tin.")
    agency.lead_id = person_id
    await db.flush()
    detail = {"person": person_id}
    await audit.record(db, now, "agency.lead", actor=actor, subject=f"agency:{agency.id}", detail=detail)
    return agency


async def candidates(db: AsyncSession, agency: Agency, limit: int) -> Sequence[Person]:
    """Whom a form offers: people of the agency and of those above it, heads first, and whoever is named now."""
    above = [int(number) for number in agency.path.strip("/").split("/")]
    order = case({role: number for number, role in enumerate(ROLES)}, value=Person.role, else_=len(ROLES))
    near = _able().where(Person.agency_id.in_(above)).order_by(order, Person.full_name, Person.id).limit(limit)
    ids = [*await db.scalars(near), *([agency.lead_id] if agency.lead_id else [])]
    return (await db.scalars(select(Person).where(Person.id.in_(ids)).order_by(order, Person.full_name))).all()


async def _reached(db: AsyncSession, person_id: int) -> int | None:
    return await db.scalar(_able().where(Person.id == person_id).limit(1))


def _able() -> Select[tuple[int]]:
    """Members who can be reached."""
    reachable = select(Identity.id).where(Identity.person_id == Person.id, Identity.unreachable.is_(None))
    return select(Person.id).where(Person.state.in_(MEMBERS), reachable.exists())


async def lead_of(db: AsyncSession, agency_id: int | None) -> int | None:
    """The person's id; None when nobody up to the top leads."""
    seen: set[int] = set()
    while agency_id is not None and agency_id not in seen:
        seen.add(agency_id)
        agency = await db.get(Agency, agency_id)
        if agency is None:
            return None
        if agency.lead_id and await _reached(db, agency.lead_id):
            return agency.lead_id
        order = case({role: number for number, role in enumerate(ROLES)}, value=Person.role)
        heads = _able().where(Person.agency_id == agency_id, Person.role.in_(ROLES))
        if head := await db.scalar(heads.order_by(order, Person.id).limit(1)):
            return head
        agency_id = agency.parent_id
    return None
