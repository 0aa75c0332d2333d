import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from db.agencies import Agency, Province
from db.briefs import Acknowledgement, Brief, BriefState, Report
from db.pushes import Delivery, DeliveryState, Push
from handlers import briefs as receiving
from handlers import drafting
from handlers.reply import Reply
from knowledge.catalogue import Catalogue
from network import approvals, briefs, markup, releases
from network.brief_content import Content, Priority
from tests.briefing import CONTENT, EVERYBODY, Chat, member

LETTER = "Trợ cấp hưu trí xã hội\n\nTừ 1/7/2025, người từ đủ 75 tuổi được hưởng.\n\nHồ sơ nộp tại **UBND cấp xã**."


@pytest.fixture
async def chats(database, now):
    """Author, approver, editor, commune officer."""
    async with database.transaction() as db:
        db.add(Province(code="96", name="Tỉnh Cà Mau", short_name="Cà Mau", folded="ca mau"))
        await db.flush()
        agency = Agency(code="UBND-96", name="UBND tỉnh Cà Mau", folded="|ubnd tinh ca mau|", level="province")
        db.add(agency)
        await db.flush()
        agency.path = f"/{agency.id}/"
        people = [
            await member(db, "Phạm <b>Bình</b>", "super_admin", now),
            await member(db, "Đỗ Lan", "super_admin", now),
            await member(db, "Lê Hoa", "editor", now),
            await member(db, "Trần Tâm", "communicator_commune", now, agency_id=agency.id),
        ]
    return [Chat(database, who, now) for who in people]


async def brief(database) -> Brief:
    async with database.reading() as db:
        return (await db.scalars(select(Brief).order_by(Brief.id.desc()))).first()


async def written(author: Chat) -> int:
    """A brief written by the steps, ready to be submitted."""
    await author.say("/soan")
    step = await author.say(LETTER)
    for label in ("KHẨN", "An sinh", "Xong", "Thực thi", "Trong 4 giờ"):
        step = await author.press(step, label)
    step = await author.press(step, "Vai trò")
    step = await author.press(step, "Đầu mối TTCS xã")
    step = await author.press(step, "‹ Người nhận")
    assert "**Số người:** 1" in step.text and "Trần Tâm (UBND tỉnh Cà Mau)" in step.text
    desk = await author.press(step, "Xong")
    assert "Cần hoàn thiện" not in desk.text
    return (await brief(author.database)).id


async def signed(second: Chat) -> Reply:
    """Who is asked for a signature reads first, then signs."""
    read = await second.press((await second.notices())[0], "Đọc và duyệt")
    return await second.press(read, "Duyệt")


async def sent(chats: list[Chat]) -> int:
    author, second, _editor, receiver = chats
    number = await written(author)
    await author.press(await author.act(f"b.desk|{number}"), "Trình duyệt")
    approved = await second.press(await second.say("/duyet"), "Duyệt")
    await second.press(approved, "Gửi ngay (1 người)")
    async with author.database.transaction() as db:
        at = {"state": DeliveryState.SENT, "sent_at": author.now}
        await db.execute(update(Delivery).where(Delivery.person_id == receiver.who.person_id).values(**at))
    return number


