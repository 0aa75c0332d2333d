"""Joining, as it is talked through: every question is answered, or says what is missing."""

import pytest
from sqlalchemy import select

from db.agencies import Commune, Level
from db.people import Person, PersonTopic
from network import agencies, invitations, names, starter, topics
from network.agencies import NewAgency
from tests.briefing import member
from tests.talking import Phone


@pytest.fixture
async def newcomer(database, now):
    """Somebody who opened an invitation to a commune's communicators and said their name."""
    async with database.transaction() as db:
        await starter.load_starter(db, now)
        code = (await invitations.make(db, now=now, role="communicator_commune")).code
    phone = Phone(database, "777", now)
    await phone.say(f"/start {code}")
    await phone.say("Trần Văn Tâm")
    return phone


async def row(database) -> Person:
    async with database.reading() as db:
        return await db.scalar(select(Person).where(Person.full_name == "Trần Văn Tâm"))


async def at_topics(phone, database) -> None:
    await phone.say("UBND tỉnh Cà Mau")
    await phone.say("ca mau")
    await phone.say("Phường An Xuyên")


@pytest.mark.parametrize("bad", ["<b>Mai</b> Lan", "Mai & Lan", "=cmd|' /C calc'!A0", "+84 mai", "@mai lan"])
async def test_names_that_are_none_are_refused_with_a_sentence(database, now, bad):
    async with database.transaction() as db:
        code = (await invitations.make(db, now=now, role="communicator_commune")).code
    phone = Phone(database, "778", now)
    await phone.say(f"/start {code}")
    said = (await phone.say(bad)).text
    assert said.startswith("Họ và tên không") and "họ và tên" in said.rpartition("\n")[2]
    assert names.name_problem(bad)


async def test_an_agency_that_is_not_found_is_asked_about(newcomer, database):
    assert "chưa tìm thấy cơ quan" in (await newcomer.say("ubnd zz qq")).text
    assert (await newcomer.say("UBND tỉnh Cà Mau")).text.endswith("nào?")
    person = await row(database)
    assert person.agency_id and person.agency_typed is None
    await newcomer.act("join.fix|agency")
    assert "=" in (await newcomer.say("=1+1 xx")).text
    await newcomer.say("Tổ hòa giải khóm 5")
    assert "tỉnh, thành phố" in (await newcomer.press("Giữ tên vừa gõ")).text
    person = await row(database)
    assert person.agency_id is None and person.agency_typed == "Tổ hòa giải khóm 5"


async def test_the_commune_is_asked_and_typed_where_no_list_is_loaded(newcomer, database):
    await newcomer.say("UBND tỉnh Cà Mau")
    assert "xã, phường, đặc khu" in (await newcomer.say("ca mau")).text
    assert "không được chứa" in (await newcomer.say("<xã>")).text
    assert "chủ đề" in (await newcomer.say("Phường An Xuyên")).text
    assert (await row(database)).commune_typed == "Phường An Xuyên"
    assert "Phường An Xuyên, Tỉnh Cà Mau" in (await newcomer.say("/toi")).text


async def test_the_commune_comes_from_the_list_where_there_is_one(newcomer, database):
    async with database.transaction() as db:
        db.add(Commune(code="31999", province_code="96", name="Phường An Xuyên", folded="an xuyen"))
    await newcomer.say("UBND tỉnh Cà Mau")
    await newcomer.say("ca mau")
    assert "chưa tìm thấy xã" in (await newcomer.say("atlantis")).text
    assert "chủ đề" in (await newcomer.say("an xuyen")).text
    assert (await row(database)).commune_code == "31999"


