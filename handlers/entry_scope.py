"""Whose entry it is to decide on: who reviews for the agency that keeps it, or for one above it."""

from sqlalchemy import ColumnElement, false, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency, Level
from db.knowledge import Entry
from db.people import Person
from knowledge.wrong import Wrong
from network import people, roles
from network.people import Speaker
from network.roles import Permission

NOT_YOURS = "Vai trò của anh/chị không có quyền duyệt mục tri thức. Vui lòng liên hệ quản trị mạng lưới."


def may_review(who: Speaker) -> None:
    if Permission.REVIEW_ENTRIES not in who.permissions:
        raise Wrong(NOT_YOURS, over=True)


async def may_decide(db: AsyncSession, who: Speaker, owner_id: int | None) -> None:
    """`owner_id`: the agency that keeps the entry."""
    may_review(who)
    await within(db, who, owner_id)


async def within(db: AsyncSession, who: Speaker, owner_id: int | None) -> None:
    """For what an editor may do as well, but only of the own agency's entries."""
    person = await db.get(Person, who.person_id) if who.person_id else None
    if person is None or not await decides(db, person, owner_id):
        owner = await db.get(Agency, owner_id) if owner_id else None
        keeper = owner.name if owner else "cơ quan trung ương"
        raise Wrong(f"Mục này do {keeper} phụ trách; anh/chị không quyết định được.", over=True)


async def decides(db: AsyncSession, person: Person, owner_id: int | None) -> bool:
    return bool(await db.scalar(select(await decided_by(db, person, literal(owner_id, Entry.owner_agency_id.type)))))


async def decided_by(
    db: AsyncSession, person: Person, owner: ColumnElement[int | None] = Entry.owner_agency_id
) -> ColumnElement[bool]:
    """A condition on the entry's owner. What nobody keeps is for administrators and central agencies at the top."""
    if Permission.ADMINISTER in roles.permissions_of(person.role):
        return true()
    own = await db.get(Agency, person.agency_id) if person.agency_id else None
    if own is None:  # works for the whole network, not for an agency nobody has listed
        return false() if person.agency_typed else true()
    kept = owner.in_(select(Agency.id).where(Agency.path.startswith(own.path)))
    return or_(kept, owner.is_(None)) if own.parent_id is None and own.level == Level.CENTRAL else kept


async def decides_here(db: AsyncSession, who: Speaker, entry: Entry | None) -> bool:
    """For what somebody who reviews may do at once and others only through review."""
    if Permission.REVIEW_ENTRIES not in who.permissions or who.person_id is None or entry is None:
        return False
    return await decides(db, await db.get_one(Person, who.person_id), entry.owner_agency_id)


async def deciders(db: AsyncSession, owner_id: int | None, besides: int | None) -> list[Person]:
    """Who is told that something waits, but not who wrote it."""
    able = await people.with_permission(db, Permission.REVIEW_ENTRIES)
    return [person for person in able if person.id != besides and await decides(db, person, owner_id)]
