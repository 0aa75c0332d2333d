"""An expert's answer on its way into the base: the second person hears of it and finds it."""

import pytest

from db.agencies import Agency
from db.knowledge import Entry, EntryState, Question
from handlers import expert, publishing
from knowledge import curate
from knowledge.catalogue import Catalogue
from network import briefs, people
from tests.briefing import CONTENT, member
from tests.talking import Phone


@pytest.fixture
async def answered(database, now):
    """(phones by name) after an expert's answer; the expert may review entries too."""
    async with database.transaction() as db:
        made = {
            name: await member(db, name, role, now)
            for name, role in (
                ("Hỏi", "journalist"), ("Đáp", "tenant_admin"), ("Soát", "reviewer"), ("Duyệt", "super_admin"),
                ("Viết", "editor"), ("Ký", "approver"),
            )
        }
        question = Question(
            person_id=made["Hỏi"].person_id, identity_id=made["Hỏi"].identity_id, text="Bản đồ số ở đâu?",
            decision="none", at=now,
        )
        db.add(question)
        await db.flush()
        await expert.hand_over(db, question, now)
    index = await Catalogue.open(database)
    phones = {name: Phone(database, who.address, now, index=index) for name, who in made.items()}
    await phones["Đáp"].act("case.take|1")
    await phones["Đáp"].say("Trên cổng của phường.")
    await phones["Đáp"].say("không")
    await phones["Đáp"].press("Gửi câu trả lời")
    return phones


async def test_reviewers_hear_of_it_and_the_author_does_not(answered, database):
    for name, told in (("Soát", 1), ("Duyệt", 1), ("Đáp", 0), ("Viết", 0), ("Ký", 0)):
        found = [n for n in await answered[name].notices() if "Mục tri thức chờ duyệt" in n.text]
        assert len(found) == told, name
    phone = answered["Soát"]
    phone.last = (await phone.notices())[-1]
    assert "Trên cổng của phường" in (await phone.press("Đọc và duyệt")).text
    assert "Đã duyệt" in (await phone.press("Duyệt")).text
    async with database.reading() as db:
        assert (await db.get(Entry, 1)).state == EntryState.PUBLISHED


async def test_what_waits_for_a_signature_lists_entries_too(answered, database, now):
    assert "Bản đồ số" in (await answered["Soát"].say("/duyet")).choices[0].label
    assert "không có" in (await answered["Đáp"].say("/duyet")).text.lower()
    assert (await answered["Duyệt"].say("/duyet")).text.endswith("- 1 mục tri thức")
    assert "Không có bản tin" in (await answered["Ký"].say("/duyet")).text
    async with database.transaction() as db:
        author = await people.meet(
            db, platform="telegram", channel="telegram", address=answered["Viết"].address, name="", now=now
        )
        draft = await briefs.create(db, CONTENT, author, now, audience={"roles": ["journalist"]})
        await briefs.submit(db, draft.id, author, now, stamp=draft.stamp)
    assert len((await answered["Duyệt"].say("/duyet")).choices) == 2
    assert "Mã nội dung" in (await answered["Ký"].say("/duyet")).text


async def test_help_names_the_command_to_who_may(answered):
    assert "/muctin" in (await answered["Soát"].say("/trogiup")).text
    assert "/muctin" not in (await answered["Hỏi"].say("/trogiup")).text


async def test_a_prompt_whose_subject_is_over_lets_go(answered):
    """The reason for sending back comes after somebody has published: said once, and then words are words again."""
    slow, fast = answered["Soát"], answered["Duyệt"]
    await slow.say("/duyet")
    await slow.press("Bản đồ số")
    await slow.press("Trả lại")
    await fast.say("/muctin")
    await fast.act("entry.show|1")
    await fast.press("Duyệt")
    refused = await slow.say("Thiếu nguồn, mong bổ sung.")
    assert "đã" in refused.text
    assert (await slow.say("Bản đồ số ở đâu?")).text != refused.text


async def test_who_reviews_for_a_province_does_not_decide_for_another(database, now):
    async with database.transaction() as db:
        tree = [("A", "/1/", None), ("XA", "/1/2/", 1), ("B", "/3/", None), ("BỘ", "/4/", None)]
        for number, (code, path, above) in enumerate(tree, 1):
            level = "central" if code == "BỘ" else "province"
            db.add(Agency(id=number, code=code, name=f"Cơ quan {code}", folded="", level=level, path=path,
                          parent_id=above))
        await db.flush()
        made = {
            name: await member(db, name, role, now, agency_id=agency) for name, role, agency in (
                ("Tỉnh", "reviewer", 1), ("Xã", "reviewer", 2), ("Khác", "reviewer", 3), ("Bộ", "reviewer", 4),
                ("Tất cả", "super_admin", 3),
            )
        }
        body = {"question": "Lịch tiếp dân?", "answer": "Thứ Ba.", "citations": [{"doc": "Luật Tiếp công dân"}]}
        for key, owner in (("cua-a", 1), ("khong-ai", None)):
            _, version = await curate.begin(db, body | {"owner_agency_id": owner}, None, now, key=key)
            await publishing.submit(db, version.id, None, "mới", now)
    index = await Catalogue.open(database)
    phones = {name: Phone(database, who.address, now, index=index) for name, who in made.items()}
    heard = {name: len(await phone.notices()) for name, phone in phones.items()}
    assert heard == {"Tỉnh": 1, "Xã": 0, "Khác": 0, "Bộ": 1, "Tất cả": 2}  # what nobody keeps is for central agencies
    assert "do Cơ quan A phụ trách" in (await phones["Khác"].act("entry.show|1")).toast
    assert "do Cơ quan A phụ trách" in (await phones["Xã"].act("entry.publish|1|1")).toast
    assert "Không có mục" in (await phones["Xã"].say("/muctin")).text
    await phones["Tỉnh"].act("entry.show|1")
    assert "Đã duyệt" in (await phones["Tỉnh"].press("Duyệt")).text
    assert "phụ trách" in (await phones["Khác"].act("entry.retire|1")).toast
    assert "phụ trách" in (await phones["Khác"].act("entry.confirm|1|1")).toast
    assert "vẫn đúng" in (await phones["Tỉnh"].act("entry.confirm|1|1")).toast
    await phones["Tất cả"].act("entry.retire|1")
    assert "Đã ngừng dùng" in (await phones["Tất cả"].say("Đã có lịch mới.")).text
