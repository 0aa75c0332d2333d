"""A sent brief is put right: written, signed by a second person, old messages changed, everybody who has them told."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot import workers
from bot.channels import Down, Held, Receipt
from db import corrections as table
from db.briefs import Brief, BriefState
from db.knowledge import Entry, EntryState
from db.pushes import Delivery, DeliveryState, Push, PushKind, PushState
from network import amending, briefs, correction_text, corrections, pushes, releases
from network.brief_content import Correction
from network.quiet import NEVER
from network.refusals import Refusal
from tests.briefing import CONTENT, Chat, member
from tests.integration.test_brief_chat import chats, load, written  # noqa: F401
from tests.postman import Postman, until, working

WRONG, RIGHT = "Từ 1/7/2025, người từ đủ 75 tuổi", "Từ 1/7/2025, người từ đủ 70 tuổi"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(workers, "EVERY", 0.1)


@pytest.fixture
async def brief(chats) -> int:  # noqa: F811
    """Signed, on its way to four people; nothing has left yet."""
    author, second = chats[:2]
    number = await written(author)
    async with author.database.transaction() as db:
        for name in ("An", "Bình", "Chi"):
            await member(db, f"Nguyễn {name}", "communicator_commune", author.now)
    await author.press(await author.act(f"b.desk|{number}"), "Trình duyệt")
    approved = await second.press(await second.say("/duyet"), "Duyệt")
    await second.press(approved, "Gửi ngay (4 người)")
    return number


async def delivered(author: Chat, number: int, *states: str) -> list[Delivery]:
    """Rows of the brief's push become what is given, one after the other; the push ends when all are given."""
    async with author.database.transaction() as db:
        push = await releases.push_of(db, number)
        rows = list(await db.scalars(select(Delivery).where(Delivery.push_id == push.id).order_by(Delivery.id)))
        for n, (row, state) in enumerate(zip(rows, states, strict=False)):
            row.state, row.kind = state, None if state == "sent" else "down"
            if state == "sent":
                row.sent_at, row.message_ids = author.now, str(500 + n)
        await db.flush()
        if await pushes.finish_if_empty(db, push.id, author.now):
            await db.refresh(push)
            await releases.settle(db, push, author.now)
    return rows


async def corrected(author: Chat, second: Chat, number: int, wrong: str = WRONG, right: str = RIGHT) -> int:
    """Written by one, signed and sent by the other."""
    await author.press(await author.act(f"ap.status|{number}"), "Đính chính")
    await author.say(wrong)
    shown = await author.say(right)
    await author.press(shown, "Trình duyệt")
    found = await latest(author.database)
    signed = await second.press(await second.act(f"ap.open|{found.id}"), "Duyệt")
    await second.press(signed, "Gửi ngay")
    return found.id


async def latest(database) -> Brief:
    async with database.reading() as db:
        return (await db.scalars(select(Brief).order_by(Brief.id.desc()))).first()


async def rows_of(database, number: int) -> list[Delivery]:
    async with database.reading() as db:
        push = await releases.push_of(db, number)
        return list(await db.scalars(select(Delivery).where(Delivery.push_id == push.id).order_by(Delivery.id)))


async def state_of(database, number: int) -> str:
    async with database.reading() as db:
        return (await db.get_one(Brief, number)).state


def ended(database, number: int):
    async def look() -> bool:
        return await state_of(database, number) == BriefState.DONE

    return look


