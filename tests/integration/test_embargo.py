"""A fixed release time: nothing is out before, those named read a marked copy, and every opening is on record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot import schedule
from bot.commands import brief_acting
from bot.settings import Settings
from db.audit import AuditRow
from db.briefs import Brief, BriefState
from db.embargo import EarlyReading
from db.knowledge import Entry, EntryState
from db.pushes import Push
from handlers.conversation import ACTIONS
from network import approvals, audit, briefs, content_files, embargo, releases
from network.brief_content import Content, Priority
from network.people import Speaker
from network.refusals import Refusal
from tests.briefing import CONTENT, EVERYBODY, Chat, member

HOUR = timedelta(hours=1)


class Press:
    """A ministry with an author, an approver, an editor-in-chief on the list, and people who only receive."""

    author: Speaker
    second: Speaker
    named: Speaker
    viewer: Speaker
    receiver: Speaker

    def __init__(self, database, now) -> None:
        self.database, self.now, self.at = database, now, now + 3 * HOUR

    def chat(self, who: Speaker, after: timedelta = timedelta()) -> Chat:
        return Chat(self.database, who, self.now + after)

    def content(self, **more) -> Content:
        people = more.pop("pre_release", (self.named.person_id,))
        return replace(CONTENT, release_at=self.at.isoformat(timespec="minutes"), pre_release=people, **more)

    async def approved(self, **more) -> briefs.Draft:
        async with self.database.transaction() as db:
            draft = await briefs.create(db, self.content(**more), self.author, self.now, audience=EVERYBODY)
            draft = await briefs.submit(db, draft.id, self.author, self.now, stamp=draft.stamp)
        await self.chat(self.second).act(f"ap.yes|{draft.id}|{draft.stamp}")
        async with self.database.reading() as db:
            return await briefs.load(db, draft.id)

    async def entries(self) -> set[str]:
        async with self.database.reading() as db:
            return set(await db.scalars(select(Entry.state)))

    async def look(self, after: timedelta) -> None:
        await schedule.look(Settings(_env_file=None), self.database, self.now + after)


@pytest.fixture
async def press(database, now) -> Press:
    press = Press(database, now)
    async with database.transaction() as db:
        press.author = await member(db, "Phạm Bình", "super_admin", now)
        press.second = await member(db, "Đỗ Lan", "super_admin", now)
        press.named = await member(db, "Tổng biên tập", "journalist", now)
        press.viewer = await member(db, "Kiểm toán", "auditor", now)
        press.receiver = await member(db, "Trần Tâm", "communicator_commune", now)
    return press


async def test_signed_it_is_appointed_and_released_at_its_time_with_its_entries(press):
    draft = await press.approved()
    assert (draft.state, draft.send_at) == (BriefState.SCHEDULED, press.at)
    await press.look(3 * HOUR - timedelta(seconds=1))
    assert await press.entries() == {EntryState.EMBARGOED}
    await press.look(3 * HOUR)
    assert await press.entries() == {EntryState.PUBLISHED}
    async with press.database.reading() as db:
        assert (await db.scalars(select(Push))).one().planned == 1


async def test_nobody_sends_it_earlier(press, now):
    draft = await press.approved()
    async with press.database.transaction() as db:
        with pytest.raises(Refusal, match="giờ phát hành ấn định 12:00 ngày 24/11/2026"):
            await releases.send(db, draft.id, press.second, now, stamp=draft.stamp)
        with pytest.raises(Refusal, match="giờ phát hành ấn định"):
            await releases.schedule(db, draft.id, press.second, now, when=now + HOUR, stamp=draft.stamp)
        later = await releases.schedule(db, draft.id, press.second, now, when=press.at + HOUR, stamp=draft.stamp)
        assert later.send_at == press.at + HOUR
        await releases.unschedule(db, draft.id, press.second, now, stamp=draft.stamp)
        push = await releases.send(db, draft.id, press.second, press.at, stamp=draft.stamp)
        assert push.planned == 1


async def test_not_even_a_flash_brief_on_ones_own_authority(press, now):
    async with press.database.transaction() as db:
        draft = await briefs.create(
            db, press.content(priority=Priority.FLASH), press.author, now, audience=EVERYBODY
        )
    refused = await press.chat(press.author).act(f"ap.alone2|{draft.id}|{draft.stamp}")
    assert "giờ phát hành ấn định" in (refused.toast or refused.text)
    async with press.database.reading() as db:
        assert (await briefs.load(db, draft.id)).state == BriefState.DRAFT


async def test_those_named_open_a_marked_copy_on_record(press):
    draft = await press.approved()
    chat = press.chat(press.named)
    (notice,) = await chat.notices()
    assert "CẤM PHÁT HÀNH TRƯỚC 12:00 ngày 24/11/2026" in notice.text
    assert CONTENT.title not in notice.text and "75 tuổi" not in notice.text  # nothing unread leaks
    async with press.database.reading() as db:
        assert await embargo.opened(db, draft.id) == []
    copy = await chat.press(notice, "Mở bản xem trước")
    mark = "CẤM PHÁT HÀNH TRƯỚC 12:00 ngày 24/11/2026"
    assert copy.text.startswith(f"⛔ **{mark}") and copy.text.count(mark) == 2 and "75 tuổi" in copy.text
    assert "Tổng biên tập" in copy.text and copy.choices == ()
    await press.chat(press.named, HOUR).press(notice, "Mở bản xem trước")
    async with press.database.reading() as db:
        rows = list(await db.scalars(select(EarlyReading).order_by(EarlyReading.id)))
        assert [(r.person_id, r.how, r.at) for r in rows] == [
            (press.named.person_id, "named", press.now), (press.named.person_id, "named", press.now + HOUR)]
        assert list(await db.scalars(select(AuditRow.act))).count("brief.read_early") == 2
        assert await audit.verify(db) is None
        shown = await brief_acting.shown(db, str(draft.id))
    assert "Đã mở trước giờ phát hành: Tổng biên tập (được xem trước), 09:00 ngày 24/11/2026" in shown["plain"]
    assert len(shown["opened_early"]) == 2 and "Xem trước: Tổng biên tập" in shown["plain"]


async def test_others_do_not_open_it(press):
    draft = await press.approved()
    for who in (press.receiver, press.viewer):
        refused = await press.chat(who).act(f"pre.open|{draft.id}|{draft.stamp}")
        assert "không có trong danh sách xem trước" in refused.toast and not refused.text
    assert "chưa đến giờ phát hành" in (await press.chat(press.viewer).act(f"ap.open|{draft.id}")).toast
    listed = await press.chat(press.viewer).say("/bantin")
    assert CONTENT.title not in listed.text
    asked = await press.chat(press.named).act(f"askbrief|{draft.id}")
    assert "không gửi đến" in (asked.toast + asked.text)
    async with press.database.reading() as db:
        assert list(await db.scalars(select(EarlyReading.id))) == []


async def test_who_works_on_it_reads_it_marked_and_on_record(press):
    draft = await press.approved()
    shown = await press.chat(press.second).act(f"ap.open|{draft.id}")
    assert shown.text.startswith("⛔ **CẤM PHÁT HÀNH TRƯỚC")
    async with press.database.reading() as db:
        assert [(name, how) for name, how, _ in await embargo.opened(db, draft.id)] == [("Đỗ Lan", "duty")]
    await press.look(3 * HOUR)
    after = await press.chat(press.second, 4 * HOUR).act(f"ap.open|{draft.id}")
    assert "CẤM PHÁT HÀNH" not in after.text
    late = await press.chat(press.named, 4 * HOUR).act(f"pre.open|{draft.id}|{draft.stamp}")
    assert "đã qua giờ phát hành" in late.toast


async def test_a_change_makes_the_earlier_copy_unreadable(press, now):
    draft = await press.approved()
    async with press.database.transaction() as db:
        await briefs.withdraw(db, draft.id, press.author, now, stamp=draft.stamp)
        changed = press.content(summary="Khác.")
        await briefs.edit(db, draft.id, press.author, now, content=changed)
    refused = await press.chat(press.named).act(f"pre.open|{draft.id}|{draft.stamp}")
    assert refused.toast == briefs.STALE


async def test_an_entry_held_by_two_briefs_waits_for_the_later_time(press, now):
    async with press.database.transaction() as db:
        db.add(Entry(key="chung", state=EntryState.EMBARGOED, question="?", variants=[], answer=".", citations=[],
                     audiences=[], updated_at=now))
    await press.approved(entries=("chung",), qa=())
    async with press.database.transaction() as db:
        free = replace(CONTENT, qa=(), entries=("chung",))
        other = await briefs.create(db, free, press.author, now, audience=EVERYBODY)
        other = await briefs.submit(db, other.id, press.author, now, stamp=other.stamp)
        await approvals.approve(db, other.id, press.second, now, stamp=other.stamp)
        await releases.send(db, other.id, press.second, now, stamp=other.stamp)
    assert await press.entries() == {EntryState.EMBARGOED}
    await press.look(3 * HOUR)
    assert await press.entries() == {EntryState.PUBLISHED}


async def test_what_is_wrong_is_said_before_submission(press, now):
    async with press.database.transaction() as db:
        for content, said in (
            (press.content(pre_release=(999,)), "không có người mang mã 999"),
            (press.content(pre_release=({"roles": ["digital_team"]},)), "Danh sách xem trước: không có ai"),
            (press.content(pre_release=({"la": 1},)), "Tiêu chí người nhận không có"),
            (replace(CONTENT, pre_release=(1,)), "chỉ dùng cho bản tin có giờ phát hành"),
            (replace(CONTENT, release_at=(now - HOUR).isoformat()), "đã qua"),
        ):
            draft = await briefs.create(db, content, press.author, now, audience=EVERYBODY)
            with pytest.raises(Refusal, match=said):
                await briefs.submit(db, draft.id, press.author, now, stamp=draft.stamp)


async def test_it_is_written_in_the_file_and_read_back(press):
    text = (
        "id: cb\ntitle: Công bố\nsummary: A.\ntopics: [an_sinh]\nstage: thuc_thi\nrelease_at: 2026-12-01 08:30\n"
        "pre_release:\n- 3\n- roles: [journalist]\n"
    )
    (found,), wrong = content_files.read(text, "cb.yaml")
    assert not wrong and found.content.release_moment == datetime(2026, 12, 1, 1, 30, tzinfo=UTC)
    assert found.content.pre_release == (3, {"roles": ["journalist"]})
    (again,), wrong = content_files.read(content_files.write([found]), "cb.yaml")
    assert not wrong and again.content == found.content
    _, wrong = content_files.read(text.replace("08:30", "25:30").replace("- 3", "- [x]"), "cb.yaml")
    assert {problem.field for problem in wrong} >= {"release_at", "pre_release"}


async def test_names_in_a_file_are_resolved(press):
    async with press.database.transaction() as db:
        named = replace(CONTENT, pre_release=("Tổng biên tập", {"roles": ["Người dân"]}, 5))
        found = await embargo.resolve(db, named)
        assert found.pre_release == (press.named.person_id, {"roles": ["citizen"]}, 5)
        assert "chưa rõ là ai" in (await embargo.problems(db, named))[0]
        with pytest.raises(Refusal, match="Không có người"):
            await embargo.resolve(db, replace(CONTENT, pre_release=("Ai Đó",)))


async def test_set_on_the_desk(press, now):
    async with press.database.transaction() as db:
        draft = await briefs.create(db, CONTENT, press.author, now, audience=EVERYBODY)
        await member(db, "Trần Tâm", "communicator_commune", now)
    chat = press.chat(press.author)
    page = await chat.press(await chat.act(f"b.desk|{draft.id}"), "Giờ phát hành")
    await chat.press(page, "Ấn định giờ")
    page = await chat.say("8h30 ngày 1/12")
    assert "08:30 ngày 1/12/2026" in page.text
    await chat.press(page, "Người xem trước")
    assert "Không có người" in (await chat.say("Ai Đó")).text
    assert "Có 2 người tên “Trần Tâm”" in (await chat.say("Trần Tâm")).text
    page = await chat.say(f"Tổng biên tập, {press.receiver.person_id}")
    assert "**Xem trước:** Tổng biên tập; Trần Tâm" in page.text
    desk = await chat.press(page, "‹ Bàn soạn")
    assert "**Giờ phát hành:** 08:30 ngày 1/12/2026, 2 mục được xem trước" in desk.text
    off = await chat.press(page, "Bỏ giờ ấn định")
    assert "được xem trước" not in off.text
    async with press.database.reading() as db:
        assert (await briefs.load(db, draft.id)).content == CONTENT
        assert (await db.get_one(Brief, draft.id)).embargo_until is None
    assert {"pre.open", "emb.menu", "ap.matrix", "ap.when2"} <= set(ACTIONS)
