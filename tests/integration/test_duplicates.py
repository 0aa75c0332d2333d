"""What is answered already is said to who writes it again; its words go where the answer is."""

from datetime import date

import pytest

from db import entries
from db.knowledge import Entry, EntryState, Question, Work, WorkState
from knowledge import content, duplicates, entry
from knowledge import work as works
from knowledge.catalogue import Catalogue
from knowledge.curate import BLANK
from tests.briefing import member
from tests.talking import Phone

TODAY = date(2026, 11, 24)
ASKED = "chính quyền địa phương bây giờ có mấy cấp"  # is a phrasing of bm-02
OTHER = "chính quyền địa phương bây giờ chia ra mấy cấp"  # is none yet


@pytest.fixture
async def world(database, now):
    """(catalogue, phones by name, entries by key)"""
    async with database.transaction() as db:
        for file in content.entries():
            if file.id in ("bm-01", "bm-02", "cp-01", "pn-30"):
                await entry.put(db, file, now)
        roles = (("Hỏi", "staff"), ("Viết", "editor"), ("Cả", "super_admin"))
        people = {n: await member(db, n, role, now) for n, role in roles}
        known = {e.key: e.id for e in await entry.published(db)}
    base = await Catalogue.open(database)
    return base, {n: Phone(database, who.address, now, index=base) for n, who in people.items()}, known, people


async def test_what_counts_as_answered(world):
    base = world[0].snapshot
    found = duplicates.find(base, BLANK | {"question": ASKED}, "", TODAY)
    assert (found.key, found.phrasing) == ("bm-02", ASKED) and found.score >= base.thresholds.answer
    assert duplicates.find(base, BLANK | {"question": ASKED}, "bm-02", TODAY) is None
    by_phrasing = duplicates.find(base, BLANK | {"question": "Lịch tiêm chủng?", "variants": [ASKED]}, "", TODAY)
    assert by_phrasing.key == "bm-02"
    over = base.entries["pn-30"].question  # what is over may be answered anew
    assert duplicates.find(base, BLANK | {"question": over}, "", TODAY) is None


async def test_a_writer_puts_the_words_where_the_answer_is(world, database):
    _, phones, known, _ = world
    writer = phones["Viết"]
    await writer.act("entry.new")
    warned = await writer.say(OTHER)
    assert "bm-02" in warned.text and writer.labels[0] == "Thêm cách hỏi vào mục đó"
    assert "chờ người thứ hai" in (await writer.press("Thêm cách hỏi")).text
    async with database.reading() as db:
        draft = await entries.pending(db, known["bm-02"])
        assert draft.content["variants"][-1] == OTHER and draft.state == "review"
        assert (await db.get(Entry, max(known.values()) + 1)).state == EntryState.RETIRED


async def test_who_reviews_puts_them_there_at_once(world, database):
    _, phones, known, _ = world
    both = phones["Cả"]
    await both.act("entry.new")
    await both.say(OTHER)
    assert "ngay" in (await both.press("Thêm cách hỏi")).text
    async with database.reading() as db:
        assert (await db.get(Entry, known["bm-02"])).variants[-1] == OTHER


async def test_an_entry_of_its_own_is_written_all_the_same_and_the_reviewer_is_told(world, database):
    _, phones, _known, _ = world
    writer, second = phones["Viết"], phones["Cả"]
    await writer.act("entry.new")
    await writer.say(ASKED)
    assert "gõ câu trả lời" in (await writer.press("Vẫn viết mục mới")).text
    await writer.say("Hai cấp.")
    await writer.press("Trình duyệt")
    await second.say("/muctin")
    assert "tranh nhau" in (await second.press(ASKED[:10])).text


async def test_a_phrasing_that_another_entry_answers_is_said(world, database):
    _, phones, known, _ = world
    writer = phones["Viết"]
    await writer.act(f"entry.part|{known['cp-01']}:variants")
    warned = await writer.say(f"lương tối thiểu của công chức\n{ASKED}")
    assert ASKED in warned.text and "Thêm cách hỏi vào mục đó" not in writer.labels
    assert "➕ lương tối thiểu" in (await writer.press("Xem bản đang sửa")).text


async def test_who_asked_gets_the_answer_that_was_there(world, database, now):
    _, phones, known, people = world
    async with database.transaction() as db:
        asker = people["Hỏi"]
        piece = Work(kind="missing", text=ASKED, examples=[], first_at=now, last_at=now)
        db.add(piece)
        await db.flush()
        db.add(Question(person_id=asker.person_id, identity_id=asker.identity_id, text=ASKED, decision="none", at=now,
                        work_id=piece.id))
        draft = await works.write(db, piece.id, people["Cả"].person_id, now)
        number = draft.id
    assert "ngay" in (await phones["Cả"].act(f"entry.join|{number}:{known['bm-02']}")).text
    assert "nay đã có câu trả lời" in (await phones["Hỏi"].notices())[-1].text
    async with database.reading() as db:
        assert (await db.get(Work, 1)).state == WorkState.DONE
