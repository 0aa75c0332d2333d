"""People of the network: who is speaking, how they join, pause, leave and are forgotten."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import deliveries, linking
from db.agencies import Agency, Commune, Province
from db.briefs import Acknowledgement, Report
from db.console import ConsoleSession, OfficeAccount, SignInLink
from db.knowledge import Question
from db.people import MEMBERS, Consent, Identity, Invitation, Offer, Person, PersonState, PersonTopic, Prompt
from db.pushes import Delivery, Notice, Push, PushKind
from network import audit, sign_in_keys
from network.refusals import Refusal
from network.roles import Permission, holding, permissions_of, roles

STATE_NAMES = {
    PersonState.JOINING: "đang đăng ký", PersonState.WAITING: "chờ xác nhận", PersonState.ACTIVE: "đang tham gia",
    PersonState.PAUSED: "tạm dừng nhận tin", PersonState.LEFT: "đã rời", PersonState.REFUSED: "không được xác nhận",
    PersonState.SUSPENDED: "tạm ngừng", PersonState.MERGED: "đã gộp vào hồ sơ khác",
    PersonState.ERASED: "đã xóa dữ liệu",
}
UNFINISHED = timedelta(days=30)  # that somebody has to finish joining
LAST_ADMINISTRATOR = (
    "Anh/chị là quản trị hệ thống duy nhất nên chưa thể rời hay xóa dữ liệu. Vui lòng mời một quản trị khác bằng lệnh "
    "/moi; khi người đó đã tham gia, anh/chị làm lại bước này."
)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who sent an update. A stranger has an address and nothing else."""

    identity_id: int | None
    person_id: int | None
    platform: str
    channel: str
    address: str
    role: str | None = None
    permissions: frozenset[Permission] = frozenset()
    state: PersonState | None = None
    name: str = ""  # the network's, or the platform's for a stranger


async def meet(
    db: AsyncSession, *, platform: str, channel: str, address: str, name: str, now: datetime, speaks: bool = True,
    at: datetime | None = None,
) -> Speaker:
    """Who this is, without making anybody. That they speak proves that they can be reached again; `at`: when, as the
    platform says, which may tell of it late."""
    found = (
        await db.execute(
            select(Identity, Person).join(Person).where(Identity.channel == channel, Identity.address == address)
        )
    ).first()
    if found is None:
        return Speaker(None, None, platform, channel, address, name=name)
    identity, person = found
    if speaks:
        spoke = min(at or now, now)  # and what is told of late opens no window anew
        await set_reachable(db, identity.id, max(spoke, identity.last_interaction_at or spoke))
    return speaker(identity, person)


def speaker(identity: Identity, person: Person) -> Speaker:
    state = PersonState(person.state)
    return Speaker(
        identity_id=identity.id, person_id=person.id, platform=identity.platform, channel=identity.channel,
        address=identity.address, role=person.role,
        permissions=permissions_of(person.role) if state in MEMBERS else frozenset(), state=state,
        name=person.full_name or "",
    )


async def set_unreachable(db: AsyncSession, identity_id: int | None, why: str, now: datetime) -> None:
    if identity_id is not None:
        gone = update(Identity).where(Identity.id == identity_id)
        await db.execute(gone.values(unreachable=why, unreachable_at=now))


async def set_reachable(db: AsyncSession, identity_id: int | None, at: datetime) -> None:
    if identity_id is not None:
        back = update(Identity).where(Identity.id == identity_id)
        await db.execute(back.values(unreachable=None, unreachable_at=None, last_interaction_at=at))


async def address_unreachable(db: AsyncSession, channel: str, address: str, why: str, now: datetime) -> None:
    gone = update(Identity).where(Identity.channel == channel, Identity.address == address)
    await db.execute(gone.values(unreachable=why, unreachable_at=now))


async def with_permission(db: AsyncSession, permission: Permission) -> list[Person]:
    """Members whose role has it."""
    codes = [role.code for role in roles().values() if permission in role.permissions]
    members = select(Person).where(Person.role.in_(codes), Person.state.in_(MEMBERS)).order_by(Person.id)
    return list(await db.scalars(members))


