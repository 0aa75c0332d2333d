"""The sandbox's people: five phones that a newcomer can use at once. Runs only where no real token is set."""

from dataclasses import dataclass
from datetime import datetime

import httpx
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.settings import Settings
from db.agencies import Agency
from db.people import Identity, Invitation, Person, PersonState
from db.session import Database
from network import invitations


@dataclass(frozen=True, slots=True)
class Phone:
    """`joined`: already a member when the page opens; the others open their invitation first."""

    id: str
    name: str
    subtitle: str
    role: str
    agency: str
    province: str | None
    accent: str
    joined: bool = False


PHONES = (
    Phone("70001", "Nguyễn Thu Mai", "Truyền thông viên, Hà Nội", "communicator_province", "UBND-01", "01", "#0f766e"),
    Phone("70002", "Trần Văn Tâm", "Cán bộ xã, Cà Mau", "communicator_commune", "UBND-96", "96", "#b45309"),
    Phone("70003", "Lê Thị Hoa", "Cán bộ hỏi đáp", "staff", "BVHTTDL", None, "#7c3aed"),
    Phone("70004", "Phạm Quang Bình", "Quản trị, biên tập", "super_admin", "BVHTTDL", None, "#1d4ed8", True),
    Phone("70005", "Đỗ Ngọc Lan", "Quản trị, người duyệt", "super_admin", "BVHTTDL", None, "#be123c", True),
)


async def furnish(settings: Settings, database: Database, bot_name: str, now: datetime) -> None:
    """Put people behind the phones and their invitations on them. Safe to repeat."""
    async with database.transaction() as db:
        links = {phone.id: await _place(db, phone, bot_name, now) for phone in PHONES}
    async with httpx.AsyncClient(base_url=settings.base_url, timeout=10) as client:
        for phone in PHONES:
            invited = [{"label": "Mở liên kết mời", "url": link}] if (link := links[phone.id]) else []
            shown = {
                "id": phone.id, "name": phone.name, "subtitle": phone.subtitle, "accent": phone.accent,
                "phone_number": f"+849000{phone.id}", "links": invited,
            }
            state = (await client.post("/sandbox/phones", json=shown)).raise_for_status().json()
            if phone.joined and not state["started"]:
                (await client.post(f"/sandbox/phones/{phone.id}/start", json={})).raise_for_status()


async def _place(db: AsyncSession, phone: Phone, bot_name: str, now: datetime) -> str | None:
    """The invitation's link, None for those who are in."""
    agency_id = await db.scalar(select(Agency.id).where(Agency.code == phone.agency))
    if phone.joined:
        await _member(db, phone, agency_id, now)
        return None
    note = f"demo {phone.id}"
    known = await db.scalar(select(Invitation).where(Invitation.note == note))
    if known is None:
        known = await invitations.make(
            db, role=phone.role, agency_id=agency_id, province_code=phone.province, note=note, now=now
        )
    return invitations.link(bot_name, known.code)


async def _member(db: AsyncSession, phone: Phone, agency_id: int | None, now: datetime) -> None:
    if await db.scalar(select(Identity.id).where(Identity.channel == "telegram", Identity.address == phone.id)):
        return
    person = Person(
        full_name=phone.name, agency_id=agency_id, province_code=phone.province, role=phone.role, topics_chosen=True,
        state=PersonState.ACTIVE, created_at=now, joined_at=now,
    )
    db.add(person)
    await db.flush()
    db.add(Identity(person_id=person.id, platform="telegram", channel="telegram", address=phone.id, created_at=now))
