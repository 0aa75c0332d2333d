"""One person on two platforms: the code, the order of channels, two entries made one and separated again."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from db import linking
from db.audit import AuditRow
from db.briefs import Acknowledgement, Edition
from db.knowledge import Question
from db.people import Identity, Person, PersonState
from network import audit, identities, invitations, people
from network.refusals import Refusal
from tests.briefing import member
from tests.talking import Phone
from tests.zalo_talking import ZaloPhone


@pytest.fixture
async def hoa(database, now):
    """A member on Telegram."""
    async with database.transaction() as db:
        return await member(db, "Lê Thị Hoa", "staff", now)


async def code_of(database, who, now) -> str:
    shown = (await Phone.of(database, who, now).say("/lienket")).text
    return next(word.strip("*") for word in shown.split() if word.strip("*").startswith("LK-"))


async def platforms(database, person_id: int) -> list[str]:
    async with database.reading() as db:
        return [one.platform for one in identities.in_order(await linking.identities(db, person_id))]


@pytest.mark.parametrize("typed", ["{}", "  {} ", "/lienket {}", "/start {}"])
@pytest.mark.parametrize("platform", ["zalo_oa", "zalo_bot"])
async def test_a_stranger_with_the_code_is_that_person(database, now, hoa, platform, typed):
    phone = ZaloPhone(database, platform, "7000", now)
    code = (await code_of(database, hoa, now)).lower().replace("-", " ")
    assert "Đã nối kênh này với hồ sơ của Lê Thị Hoa" in await phone.say(typed.format(code))
    assert await platforms(database, hoa.person_id) == ["telegram", platform]
    assert "Lê Thị Hoa" in await phone.say("/toi") and "Zalo" in phone.text
    assert "vừa được nối" in (await Phone.of(database, hoa, now).notices())[-1].text
    again = ZaloPhone(database, platform, "7001", now)
    assert "đã dùng hoặc đã hết hạn" in await again.say(code)


async def test_a_code_lasts_ten_minutes_and_the_next_one_ends_it(database, now, hoa):
    phone = ZaloPhone(database, "zalo_oa", "7000", now)
    first = await code_of(database, hoa, now)
    second = await code_of(database, hoa, now)
    assert "đã hết hạn" in await phone.say(first)
    phone.now = now + timedelta(minutes=11)
    assert "đã hết hạn" in await phone.say(second)
    assert "LK" not in "".join(await platforms(database, hoa.person_id))


async def test_who_had_begun_to_join_is_the_member_instead(database, now, hoa):
    async with database.transaction() as db:
        invitation = (await invitations.make(db, now=now, role="staff")).code
    phone = ZaloPhone(database, "zalo_oa", "7000", now)
    await phone.say(invitation)
    assert "Đã nối" in await phone.say(await code_of(database, hoa, now))
    assert await platforms(database, hoa.person_id) == ["telegram", "zalo_oa"]
    async with database.reading() as db:
        states = list(await db.scalars(select(Person.state).order_by(Person.id)))
    assert states == [PersonState.ACTIVE, PersonState.ERASED]


async def test_the_preferred_channel_and_letting_one_go(database, now, hoa):
    zalo = ZaloPhone(database, "zalo_oa", "7000", now)
    await zalo.say(await code_of(database, hoa, now))
    await zalo.say("/lienket")
    assert zalo.labels == ["Ưu tiên Zalo OA", "Gỡ Telegram", "Gỡ Zalo OA"]
    assert "qua Zalo OA trước" in await zalo.press("Ưu tiên Zalo OA")
    assert await platforms(database, hoa.person_id) == ["zalo_oa", "telegram"]
    telegram = Phone.of(database, hoa, now)
    await telegram.say("/lienket")
    assert "Đã gỡ Zalo OA" in (await telegram.press("Gỡ Zalo OA")).text
    assert "mã mời" in await zalo.say("xin chào") and "không lưu" in await zalo.say("/toi")
    await telegram.act(f"link.drop|{hoa.identity_id}")
    assert await platforms(database, hoa.person_id) == ["telegram"]


async def test_strangers_get_no_code_and_ones_own_channel_needs_none(database, now, hoa):
    assert "Chỉ thành viên" in await ZaloPhone(database, "zalo_oa", "7", now).say("/lienket")
    telegram = Phone.of(database, hoa, now)
    assert "đã nối với hồ sơ" in (await telegram.say(await code_of(database, hoa, now))).text


@pytest.fixture
async def two(database, now, hoa):
    """The same human has joined twice: acknowledged one brief in both, another one in the second only."""
    async with database.transaction() as db:
        second = await member(db, "Hoa Lê", "staff", now, platform="zalo_oa")
        author = await member(db, "Biên tập", "editor", now)
        from network import briefs
        from tests.briefing import CONTENT

        numbers = [(await briefs.create(db, CONTENT, author, now)).id for _ in range(2)]
        for brief_id, person_id in ((numbers[0], hoa.person_id), (numbers[0], second.person_id),
                                    (numbers[1], second.person_id)):
            edition = await db.scalar(select(Edition.id).where(Edition.brief_id == brief_id))
            db.add(Acknowledgement(brief_id=brief_id, person_id=person_id, edition_id=edition, at=now, late=False))
        db.add(Question(person_id=second.person_id, identity_id=second.identity_id, text="hỏi", at=now,
                        decision="none"))
    return second


async def count(database, table, person_id: int) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(table).where(table.person_id == person_id))


async def test_two_entries_become_one_by_the_code_and_are_separated_by_the_operator(database, now, hoa, two):
    phone = ZaloPhone(database, "zalo_oa", two.address, now)
    assert "hai hồ sơ" in await phone.say(await code_of(database, hoa, now))
    assert "Đã gộp" in await phone.press("Gộp làm một")
    assert await platforms(database, hoa.person_id) == ["telegram", "zalo_oa"]
    assert await count(database, Acknowledgement, hoa.person_id) == 2
    assert await count(database, Question, hoa.person_id) == 1
    assert "Lê Thị Hoa" in await phone.say("/toi")
    async with database.transaction() as db:
        assert (await db.get_one(Person, two.person_id)).state == PersonState.MERGED
        await identities.separate(db, two.person_id, now)
    assert await platforms(database, hoa.person_id) == ["telegram"]
    assert await platforms(database, two.person_id) == ["zalo_oa"]
    assert await count(database, Acknowledgement, two.person_id) == 2
    assert await count(database, Acknowledgement, hoa.person_id) == 1
    assert "Hoa Lê" in await phone.say("/toi")
    async with database.reading() as db:
        acts = list(await db.scalars(select(AuditRow.act).where(AuditRow.act.like("person.%")).order_by(AuditRow.id)))
        assert acts[-2:] == ["person.merged", "person.separated"] and await audit.verify(db) is None
        assert all(await db.scalars(select(Identity.preferred).where(Identity.person_id == two.person_id)))


async def test_not_merging_changes_nothing(database, now, hoa, two):
    phone = ZaloPhone(database, "zalo_oa", two.address, now)
    await phone.say(await code_of(database, hoa, now))
    assert "Không gộp" in await phone.press("Không gộp")
    assert await platforms(database, two.person_id) == ["zalo_oa"]


async def test_erasing_the_kept_person_erases_the_absorbed_one(database, now, hoa, two):
    async with database.transaction() as db:
        await identities.merge(db, hoa.person_id, two.person_id, now)
        await people.erase(db, hoa.person_id, now)
        absorbed = await db.get_one(Person, two.person_id, populate_existing=True)
        assert absorbed.full_name is None and absorbed.state == PersonState.ERASED
        with pytest.raises(Refusal):
            await identities.separate(db, two.person_id, now)


async def test_what_cannot_be_merged(database, now, hoa, two):
    async with database.transaction() as db:
        only = await member(db, "Quản trị", "super_admin", now)
        for kept, absorbed in ((hoa.person_id, hoa.person_id), (hoa.person_id, 999), (hoa.person_id, only.person_id)):
            with pytest.raises(Refusal):
                await identities.merge(db, kept, absorbed, now)
        await identities.merge(db, hoa.person_id, two.person_id, now)
        with pytest.raises(Refusal):
            await identities.merge(db, hoa.person_id, two.person_id, now)
        with pytest.raises(Refusal):
            await identities.separate(db, hoa.person_id, now)
