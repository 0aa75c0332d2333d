"""A newcomer, or somebody who comes back, waits for an administrator's word."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import notices
from db.people import Identity, Invitation, Person, PersonState
from handlers import joining_page
from handlers.reply import Action, Choice, Reply
from network import agencies, audit, markup, people, roles
from network.people import Speaker
from network.roles import Permission

NOT_YOURS = "Vai trò của anh/chị không có quyền xác nhận thành viên này."
MOVED = "Người này đã được người khác xử lý."


async def needed(db: AsyncSession, person: Person) -> bool:
    """What the invitation asks; and a role that newcomers cannot choose takes an invitation to it, each time anew.

    A phone number that was only typed proves nothing: somebody who knows the person has to look at it.
    """
    invitation = await db.get(Invitation, person.invitation_id) if person.invitation_id else None
    if invitation is not None and invitation.needs_confirmation:
        return True
    if person.phone is not None and await _only_typed(db, person):
        return True
    role = roles.find(person.role)
    given = invitation is not None and invitation.role == person.role and person.left_at is None
    return not (given or (role and role.open))


async def _only_typed(db: AsyncSession, person: Person) -> bool:
    platforms = set(await db.scalars(select(Identity.platform).where(Identity.person_id == person.id)))
    return platforms == {"zalo_bot"}  # the one platform where a number cannot be shared


async def ask(db: AsyncSession, person: Person, now: datetime) -> None:
    again = "**Người đã rời xin tham gia lại**" if person.left_at else "**Người mới chờ xác nhận**"
    text = f"{again}\n\n{await joining_page.summary(db, person)}"
    choices = (
        Choice("Xác nhận", Action("join.yes", str(person.id))), Choice("Từ chối", Action("join.no", str(person.id))),
    )
    reply = Reply(text, choices, columns=2).plain()
    for admin in await people.with_permission(db, Permission.MANAGE_PEOPLE):
        if await _may_decide(db, roles.permissions_of(admin.role), admin.agency_id, person):
            await notices.put(db, admin.id, reply, now)


async def _may_decide(
    db: AsyncSession, permissions: frozenset[Permission], agency_id: int | None, person: Person
) -> bool:
    """Over one's own agency and those below it; an administrator only by an administrator."""
    if Permission.ADMINISTER in permissions:
        return True
    role = roles.find(person.role)
    return role is not None and roles.may_grant(permissions, role) and await agencies.is_below(
        db, person.agency_id, agency_id
    )


async def decide(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    if Permission.MANAGE_PEOPLE not in who.permissions or not action.subject.isdigit():
        return Reply(toast=NOT_YOURS)
    admin = await db.get_one(Person, who.person_id)
    found = await db.get(Person, int(action.subject))
    if found is None:
        return Reply(toast=MOVED)
    if not await _may_decide(db, who.permissions, admin.agency_id, found):
        return Reply(toast=NOT_YOURS)
    yes = action.name == "join.yes"
    waiting = update(Person).where(Person.id == found.id, Person.state == PersonState.WAITING)
    values = {"state": PersonState.ACTIVE, "joined_at": now, "left_at": None} if yes else {"state": PersonState.REFUSED}
    if not (await db.execute(waiting.values(**values))).rowcount:
        return Reply(toast=MOVED)
    person = await db.get_one(Person, found.id, populate_existing=True)
    act = "person.confirmed" if yes else "person.refused"
    await audit.record(db, now, act, actor=who.person_id, subject=f"person:{person.id}")
    said = joining_page.joined(person) if yes else Reply(joining_page.REFUSED)
    await notices.put(db, person.id, said.plain(), now)
    name = markup.escape(person.full_name or "")
    return Reply(f"{'Đã xác nhận' if yes else 'Đã từ chối'} **{name}**.", replace=True)


ACTIONS = {"join.yes": decide, "join.no": decide}