async def test_a_brief_from_the_first_word_to_the_acknowledgement(database, chats, now):
    author, second, _editor, receiver = chats
    number = await written(author)
    preview = await author.press(await author.act(f"b.desk|{number}"), "Xem trước")
    assert preview.text.startswith("🟠 **KHẨN**\n**Trợ cấp hưu trí xã hội**") and "**Số người:** 1" in preview.text
    assert (await author.press(preview, "Gửi thử")).toast == "Đang gửi thử cho anh/chị."
    trial = (await author.notices())[0]
    assert trial.text == f"{drafting.TRIAL}\n\n" + preview.text.split("\n\n———")[0]
    assert (await author.press(trial, "Đã nhận")).toast == receiving.TRIAL
    submitted = await author.press(preview, "Trình duyệt")
    assert "1 người duyệt" in submitted.text
    asked = (await second.notices())[0]
    assert "Bản tin chờ duyệt" in asked.text and "Phạm &lt;b&gt;Bình" in markup.to_html(asked.text)
    read = await second.press(asked, "Đọc và duyệt")
    assert "**Số người:** 1" in read.text and "Mã nội dung" in read.text
    approved = await second.press(read, "Duyệt")
    assert "Đã duyệt" in (await author.notices())[-1].text
    status = await second.press(await second.press(approved, "Gửi ngay (1 người)"), "Tình hình gửi")
    assert "Địa chỉ nhận: 1" in status.text and "UBND tỉnh Cà Mau" in status.text
    async with database.transaction() as db:
        delivery = (await db.scalars(select(Delivery))).one()
        delivery.state, delivery.sent_at = DeliveryState.SENT, now
    arrived = receiving.letter(number, (await load(database, number)).content)
    assert [c.label for c in arrived.choices] == ["Đã nhận", "Hỏi về tin này", "Báo cáo kết quả"]
    assert (await receiver.press(arrived, "Đã nhận")).toast == "Đã ghi nhận. Cảm ơn anh/chị."
    assert "đã xác nhận lúc 09:00" in (await receiver.press(arrived, "Đã nhận")).toast
    assert "1 xác nhận" in (await second.act(f"ap.status|{number}")).text


async def load(database, number: int) -> briefs.Draft:
    async with database.reading() as db:
        return await briefs.load(db, number)


async def test_a_title_alone_then_the_text_then_every_part(database, chats):
    author = chats[0]
    await author.say("/soan")
    assert "nội dung" in (await author.say("Chỉ tiêu đề")).text
    await author.say("Tóm tắt một câu.\n\nThân bài.")
    number = (await brief(database)).id
    for field, typed in (
        ("title", "Tiêu đề <b>mới</b>"), ("summary", "Tóm tắt mới."), ("body", "Thân **mới**."),
        ("key_messages", "- một\n- hai"), ("citizen_actions", "1. đến xã"), ("do", "nói rõ"), ("dont", "đừng hứa"),
        ("citations", "Nghị định 69/2024/NĐ-CP; Điều 5; 25/6/2024; https://a.vn/69"),
        ("qa", "Hỏi: Ai?\nĐáp: Mọi người.\n\nỞ đâu?\nTại xã."), ("valid", "từ 1/7/2026 đến 31/12/2026"),
    ):
        menu = await author.press(await author.act(f"b.desk|{number}"), "Nội dung")
        from handlers.brief_fields import NAMES

        asked = await author.press(menu, NAMES[field])
        assert NAMES[field] in asked.text
        await author.say(typed)
    content = (await load(database, number)).content
    assert (content.title, content.key_messages) == ("Tiêu đề <b>mới</b>", ("một", "hai"))
    assert content.citizen_actions == ("đến xã",)
    assert (content.citations[0].article, content.citations[0].date) == ("Điều 5", "2024-06-25")
    assert [(p.q, p.a) for p in content.qa] == [("Ai?", "Mọi người."), ("Ở đâu?", "Tại xã.")]
    assert (content.valid_from, content.valid_to) == ("2026-07-01", "2026-12-31")
    shown = await author.press(await author.press(await author.act(f"b.desk|{number}"), "Nội dung"), "Nguồn")
    assert "Nghị định 69/2024/NĐ-CP; Điều 5; 2024-06-25; https://a.vn/69" in shown.text
    await author.say("-")
    assert (await load(database, number)).content.citations == ()


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("body", "một\n**hai", "Dòng 2: dấu ** (in đậm) chưa đóng"),
        ("body", "x" * 12_001, "tối đa 12000"),
        ("title", "-", "Tiêu đề: còn trống"),
        ("citations", "Nghị định 1; 31/2/2026", "ngày “31/2/2026” không hợp lệ"),
        ("qa", "Chỉ có câu hỏi?", "thiếu hoặc sai trường “a”"),
        ("valid", "mãi mãi", "chưa thấy ngày nào"),
        ("summary", "<u>x</u>", "thẻ HTML <u> không được hỗ trợ"),
    ],
)
async def test_wrong_parts_are_refused_and_change_nothing(database, chats, field, typed, said):
    author = chats[0]
    await author.say("/soan " + LETTER)
    before = await load(database, (await brief(database)).id)
    await author.act(f"b.field|{before.id}:{field}|1")
    reply = await author.say(typed)
    assert said in markup.to_plain(reply.text)
    assert await author.waiting_for() == f"brief.set.{field}"  # the next message may be better
    after = await load(database, before.id)
    assert after.content == before.content or field == "title"


