"""The sandbox's people: eight phones that a newcomer can use at once. Runs only where no real token is set."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.settings import Settings
from db.agencies import Agency
from db.briefs import Brief
from db.people import Identity, Invitation, Person, PersonState
from db.session import Database
from knowledge import content
from network import briefs, content_files, invitations, people

log = structlog.get_logger()
STARTER_BRIEFS: Path = content.FOLDER / "briefs.yaml"


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
    platform: str = "telegram"


PHONES = (
    Phone("70001", "Nguyễn Thu Mai", "Truyền thông viên, Hà Nội", "communicator_province", "UBND-01", "01", "#0f766e"),
    Phone("70002", "Trần Văn Tâm", "Cán bộ xã, Cà Mau", "communicator_commune", "UBND-96", "96", "#b45309"),
    Phone("70003", "Lê Thị Hoa", "Cán bộ hỏi đáp", "staff", "BVHTTDL", None, "#7c3aed"),
    Phone("70004", "Phạm Quang Bình", "Quản trị, biên tập", "super_admin", "BVHTTDL", None, "#1d4ed8", True),
    Phone("70005", "Đỗ Ngọc Lan", "Quản trị, người duyệt", "super_admin", "BVHTTDL", None, "#be123c", True),
    Phone("7000000000000000101", "Võ Minh Khang", "Zalo – truyền thông viên, Đà Nẵng", "communicator_province",
          "UBND-48", "48", "#0068ff", platform="zalo_oa"),
    Phone("7000000000000000102", "Bùi Thị Lành", "Zalo – cán bộ xã, Cà Mau", "communicator_commune", "UBND-96", "96",
          "#0891b2", platform="zalo_oa"),
    Phone("6e70a1000001", "Hồ Văn Sáng", "Zalo Bot – cán bộ hỏi đáp", "staff", "BVHTTDL", None, "#4d7c0f",
          platform="zalo_bot"),
)


async def furnish(settings: Settings, database: Database, bot_name: str, now: datetime) -> None:
    """Put people behind the phones and their invitations on them. Safe to repeat."""
    text = await asyncio.to_thread(STARTER_BRIEFS.read_text, encoding="utf-8")
    async with database.transaction() as db:
        links = {phone.id: await _place(db, phone, bot_name, now) for phone in PHONES}
        await _drafts(db, text, now)
    async with httpx.AsyncClient(base_url=settings.base_url, timeout=10) as client:
        for phone in PHONES:
            label = "Mở liên kết mời" if phone.platform == "telegram" else "Gõ mã mời"
            invited = [{"label": label, "url": link}] if (link := links[phone.id]) else []
            shown = {
                "id": phone.id, "name": phone.name, "subtitle": phone.subtitle, "accent": phone.accent,
                "phone_number": f"+849000{phone.id[-5:]}", "links": invited, "platform": phone.platform,
            }
            state = (await client.post("/sandbox/phones", json=shown)).raise_for_status().json()
            if phone.joined and not state["started"]:
                (await client.post(f"/sandbox/phones/{phone.id}/start", json={})).raise_for_status()


async def _place(db: AsyncSession, phone: Phone, bot_name: str, now: datetime) -> str | None:
    """The invitation's link, on Zalo its code; None for those who are in."""
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
    return invitations.link(bot_name, known.code) if phone.platform == "telegram" else known.code


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


async def _drafts(db: AsyncSession, text: str, now: datetime) -> None:
    """The starter briefs, as drafts of the first administrator: there is something to choose and to send at once."""
    author = await db.scalar(select(Identity).where(Identity.address == next(p.id for p in PHONES if p.joined)))
    if author is None or await db.scalar(select(Brief.id).limit(1)):
        return
    who = people.speaker(author, await db.get_one(Person, author.person_id))
    found, problems = content_files.read(text, STARTER_BRIEFS.name)
    for problem in problems:
        log.error("a starter brief cannot be read", cause=str(problem))
    for brief in reversed(found):  # the first of the file is the newest, and so the first of /bantin
        await briefs.create(db, brief.content, who, now, key=brief.key)
