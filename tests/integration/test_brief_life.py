import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from db.audit import AuditRow
from db.briefs import BriefState, Edition, Signature
from db.knowledge import Entry, EntryState
from db.people import Person, PersonState
from db.pushes import Delivery, Notice, Push, PushState
from handlers import scheduled
from network import approvals, audit, briefs, releases
from network.brief_content import Answer, Content, Priority
from network.people import Speaker
from network.refusals import Refusal
from tests.briefing import CONTENT, EVERYBODY, member


@dataclass
class Office:
    author: Speaker
    second: Speaker
    leader: Speaker
    editor: Speaker
    receiver: Speaker


@pytest.fixture
async def office(database, now) -> Office:
    async with database.transaction() as db:
        return Office(
            author=await member(db, "Phạm Bình", "super_admin", now),
            second=await member(db, "Đỗ Lan", "super_admin", now),
            leader=await member(db, "Vũ Hải", "leader", now),
            editor=await member(db, "Lê Hoa", "editor", now),
            receiver=await member(db, "Trần Tâm", "communicator_commune", now),
        )


async def submitted(database, office: Office, now, content: Content = CONTENT) -> briefs.Draft:
    async with database.transaction() as db:
        draft = await briefs.create(db, content, office.author, now, audience=EVERYBODY)
        return await briefs.submit(db, draft.id, office.author, now, stamp=draft.stamp)


async def refused(awaitable) -> str:
    with pytest.raises(Refusal) as refusal:
        await awaitable
    return refusal.value.text


async def test_the_whole_life_from_draft_to_done(database, office, now):
    draft = await submitted(database, office, now)
    assert (draft.state, draft.number, draft.frozen) == (BriefState.SUBMITTED, 1, True)
    async with database.transaction() as db:
        entry = (await db.scalars(select(Entry))).one()
        assert (entry.state, entry.question, entry.brief_id) == (EntryState.EMBARGOED, "Ai được hưởng?", draft.id)
        approved = await approvals.approve(db, draft.id, office.second, now, stamp=draft.stamp)
        assert approved.state == BriefState.APPROVED
    async with database.transaction() as db:
        when = now + timedelta(hours=3)
        planned = await releases.schedule(db, draft.id, office.second, now, when=when, stamp=draft.stamp)
        assert (planned.state, planned.send_at) == (BriefState.SCHEDULED, when)
        assert list(await releases.due(db, now)) == []
        assert await refused(releases.release(db, draft.id, now)) != ""
    later = now + timedelta(hours=3)
    async with database.transaction() as db:
        assert list(await releases.due(db, later)) == [draft.id]
        push = await releases.release(db, draft.id, later)
        assert (push.planned, push.priority, push.resend_unsure) == (1, Priority.NORMAL.rank, True)
        delivery = (await db.scalars(select(Delivery))).one()
        assert delivery.person_id == office.receiver.person_id
        assert (await db.get(Entry, entry.id, populate_existing=True)).state == EntryState.PUBLISHED
        push.state = PushState.DONE
        await releases.settle(db, push, later)
        assert (await briefs.load(db, draft.id)).state == BriefState.DONE
    async with database.reading() as db:
        acts = list(await db.scalars(select(AuditRow.act).order_by(AuditRow.id)))
        assert acts == [
            "brief.created", "brief.submitted", "brief.approved", "brief.ready", "brief.scheduled", "brief.released",
            "brief.ended",
        ]
        assert await audit.verify(db) is None


async def test_only_a_second_person_signs(database, office, now):
    draft = await submitted(database, office, now)
    async with database.transaction() as db:
        own = await refused(approvals.approve(db, draft.id, office.author, now, stamp=draft.stamp))
        assert own.startswith("Anh/chị là người soạn bản tin này")
        text = await refused(approvals.approve(db, draft.id, office.editor, now, stamp=draft.stamp))
        assert "không có quyền duyệt" in text


async def test_neither_last_editor_nor_submitter_signs(database, office, now):
    async with database.transaction() as db:
        draft = await briefs.create(db, CONTENT, office.editor, now, audience=EVERYBODY)
        changed = replace(CONTENT, summary="Khác.")
        draft = await briefs.edit(db, draft.id, office.author, now, content=changed)
        draft = await briefs.submit(db, draft.id, office.second, now)
        assert "người sửa" in await refused(approvals.approve(db, draft.id, office.author, now, stamp=draft.stamp))
        assert "người trình" in await refused(approvals.approve(db, draft.id, office.second, now, stamp=draft.stamp))
        assert office.leader.person_id in await approvals.approvers(db, draft)
        assert office.author.person_id not in await approvals.approvers(db, draft)
        signed = await approvals.approve(db, draft.id, office.leader, now, stamp=draft.stamp)
        assert signed.state == BriefState.APPROVED