async def test_five_thousand_characters_arrive_whole(database, chats):
    author = chats[0]
    body = "Một câu để đo độ dài của bản tin. " * 150
    step = await author.say(f"/soan Tiêu đề dài\n\n{body}")
    assert "Mức độ" in step.text
    preview = await author.act(f"b.preview|{(await brief(database)).id}")
    assert len(markup.split(preview.text, 4096)) == 2


async def test_a_draft_survives_a_restart_and_is_offered_again(database, chats):
    author = chats[0]
    await author.say("/soan " + LETTER)
    number = (await brief(database)).id
    again = Chat(database, author.who, author.now)
    offered = await again.say("/soan")
    desk = await again.press(offered, f"Tiếp tục: {number}.")
    assert "Cần hoàn thiện" in desk.text and "Chủ đề: chưa chọn" in desk.text
    listed = await again.say("/bantin")
    assert "bản nháp" in listed.text


async def test_photos_and_pdfs_are_attached_and_others_refused(database, chats):
    author = chats[0]
    await author.say("/soan " + LETTER)
    assert "Đã đính kèm" in (await author.say("", photo="file-1", file_size=5000)).text
    assert "Đã đính kèm" in (await author.say("", document="file-2", file_name="quyet-dinh.pdf", file_size=5000)).text
    assert "2 tệp" in (await author.say("", photo="file-1", file_size=5000)).text
    assert "chỉ nhận ảnh" in (await author.say("", document="f3", file_name="virus.exe", file_size=5)).text
    assert "tối đa 50 MB" in (await author.say("", document="f4", file_name="a.pdf", file_size=60_000_000)).text
    number = (await brief(database)).id
    assert len((await load(database, number)).content.attachments) == 2
    desk = await author.act(f"b.desk|{number}")
    assert "đang tải về máy chủ" in desk.text
    await author.act(f"b.unfile|{number}|1")
    assert (await load(database, number)).content.attachments == ()


async def test_old_buttons_change_nothing_after_submission(database, chats):
    author, second = chats[:2]
    number = await written(author)
    desk = await author.act(f"b.desk|{number}")
    await author.press(desk, "Trình duyệt")
    for label in ("Mức độ", "Người nhận", "Nội dung", "Trình duyệt"):
        reply = await author.press(desk, label)
        assert "không" in (reply.toast or reply.text)
    assert "không còn là bản nháp" in (await author.act(f"b.prio|{number}:hoa_toc|1")).toast
    assert (await load(database, number)).state == BriefState.SUBMITTED
    read = await second.press((await second.notices())[0], "Đọc và duyệt")
    back = await author.press(await author.act(f"b.desk|{number}"), "Rút lại để sửa")
    assert "bản số 2" in back.text
    assert (await author.press(desk, "Mức độ")).toast == briefs.STALE  # a button of edition 1
    assert (await second.press(read, "Duyệt")).toast  # in a sentence; the state below has not moved
    assert (await load(database, number)).state == BriefState.DRAFT


async def test_nobody_approves_their_own_brief_by_any_button(database, chats):
    author, second, editor, _receiver = chats
    number = await written(author)
    await author.press(await author.act(f"b.desk|{number}"), "Trình duyệt")
    draft = await load(database, number)
    assert "không thể tự duyệt" in (await author.act(f"ap.yes|{number}|{draft.stamp}")).toast
    assert "không có quyền duyệt" in (await editor.act(f"ap.yes|{number}|{draft.stamp}")).toast
    assert (await second.act(f"ap.yes|{number}|0000000000")).toast == briefs.STALE
    assert (await second.act(f"ap.yes|{number}")).toast == briefs.STALE
    assert (await second.act("ap.yes|x|1")).toast == briefs.MISSING
    assert (await load(database, number)).state == BriefState.SUBMITTED


