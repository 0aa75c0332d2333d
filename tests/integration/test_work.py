"""Questions without an answer become work with an owner; who asked gets the answer when it is there."""

from datetime import timedelta

import pytest

from bot import tending
from db import work as rows
from db.agencies import Agency
from db.knowledge import Entry, Question, Work, WorkKind, WorkState
from db.people import PersonTopic
from handlers import work_desk
from knowledge import clustering, content, entry, work
from knowledge.catalogue import Catalogue
from knowledge.index import Index
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
        roles = (("Hỏi", "staff"), ("Cũng hỏi", "journalist"), ("Viết", "editor"), ("Soát", "reviewer"))
        people = {n: await member(db, n, role, now) for n, role in roles}
        known = {e.key: e.id for e in await entry.published(db)}
    return await Catalogue.open(database), people, known


async def ask(database, who, text, now, **more):
    async with database.transaction() as db:
        fields = {"decision": "none"} | more
        db.add(Question(person_id=who.person_id, identity_id=who.identity_id, text=text, at=now, **fields))


async def found(database):
    async with database.reading() as db:
        return [(w.text, w.count, w.kind) for w, _ in await rows.listed(db)]


async def phone_of(world, database, name, now):
    return Phone(database, world[1][name].address, now, index=world[0])


async def test_the_same_meaning_is_one_piece_of_work(world, database, now):
    _, people, known = world
    one, two = people["Hỏi"], people["Cũng hỏi"]
    await ask(database, one, "Lịch phun thuốc diệt muỗi ở phường tháng này?", now)
    await ask(database, two, "lich phun thuoc diet muoi o phuong", now)
    await ask(database, one, "Đăng ký nuôi chó mèo ở đâu", now, decision="candidates")
    wrong = {"decision": "answer", "helpful": False, "entry_id": known["cp-01"]}
    await ask(database, two, "Lương cơ sở có tăng không", now, **wrong)
    await ask(database, one, "mức lương này cũ rồi", now, **wrong)
    await tending.look(database, now + LATER)
    first = await found(database)
    assert sorted(first) == [
        ("Lương cơ sở có tăng không", 2, WorkKind.WRONG),
        ("Lịch phun thuốc diệt muỗi ở phường tháng này?", 2, WorkKind.MISSING),
        ("Đăng ký nuôi chó mèo ở đâu", 1, WorkKind.MISSING),
    ]
    await ask(database, two, "phường mình phun thuốc diệt muỗi lịch thế nào", now + LATER)
    await tending.look(database, now + 2 * LATER)
    await tending.look(database, now + 2 * LATER)
    assert ("Lịch phun thuốc diệt muỗi ở phường tháng này?", 3, WorkKind.MISSING) in await found(database)


async def test_what_is_no_work(world, database, now):
    _, people, known = world
    who = people["Hỏi"]
    await ask(database, who, "đã chọn được rồi", now, decision="answer", chosen=True, entry_id=known["bm-01"])
    await ask(database, who, "vừa mới hỏi xong", now + LATER)
    await ask(database, who, "trích được từ luật", now, decision="quote")
    await tending.look(database, now + LATER)
    assert await found(database) == []


async def test_no_personal_data_is_shown_to_editors(world, database, now):
    await ask(database, world[1]["Hỏi"], "tôi là Nguyễn Văn Mẫu, số 0912345678, hỏi về trợ cấp mai táng", now)
    await tending.look(database, now + LATER)
    (shown,) = await found(database)
    assert shown[0] == "tôi là [họ tên], số [số điện thoại], hỏi về trợ cấp mai táng"


async def test_everybody_who_asked_gets_the_answer_when_it_is_published(world, database, now):
    one, two = world[1]["Hỏi"], world[1]["Cũng hỏi"]
    await ask(database, one, "Lịch phun thuốc diệt muỗi ở phường?", now)
    await ask(database, two, "lịch phun thuốc diệt muỗi phường mình", now)
    await ask(database, two, "lich phun thuoc diet muoi", now)
    await tending.look(database, now + LATER)
    writer, second = [await phone_of(world, database, name, now) for name in ("Viết", "Soát")]
    assert "3 lần, chưa ai nhận" in (await writer.say("/viec")).text
    await writer.press("Mở việc 1")
    assert "của anh/chị" in (await writer.press("Nhận việc")).toast
    await writer.press("Viết mục")
    await writer.say("Thứ bảy tuần đầu mỗi tháng.")
    assert "➕ lịch phun thuốc diệt muỗi phường mình" in writer.last.text
    await writer.press("Trình duyệt")
    assert "đang viết mục" in (await writer.say("/viec")).text
    await second.say("/muctin")
    await second.press("Lịch phun")
    await second.press("Duyệt")
    for name in ("Hỏi", "Cũng hỏi"):
        told = [n for n in await (await phone_of(world, database, name, now)).notices() if "nay đã có" in n.text]
        assert len(told) == 1 and "Thứ bảy tuần đầu" in told[0].text
    assert await found(database) == []