@pytest.mark.parametrize("state", ["submitted", "approved", "scheduled"])
async def test_an_edit_voids_what_was_signed(database, office, now, state):
    draft = await submitted(database, office, now)
    async with database.transaction() as db:
        if state != "submitted":
            await approvals.approve(db, draft.id, office.second, now, stamp=draft.stamp)
        if state == "scheduled":
            when = now + timedelta(days=1)
            await releases.schedule(db, draft.id, office.second, now, when=when, stamp=draft.stamp)
        changed = replace(CONTENT, summary="Một chữ khác.")
        new = await briefs.edit(db, draft.id, office.author, now, content=changed)
        assert (new.state, new.number, new.send_at, new.frozen) == (BriefState.DRAFT, 2, None, False)
        assert await refused(releases.send(db, draft.id, office.second, now, stamp=draft.stamp)) == briefs.STALE
        assert await refused(approvals.approve(db, draft.id, office.second, now, stamp=draft.stamp)) == briefs.STALE
        text = await refused(releases.send(db, draft.id, office.second, now, stamp=new.stamp))
        assert "bản nháp" in text
        old = (await db.scalars(select(Edition).where(Edition.number == 1))).one()
        assert old.content == CONTENT.to_json() and old.hash == draft.hash
        assert list(await releases.due(db, now + timedelta(days=2))) == []


async def test_the_audience_is_part_of_what_is_signed(database, office, now):
    draft = await submitted(database, office, now)
    async with database.transaction() as db:
        await approvals.approve(db, draft.id, office.second, now, stamp=draft.stamp)
        new = await briefs.edit(db, draft.id, office.author, now, audience={"roles": ["radio_staff"]})
        assert new.state == BriefState.DRAFT and new.hash != draft.hash


async def test_saving_the_same_words_voids_nothing(database, office, now):
    draft = await submitted(database, office, now)
    async with database.transaction() as db:
        same = await briefs.edit(db, draft.id, office.author, now, content=CONTENT)
        assert (same.state, same.number) == (BriefState.SUBMITTED, 1)


async def test_a_text_changed_behind_the_back_is_not_approved_nor_sent(database, office, now):
    draft = await submitted(database, office, now)
    forged = {**CONTENT.to_json(), "summary": "Chèn sau khi trình."}
    async with database.transaction() as db:
        await db.execute(update(Edition).values(content=forged))
        text = await refused(approvals.approve(db, draft.id, office.second, now, stamp=draft.stamp))
        assert "không khớp" in text
        await db.execute(update(Edition).values(content=CONTENT.to_json()))
        await approvals.approve(db, draft.id, office.second, now, stamp=draft.stamp)
        await db.execute(update(Edition).values(content=forged))
        assert "không khớp" in await refused(releases.send(db, draft.id, office.second, now, stamp=draft.stamp))
        assert await db.scalar(select(func.count()).select_from(Push)) == 0


async def test_a_return_needs_a_reason_and_opens_a_new_edition(database, office, now):
    draft = await submitted(database, office, now)
    async with database.transaction() as db:
        back = approvals.give_back(db, draft.id, office.second, now, stamp=draft.stamp, reason="  ")
        assert "lý do" in await refused(back)
        new = await approvals.give_back(
            db, draft.id, office.second, now, stamp=draft.stamp, reason="Thiếu số hiệu văn bản"
        )
        assert (new.state, new.number, new.frozen) == (BriefState.DRAFT, 2, False)
        mark = (await db.scalars(select(Signature).where(Signature.act == "returned"))).one()
        assert (mark.reason, mark.hash) == ("Thiếu số hiệu văn bản", draft.hash)
        again = await briefs.submit(db, draft.id, office.author, now, stamp=new.stamp)
        assert again.number == 2
        assert [e.state for e in await db.scalars(select(Entry))] == [EntryState.EMBARGOED]


async def test_entries_follow_the_newest_submission(database, office, now):
    draft = await submitted(database, office, now)
    async with database.transaction() as db:
        new = replace(CONTENT, qa=(Answer("Câu mới?", "Trả lời mới."),))
        draft = await briefs.edit(db, draft.id, office.author, now, content=replace(new, qa=(*new.qa, CONTENT.qa[0])))
        draft = await briefs.submit(db, draft.id, office.author, now)
        draft = await briefs.edit(db, draft.id, office.author, now, content=new)
        await briefs.submit(db, draft.id, office.author, now)
        rows = {e.question: e.state for e in await db.scalars(select(Entry))}
        assert rows == {"Câu mới?": EntryState.EMBARGOED, "Ai được hưởng?": EntryState.RETIRED}


