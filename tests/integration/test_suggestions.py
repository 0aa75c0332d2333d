"""People's words on their way into entries: what is suggested, what never is, and what one press does."""

from datetime import timedelta

import pytest

from db import entries, phrasings
from db.knowledge import Case, CaseState, Entry, EntryState, Question, VersionState
from knowledge import content, entry, golden, personal, suggestions
from knowledge.catalogue import Catalogue
from knowledge.wrong import Wrong
from tests.briefing import member
from tests.talking import Phone

LATER = timedelta(hours=1)


@pytest.fixture
async def world(database, now):
    """(catalogue, speakers by name, entries by key)"""
    async with database.transaction() as db:
        for file in content.entries():
            if file.id in ("bm-01", "bm-02", "cp-01"):
                await entry.put(db, file, now)
        roles = (("Hỏi", "staff"), ("Viết", "editor"), ("Soát", "reviewer"), ("Cả", "super_admin"))
        people = {n: await member(db, n, role, now) for n, role in roles}
        rows = {e.key: e.id for e in await entry.published(db)}
    return await Catalogue.open(database), people, rows


async def ask(db, person, text, now, entry_id, **more):
    row = Question(person_id=person, text=text, decision="answer", entry_id=entry_id, score=0.5, at=now, **more)
    db.add(row)
    await db.flush()
    return row


async def suggested(db, now):
    await suggestions.gather(db, now + LATER)
    return [(s.text, e.key, s.count) for s, e in await phrasings.waiting(db)]


async def test_words_that_found_their_answer_are_suggested_once(world, database, now):
    _, people, rows = world
    who = people["Hỏi"].person_id
    async with database.transaction() as db:
        await ask(db, who, "giờ còn huyện không ạ?", now, rows["bm-02"], chosen=True)
        await ask(db, who, "gio con huyen khong a", now, rows["bm-02"], chosen=True)
        await ask(db, who, "tiền lương cơ sở mấy triệu", now, rows["cp-01"], helpful=True)
        await ask(db, who, "câu này chắc chắn đúng", now, rows["cp-01"], helpful=True)
        case = Case(state=CaseState.ANSWERED, text="x", same="x", entry_id=rows["bm-01"], created_at=now)
        db.add(case)
        await db.flush()
        await ask(db, who, "tỉnh mình nhập với tỉnh nào", now, None, case_id=case.id)
        assert await suggested(db, now) == [
            ("giờ còn huyện không ạ", "bm-02", 2), ("tiền lương cơ sở mấy triệu", "cp-01", 1),
            ("câu này chắc chắn đúng", "cp-01", 1), ("tỉnh mình nhập với tỉnh nào", "bm-01", 1),
        ]
        assert await suggestions.gather(db, now + LATER) == 0


async def test_what_is_not_suggested(world, database, now):
    _, people, rows = world
    who, key = people["Hỏi"].person_id, rows["bm-02"]
    async with database.transaction() as db:
        await ask(db, who, "giờ còn huyện không", now, key)  # nobody said it was right
        await ask(db, who, "huyện bỏ chưa vậy", now, key, helpful=False)
        await ask(db, who, "còn xã thì sao", now, key, chosen=True, follows="Chính quyền mấy cấp")
        await ask(db, who, "bỏ huyện", now, key, chosen=True)  # two words mean anything
        await ask(db, who, "tôi là Nguyễn Văn Mẫu hỏi huyện còn không", now, key, chosen=True)
        await ask(db, who, "gọi 0912 345 678 nói huyện còn không", now, key, chosen=True)
        await ask(db, who, "Chính quyền địa phương hiện mấy cấp?", now, key, chosen=True)  # its own question
        sure = await ask(db, who, "điểm cao thì đã đủ chữ", now, key, helpful=True)
        sure.score = 0.95
        assert await suggested(db, now) == []
        await ask(db, who, "vừa hỏi còn chưa kịp bấm", now + LATER, key, chosen=True)
        assert await suggested(db, now) == []


@pytest.mark.parametrize(("typed", "shown"), [
    ("Nghị định 244/2026/NĐ-CP có hiệu lực từ 01/07/2026?", "Nghị định 244/2026/NĐ-CP có hiệu lực từ 01/07/2026?"),
    ("lương 2.340.000 đồng từ năm 2024", "lương 2.340.000 đồng từ năm 2024"),
    ("em là Trần Thị Bé, cccd 001234567890", "em là [họ tên], cccd [số giấy tờ]"),
    ("gửi về a.b@xa.vn hoặc +84 912.345.678", "gửi về [thư điện tử] hoặc [số điện thoại]"),
    ("xe 29A-123.45 của ông Lê Văn Thử", "xe [biển số] của ông [họ tên]"),
])
def test_personal_data_is_known_by_its_form(typed, shown):
    assert personal.hidden(typed) == shown