async def test_a_draft_that_is_dropped_leaves_the_work_open(world, database, now):
    await ask(database, world[1]["Hỏi"], "Lịch phun thuốc diệt muỗi ở phường?", now)
    await tending.look(database, now + LATER)
    writer = await phone_of(world, database, "Viết", now)
    await writer.act("work.show|1")
    await writer.press("Viết mục")
    await writer.say("Chưa rõ.")
    await writer.press("Bỏ bản này")
    async with database.reading() as db:
        piece = await db.get(Work, 1)
        assert (piece.state, piece.entry_id) == (WorkState.OPEN, None)


async def test_an_entry_that_answers_already_is_sent_and_learns_the_words(world, database, now):
    _, people, known = world
    await ask(database, people["Hỏi"], "giờ bỏ cấp huyện rồi à", now, decision="candidates")
    await tending.look(database, now + LATER)
    writer = await phone_of(world, database, "Viết", now)
    await writer.act("work.show|1")
    assert any(label.startswith("Đã có: ") for label in writer.labels)
    assert "1 người hỏi" in (await writer.act(f"work.link|1:{known['bm-02']}")).text
    assert "làm xong" in (await writer.act(f"work.link|1:{known['bm-02']}")).toast
    await writer.act("phrase.list")
    assert "giờ bỏ cấp huyện rồi à" in writer.last.text
    asker = await phone_of(world, database, "Hỏi", now)
    assert "nay đã có câu trả lời" in (await asker.notices())[-1].text


async def test_what_was_refused_does_not_come_back(world, database, now):
    await ask(database, world[1]["Hỏi"], "Kết quả xổ số hôm nay", now)
    await tending.look(database, now + LATER)
    writer = await phone_of(world, database, "Viết", now)
    await writer.act("work.refuse|1")
    assert "lý do" in (await writer.say("x")).text
    assert "đóng việc" in (await writer.say("Không phải việc của cơ quan")).text
    await ask(database, world[1]["Cũng hỏi"], "kết quả xổ số hôm nay ra sao", now + LATER)
    await tending.look(database, now + 2 * LATER)
    assert await found(database) == []
    async with database.reading() as db:
        assert (await db.get(Work, 1)).count == 2
        with pytest.raises(Wrong, match="làm xong"):
            await work.take(db, 1, world[1]["Viết"].person_id)


async def test_an_editor_near_the_subject_owns_it(world, database, now):
    _, people, known = world
    async with database.transaction() as db:
        agency = Agency(code="BNV", name="Bộ Nội vụ", folded="|bo noi vu|", level="central", path="/1/")
        db.add(agency)
        await db.flush()
        inside = await member(db, "Nội vụ", "editor", now, agency_id=agency.id)
        db.add(PersonTopic(person_id=people["Viết"].person_id, topic="thien_tai"))
        (await db.get(Entry, known["cp-01"])).owner_agency_id = agency.id
    asked = {"candidates": ["cp-01"], "score": 0.4, "decision": "candidates"}
    await ask(database, people["Hỏi"], "mấy khoản phụ thu này nọ tính sao", now, **asked)
    await ask(database, people["Hỏi"], "zzz qqq www", now)
    await tending.look(database, now + LATER)
    async with database.reading() as db:
        assert [w.owner_id for w, _ in await rows.listed(db)] == [None, inside.person_id]


async def test_who_may_not_write_sees_no_work(world, database, now):
    asker = await phone_of(world, database, "Hỏi", now)
    assert "không có quyền soạn" in (await asker.say("/viec")).text + asker.last.toast
    assert work_desk.STATES.keys() == set(WorkState)


def test_questions_are_put_together_the_same_way_every_time():
    asked = ["lịch phun thuốc muỗi", "lich phun thuoc muoi", "đăng ký nuôi chó", "phun thuốc muỗi lịch nào"]
    base = Index.build(())
    first = clustering.put_together(asked, [["đăng ký nuôi chó mèo"]], base)
    assert first == clustering.put_together(asked, [["đăng ký nuôi chó mèo"]], base)
    assert [g.new for g in first] == [[2], [0, 1, 3]]