async def test_every_problem_of_a_submission_is_said_at_once(database, office, now):
    bad = Content(title="", body="**hở <b>", topics=("khong_co",), stage="la", ack_hours=9999, entries=("khong-co",))
    async with database.transaction() as db:
        draft = await briefs.create(db, bad, office.author, now)
        text = await refused(briefs.submit(db, draft.id, office.author, now))
        for part in ("Tiêu đề: còn", "in đậm", "thẻ HTML <b>", "khong_co", "“la”", "720 giờ", "Người nhận", "khong-co"):
            assert part in text
        assert (await briefs.load(db, draft.id)).state == BriefState.DRAFT


async def test_nobody_to_receive_it_is_said_before_submission(database, office, now):
    async with database.transaction() as db:
        draft = await briefs.create(db, CONTENT, office.author, now, audience={"roles": ["radio_staff"]})
        assert "chưa có ai" in await refused(briefs.submit(db, draft.id, office.author, now))


async def test_a_stale_stamp_is_refused_everywhere(database, office, now):
    draft = await submitted(database, office, now)
    async with database.transaction() as db:
        for stamp in ("0123456789", ""):
            for act in (approvals.approve, releases.send, briefs.withdraw, briefs.drop, releases.unschedule):
                assert await refused(act(db, draft.id, office.second, now, stamp=stamp)) == briefs.STALE
        assert await refused(approvals.approve(db, 999, office.second, now, stamp="x")) == briefs.MISSING


async def test_two_approvers_at_once_make_one_approval(database, office, now):
    draft = await submitted(database, office, now)

    async def press(who) -> str:
        async with database.transaction() as db:
            try:
                await approvals.approve(db, draft.id, who, now, stamp=draft.stamp)
            except Refusal as refusal:
                return refusal.text
            return "ok"

    said = sorted(await asyncio.gather(press(office.second), press(office.leader)))
    assert said.count("ok") == 1
    assert any("đã được duyệt, đang chờ gửi" in text and "nên bước này không còn" in text for text in said)
    async with database.reading() as db:
        approved = select(func.count()).select_from(Signature).where(Signature.act == "approved")
        assert await db.scalar(approved) == 1


async def test_two_presses_of_send_make_one_push(database, office, now):
    draft = await submitted(database, office, now)
    async with database.transaction() as db:
        await approvals.approve(db, draft.id, office.second, now, stamp=draft.stamp)

    async def press(who) -> str:
        async with database.transaction() as db:
            try:
                await releases.send(db, draft.id, who, now, stamp=draft.stamp)
            except Refusal as refusal:
                return refusal.text
            return "ok"

    said = await asyncio.gather(*(press(who) for who in (office.second, office.author, office.leader)))
    assert said.count("ok") == 1
    assert sum("đang được gửi" in text for text in said) == 2
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Push)) == 1


async def test_submitting_against_editing_never_mixes_texts(database, office, now):
    async with database.transaction() as db:
        draft = await briefs.create(db, CONTENT, office.author, now, audience=EVERYBODY)

    async def edit():
        async with database.transaction() as db:
            await briefs.edit(db, draft.id, office.editor, now, content=replace(CONTENT, summary="Sửa."))

    async def submit():
        async with database.transaction() as db:
            try:
                await briefs.submit(db, draft.id, office.author, now, stamp=draft.stamp)
            except Refusal as refusal:
                assert refusal.text == briefs.STALE

    await asyncio.gather(edit(), submit())
    async with database.reading() as db:
        for edition in await db.scalars(select(Edition).where(Edition.frozen_at.is_not(None))):
            assert edition.hash == briefs.digest(edition.content, edition.audience) == draft.hash
        assert (await briefs.load(db, draft.id)).state == BriefState.DRAFT


async def test_a_flash_brief_may_go_out_on_one_signature_and_shows_the_lack(database, office, now):
    flash = replace(CONTENT, priority=Priority.FLASH)
    async with database.transaction() as db:
        draft = await briefs.create(db, flash, office.author, now, audience=EVERYBODY)
        alone = await approvals.send_alone(db, draft.id, office.author, now, stamp=draft.stamp)
        push = await releases.send(db, draft.id, office.author, now, stamp=draft.stamp)
        assert push.priority == 0
        assert (await approvals.signed(db, alone)).lacking
        assert [d.id for d in await approvals.waiting_for(db, office.second.person_id)] == [draft.id]
        assert await approvals.waiting_for(db, office.author.person_id) == []
        text = await refused(approvals.approve(db, draft.id, office.author, now, stamp=draft.stamp))
        assert "người soạn" in text
        after = await approvals.approve(db, draft.id, office.second, now, stamp=draft.stamp)
        assert after.state == BriefState.SENDING
        assert not (await approvals.signed(db, after)).lacking
        again = await refused(approvals.approve(db, draft.id, office.leader, now, stamp=draft.stamp))
        assert "đang được gửi" in again