async def test_from_the_status_page_to_the_second_signature(database, chats, brief):  # noqa: F811
    author, second = chats[:2]
    await delivered(author, brief, "sent", "sent", "unknown", "failed")
    asked = await author.press(await author.act(f"ap.status|{brief}"), "Đính chính")
    assert "Nội dung nào sai" in asked.text
    assert "Nội dung đúng là gì" in (await author.say(WRONG)).text
    shown = await author.say(RIGHT)
    assert "(**3** người)" in shown.text and f"Đính chính bản tin {brief}" in shown.text
    assert not {"Người nhận", "Mức độ"} & {c.label for c in shown.choices}
    change = await author.press(shown, "Nội dung đúng")
    assert RIGHT in change.text
    shown = await author.say("Từ 1/7/2025, từ đủ 70 tuổi")
    preview = await author.press(shown, "Xem trước")
    assert "**ĐÍNH CHÍNH** bản tin “Trợ cấp hưu trí xã hội”" in preview.text and "ĐÃ ĐÍNH CHÍNH" in preview.text
    assert "**Số người:** 3" in preview.text
    await author.press(preview, "Trình duyệt")
    number = (await latest(database)).id
    assert "không thể tự duyệt" in str(await author.act(f"ap.yes|{number}|{(await load(database, number)).stamp}"))
    read = await second.press((await second.notices())[-1], "Đọc và duyệt")
    assert "Nội dung sai:" in read.text and "đủ 70 tuổi" in read.text
    signed = await second.press(read, "Duyệt")
    await second.press(signed, "Gửi ngay (3 người)")
    rows = await rows_of(database, number)
    assert sorted(row.target for row in rows) == ["500", "501", table.NO_MESSAGE]
    async with database.reading() as db:
        push = await releases.push_of(db, number)
        assert (push.kind, push.priority) == (PushKind.CORRECTION, 1)
    status = await second.act(f"ap.status|{brief}")
    assert f"đính chính bằng bản tin {number}" in status.text
    assert not [c for c in status.choices if c.label.startswith(("Gửi lại", "Đính chính"))]


async def test_old_messages_are_changed_and_everybody_is_told(database, chats, brief):  # noqa: F811
    author, second = chats[:2]
    await delivered(author, brief, "sent", "sent", "sent", "unknown")
    number = await corrected(author, second, brief)
    held = {"501": Held("message_gone"), "502": Held("parts_differ")}
    postman = Postman()
    edit = postman.edit

    async def editing(address, ids, letter):
        await edit(address, ids, letter)
        return held.get(ids[0], Receipt(ids))

    postman.edit = editing
    async with working(database, postman):
        await until(ended(database, number))
    letters = [letter for letter in postman.letters if "ĐÍNH CHÍNH" in letter.text]
    assert sorted(letter.reply_to or "" for letter in letters) == ["", "500", "501", "502"]
    assert all("Nội dung sai:" in letter.text and "70 tuổi" in letter.text for letter in letters)
    assert {ids[0] for _, ids, _ in postman.edited} == {"500", "501", "502"}
    place = postman.edited[0][2]
    assert "ĐÃ ĐÍNH CHÍNH" in place.text and place.buttons[0][0].data == f"ack|{brief}"
    kinds = {row.target: row.kind for row in await rows_of(database, number)}
    gone = {"501": "told:message_gone", "502": "told:parts_differ", table.NO_MESSAGE: "told:no_message"}
    assert kinds == {"500": "edited", **gone}
    async with database.reading() as db:
        found = await corrections.result(db, await releases.push_of(db, number))
    assert (found.edited, found.told, found.whole, found.missed) == (1, 3, 0, 0)
    assert "1 tin cũ đã sửa tại chỗ, 3 người chỉ nhận" in (await second.act(f"ap.status|{number}")).text


async def test_while_it_runs_the_rest_gets_the_right_text_only(database, chats, brief):  # noqa: F811
    """One has it, one is in the air, two wait: nobody gets the wrong text after the correction left."""
    author, second = chats[:2]
    rows = await delivered(author, brief, "sent", "leased")
    async with database.transaction() as db:
        row = await db.get_one(Delivery, rows[1].id)
        row.worker, row.lease_until = "elsewhere/1/x", author.now.replace(year=2100)
    number = await corrected(author, second, brief)
    assert await state_of(database, brief) == BriefState.STOPPED
    postman = Postman()
    async with working(database, postman):
        await until(lambda: any("**ĐÍNH CHÍNH**" in m.text for m in postman.letters))
        await asyncio.sleep(0.3)
        assert await state_of(database, number) == BriefState.SENDING  # waits for what is in the air
        async with database.transaction() as db:
            row = await db.get_one(Delivery, rows[1].id)
            row.state, row.message_ids, row.worker, row.sent_at = "sent", "501", None, author.now
        await until(ended(database, number))
    mine = [m for m in postman.letters if m.address in {r.address for r in rows}]
    notices = [m for m in mine if "**ĐÍNH CHÍNH**" in m.text]
    assert sorted(m.reply_to for m in notices) == ["500", "501"]
    whole = [m for m in mine if m not in notices]
    assert len(whole) == 2 and all("ĐÃ ĐÍNH CHÍNH" in m.text and m.reply_to is None for m in whole)
    assert {row.state for row in await rows_of(database, number)} == {DeliveryState.SENT}
    assert len(await rows_of(database, number)) == 4


