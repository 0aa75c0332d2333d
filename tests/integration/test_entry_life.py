"""An entry's life: written, reviewed by a second person, served, changed, taken back, retired; every step a version."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from db import entries as rows
from db.knowledge import Entry, EntryState, EntryVersion, VersionState
from handlers import curating, editing
from knowledge import content, curate, entry
from knowledge.catalogue import Catalogue, Snapshot
from knowledge.entry_content import changes
from knowledge.index import Index
from knowledge.wrong import Wrong
from network.people import Speaker
from tests.briefing import member
from tests.talking import Phone

EMPTY = Snapshot(Index.build([]), {}, 0)
BODY = {"question": "Lịch phun thuốc muỗi ở đâu?", "answer": "Trên bảng tin của xã. Mỗi quý một lần."}


@pytest.fixture
async def people(db, now):
    return {name: await member(db, name, role, now) for name, role in
            (("Viết", "editor"), ("Soát", "reviewer"), ("Khác", "editor"))}


async def published(db, people, now, **more):
    _, version = await curate.begin(db, BODY | more, people["Viết"].person_id, now)
    await curate.submit(db, version.id, people["Viết"].person_id, "Mục mới", now)
    return await curate.publish(db, version.id, people["Soát"].person_id, now, EMPTY)


async def test_nobody_reviews_their_own_and_only_one_reviewer_decides(db, people, now):
    writer, second = people["Viết"].person_id, people["Soát"].person_id
    made, version = await curate.begin(db, BODY, writer, now)
    assert made.state == EntryState.DRAFT and made.key == f"muc-{made.id}"
    with pytest.raises(Wrong, match="người khác xử lý"):
        await curate.publish(db, version.id, second, now, EMPTY)  # not submitted yet
    await curate.submit(db, version.id, writer, "", now)
    with pytest.raises(Wrong, match="không tự duyệt"):
        await curate.publish(db, version.id, writer, now, EMPTY)
    await curate.publish(db, version.id, second, now, EMPTY)
    assert (made.state, made.reviewer_id, made.review_due) == (EntryState.PUBLISHED, second, date(2027, 11, 24))
    with pytest.raises(Wrong, match="người khác xử lý"):
        await curate.give_back(db, version.id, second, "muộn", now)


async def test_people_see_the_accepted_version_while_the_next_is_reviewed(db, people, now):
    made = await published(db, people, now)
    draft = await curate.write(db, made.id, {"answer": "Trên trang của xã."}, people["Viết"].person_id, now)
    await curate.submit(db, draft.id, people["Viết"].person_id, "Đổi nơi đăng", now)
    assert (made.answer, made.version, made.state) == (BODY["answer"], 1, EntryState.PUBLISHED)
    with pytest.raises(Wrong, match="người khác soạn"):
        await curate.write(db, made.id, {"answer": "Khác."}, people["Khác"].person_id, now)
    await curate.give_back(db, draft.id, people["Soát"].person_id, "Thiếu nguồn", now)
    again = await curate.write(db, made.id, {"citations": [{"doc": "Thông báo 1"}]}, people["Viết"].person_id, now)
    assert again.content["answer"] == "Trên trang của xã." and again.why == "Đổi nơi đăng"
    await curate.submit(db, again.id, people["Viết"].person_id, "Đổi nơi đăng", now)
    await curate.publish(db, again.id, people["Soát"].person_id, now, EMPTY)
    assert (made.answer, made.version) == ("Trên trang của xã.", 3)
    states = [v.state for v, *_ in await rows.history(db, made.id)]
    assert states == [VersionState.ACCEPTED, VersionState.REPLACED, VersionState.ACCEPTED]


async def test_an_earlier_version_comes_back_as_a_draft(db, people, now):
    made = await published(db, people, now)
    draft = await curate.write(db, made.id, {"answer": "Sai."}, people["Viết"].person_id, now)
    await curate.submit(db, draft.id, people["Viết"].person_id, "thử", now)
    await curate.publish(db, draft.id, people["Soát"].person_id, now, EMPTY)
    back = await curate.take_back(db, made.id, 1, people["Khác"].person_id, now)
    assert (back.state, back.content["answer"], made.answer) == (VersionState.DRAFT, BODY["answer"], "Sai.")
    assert back.why == "Lấy lại bản 1"
    with pytest.raises(Wrong, match="không có bản 9"):
        await curate.take_back(db, made.id, 9, people["Khác"].person_id, now)


async def test_phrasings_taken_in_meanwhile_stay(db, people, now):
    made = await published(db, people, now, variants=["bao giờ phun thuốc", "lịch phun"])
    draft = await curate.write(db, made.id, {"variants": ["bao giờ phun thuốc"]}, people["Viết"].person_id, now)
    await curate.submit(db, draft.id, people["Viết"].person_id, "gọn", now)
    made.variants = [*made.variants, "khi nào diệt muỗi"]
    await entry.newer(db, made, None, now, why="cách hỏi mới")
    assert made.version == 3
    await curate.publish(db, draft.id, people["Soát"].person_id, now, EMPTY)
    assert made.variants == ["bao giờ phun thuốc", "khi nào diệt muỗi"]


async def test_dates_that_contradict_each_other_are_refused(db, people, now):
    writer = people["Viết"].person_id
    for wrong, said in (
        ({"valid_from": "2027-01-01", "valid_to": "2026-01-01"}, "01/01/2026 đứng trước"),
        ({"valid_to": "2026-12-31", "review_due": "2027-06-01"}, "rà soát 01/06/2027 đứng sau"),
    ):
        with pytest.raises(Wrong, match=said):
            await curate.begin(db, BODY | wrong, writer, now)
    made = await published(db, people, now, valid_to="2026-12-31")
    assert made.review_due == date(2026, 12, 31)
    with pytest.raises(Wrong, match="tự thay thế"):
        await curate.write(db, made.id, {"superseded_by": made.key}, writer, now)


async def test_a_retired_entry_keeps_its_history_and_may_come_back(db, people, now):
    made = await published(db, people, now)
    with pytest.raises(Wrong, match="lý do"):
        await curate.retire(db, made.id, people["Soát"].person_id, " ", now, EMPTY)
    await curate.retire(db, made.id, people["Soát"].person_id, "Số liệu sai", now, EMPTY)
    assert made.state == EntryState.RETIRED and made not in await entry.published(db)
    draft = await curate.write(db, made.id, {"answer": "Số liệu đúng."}, people["Viết"].person_id, now)
    assert made.state == EntryState.RETIRED
    await curate.submit(db, draft.id, people["Viết"].person_id, "sửa", now)
    await curate.publish(db, draft.id, people["Soát"].person_id, now, EMPTY)
    whys = list(await db.scalars(select(EntryVersion.why).order_by(EntryVersion.version.desc())))
    assert whys == ["sửa", "Ngừng dùng: Số liệu sai", "Mục mới"] and made.state == EntryState.PUBLISHED


def test_differences_are_told_sentence_by_sentence():
    new = BODY | {"answer": "Trên bảng tin của xã. Mỗi tháng một lần.", "variants": ["lịch phun"]}
    found = {c.label: (c.removed, c.added) for c in changes(BODY, new)}
    assert found == {
        "Câu trả lời": (("Mỗi quý một lần.",), ("Mỗi tháng một lần.",)), "Cách hỏi khác": ((), ("lịch phun",)),
    }


@pytest.fixture
async def phones(database, now):
    async with database.transaction() as db:
        await entry.put(db, content.entries()[0], now)
        made = {n: await member(db, n, role, now) for n, role in (("Viết", "editor"), ("Soát", "reviewer"))}
    index = await Catalogue.open(database)
    return {name: Phone(database, who.address, now, index=index) for name, who in made.items()}


async def test_an_entry_is_changed_returned_and_published_by_phone(phones, database):
    writer, second = phones["Viết"], phones["Soát"]
    await writer.say("/muctin chi thi 07")
    assert "Mã ct07-01, bản 1: đang công bố" in (await writer.press("Chỉ thị 07")).text
    await writer.press("Sửa")
    await writer.press("Hiệu lực đến")
    assert "đứng trước" in (await writer.say("1/1/2020")).text
    assert "➕ 31/12/2030" in (await writer.say("31/12/2030")).text
    await writer.press("Trình duyệt")
    assert "Đã trình" in (await writer.say("Có hạn mới")).text
    told = await second.notices()
    assert "Có hạn mới" in told[-1].text
    second.last = told[-1]
    shown = await second.press("Đọc và duyệt")
    assert "Hiệu lực đến" in shown.text and "➕ 31/12/2030" in shown.text
    await second.press("Trả lại")
    assert "Đã trả lại" in (await second.say("Nguồn nào?")).text
    writer.last = (await writer.notices())[-1]
    assert "Nguồn nào?" in writer.last.text
    await writer.press("Mở mục")
    assert "Nguồn nào?" in (await writer.press("Xem bản đang sửa")).text
    await writer.press("Trình duyệt")
    await writer.say("Theo công văn 12")
    await second.act("entry.show|1")
    assert "Đã duyệt" in (await second.press("Duyệt")).text
    assert "người khác xử lý" in (await second.act("entry.publish|1|2")).toast
    await writer.act("entry.history|1")
    assert "Bản 2 (đang dùng)" in writer.last.text and "Theo công văn 12" in writer.last.text
    assert "chi_thi_07" not in (await writer.press("Xem bản 1")).text.replace("\\", "")
    assert "➖ 31/12/2030" in (await writer.press("Lấy lại bản này")).text
    async with database.reading() as db:
        assert (await db.get(Entry, 1)).valid_to == date(2030, 12, 31)


async def test_a_new_entry_is_written_by_phone(phones, database):
    writer = phones["Viết"]
    await writer.say("/muctin")
    await writer.press("Viết mục mới")
    await writer.say("Lịch phun thuốc muỗi ở đâu?")
    assert "➕ Trên bảng tin của xã." in (await writer.say("Trên bảng tin của xã.")).text
    assert "Đã trình" in (await writer.press("Trình duyệt")).text
    assert "chờ duyệt" in (await writer.say("/muctin")).text
    await phones["Soát"].say("/muctin")
    assert "chưa ghi nguồn" in (await phones["Soát"].press("Lịch phun")).text
    assert "Vẫn đúng" not in phones["Soát"].labels


async def test_who_may_not_is_told_so(db, people, now):
    stranger = Speaker(None, None, "telegram", "telegram", "1", None, frozenset(), None, "")
    assert (await editing.edit(db, stranger, editing.Action("entry.edit", "1"), now)).toast == editing.NOT_YOURS
    assert (await curating.publish(db, people["Viết"], curating.Action("entry.publish", "1", "1"), now, None)).toast
    assert (await editing.confirm(db, stranger, editing.Action("entry.confirm", "1", "1"), now)).toast


async def test_who_has_looked_moves_the_next_look(db, people, now):
    made = await published(db, people, now)
    later = now + timedelta(days=400)
    await curate.confirm(db, made.id, people["Viết"].person_id, later)
    assert made.review_due == (later + curate.REVIEW_AFTER).date() and made.version == 2
