"""Taken back: deleted, else covered by a note, else listed; also while it runs, and once however many press."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import workers
from bot.channels import Down, Gone, Held, Receipt, Refused
from db.audit import AuditRow
from db.briefs import BriefState
from db.knowledge import Entry, EntryState
from db.people import Person, PersonState
from db.pushes import Delivery, DeliveryState, Push, PushKind, PushState
from network import audit, corrections, recalls, releases, sending_again
from network.refusals import Refusal
from tests.briefing import Chat
from tests.integration.test_brief_chat import chats, load, written  # noqa: F401
from tests.integration.test_corrections import RIGHT, WRONG, brief, corrected, delivered, ended, state_of  # noqa: F401
from tests.postman import Postman, until, working

REASON = "Số liệu chưa được thẩm định"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(workers, "EVERY", 0.1)


async def recalled(author: Chat, number: int) -> Push:
    async with author.database.transaction() as db:
        return await recalls.recall(db, number, author.who, author.now, reason=REASON)


async def progress(database, number: int) -> recalls.Recalled:
    async with database.reading() as db:
        return await recalls.progress(db, number)


def over(database, number: int):
    async def look() -> bool:
        return (await progress(database, number)).finished_at is not None

    return look


async def swept(database, postman: Postman, number: int) -> recalls.Recalled:
    async with working(database, postman):
        await until(over(database, number))
    return await progress(database, number)


def answering(postman: Postman, *, delete=None, edit=None) -> Postman:
    """`delete` and `edit` map a message id to an outcome; a list of outcomes is answered one after the other."""

    def of(answers, ids):
        found = (answers or {}).get(ids[0], Receipt(ids))
        return found.pop(0) if isinstance(found, list) else found

    async def deleting(address, ids, priority=2):
        postman.deleted.append((address, ids))
        return of(delete, ids)

    async def editing(address, ids, letter):
        postman.edited.append((address, ids, letter))
        return of(edit, ids)

    postman.delete, postman.edit = deleting, editing
    return postman


async def test_from_the_status_page_with_a_reason(database, chats, brief):  # noqa: F811
    author = chats[0]
    await delivered(author, brief, "sent", "sent", "sent", "sent")
    asked = await author.press(await author.act(f"ap.status|{brief}"), "Thu hồi")
    assert "4 người đã nhận" in asked.text and "0 người đang chờ" in asked.text
    assert "lý do" in (await author.say("sai")).text  # too short: nothing happens
    assert await state_of(database, brief) == BriefState.DONE
    started = await author.say(REASON)
    assert "4 địa chỉ" in started.text and await author.waiting_for() is None
    assert await state_of(database, brief) == BriefState.RECALLED
    postman = answering(Postman())
    found = await swept(database, postman, brief)
    assert (found.total, found.deleted, found.noted, found.rest, found.waiting) == (4, 4, 0, 0, 0)
    notes = [letter for letter in postman.letters if REASON in letter.text and "Bản tin này" in letter.text]
    assert sorted(n.address for n in notes) == sorted(address for address, _ in postman.deleted)
    assert not any(n.buttons or n.reply_to for n in notes)
    status = await author.act(f"ap.status|{brief}")
    assert "Đã thu hồi xong" in status.text and REASON in status.text and "Đã xóa: 4" in status.text
    assert not [c for c in status.choices if c.label in ("Thu hồi", "Đính chính")]
    assert "Đã thu hồi xong" in (await author.notices())[-1].text
    async with database.reading() as db:
        acts = {row.act: row.detail for row in await db.scalars(select(AuditRow))}
        assert acts["brief.recalled"]["reason"] == REASON and acts["brief.recall_ended"]["deleted"] == 4
        assert await audit.verify(db) is None


async def test_the_reason_reaches_whoever_can_be_told(database, chats, brief, monkeypatch):  # noqa: F811
    """Deleted at once; told once: not who has left, not who blocked the bot, not twice when an answer is lost."""
    monkeypatch.setattr("bot.outcomes.backoff", lambda attempt, dice: timedelta(seconds=0.05))
    author = chats[0]
    rows = await delivered(author, brief, "sent", "sent", "sent", "sent")
    async with database.transaction() as db:
        (await db.get_one(Person, rows[0].person_id)).state = PersonState.LEFT
    outcomes = {
        rows[1].address: [Gone("blocked")], rows[2].address: [Down("lost", maybe_sent=True)],
        rows[3].address: [Down("busy"), Receipt(("900",))],
    }
    tried = []

    def answer(letter, number):
        if "Bản tin này" not in letter.text:
            return Receipt((str(number),))
        tried.append(letter.address)
        return outcomes[letter.address].pop(0)

    await recalled(author, brief)
    found = await swept(database, answering(Postman(answer=answer)), brief)
    assert (found.deleted, found.untold, found.rest) == (4, 1, 0)
    assert sorted(tried) == sorted([rows[1].address, rows[2].address, rows[3].address, rows[3].address])
    assert "Đã xóa: 4 (1 người chưa nhận được lý do)" in (await author.act(f"ap.status|{brief}")).text


async def test_where_nothing_can_be_deleted_the_note_comes_after(database, chats, brief):  # noqa: F811
    author = chats[0]
    await delivered(author, brief, "sent", "failed", "failed", "failed")
    never = Held("not_here", asked=False)
    await recalled(author, brief)
    postman = answering(Postman(), delete={"500": never}, edit={"500": never})
    found = await swept(database, postman, brief)
    assert (found.deleted, found.told, found.rest) == (0, 1, 0)
    assert [REASON in letter.text for letter in postman.letters if "Bản tin này" in letter.text] == [True]
    assert "Không xóa được, đã gửi ghi chú: 1" in (await author.act(f"ap.status|{brief}")).text


async def test_too_old_is_covered_and_what_stays_is_listed(database, chats, brief):  # noqa: F811
    author = chats[0]
    await delivered(author, brief, "sent", "sent", "sent", "sent")
    fixed = Held("message_fixed")
    postman = answering(
        Postman(), delete={"500": fixed, "501": fixed, "502": Refused("odd"), "503": Gone("blocked")},
        edit={"501": Held("message_gone"), "502": fixed},
    )
    await recalled(author, brief)
    found = await swept(database, postman, brief)
    assert (found.deleted, found.noted, found.rest) == (0, 2, 2)
    note = postman.edited[0][2]
    assert "đã được thu hồi** lúc 09:00" in note.text and REASON in note.text and not note.buttons
    status = await author.act(f"ap.status|{brief}")
    left = await author.press(status, "Chưa thu hồi được (2)")
    assert "quá hạn xóa, không sửa được" in left.text and "đã chặn bot" in left.text
    assert "ở 1 địa chỉ" in (await author.press(left, "Thử thu hồi lại")).text  # who blocked is out of reach
    found = await swept(database, answering(Postman()), brief)
    assert (found.deleted, found.noted, found.rest) == (1, 2, 1)
    assert "Không còn tin nào" in (await author.press(left, "Thử thu hồi lại")).toast


async def test_one_message_of_several_that_stays_is_named(database, chats, brief):  # noqa: F811
    """A file over 48 hours old cannot be covered, the words beside it can."""
    author = chats[0]
    rows = await delivered(author, brief, "sent", "failed", "failed", "failed")
    async with database.transaction() as db:
        (await db.get_one(Delivery, rows[0].id)).message_ids = "498 499 500"
    postman = answering(Postman(), delete={"498": Held("message_fixed")}, edit={"498": Held("no_text")})
    await recalled(author, brief)
    found = await swept(database, postman, brief)
    assert (found.noted, found.rest) == (0, 1)
    assert [ids for _, ids, _ in postman.edited] == [("498",), ("499",), ("500",)]
    assert "còn tệp kèm" in (await author.act(f"re.rest|{brief}")).text


async def test_already_deleted_and_lost_answers_leave_no_doubt(database, chats, brief, monkeypatch):  # noqa: F811
    monkeypatch.setattr("bot.outcomes.backoff", lambda attempt, dice: timedelta(seconds=0.05))
    author = chats[0]
    await delivered(author, brief, "sent", "sent", "failed", "failed")
    postman = answering(Postman(), delete={"500": [Down("lost", maybe_sent=True), Receipt(("500",))]})
    await recalled(author, brief)
    found = await swept(database, postman, brief)
    assert (found.deleted, found.rest) == (2, 0) and len(postman.deleted) == 3


async def test_who_may_have_it_without_a_known_message_is_listed(database, chats, brief):  # noqa: F811
    author = chats[0]
    await delivered(author, brief, "sent", "unknown", "failed", "failed")
    await recalled(author, brief)
    found = await swept(database, answering(Postman()), brief)
    assert (found.total, found.deleted, found.rest) == (2, 1, 1)
    assert "chưa rõ đã nhận hay chưa" in (await author.act(f"re.rest|{brief}")).text


async def test_while_it_runs_the_waiting_are_stopped_and_the_air_is_caught_up_with(database, chats, brief):  # noqa: F811
    author = chats[0]
    rows = await delivered(author, brief, "sent", "leased")
    async with database.transaction() as db:
        row = await db.get_one(Delivery, rows[1].id)
        row.worker, row.lease_until = "elsewhere/1/x", author.now.replace(year=2100)
    asked = await author.act(f"re.ask|{brief}")
    assert "1 người đã nhận" in asked.text and "3 người đang chờ" in asked.text
    push = await recalled(author, brief)
    assert push.planned == 1
    postman = answering(Postman())
    async with working(database, postman):
        await until(lambda: len(postman.deleted) == 1)
        await asyncio.sleep(0.3)
        assert (await progress(database, brief)).finished_at is None
        async with database.transaction() as db:
            row = await db.get_one(Delivery, rows[1].id)
            row.state, row.message_ids, row.worker, row.sent_at = "sent", "501", None, author.now
        await until(over(database, brief))
    assert sorted(ids for _, ids in postman.deleted) == [("500",), ("501",)]
    mine = [m for m in postman.letters if m.address in {r.address for r in rows}]
    assert len(mine) == 2 and all(REASON in m.text for m in mine)  # the notes, nothing of the brief
    async with database.reading() as db:
        states = list(await db.scalars(select(Delivery.state).where(Delivery.push_id == rows[0].push_id)))
    assert sorted(states) == ["sent", "sent", "stopped", "stopped"]
    assert await state_of(database, brief) == BriefState.RECALLED


async def test_nobody_had_it_yet(database, chats, brief):  # noqa: F811
    author = chats[0]
    await recalled(author, brief)
    found = await swept(database, answering(Postman()), brief)
    assert found.total == 0 and await state_of(database, brief) == BriefState.RECALLED


async def test_two_press_at_once_and_it_is_recalled_once(database, chats, brief):  # noqa: F811
    author, second = chats[:2]
    await delivered(author, brief, "sent", "sent", "sent", "sent")

    async def press(chat: Chat) -> bool:
        try:
            return bool(await recalled(chat, brief))
        except Refusal as refusal:
            assert "đã được thu hồi" in refusal.text
            return False

    assert sorted(await asyncio.gather(press(author), press(second))) == [False, True]
    async with database.reading() as db:
        assert len(list(await db.scalars(select(Push).where(Push.kind == PushKind.RECALL)))) == 1


async def test_its_correction_and_its_reminders_go_with_it(database, chats, brief):  # noqa: F811
    author, second = chats[:2]
    await delivered(author, brief, "sent", "failed", "failed", "failed")
    number = await corrected(author, second, brief)
    async with working(database, Postman()):
        await until(ended(database, number))
    async with database.reading() as db:
        notice = (await db.scalar(select(Delivery).where(Delivery.target == "500"))).message_ids
    await recalled(author, number)
    assert await state_of(database, brief) == await state_of(database, number) == BriefState.RECALLED
    read = await author.act(f"ap.open|{number}")
    assert "Tình hình gửi" in {c.label for c in read.choices}
    copied = await author.press(read, "Soạn lại từ bản này")  # a fresh brief, correcting nothing
    assert "Nội dung sai" not in copied.text and "Cần hoàn thiện" not in copied.text
    postman = answering(Postman())
    found = await swept(database, postman, brief)
    assert found.deleted == 1 and sorted(postman.deleted[0][1]) == sorted(["500", notice])


async def test_a_correction_in_preparation_is_dropped_and_none_can_begin(database, chats, brief):  # noqa: F811
    author = chats[0]
    await delivered(author, brief, "sent", "sent", "sent", "sent")
    async with database.transaction() as db:
        draft = await corrections.begin(db, brief, author.who, author.now, wrong=WRONG, right=RIGHT)
    await recalled(author, brief)
    assert await state_of(database, draft.id) == BriefState.STOPPED
    with pytest.raises(Refusal, match="đã được thu hồi"):
        async with database.transaction() as db:
            await corrections.begin(db, brief, author.who, author.now)


async def test_entries_it_brought_answer_no_more(database, chats, brief):  # noqa: F811
    author = chats[0]
    await delivered(author, brief, "sent", "sent", "sent", "sent")
    async with database.transaction() as db:
        own = {"version": 1, "variants": [], "citations": [], "audiences": [], "updated_at": author.now}
        own["state"] = EntryState.PUBLISHED
        db.add(Entry(key=f"bt{brief}-1", brief_id=brief, question="Ai?", answer="75", **own))
        db.add(Entry(key="khac", question="Ở đâu?", answer="Tại xã", **own))
    await recalled(author, brief)
    async with database.reading() as db:
        states = {entry.key: entry.state for entry in await db.scalars(select(Entry))}
    assert states == {f"bt{brief}-1": EntryState.RETIRED, "khac": EntryState.PUBLISHED}


async def test_afterwards_nothing_of_it_goes_out_or_is_shown(database, chats, brief):  # noqa: F811
    author = chats[0]
    rows = await delivered(author, brief, "sent", "failed", "sent", "sent")
    await recalled(author, brief)
    with pytest.raises(Refusal, match="đã được thu hồi"):
        async with database.transaction() as db:
            await sending_again.retry(db, brief, author.who, author.now)
    reader = Chat(database, replace(chats[3].who, person_id=rows[0].person_id), author.now)
    assert "đã được thu hồi" in (await reader.act(f"brief.again|{brief}")).toast
    assert "đã được thu hồi" in (await reader.act(f"ack|{brief}")).toast


async def test_who_may_not_and_what_was_never_sent(database, chats):  # noqa: F811
    author, receiver = chats[0], chats[3]
    number = await written(author)
    with pytest.raises(Refusal, match="chưa có gì được gửi"):
        await recalled(author, number)
    assert "không có quyền" in (await receiver.act(f"re.ask|{number}")).toast
    with pytest.raises(Refusal, match="không có quyền"):
        await recalled(receiver, number)


async def test_a_paused_sending_can_be_recalled(database, chats, brief):  # noqa: F811
    author = chats[0]
    await delivered(author, brief, "sent")
    async with database.transaction() as db:
        await releases.pause(db, brief, author.who, author.now)
    await recalled(author, brief)
    found = await swept(database, answering(Postman()), brief)
    assert (found.total, found.deleted) == (1, 1)
    async with database.reading() as db:
        push = await releases.push_of(db, brief)
    assert push.state == PushState.STOPPED and push.stop_reason == recalls.STOPPED
    assert DeliveryState.STOPPED in {row.state for row in await _rows(database, push.id)}


async def _rows(database, push_id: int) -> list[Delivery]:
    async with database.reading() as db:
        return list(await db.scalars(select(Delivery).where(Delivery.push_id == push_id)))