async def test_a_return_reaches_the_author_with_its_reason(database, chats):
    author, second = chats[:2]
    number = await written(author)
    await author.press(await author.act(f"b.desk|{number}"), "Trình duyệt")
    asked = (await second.notices())[0]
    await second.press(asked, "Trả lại")
    assert "lý do" in (await second.say("  ")).text
    assert "Đã trả lại" in (await second.say("Thiếu <b>căn cứ</b>")).text
    told = (await author.notices())[-1]
    assert "Lý do: Thiếu <b>căn cứ</b>" in markup.to_plain(told.text)
    desk = await author.press(told, "Mở bản nháp")
    assert "bản số 2" in desk.text
    assert "không trả lại được nữa" in (await second.press(asked, "Trả lại")).toast
    await author.press(desk, "Trình duyệt")
    assert (await second.press(await second.say("/duyet"), "Duyệt")).text.startswith("**Đã duyệt**")


async def test_a_time_is_typed_moved_and_taken_back(database, chats, now):
    author, second = chats[:2]
    number = await written(author)
    await author.press(await author.act(f"b.desk|{number}"), "Trình duyệt")
    approved = await signed(second)
    await second.press(approved, "Hẹn giờ gửi")
    assert "chưa rõ giờ" in (await second.say("lúc nào cũng được")).text
    assert "đã qua" in (await second.say("8h ngày 20/11/2026")).text
    planned = await second.say("8h30 ngày 25/11")
    assert "**08:30 ngày 25/11/2026**" in planned.text
    assert (await load(database, number)).send_at == now + timedelta(hours=23, minutes=30)
    back = await second.press(planned, "Bỏ hẹn giờ")
    assert (await load(database, number)).state == BriefState.APPROVED
    assert "Gửi ngay (1 người)" in [c.label for c in back.choices]


async def test_pause_resume_and_stop_from_the_chat(database, chats):
    second = chats[1]
    number = await sent(chats)
    status = await second.act(f"ap.status|{number}")
    paused = await second.press(status, "Tạm dừng")
    assert "tạm dừng" in paused.text
    assert "Không tạm dừng được" in (await second.press(status, "Tạm dừng")).toast
    assert "đang gửi" in (await second.press(paused, "Gửi tiếp")).text
    stopped = await second.press(await second.press(status, "Dừng hẳn"), "Dừng hẳn")
    assert "đã dừng hẳn" in stopped.text
    assert (await load(database, number)).state == BriefState.STOPPED
    assert "không có quyền" in (await chats[2].act(f"ap.pause|{number}")).toast


async def test_a_flash_brief_on_one_authority_asks_for_the_second_signature(database, chats):
    author, second = chats[:2]
    number = await written(author)
    desk = await author.press(await author.press(await author.act(f"b.desk|{number}"), "Mức độ"), "HỎA TỐC")
    sure = await author.press(desk, "Gửi ngay, duyệt sau")
    assert "chịu trách nhiệm" in sure.text
    assert "Đang gửi" in (await author.press(sure, "Xác nhận gửi ngay")).text
    assert "thiếu chữ ký thứ hai" in (await author.act(f"ap.status|{number}")).text
    asked = (await second.notices())[0]
    assert "thiếu chữ ký thứ hai" in asked.text
    assert "chữ ký thứ hai" in (await signed(second)).text
    assert "thiếu chữ ký" not in (await author.act(f"ap.status|{number}")).text


async def test_two_admins_pressing_send_make_one_push(database, chats):
    author, second = chats[:2]
    number = await written(author)
    await author.press(await author.act(f"b.desk|{number}"), "Trình duyệt")
    approved = await signed(second)
    assert "Đang gửi" in (await second.press(approved, "Gửi ngay")).text
    assert "đang được gửi" in (await author.press(approved, "Gửi ngay")).toast
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Push)) == 1


# Choosing people


