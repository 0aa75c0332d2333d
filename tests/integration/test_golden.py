"""Golden questions: asked of the base as it would become, before anything is published, retired or imported."""

import pytest

from db import golden as rows
from db.knowledge import Entry, EntryState
from knowledge import content, curate, entry, golden
from knowledge.catalogue import Catalogue
from knowledge.wrong import Wrong
from tests.briefing import member
from tests.starter import catalogue
from tests.talking import Phone

TAKEN = "chính quyền địa phương giờ còn mấy cấp"  # golden of bm-02


@pytest.fixture
async def world(database, now):
    """(catalogue, speakers by name) over a few starter entries with their golden questions."""
    async with database.transaction() as db:
        for file in content.entries():
            if file.id in ("bm-01", "bm-02", "bm-07", "cp-01"):
                await entry.put(db, file, now)
        assert await golden.load_starter(db, now) == 3
        assert await golden.load_starter(db, now) == 0
        made = {n: await member(db, n, role, now) for n, role in (("Viết", "editor"), ("Soát", "reviewer"))}
    return await Catalogue.open(database), made


@pytest.fixture
async def grabbing(world, database, now):
    """A submitted entry that would take a golden question over."""
    _, people = world
    async with database.transaction() as db:
        body = {"question": TAKEN, "answer": "Hỏi Sở Nội vụ.", "citations": [{"doc": "Thông báo 1"}]}
        made, version = await curate.begin(db, body, people["Viết"].person_id, now)
        await curate.submit(db, version.id, people["Viết"].person_id, "", now)
    return made, version


def test_the_starter_base_answers_all_of_its_own():
    base = catalogue().snapshot
    asked = [(n, question, key) for n, (key, question) in enumerate(content.golden())]
    checks = golden.asked(base, base.index, asked)
    assert len(checks) >= 30 and [golden.said(c) for c in checks if not c.holds] == []


async def test_what_breaks_one_is_not_published_without_a_reason(world, grabbing, database, now):
    base, people = world
    made, version = grabbing
    async with database.transaction() as db:
        with pytest.raises(golden.Broken) as broken:
            await curate.publish(db, version.id, people["Soát"].person_id, now, base.snapshot)
        assert [(c.question, c.wanted, c.found) for c in broken.value.checks] == [(TAKEN, "bm-02", made.key)]
        await curate.publish(db, version.id, people["Soát"].person_id, now, base.snapshot, anyway="Thay bm-02")
        assert (await db.get(Entry, made.id)).state == EntryState.PUBLISHED


async def test_the_reviewer_reads_what_would_win_and_says_why(world, grabbing, database, now):
    phone = Phone(database, world[1]["Soát"].address, now, index=world[0])
    made, _ = grabbing
    await phone.act(f"entry.show|{made.id}")
    shown = await phone.press("Duyệt")
    assert TAKEN in shown.text and f"trả lời bằng mục {made.key}" in shown.text
    await phone.press("Vẫn xuất bản")
    assert "lý do" in (await phone.say(".")).text
    assert "kèm lý do" in (await phone.say("Mục bm-02 sắp ngừng dùng")).text
    history = await phone.act(f"entry.history|{made.id}")
    assert "Mục bm-02 sắp ngừng dùng" in history.text


async def test_retiring_the_entry_of_one_is_said_first(world, database, now):
    phone = Phone(database, world[1]["Soát"].address, now, index=world[0])
    await phone.say("/muctin bm-02")
    await phone.press("Ngừng dùng")
    warned = await phone.say("Luật đã đổi")
    assert TAKEN in warned.text and "một lần nữa" in warned.text
    assert "Đã ngừng dùng" in (await phone.say("Luật đã đổi, đã có mục khác")).text
    async with database.reading() as db:
        assert all(e.key != "bm-02" for e in await entry.published(db))


async def test_golden_questions_are_kept_by_phone(world, database, now):
    base, people = world
    phone = Phone(database, people["Viết"].address, now, index=base)
    await phone.say("/muctin bm-02")
    await phone.press("Câu hỏi mẫu")
    assert f"✓ {TAKEN}" in phone.last.text
    await phone.press("Thêm câu hỏi mẫu")
    assert "đã có" in (await phone.say(TAKEN.upper())).text
    assert "chưa đạt" in (await phone.say("lương cơ sở hiện nay là bao nhiêu")).text
    assert not any(label.startswith("Bỏ câu") for label in phone.labels)
    second = Phone(database, people["Soát"].address, now, index=base)
    await second.act(f"entry.golden|{(await _entry(database, 'bm-02')).id}")
    assert "lương cơ sở" not in (await second.press("Bỏ câu 2")).text


async def _entry(database, key):
    async with database.reading() as db:
        return next(e for e in await entry.published(db) if e.key == key)


async def test_a_question_for_an_entry_that_is_not_served_is_refused(world, grabbing, database, now):
    async with database.transaction() as db:
        with pytest.raises(Wrong, match="chưa được công bố"):
            await golden.add(db, "câu hỏi nào đó", await db.get(Entry, grabbing[0].id), None, now)
        with pytest.raises(Wrong, match="hai chữ"):
            await golden.add(db, "gì", next(iter(await entry.published(db))), None, now)
        before = len(await rows.listed(db))
        await golden.remove(db, 1)
        assert len(await rows.listed(db)) == before - 1