async def test_a_lost_answer_to_a_change_is_asked_again_and_nobody_is_told_twice(database, chats, brief):  # noqa: F811
    author, second = chats[:2]
    await delivered(author, brief, "sent", "failed", "failed", "failed")
    number = await corrected(author, second, brief)
    postman, tries = Postman(), []

    async def editing(address, ids, letter):
        tries.append(ids)
        return Down("lost", maybe_sent=True) if len(tries) == 1 else Receipt(ids)

    postman.edit = editing
    async with working(database, postman):
        await until(ended(database, number))
    assert len(tries) == 2
    assert len([m for m in postman.letters if "**ĐÍNH CHÍNH**" in m.text]) == 1
    assert [row.kind for row in await rows_of(database, number)] == ["edited"]


async def test_two_begin_at_once_and_one_correction_is_written(database, chats, brief):  # noqa: F811
    author, second = chats[:2]
    await delivered(author, brief, "sent", "sent", "sent", "sent")

    async def begin(chat: Chat) -> int | None:
        try:
            async with database.transaction() as db:
                return (await corrections.begin(db, brief, chat.who, author.now, wrong=WRONG, right=RIGHT)).id
        except Refusal:
            return None

    found = await asyncio.gather(begin(author), begin(second))
    assert sum(number is not None for number in found) == 1
    again = await second.act(f"co.ask|{brief}")
    assert "Đã có bản đính chính" in again.text and again.choices[0].label == "Mở bản đính chính"


async def test_two_press_send_at_once_and_one_correction_goes(database, chats, brief):  # noqa: F811
    author, second = chats[:2]
    await delivered(author, brief, "sent", "sent", "sent", "sent")
    async with database.transaction() as db:
        draft = await corrections.begin(db, brief, author.who, author.now, wrong=WRONG)
        draft = await corrections.explain(db, draft.id, author.who, author.now, right=RIGHT, apply=True)
        draft = await briefs.submit(db, draft.id, author.who, author.now)
    await second.press(await second.act(f"ap.open|{draft.id}"), "Duyệt")

    async def send(chat: Chat) -> bool:
        try:
            async with database.transaction() as db:
                return bool(await releases.send(db, draft.id, chat.who, author.now, stamp=draft.stamp, quiet=NEVER))
        except Refusal:
            return False

    assert sorted(await asyncio.gather(send(author), send(second))) == [False, True]
    async with database.reading() as db:
        assert len(list(await db.scalars(select(Push).where(Push.kind == PushKind.CORRECTION)))) == 1


async def test_a_correction_of_a_correction_changes_the_first_message(database, chats, brief):  # noqa: F811
    author, second = chats[:2]
    rows = await delivered(author, brief, "sent", "failed", "failed", "failed")
    first = await corrected(author, second, brief)
    async with working(database, Postman()):
        await until(ended(database, first))
    with pytest.raises(Refusal, match=f"đính chính từ bản tin {first}"):
        async with database.transaction() as db:
            await corrections.begin(db, brief, author.who, author.now)
    again = await corrected(author, second, first, RIGHT, "Từ 1/7/2026, người từ đủ 70 tuổi")
    assert [row.target for row in await rows_of(database, again)] == ["500"]
    receiver = Chat(database, replace(chats[3].who, person_id=rows[0].person_id), author.now)
    assert "ĐÃ ĐÍNH CHÍNH" in (await receiver.act(f"brief.again|{brief}")).text


async def test_whom_a_stopped_correction_did_not_reach_gets_the_next_one(database, chats, brief):  # noqa: F811
    author, second = chats[:2]
    await delivered(author, brief, "sent", "sent", "unknown", "failed")
    first = await corrected(author, second, brief)
    async with database.transaction() as db:
        push = await releases.push_of(db, first)
        row = await db.scalar(select(Delivery).where(Delivery.push_id == push.id, Delivery.target == "500"))
        row.state, row.message_ids, row.sent_at = "sent", "900", author.now
        await db.flush()
        await releases.stop(db, first, author.who, author.now)
    await workers.tidy(database, author.now)
    again = await corrected(author, second, first, RIGHT, "Từ 1/7/2026, người từ đủ 70 tuổi")
    assert sorted(row.target for row in await rows_of(database, again)) == ["500", "501", table.NO_MESSAGE]