async def test_provinces_and_agencies_are_typed(database, chats):
    author = chats[0]
    await author.say("/soan " + LETTER)
    number = (await brief(database)).id
    menu = await author.press(await author.act(f"b.desk|{number}"), "Người nhận")
    await author.press(menu, "Tỉnh, thành phố")
    reply = await author.say("ca mau, Nơi Không Có")
    assert "Không tìm thấy: Nơi Không Có" in reply.text
    assert (await load(database, number)).audience == {"provinces": ["96"]}
    await author.press(menu, "Cơ quan")
    shown = await author.say("UBND tỉnh Cà Mau")
    assert "Cơ quan (1)" in [c.label for c in shown.choices]
    assert (await load(database, number)).audience == {"provinces": ["96"], "agencies": ["UBND-96"]}
    only = await author.press(shown, "⇄ Kể cả đơn vị trực thuộc")
    assert "⇄ Chỉ cơ quan đã chọn" in [c.label for c in only.choices]
    chosen = await author.press(only, "Tỉnh, thành phố")
    await author.press(chosen, "✗ Cà Mau")
    cleared = await author.press(await author.act(f"a.menu|{number}|1"), "Chọn lại từ đầu")
    assert "chưa chọn" in cleared.text


async def test_lists_are_kept_and_used_again(database, chats):
    author = chats[0]
    await author.say("/soan " + LETTER)
    number = (await brief(database)).id
    menu = await author.press(await author.act(f"b.desk|{number}"), "Người nhận")
    everybody = await author.press(menu, "Toàn mạng lưới")
    assert "**Số người:** 4" in everybody.text
    await author.press(everybody, "Lưu danh sách")
    assert "Đã lưu" in (await author.say("Toàn quốc")).text
    await author.say("/soan Bản thứ hai\n\nNội dung.")
    second = (await brief(database)).id
    lists = await author.press(
        await author.press(await author.act(f"b.desk|{second}"), "Người nhận"), "Danh sách đã lưu"
    )
    assert "**Số người:** 4" in (await author.press(lists, "Toàn quốc")).text


# Receiving


async def test_presses_of_strangers_and_of_forwarded_letters_are_refused(database, chats, now):
    number = await sent(chats)
    async with database.transaction() as db:
        other = Chat(database, await member(db, "Người khác", "communicator_commune", now), now)
    for action in ("ack", "report"):
        reply = await other.act(f"{action}|{number}")
        assert "không gửi đến anh/chị" in reply.toast
        nobody = Chat(database, replace(other.who, identity_id=None, person_id=None), now)
        assert (await nobody.act(f"{action}|{number}")).toast == receiving.STRANGER
    assert (await other.act("ack|abc")).toast == briefs.MISSING
    assert (await other.act("ack|999999")).toast


async def test_an_acknowledgement_after_the_deadline_is_recorded_as_late(database, chats, now):
    receiver, number = chats[3], await sent(chats)
    receiver.now = now + timedelta(hours=5)
    assert "sau hạn 13:00 ngày 24/11/2026" in (await receiver.act(f"ack|{number}")).toast
    async with database.reading() as db:
        assert (await db.scalars(select(Acknowledgement))).one().late is True
    assert "(1 sau hạn)" in (await chats[1].act(f"ap.status|{number}")).text


async def test_two_presses_at_once_are_one_acknowledgement(database, chats):
    receiver, number = chats[3], await sent(chats)
    said = await asyncio.gather(*(receiver.act(f"ack|{number}") for _ in range(3)))
    assert sorted(reply.toast.startswith("Đã ghi nhận") for reply in said) == [False, False, True]


async def test_a_report_in_any_order_one_message_at_a_time(database, chats):
    receiver, number = chats[3], await sent(chats)
    begun = await receiver.act(f"report|{number}")
    assert "còn trống" in (await receiver.press(begun, "Xong")).toast
    await receiver.say("1.200 người")
    await receiver.say("Đã đọc trên <loa> 3 lần")
    await receiver.say("", photo="ảnh-1")
    reply = await receiver.say("https://cong.example.vn/tin, thêm ghi chú")
    assert "1.200" in reply.text and "Ảnh: đã nhận" in reply.text
    assert (await receiver.act(f"report|{number}")).text.count("1.200") == 1  # pressed again: the same report goes on
    done = await receiver.press(reply, "Xong")
    assert "Cảm ơn" in done.text
    assert "đã được gửi" in (await receiver.press(reply, "Xong")).toast
    async with database.reading() as db:
        report = (await db.scalars(select(Report))).one()
        assert (report.reach, report.link, report.photo) == (1200, "https://cong.example.vn/tin", "ảnh-1")
        assert report.note == "Đã đọc trên <loa> 3 lần\nthêm ghi chú"
    assert "Báo cáo kết quả: 1, tổng lượt tiếp cận 1.200" in (await chats[1].act(f"ap.status|{number}")).text
    assert await receiver.waiting_for() is None