async def test_a_reviewer_takes_words_up_at_once_and_an_editor_through_review(world, database, now):
    base, people, rows = world
    async with database.transaction() as db:
        for text, key in (("giờ còn huyện không ạ", "bm-02"), ("lương cơ sở mấy triệu nhỉ", "cp-01"),
                          ("mức lương cơ sở bi giờ", "cp-01")):
            await ask(db, people["Hỏi"].person_id, text, now, rows[key], chosen=True)
        await suggestions.gather(db, now + LATER)
    both = Phone(database, people["Cả"].address, now, index=base)
    await both.say("/muctin")
    assert "giờ còn huyện" in (await both.press("Cách hỏi gợi ý (3)")).text
    assert "Đã nhận.\n" in (await both.press("Nhận")).text
    writer = Phone(database, people["Viết"].address, now, index=base)
    await writer.act("phrase.list")
    assert "chờ người thứ hai" in (await writer.press("Nhận")).text
    assert "Không còn" in (await writer.press("Bỏ qua")).text
    assert "người khác xử lý" in (await both.act("phrase.accept|1")).toast
    async with database.reading() as db:
        live, waiting = await db.get(Entry, rows["bm-02"]), await db.get(Entry, rows["cp-01"])
        assert live.variants[-1] == "giờ còn huyện không ạ" and live.version == 2
        draft = await entries.pending(db, waiting.id)
        assert draft.state == VersionState.REVIEW and draft.content["variants"][-1] == "lương cơ sở mấy triệu nhỉ"
        assert waiting.version == 1


async def test_words_that_break_a_golden_question_are_not_taken_up_at_once(world, database, now):
    base, people, rows = world
    words = "chính quyền địa phương giờ còn mấy cấp"
    async with database.transaction() as db:
        await golden.add(db, words, await db.get(Entry, rows["bm-02"]), None, now)
        await ask(db, people["Hỏi"].person_id, words, now, rows["cp-01"], chosen=True)
        await suggestions.gather(db, now + LATER)
    phone = Phone(database, people["Cả"].address, now, index=base)
    await phone.act("phrase.list")
    assert words in (await phone.press("Nhận")).text and "làm hỏng" in phone.last.text
    async with database.transaction() as db:
        row = await db.get(Entry, rows["cp-01"])
        row.state = EntryState.RETIRED
        assert await phrasings.waiting(db) == []
        with pytest.raises(Wrong, match="không còn được công bố"):
            await suggestions.accept(db, 1, people["Cả"].person_id, now, base.snapshot, reviews=True)


async def test_a_candidate_that_is_picked_counts_until_it_is_taken_back(world, database, now):
    base, people, rows = world
    phone = Phone(database, people["Hỏi"].address, now, index=base)
    async with database.transaction() as db:
        await ask(db, people["Hỏi"].person_id, "còn huyện nữa không", now, None, helpful=False)
    await phone.act(f"q.pick|1:{rows['bm-02']}")
    async with database.reading() as db:
        row = await db.get(Question, 1)
        assert (row.chosen, row.entry_id) == (True, rows["bm-02"])
    await phone.press("Chưa đúng")
    async with database.reading() as db:
        assert not (await db.get(Question, 1)).chosen


async def test_what_a_machine_drafted_takes_two_people(world, database, now):
    base, people, rows = world
    async with database.transaction() as db:
        found = await db.get_one(Entry, rows["bm-02"])
        drafted = ["Giờ còn cấp huyện không?", "Chính quyền địa phương hiện mấy cấp?", "giờ còn cấp huyện không"]
        (kept,) = await suggestions.of_machine(db, found, drafted, now)
        assert (kept.text, kept.machine, kept.count) == ("Giờ còn cấp huyện không", True, 0)
        assert await suggestions.of_machine(db, found, drafted, now) == []
    phone = Phone(database, people["Cả"].address, now, index=base)
    shown = await phone.act("phrase.list")
    assert "🤖 Máy đề xuất" in shown.text and "lần hỏi" not in shown.text
    assert "chờ người thứ hai duyệt" in (await phone.press("Nhận")).text
    async with database.reading() as db:
        version = await entries.pending(db, rows["bm-02"])
        assert version.state == VersionState.REVIEW and version.why == suggestions.MACHINE
        assert "Giờ còn cấp huyện không" not in (await db.get_one(Entry, rows["bm-02"])).variants