async def begin(db: AsyncSession, stranger: Speaker, now: datetime) -> tuple[Person, Identity]:
    """A newcomer's row, still empty, and their address."""
    person = Person(state=PersonState.JOINING, created_at=now)
    db.add(person)
    await db.flush()
    identity = Identity(
        person_id=person.id, platform=stranger.platform, channel=stranger.channel, address=stranger.address,
        last_interaction_at=now, created_at=now,
    )
    db.add(identity)
    await db.flush()
    return person, identity


async def consent(db: AsyncSession, person: Person, version: str, now: datetime) -> None:
    db.add(Consent(person_id=person.id, version=version, given_at=now))
    await db.flush()


async def activate(db: AsyncSession, person: Person, now: datetime, actor: int | None = None) -> None:
    person.state, person.joined_at, person.left_at = PersonState.ACTIVE, now, None
    await audit.record(db, now, "person.joined", actor=actor or person.id, subject=f"person:{person.id}")


async def pause(db: AsyncSession, person_id: int, days: int | None, now: datetime) -> datetime | None:
    """For so many days, or until they say otherwise; until when is returned. What is on its way stays away as well,
    except hỏa tốc and what puts right, or takes back, something they have."""
    until = now + timedelta(days=days) if days else None
    paused = update(Person).where(Person.id == person_id, Person.state.in_(MEMBERS))
    await db.execute(paused.values(state=PersonState.PAUSED, paused_until=until))
    held = and_(Push.priority > 0, Push.kind.not_in((PushKind.CORRECTION, PushKind.RECALL)))
    await deliveries.withdraw(db, "paused", person_id=person_id, among=held)
    return until


async def resume(db: AsyncSession, person_id: int) -> bool:
    """False when they were not paused."""
    paused = update(Person).where(Person.id == person_id, Person.state == PersonState.PAUSED)
    return (await db.execute(paused.values(state=PersonState.ACTIVE, paused_until=None))).rowcount == 1


async def somebody_rested(db: AsyncSession, now: datetime) -> bool:
    """Whether `wake_paused` has anything to do."""
    over = select(Person.id).where(Person.state == PersonState.PAUSED, Person.paused_until <= now)
    return await db.scalar(over.limit(1)) is not None


async def wake_paused(db: AsyncSession, now: datetime) -> int:
    """Those whose pause is over; for the scheduler."""
    over = update(Person).where(Person.state == PersonState.PAUSED, Person.paused_until <= now)
    return (await db.execute(over.values(state=PersonState.ACTIVE, paused_until=None))).rowcount


async def given_up(db: AsyncSession, now: datetime, limit: int = 100) -> Sequence[int]:
    """Who began to join on their own and never agreed: what they typed was kept for so long and no longer."""
    consent = exists().where(Consent.person_id == Person.id)
    invited = exists().where(Invitation.person_id == Person.id)  # from a roster: the office's own list
    spoke = exists().where(Identity.person_id == Person.id)
    begun = select(Person.id).where(
        Person.state == PersonState.JOINING, Person.created_at < now - UNFINISHED, spoke, ~consent, ~invited
    )
    return (await db.scalars(begun.order_by(Person.id).limit(limit))).all()


async def keep_an_administrator(db: AsyncSession, person_id: int) -> None:
    """Refuses when nobody could administer the network without this person; two who go at once wait for each other."""
    codes = holding(Permission.ADMINISTER)
    able = select(Person.id).where(Person.role.in_(codes), Person.state.in_(MEMBERS)).order_by(Person.id)
    if list(await db.scalars(able.with_for_update())) == [person_id]:
        raise Refusal(LAST_ADMINISTRATOR)


async def leave(db: AsyncSession, person_id: int, now: datetime) -> None:
    """Out of every audience and of what is on its way; the row stays, so that coming back is easy."""
    await keep_an_administrator(db, person_id)
    await _withdraw(db, person_id)
    await db.execute(update(Person).where(Person.id == person_id).values(state=PersonState.LEFT, left_at=now))
    given = update(Consent).where(Consent.person_id == person_id, Consent.withdrawn_at.is_(None))
    await db.execute(given.values(withdrawn_at=now))
    await audit.record(db, now, "person.left", actor=person_id, subject=f"person:{person_id}")


