"""Asking in the chat: what was asked before is remembered for a while, several questions are told apart, an answer
names who keeps it and leads on to the next candidates and to an expert."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from db import revisions
from db.agencies import Agency
from db.knowledge import Entry, Question
from knowledge.catalogue import Catalogue
from tests.briefing import member
from tests.talking import Phone


@pytest.fixture
def template() -> str:
    return "stocked"


@pytest.fixture
async def phone(database, now):
    async with database.transaction() as db:
        asker = await member(db, "Hỏi", "journalist", now)
    return Phone(database, asker.address, now, index=await Catalogue.open(database))


async def asked(database) -> list[Question]:
    async with database.reading() as db:
        return list(await db.scalars(select(Question).order_by(Question.id)))


async def test_a_question_goes_on_from_the_one_before_for_a_quarter_of_an_hour(phone, database):
    await phone.say("Danh sách người phát ngôn cấp tỉnh do ai công bố?")
    said = (await phone.say("the con cap xa?")).text
    assert "Danh sách người phát ngôn của sở và xã do ai công bố?" in said
    assert (await asked(database))[-1].follows == "Danh sách người phát ngôn cấp tỉnh do ai công bố?"
    phone.now += timedelta(minutes=14)
    await phone.say("Người phát ngôn của cơ quan gồm những ai?")
    phone.now += timedelta(minutes=16)
    await phone.say("thế còn cấp xã?")
    assert (await asked(database))[-1].follows is None


async def test_another_telephone_begins_anew(phone, database, now):
    await phone.say("Danh sách người phát ngôn cấp tỉnh do ai công bố?")
    async with database.transaction() as db:
        other = await member(db, "Khác", "journalist", now)
    await Phone(database, other.address, now, index=phone.needs["index"]).say("thế còn cấp xã?")
    assert (await asked(database))[-1].follows is None


async def test_several_questions_are_answered_in_one_reply(phone, database):
    reply = await phone.say("Lương cơ sở bao nhiêu? giá vàng hôm nay thế nào?")
    assert "**Câu 1:** Lương cơ sở bao nhiêu" in reply.text and "**Câu 2:** giá vàng" in reply.text
    assert "Chưa có câu trả lời đã duyệt" in reply.text
    assert phone.labels == ["Câu 1: không phải điều tôi hỏi", "Câu 2: chuyển chuyên gia"]
    assert len(await asked(database)) == 2
    await phone.press("Câu 1")
    assert phone.labels[-1] == "Chuyển chuyên gia" and len(phone.labels) > 1


async def test_an_answer_names_who_keeps_it_and_leads_on(phone, database):
    assert "Phụ trách" not in (await phone.say("Lương cơ sở hiện nay là bao nhiêu?")).text
    async with database.transaction() as db:
        agency = Agency(code="BNV", name="Bộ Nội vụ", folded="|bo noi vu|", level="central")
        db.add(agency)
        await db.flush()
        row = await db.scalar(select(Entry).where(Entry.key == "cp-01"))
        row.owner_agency_id = agency.id
        await revisions.stamp(db, [row])
    await phone.needs["index"].refresh(database)
    reply = await phone.say("Lương cơ sở hiện nay là bao nhiêu?")
    assert "Hiệu lực từ" in reply.text and "· Phụ trách: Bộ Nội vụ" in reply.text
    await phone.press("Không phải điều tôi hỏi")
    assert phone.labels[-1] == "Chuyển chuyên gia" and "Lương cơ sở hiện nay là bao nhiêu?" not in phone.labels
    shown = await phone.press(phone.labels[0])
    assert "**Nguồn**" in shown.text
    assert [q.helpful for q in await asked(database)] == [None, False]


async def test_who_has_not_joined_gets_no_answers(phone, database, now):
    stranger = Phone(database, "555", now, **phone.needs)
    for words in ("/hoi Lương cơ sở hiện nay là bao nhiêu?", "/hoi", "Lương cơ sở hiện nay là bao nhiêu?"):
        assert "2.530.000" not in (await stranger.say(words)).text, words
    assert await asked(database) == []
