"""Inviting: an administrator chooses a role and gets a link, a code and a QR picture."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency
from db.people import Invitation, Person
from handlers.reply import Action, Choice, Picture, Reply
from network import invitations, markup, moments, roles
from network.people import Speaker
from network.roles import Permission

NOT_YOURS = "Vai trò của anh/chị không có quyền tạo lời mời. Vui lòng liên hệ quản trị mạng lưới."
DAYS = 30


async def choose_role(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    if Permission.MANAGE_PEOPLE not in who.permissions:
        return Reply(NOT_YOURS)
    all_roles = roles.roles().values()
    choices = tuple(Choice(r.name[:40], Action("invite.role", r.code)) for r in all_roles if _may_give(who, r.code))
    return Reply("Anh/chị mời người tham gia với **vai trò** nào?", choices, columns=2)


def _may_give(who: Speaker, role: str) -> bool:
    """Nobody hands out more than they have."""
    return roles.permissions_of(role) <= who.permissions


async def how_many(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    if Permission.MANAGE_PEOPLE not in who.permissions or not _may_give(who, action.subject):
        return Reply(NOT_YOURS)
    choices = (
        Choice("Một người", Action("invite.make", f"{action.subject}:1")),
        Choice("50 người", Action("invite.make", f"{action.subject}:50")),
        Choice("50 người, cần xác nhận", Action("invite.make", f"{action.subject}:50c")),
    )
    said = f"Lời mời với vai trò **{roles.name_of(action.subject)}**, hạn {DAYS} ngày. Dùng cho bao nhiêu người?"
    return Reply(said, choices, replace=True)


async def make(
    db: AsyncSession, who: Speaker, action: Action, now: datetime, bot_name: str = "", zalo_oa: str = "",
    zalo_bot: str = "",
) -> Reply:
    role, _, kind = action.subject.partition(":")
    if Permission.MANAGE_PEOPLE not in who.permissions or roles.find(role) is None or not _may_give(who, role):
        return Reply(NOT_YOURS)
    inviter = await db.get_one(Person, who.person_id)
    inside = None if Permission.ADMINISTER in who.permissions else inviter.agency_id
    made = await invitations.make(
        db, now=now, role=role, agency_id=inside, max_uses=int(kind.rstrip("c") or 1), valid_for=timedelta(days=DAYS),
        needs_confirmation=kind.endswith("c"), created_by=who.person_id,
    )
    there = {"bot_name": bot_name, "zalo_oa": zalo_oa, "zalo_bot": zalo_bot}
    ways, link = invitations.ways_in(made.code, **there), invitations.address(made.code, **there)
    agency = await db.scalar(select(Agency.name).where(Agency.id == inside)) if inside else "người được mời tự chọn"
    text = "\n".join(
        (
            "**Lời mời đã sẵn sàng**",
            f"- Vai trò: {markup.escape(roles.name_of(role))}",
            f"- Cơ quan: {markup.escape(agency or '')}",
            f"- Số người: {made.max_uses}",
            f"- Hạn: {moments.say(made.expires_at or now)}",
            "\n**Cách tham gia**",
            *(f"- {way}" for way in ways),
            f"\nMã: `{made.code}`",
        )
    )
    revoke = Choice("Thu hồi lời mời này", Action("invite.revoke", str(made.id)))
    return Reply(text, (revoke,), pictures=(Picture("loi-moi.png", invitations.qr_png(link)),) if link else ())


async def revoke(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    if Permission.MANAGE_PEOPLE not in who.permissions or not action.subject.isdigit():
        return Reply(NOT_YOURS)
    found = await db.get(Invitation, int(action.subject))
    if found is None or not await invitations.revoke(db, found.code, now, who.person_id):
        return Reply(toast="Lời mời này đã được thu hồi.")
    return Reply(f"Đã thu hồi lời mời. Đã có {found.uses} người dùng.")


COMMANDS = {"moi": choose_role}
ACTIONS = {"invite.role": how_many, "invite.make": make, "invite.revoke": revoke}