async def test_an_office_of_a_commune_says_where_its_people_are(database, now):
    async with database.transaction() as db:
        await starter.load_starter(db, now)
        db.add(Commune(code="31999", province_code="96", name="Phường An Xuyên", folded="an xuyen"))
        await db.flush()
        known = await agencies.add(db, NewAgency("AX", "UBND phường An Xuyên", Level.COMMUNE))
        known.province_code, known.commune_code = "96", "31999"
        await agencies.add(db, NewAgency("XY", "UBND xã Bất Kỳ", Level.COMMUNE))
        code = (await invitations.make(db, now=now, role="communicator_ministry")).code
    for number, (typed, asked) in enumerate(
        (("UBND phường An Xuyên", "chủ đề"), ("UBND xã Bất Kỳ", "tỉnh, thành phố")), 800
    ):
        phone = Phone(database, str(number), now)
        await phone.say(f"/start {code}")
        await phone.say("Lê Thị Hoa")
        assert asked in (await phone.say(typed)).text


async def test_topics_are_chosen_field_by_field(newcomer, database):
    await at_topics(newcomer, database)
    assert newcomer.labels == ["Nhận tất cả", "Chọn lĩnh vực…"]
    await newcomer.press("Chọn lĩnh vực")
    assert newcomer.labels[-2:] == ["Nhận tất cả", "Xong"] and len(newcomer.labels) <= 10
    await newcomer.press("Đời sống")
    assert newcomer.labels[-1] == "Xong" and "An sinh, bảo hiểm xã hội" in newcomer.labels
    await newcomer.press("An sinh")
    await newcomer.press("Y tế")
    assert "✓ Y tế, phòng dịch" in newcomer.labels
    await newcomer.press("An sinh")
    await newcomer.press("‹ Lĩnh vực khác")
    assert "Đời sống người dân (1/8)" in newcomer.labels
    assert "Chủ đề: **Y tế, phòng dịch**" in (await newcomer.press("Xong")).text
    await newcomer.press("Tôi đồng ý")
    await newcomer.say("/toi")
    page = await newcomer.press("Đổi chủ đề")
    assert not page.replace and "Y tế" in page.text
    assert "nhận tất cả" in (await newcomer.press("Nhận tất cả")).text
    async with database.reading() as db:
        assert (await db.scalars(select(PersonTopic.topic))).all() == []


def test_no_page_of_topics_is_long_and_the_internal_ones_are_nowhere():
    assert all(1 <= len(codes) <= 8 for _, codes in topics.fields()) and len(topics.fields()) <= 8
    assert set(topics.topics()) - topics.offered() == {"quan_tri_bot"}


async def test_consent_may_be_typed_and_other_words_get_a_hint(newcomer, database):
    await at_topics(newcomer, database)
    await newcomer.press("Nhận tất cả")
    assert "bấm (hoặc gõ) **Tôi đồng ý**" in (await newcomer.say("Trần Văn Tâm")).text
    assert "chưa đồng ý" in (await newcomer.say("/toi")).text
    assert "đã tham gia" in (await newcomer.say("tôi đồng ý")).text
    assert "chưa đồng ý" not in (await newcomer.say("/toi")).text


async def test_declining_says_what_happened_and_leaves_nothing(newcomer, database):
    await at_topics(newcomer, database)
    await newcomer.press("Nhận tất cả")
    assert "đã xóa những gì" in (await newcomer.say("không đồng ý")).text
    assert "không lưu thông tin nào" in (await newcomer.say("/toi")).text
    assert await row(database) is None


async def test_a_role_the_invitation_gives_is_not_offered_for_correction(newcomer, database):
    await at_topics(newcomer, database)
    await newcomer.press("Nhận tất cả")
    await newcomer.press("Sửa thông tin")
    assert "Vai trò" not in newcomer.labels
    assert "do lời mời quy định" in (await newcomer.act("join.fix|role")).toast


async def test_a_member_who_opens_an_invitation_is_told_about_it(database, now):
    async with database.transaction() as db:
        phone = Phone.of(database, await member(db, "Tâm", "communicator_commune", now), now)
        made = await invitations.make(db, now=now, max_uses=1)
    assert "không đúng" in (await phone.say("/start khong-co")).text
    assert "đã ở trong mạng lưới" in (await phone.say(f"/start {made.code}")).text
    async with database.transaction() as db:
        assert await invitations.problem(db, made.code, now) is None  # no use was taken
        await invitations.revoke(db, made.code, now)
    assert "thu hồi" in (await phone.say(f"/start {made.code}")).text