async def test_answers_of_the_wrong_text_are_retired_and_the_text_is_kept(database, chats, brief):  # noqa: F811
    author, second = chats[:2]
    await delivered(author, brief, "sent", "sent", "sent", "sent")
    before = (await load(database, brief)).content
    async with database.transaction() as db:
        db.add(Entry(key=f"bt{brief}-1", version=1, brief_id=brief, question="Ai?", variants=[], answer="75 tuổi",
                     citations=[], audiences=[], state=EntryState.PUBLISHED, updated_at=author.now))
    await corrected(author, second, brief)
    assert (await load(database, brief)).content == before
    async with database.reading() as db:
        assert (await db.scalar(select(Entry).where(Entry.key == f"bt{brief}-1"))).state == EntryState.RETIRED


async def test_what_cannot_be_corrected_is_said(database, chats):  # noqa: F811
    author, receiver = chats[0], chats[3]
    number = await written(author)
    with pytest.raises(Refusal, match="chưa có gì để đính chính"):
        async with database.transaction() as db:
            await corrections.begin(db, number, author.who, author.now)
    assert "không có quyền" in (await receiver.act(f"co.ask|{number}")).toast


async def test_a_correction_needs_both_sides(database, chats, brief):  # noqa: F811
    author = chats[0]
    await delivered(author, brief, "sent", "sent", "sent", "sent")
    async with database.transaction() as db:
        draft = await corrections.begin(db, brief, author.who, author.now, wrong=WRONG, right="")
        with pytest.raises(Refusal, match="chưa nêu nội dung đúng"):
            await briefs.submit(db, draft.id, author.who, author.now)
        with pytest.raises(Refusal, match="giống hệt"):
            await corrections.explain(db, draft.id, author.who, author.now, right=WRONG.upper())
        await corrections.explain(db, draft.id, author.who, author.now, right=RIGHT)
        with pytest.raises(Refusal, match="chưa có gì khác bản đã gửi"):
            await briefs.submit(db, draft.id, author.who, author.now)


async def test_what_was_never_sent_cannot_have_been_wrong(database, chats, brief):  # noqa: F811
    author = chats[0]
    await delivered(author, brief, "sent", "sent", "sent", "sent")
    await author.press(await author.act(f"ap.status|{brief}"), "Đính chính")
    said = await author.say("Người từ đủ 60 tuổi")
    assert "không có “Người từ đủ 60 tuổi”" in said.text and (await latest(database)).id == brief
    assert "Nội dung đúng là gì" in (await author.say("“từ đủ  **75 TUỔI**…”")).text  # as people quote
    assert "giống hệt" in (await author.say("từ đủ 75 tuổi")).text


async def test_catching_up_leaves_other_pushes_alone(database, chats, brief):  # noqa: F811
    async with database.transaction() as db:
        push = await releases.push_of(db, brief)
        assert push.state == PushState.RUNNING and not await amending.catch_up(db, push.id, chats[0].now)


def test_the_right_words_take_the_wrong_ones_place_wherever_these_stand():
    said = Correction(1, 1, "75 tuổi", "70 tuổi")
    whole = replace(CONTENT, title="Từ 75 tuổi", body="Đủ 75 tuổi", corrects=said)
    whole = replace(whole, key_messages=("Trên 75 tuổi", "khác"))
    found = correction_text.put_right(whole)
    assert (found.title, found.body, found.key_messages) == ("Từ 70 tuổi", "Đủ 70 tuổi", ("Trên 70 tuổi", "khác"))
    assert found.qa[0].a == "Người từ đủ 70 tuổi." and found.corrects == said
    assert correction_text.put_right(replace(whole, corrects=None)) == replace(whole, corrects=None)
    assert correction_text.put_right(replace(whole, corrects=replace(said, right=""))).title == "Từ 75 tuổi"