async def erase(db: AsyncSession, person_id: int, now: datetime) -> None:
    """Personal data goes for good; what was counted stays counted, without the person."""
    await keep_an_administrator(db, person_id)
    await _withdraw(db, person_id)
    mine = select(Identity.id).where(Identity.person_id == person_id)
    await db.execute(update(Question).where(Question.person_id == person_id).values(person_id=None, identity_id=None))
    await db.execute(update(Report).where(Report.person_id == person_id).values(note=None, link=None, photo=None))
    for table in (Prompt, Offer, Notice):
        await db.execute(delete(table).where(table.identity_id.in_(mine)))
    for identity_id in list(await db.scalars(mine)):
        forgotten = _pseudonym(identity_id)
        await db.execute(
            update(Identity)
            .where(Identity.id == identity_id)
            .values(address=forgotten, unreachable="erased", unreachable_at=now, last_interaction_at=None)
        )
        await deliveries.forget_address(db, identity_id, forgotten)
    same = (person_id, *await linking.absorbed_by(db, person_id))
    for mine_too in (PersonTopic, SignInLink, ConsoleSession, OfficeAccount):
        await db.execute(delete(mine_too).where(mine_too.person_id.in_(same)))
    for each in same:
        await sign_in_keys.remove(db, each, now)
    await db.execute(
        update(Person)
        .where(Person.id.in_(same))
        .values(
            full_name=None, phone=None, agency_typed=None, invitation_id=None, state=PersonState.ERASED, left_at=now,
            commune_code=None, commune_typed=None,
        )
    )
    given = update(Consent).where(Consent.person_id.in_(same), Consent.withdrawn_at.is_(None))
    await db.execute(given.values(withdrawn_at=now))
    await audit.record(db, now, "person.erased", subject=f"person:{person_id}")


async def _withdraw(db: AsyncSession, person_id: int) -> None:
    """No letter goes to them any more; what is being taken back is taken back from them too."""
    await deliveries.withdraw(db, "left", person_id=person_id, among=Push.kind != PushKind.RECALL)


def _pseudonym(identity_id: int) -> str:
    return "x" + hashlib.sha256(f"erased {identity_id}".encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything kept about one person, as /toi shows it."""

    person: Person
    agency: str
    area: str  # commune and province
    topics: tuple[str, ...]
    consent_version: str
    consent_at: datetime | None
    withdrawn_at: datetime | None
    briefs: int
    acknowledged: int
    reports: int
    questions: int


async def stored(db: AsyncSession, person_id: int) -> Stored:
    person = await db.get_one(Person, person_id)
    agency = await db.get(Agency, person.agency_id) if person.agency_id else None
    province = await db.get(Province, person.province_code) if person.province_code else None
    commune = await db.get(Commune, person.commune_code) if person.commune_code else None
    place = commune.name if commune else person.commune_typed
    agreed = await db.scalar(
        select(Consent)
        .where(Consent.person_id == person_id)
        .order_by(Consent.withdrawn_at.is_not(None), Consent.id.desc())
        .limit(1)
    )

    async def number(table: type) -> int:
        return await db.scalar(select(func.count()).select_from(table).where(table.person_id == person_id)) or 0

    chosen = await db.scalars(select(PersonTopic.topic).where(PersonTopic.person_id == person_id))
    return Stored(
        person=person, agency=(agency.name if agency else person.agency_typed) or "", topics=tuple(sorted(chosen)),
        area=", ".join(filter(None, (place, province and province.name))),
        consent_version=agreed.version if agreed else "", consent_at=agreed.given_at if agreed else None,
        withdrawn_at=agreed.withdrawn_at if agreed else None, briefs=await number(Delivery),
        acknowledged=await number(Acknowledgement), reports=await number(Report), questions=await number(Question),
    )
