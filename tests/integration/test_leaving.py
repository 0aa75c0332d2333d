"""Leaving, being forgotten, coming back: never without an administrator, and never back to power by oneself."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import schedule
from bot.settings import Settings
from db.people import Identity, Person, PersonState
from handlers.joining_page import CONSENT_VERSION
from network import invitations, people, starter
from network.refusals import Refusal
from tests.briefing import member
from tests.integration.test_typed_receipt import send
from tests.talking import Phone


async def roles_left(database, role: str = "super_admin") -> int:
    async with database.reading() as db:
        active = select(Person.id).where(Person.role == role, Person.state == PersonState.ACTIVE)
        return len((await db.scalars(active)).all())


@pytest.mark.parametrize("command", ["/roi", "/xoadulieu"])
async def test_the_last_administrator_stays(database, now, command):
    async with database.transaction() as db:
        phone = Phone.of(database, await member(db, "Bình", "super_admin", now), now)
        await member(db, "Tâm", "tenant_admin", now)
    assert "quản trị hệ thống duy nhất" in (await phone.say(command)).text
    await phone.act("me.leave")
    assert "quản trị hệ thống duy nhất" in (await phone.act("me.erase")).toast
    assert await roles_left(database) == 1


async def test_two_administrators_who_go_at_once_do_not_both_go(database, now):
    async with database.transaction() as db:
        both = [await member(db, name, "super_admin", now) for name in ("Bình", "Lan")]

    async def go(who, act):
        async with database.transaction() as db:
            await act(db, who.person_id, now)

    done = await asyncio.gather(go(both[0], people.leave), go(both[1], people.erase), return_exceptions=True)
    assert sorted(type(d) for d in done if d is not None) == [Refusal]
    assert await roles_left(database) == 1


async def test_who_comes_back_waits_for_the_word_their_role_takes(database, now):
    async with database.transaction() as db:
        await starter.load_starter(db, now)
        staying = Phone.of(database, await member(db, "Lan", "super_admin", now), now)
        who = await member(db, "Bình", "super_admin", now, agency_id=1)
        await people.consent(db, await db.get_one(Person, who.person_id), "1", now)
        going = Phone.of(database, who, now)
        code = (await invitations.make(db, now=now)).code
    await going.say("/roi")
    await going.press("Rời")
    assert "đã rút lúc 09:00" in (await going.say("/toi")).text
    for way in ("/start", f"/start {code}"):  # by themselves; by an invitation that says nothing of a role
        await going.say(way)
        if way == "/start":
            await going.press("Tham gia lại")
        assert "chờ cơ quan xác nhận" in (await going.act(f"join.agree||{CONSENT_VERSION}")).text
        assert await roles_left(database) == 1
        staying.last = (await staying.notices())[-1]
        assert "Bình" in staying.last.text
        await staying.press("Từ chối")
    await going.say(f"/start {code}")
    await going.act(f"join.agree||{CONSENT_VERSION}")
    staying.last = (await staying.notices())[-1]
    assert "Đã xác nhận" in (await staying.press("Xác nhận")).text
    assert await roles_left(database) == 2


async def test_only_an_administrator_confirms_an_administrator(database, now):
    async with database.transaction() as db:
        await starter.load_starter(db, now)
        other = Phone.of(database, await member(db, "Tâm", "tenant_admin", now, agency_id=1), now)
        who = await member(db, "Bình", "super_admin", now, agency_id=1)
        (await db.get_one(Person, who.person_id)).state = PersonState.WAITING
        far = await member(db, "Xa", "communicator_commune", now, agency_id=2)
        (await db.get_one(Person, far.person_id)).state = PersonState.WAITING
    for person in (who, far):
        assert "không có quyền" in (await other.act(f"join.yes|{person.person_id}")).toast


async def test_an_open_role_comes_back_as_the_invitation_said(database, now):
    async with database.transaction() as db:
        await starter.load_starter(db, now)
        free = await member(db, "Tâm", "communicator_province", now, agency_id=1)
        (await db.get_one(Person, free.person_id)).province_code = "01"
    phone = Phone.of(database, free, now)
    await phone.act("me.leave")
    await phone.say("/start")
    await phone.press("Tham gia lại")
    assert "đã tham gia" in (await phone.press("Tôi đồng ý")).text


async def test_who_has_left_cannot_acknowledge(database, now):
    async with database.transaction() as db:
        author, second = [await member(db, name, "super_admin", now) for name in ("Bình", "Lan")]
        who = await member(db, "Tâm", "communicator_commune", now)
        number = await send(db, "Tin", author, second, now)
    phone = Phone.of(database, who, now)
    await phone.act("me.leave")
    for action in ("ack", "report", "askbrief", "brief.again"):
        assert "đã rời mạng lưới" in (await phone.act(f"{action}|{number}")).toast


async def test_a_pause_says_until_when(database, now):
    async with database.transaction() as db:
        phone = Phone.of(database, await member(db, "Tâm", "communicator_commune", now), now)
    await phone.say("/tamdung")
    assert "đến **09:00 ngày 1/12/2026**" in (await phone.press("7 ngày")).text
    assert "tạm dừng nhận tin đến 09:00 ngày 1/12/2026" in (await phone.say("/toi")).text
    await phone.say("/tamdung")
    assert "đến **" not in (await phone.press("Đến khi")).text
    async with database.transaction() as db:
        assert await people.wake_paused(db, now + timedelta(days=30)) == 0


async def test_who_never_finished_joining_is_forgotten_after_a_month(database, now):
    async with database.transaction() as db:
        stranger = await people.meet(db, platform="telegram", channel="telegram", address="555", name="Lạ", now=now)
        begun, identity = await people.begin(db, stranger, now)
        begun.full_name = "Lê Bỏ Dở"
        await member(db, "Bình", "super_admin", now)
        db.add(Person(state=PersonState.JOINING, full_name="Từ danh sách", created_at=now))
    settings = Settings(_env_file=None)
    await schedule.look(settings, database, now + people.UNFINISHED - timedelta(hours=1))
    async with database.reading() as db:
        assert (await db.get(Person, begun.id)).full_name == "Lê Bỏ Dở"
    await schedule.look(settings, database, now + people.UNFINISHED + timedelta(hours=1))
    async with database.reading() as db:
        gone, address = await db.get(Person, begun.id), await db.get(Identity, identity.id)
        assert (gone.state, gone.full_name, address.address != "555") == (PersonState.ERASED, None, True)
        assert await db.scalar(select(Person.id).where(Person.full_name == "Từ danh sách"))


async def test_one_who_cannot_be_woken_or_forgotten_holds_up_nobody(database, now, monkeypatch):
    long_ago = now - people.UNFINISHED - timedelta(days=1)
    async with database.transaction() as db:
        for address in ("555", "556"):
            stranger = await people.meet(
                db, platform="telegram", channel="telegram", address=address, name="Lạ", now=long_ago
            )
            await people.begin(db, stranger, long_ago)
        resting = Person(state=PersonState.PAUSED, paused_until=long_ago, created_at=long_ago)
        db.add(resting)
    async with database.reading() as db:
        first, second = await people.given_up(db, now)
    erase = people.erase

    async def failing(db, person_id, moment):
        if person_id == first:
            raise ValueError("a row nobody understands")
        await erase(db, person_id, moment)

    async def never(db, moment):
        raise ValueError("a row nobody understands")

    monkeypatch.setattr(people, "erase", failing)
    monkeypatch.setattr(people, "wake_paused", never)
    await schedule.look(Settings(_env_file=None), database, now)
    async with database.reading() as db:
        assert (await db.get(Person, second)).state == PersonState.ERASED
        assert (await db.get(Person, first)).state == PersonState.JOINING
