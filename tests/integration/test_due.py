"""Validity and review dates: told to the keepers in time, and never served as what holds now."""

from datetime import date, timedelta

import pytest

from db.agencies import Agency
from db.knowledge import Entry, EntryState
from handlers import asking, entry_warning
from handlers.asking import shown
from knowledge import content, curate, due, entry
from knowledge.catalogue import Catalogue
from knowledge.due import Kind
from knowledge.entry import Standing, standing
from knowledge.wrong import Wrong
from tests.briefing import member
from tests.talking import Phone

TODAY = date(2026, 11, 24)


async def make(db, now, key, **more):
    fields = {"state": EntryState.PUBLISHED, "question": f"Câu hỏi {key}?", "variants": [], "answer": "Trả lời.",
              "citations": [], "audiences": [], "published_at": now, "updated_at": now}
    row = Entry(key=key, **fields | more)
    db.add(row)
    await db.flush()
    return row


def test_what_holds_and_what_does_not():
    ahead, past = TODAY + timedelta(days=9), TODAY - timedelta(days=9)
    for expected, fields in (
        (Standing.NOW, {}), (Standing.NOW, {"valid_to": TODAY}), (Standing.LATER, {"valid_from": ahead}),
        (Standing.OVER, {"valid_to": past}), (Standing.OVER, {"superseded_by": "Luật 1"}),
        (Standing.NOW, {"superseded_by": "Luật 1", "valid_to": ahead}),
    ):
        assert standing(Entry(**fields), TODAY) == expected, fields
    later = Entry(question="Hỏi?", answer="Đáp.", citations=[], valid_from=ahead, check_source=False)
    assert "chưa có hiệu lực**, áp dụng từ 03/12/2026" in shown(later, TODAY)


async def test_the_keepers_are_told_once_and_not_at_night(database, now):
    async with database.transaction() as db:
        agency = Agency(code="BNV", name="Bộ Nội vụ", folded="|bo noi vu|", level="central")
        db.add(agency)
        await db.flush()
        own = await member(db, "Nội vụ", "editor", now, agency_id=agency.id)
        writer, second = await member(db, "Viết", "editor", now), await member(db, "Soát", "reviewer", now)
        await make(db, now, "a", valid_to=TODAY + timedelta(days=20), owner_agency_id=agency.id)
        await make(db, now, "b", review_due=TODAY + timedelta(days=3), author_id=writer.person_id)
        await make(db, now, "c", review_due=TODAY - timedelta(days=3))
        await make(db, now, "d", review_due=TODAY + timedelta(days=20))
        await make(db, now, "e", valid_to=TODAY - timedelta(days=20))
        await make(db, now, "f", valid_to=TODAY + timedelta(days=2), state=EntryState.RETIRED)
        night = now.replace(hour=17)  # midnight in Hà Nội
        assert await entry_warning.warn(db, night) == 3
        assert await entry_warning.warn(db, now + timedelta(days=2)) == 0
    for who, key in ((own, "(a)"), (writer, "(b)"), (second, "(c)")):
        (told,) = await Phone(database, who.address, now).notices()
        assert told.text.count("Câu hỏi") == 1 and key in told.text
    async with database.reading() as db:
        coming = [(d.entry.key, d.kind) for d in await due.coming(db, TODAY, 30)]
    assert coming == [("e", Kind.OVER), ("c", Kind.REVIEW), ("b", Kind.REVIEW), ("a", Kind.EXPIRY), ("d", Kind.REVIEW)]


async def test_the_list_in_the_chat_opens_the_entry(database, now):
    async with database.transaction() as db:
        who = await member(db, "Viết", "editor", now)
        await make(db, now, "a", valid_to=TODAY + timedelta(days=20))
    phone = Phone(database, who.address, now, index=await Catalogue.open(database))
    await phone.say("/muctin")
    assert "14/12/2026: hết hiệu lực – Câu hỏi a? (a)" in (await phone.press("Sắp đến hạn")).text
    assert "Mã a" in (await phone.press("Mở mục 1")).text


async def test_asking_about_what_is_over_names_its_successor(database, now):
    async with database.transaction() as db:
        who = await member(db, "Hỏi", "staff", now)
        file = next(f for f in content.entries() if f.id == "cp-01")
        await entry.put(db, file, now)
        old = await make(db, now, "cu-01", question="Mức phạt vứt rác bừa bãi cũ là bao nhiêu?", superseded_by="cp-01")
    phone = Phone(database, who.address, now, index=await Catalogue.open(database))
    reply = await phone.say(old.question)
    assert "không còn áp dụng" in reply.text and f"Hiện thay bằng: “{file.question}”" in reply.text
    assert file.answer[:20] in (await phone.press("Hiện nay: ")).text
    assert asking._named(old, TODAY).startswith("Trước đây: ")


async def test_entries_cannot_take_each_others_place(db, now):
    one, two = await make(db, now, "mot"), await make(db, now, "hai", superseded_by="mot")
    with pytest.raises(Wrong, match="không thể thay nhau"):
        await curate.write(db, one.id, {"superseded_by": "hai"}, None, now)
    two.valid_to = TODAY - timedelta(days=1)
    with pytest.raises(Wrong, match="hết hiệu lực"):
        await curate.confirm(db, two.id, None, now)