async def test_one_signature_is_refused_for_other_briefs_and_other_roles(database, office, now):
    async with database.transaction() as db:
        draft = await briefs.create(db, CONTENT, office.author, now, audience=EVERYBODY)
        alone = approvals.send_alone(db, draft.id, office.author, now, stamp=draft.stamp)
        assert "hỏa tốc" in await refused(alone)
        flash = await briefs.edit(db, draft.id, office.author, now, content=replace(CONTENT, priority=Priority.FLASH))
        by_editor = approvals.send_alone(db, draft.id, office.editor, now, stamp=flash.stamp)
        assert "không có quyền" in await refused(by_editor)


async def test_pause_resume_and_stop_follow_the_push(database, office, now):
    draft = await submitted(database, office, now)
    async with database.transaction() as db:
        await approvals.approve(db, draft.id, office.second, now, stamp=draft.stamp)
        assert "chờ gửi" in await refused(releases.pause(db, draft.id, office.second, now))
        await releases.send(db, draft.id, office.second, now, stamp=draft.stamp)
        assert "không có quyền" in await refused(releases.pause(db, draft.id, office.editor, now))
        await releases.pause(db, draft.id, office.second, now)
        assert "tạm dừng" in await refused(releases.pause(db, draft.id, office.second, now))
        await releases.resume(db, draft.id, office.second, now)
        await releases.stop(db, draft.id, office.second, now)
        assert (await briefs.load(db, draft.id)).state == BriefState.STOPPED
        assert "đã dừng" in await refused(releases.resume(db, draft.id, office.second, now))
        assert "không sửa được" in await refused(briefs.edit(db, draft.id, office.author, now, content=Content()))


async def test_two_briefs_of_one_file_key_are_refused(database, office, now):
    async with database.transaction() as db:
        await briefs.create(db, CONTENT, office.author, now, key="brief-01")
        assert "brief-01" in await refused(briefs.create(db, CONTENT, office.author, now, key="brief-01"))


async def appointed(database, office: Office, now) -> briefs.Draft:
    draft = await submitted(database, office, now)
    async with database.transaction() as db:
        await approvals.approve(db, draft.id, office.second, now, stamp=draft.stamp)
        when = now + timedelta(hours=1)
        return await releases.schedule(db, draft.id, office.second, now, when=when, stamp=draft.stamp)


async def test_an_appointment_is_kept_or_asked_about_when_it_is_too_late(database, office, now):
    draft = await appointed(database, office, now)
    async with database.transaction() as db:
        assert await scheduled.fall_due(db, draft.id, now) is None  # not yet
        assert (await briefs.load(db, draft.id)).state == BriefState.SCHEDULED
    async with database.transaction() as db:
        assert await scheduled.fall_due(db, draft.id, now + timedelta(hours=4)) is None
        assert (await briefs.load(db, draft.id)).state == BriefState.APPROVED
        told = await db.scalar(select(func.count()).select_from(Notice))
        assert told == 2  # who wrote it and who signed it
        again = now + timedelta(hours=5)
        await releases.schedule(db, draft.id, office.second, now, when=again, stamp=draft.stamp)
        push = await scheduled.fall_due(db, draft.id, again + timedelta(minutes=1))
        assert push is not None and push.planned == 1


async def test_an_appointment_nobody_can_receive_is_asked_about(database, office, now):
    draft = await appointed(database, office, now)
    async with database.transaction() as db:
        await db.execute(update(Person).where(Person.id == office.receiver.person_id).values(state=PersonState.LEFT))
    async with database.transaction() as db:
        assert await scheduled.fall_due(db, draft.id, now + timedelta(hours=1)) is None
        assert (await briefs.load(db, draft.id)).state == BriefState.APPROVED
        assert await db.scalar(select(func.count()).select_from(Push)) == 0
        assert "Không còn ai" in (await db.scalars(select(Notice))).first().reply["text"]


async def test_a_copy_of_a_stopped_brief_begins_anew(database, office, now):
    draft = await submitted(database, office, now)
    async with database.transaction() as db:
        await briefs.drop(db, draft.id, office.author, now, stamp=draft.stamp)
        new = await briefs.copy(db, draft.id, office.editor, now)
        assert (new.state, new.number, new.author_id) == (BriefState.DRAFT, 1, office.editor.person_id)
        assert (new.content, new.hash) == (draft.content, draft.hash)