async def test_a_report_takes_no_documents_and_nothing_empty(database, chats):
    receiver, number = chats[3], await sent(chats)
    begun = await receiver.act(f"report|{number}")
    assert "chỉ kèm ảnh" in (await receiver.say("", document="x", file_name="a.pdf")).text
    assert "vui lòng gửi" in (await receiver.say("")).text
    assert "Đã bỏ" in (await receiver.press(begun, "Bỏ báo cáo")).text
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Report)) == 0


async def test_a_question_about_the_brief_is_answered_by_the_knowledge_base(database, chats):
    receiver, number = chats[3], await sent(chats)
    asked = await receiver.act(f"askbrief|{number}")
    assert "Trợ cấp hưu trí xã hội" in asked.text and await receiver.waiting_for() == receiving.ASK
    assert "bằng chữ" in (await receiver.say("")).text
    receiver.catalogue = await Catalogue.open(database)
    assert "Chưa có câu trả lời" in (await receiver.say("Ai được hưởng trợ cấp?")).text  # nothing was attached
    assert await receiver.waiting_for() is None


async def test_attached_answers_are_silent_until_the_release(database, chats, now):
    author, second, _editor, receiver = chats
    async with database.transaction() as db:
        draft = await briefs.create(db, CONTENT, author.who, now, audience=EVERYBODY)
        draft = await briefs.submit(db, draft.id, author.who, now)
        await approvals.approve(db, draft.id, second.who, now, stamp=draft.stamp)
    assert (await Catalogue.open(database)).entry(f"bt{draft.id}-1") is None
    async with database.transaction() as db:
        await releases.send(db, draft.id, second.who, now, stamp=draft.stamp)
    receiver.catalogue = await Catalogue.open(database)
    await receiver.act(f"askbrief|{draft.id}")
    answer = await receiver.say("ai duoc huong")
    assert "Người từ đủ 75 tuổi." in answer.text and "Nghị định 176/2025/NĐ-CP" in answer.text


async def test_receivers_see_what_came_to_them(database, chats):
    receiver, number = chats[3], await sent(chats)
    listed = await receiver.say("/bantin")
    again = await receiver.press(listed, "Trợ cấp")
    assert again == receiving.letter(number, (await load(database, number)).content)


async def test_priority_and_flash_reach_paused_people(database, chats, now):
    from db.people import Person, PersonState

    receiver = chats[3]
    async with database.transaction() as db:
        await db.execute(
            update(Person).where(Person.id == receiver.who.person_id).values(state=PersonState.PAUSED)
        )
        draft = await briefs.create(db, CONTENT, chats[0].who, now, audience=EVERYBODY)
        assert any("chưa có ai" in line for line in await briefs.unready(db, draft))
        flash = await briefs.edit(db, draft.id, chats[0].who, now, content=replace(CONTENT, priority=Priority.FLASH))
        assert await briefs.unready(db, flash) == []


async def test_an_empty_draft_can_be_opened_and_dropped(database, chats, now):
    author = chats[0]
    async with database.transaction() as db:
        draft = await briefs.create(db, Content(), author.who, now)
    desk = await author.act(f"b.desk|{draft.id}")
    assert "(chưa có tiêu đề)" in desk.text
    assert "chưa có tiêu đề" in (await author.press(desk, "Gửi thử")).toast
    assert "Đã bỏ" in (await author.press(desk, "Bỏ bản nháp")).text
    assert (await load(database, draft.id)).state == BriefState.STOPPED
    async with database.reading() as db:
        assert await releases.push_of(db, draft.id) is None
