"""A person's record in other hands than their own: role and agency changed, suspended, let back in."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from db import deliveries
from db.people import Person, PersonState
from network import agencies, audit, people, roles
from network.people import MEMBERS
from network.refusals import Refusal
from network.roles import Permission
from network.sight import Looking

NOT_YOURS = "Người này ở ngoài phạm vi anh/chị quản lý."
OWN = "Anh/chị không tự đổi hồ sơ của mình. Vui lòng nhờ một quản trị khác."
MOVED = "Hồ sơ này vừa thay đổi. Vui lòng tải lại trang."


async def manages(db: AsyncSession, who: Looking, person: Person) -> bool:
    """Inside one's own agency and below it; administrators are for administrators."""
    if Permission.ADMINISTER in who.permissions:
        return True
    role = roles.find(person.role)
    below = await agencies.is_below(db, person.agency_id, who.scope)
    return below and (role is None or roles.may_grant(who.permissions, role))


async def _need(db: AsyncSession, who: Looking, person: Person) -> None:
    if not await manages(db, who, person):
        raise Refusal(NOT_YOURS)
    if person.id == who.person_id:
        raise Refusal(OWN)


async def change(
    db: AsyncSession, who: Looking, person: Person, role_code: str, agency_id: int | None, now: datetime
) -> bool:
    """False when nothing differs. Nobody gives what they may not give, nor puts somebody where they manage nobody."""
    await _need(db, who, person)
    role = roles.find(role_code)
    if role is None or not roles.may_grant(who.permissions, role):
        raise Refusal("Anh/chị không giao được vai trò này.")
    if Permission.ADMINISTER not in who.permissions and not await agencies.is_below(db, agency_id, who.scope):
        raise Refusal("Vui lòng chọn một cơ quan trong phạm vi anh/chị quản lý.")
    if (person.role, person.agency_id) == (role.code, agency_id):
        return False
    if Permission.ADMINISTER not in role.permissions:
        await people.keep_an_administrator(db, person.id)
    detail = {"role": [person.role, role.code], "agency": [person.agency_id, agency_id]}
    person.role, person.agency_id = role.code, agency_id
    if agency_id is not None:
        person.agency_typed = None
    await db.flush()
    await audit.record(db, now, "person.changed", actor=who.person_id, subject=f"person:{person.id}", detail=detail)
    return True


async def suspend(db: AsyncSession, who: Looking, person: Person, why: str, now: datetime) -> None:
    """Nothing is sent to them and nothing is done by them until somebody lets them back in."""
    await _need(db, who, person)
    if len(why.strip()) < 3:
        raise Refusal("Vui lòng ghi lý do tạm ngừng.")
    await people.keep_an_administrator(db, person.id)
    gone = update(Person).where(Person.id == person.id, Person.state.in_(MEMBERS))
    done = await db.execute(gone.values(state=PersonState.SUSPENDED, paused_until=None))
    if not done.rowcount:
        raise Refusal(MOVED)
    await deliveries.withdraw(db, "suspended", person_id=person.id)
    detail = {"reason": why.strip()[:500]}
    await audit.record(db, now, "person.suspended", actor=who.person_id, subject=f"person:{person.id}", detail=detail)


async def let_in(db: AsyncSession, who: Looking, person: Person, now: datetime) -> None:
    await _need(db, who, person)
    back = update(Person).where(Person.id == person.id, Person.state == PersonState.SUSPENDED)
    if not (await db.execute(back.values(state=PersonState.ACTIVE))).rowcount:
        raise Refusal(MOVED)
    await audit.record(db, now, "person.let_in", actor=who.person_id, subject=f"person:{person.id}")
