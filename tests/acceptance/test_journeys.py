"""The first thing that works end to end: five people, one network, one restart in the middle.

The functions of this module are steps of one story, told in order by the test at the end.
"""

import asyncio
import json

from tests.stories import brief_written_and_signed

CODES: dict[str, str] = {}
TITLE = "Trợ cấp hưu trí xã hội từ 1/7/2025"


def invite(loa, *options: str) -> str:
    done = loa.command("people", "invite", *options, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["code"]


async def two_administrators_come_in_by_the_command_line(loa, phone):
    for number, name in (("81", "Phạm Quang Bình"), ("82", "Đỗ Ngọc Lan")):
        admin = await phone(number, name)
        code = invite(loa, "--role", "super_admin", "--agency", "BVHTTDL")
        await admin.say(f"https://t.me/loa_sandbox_bot?start={code}", "họ và tên")
        await admin.say(name, "chủ đề")
        await admin.press("Nhận tất cả", "Đồng ý xử lý dữ liệu cá nhân")
        await admin.press("Tôi đồng ý", "đã tham gia mạng lưới")


async def an_administrator_invites_from_the_chat_with_a_picture(loa, phone):
    admin = await phone("81", "Phạm Quang Bình")
    await admin.say("/moi", "vai trò")
    await admin.press("xã, phường", "bao nhiêu người")
    made = await admin.press("50 người, cần xác nhận", "Lời mời đã sẵn sàng")
    CODES["commune"] = made["text"].rpartition("Mã: ")[2].strip()
    await admin.picture()


async def a_commune_officer_joins_and_is_confirmed(loa, phone):
    officer, admin = await phone("83", "Trần Văn Tâm"), await phone("82", "Đỗ Ngọc Lan")
    await officer.say(f"/start {CODES['commune']}", "họ và tên")
    await officer.say("🙂🙂", "họ và tên")
    await officer.say("Trần Văn Tâm", "cơ quan")
    await officer.say("ubnd ca mau", "địa bàn")
    await officer.say("ca mau", "xã, phường")
    await officer.say("Phường An Xuyên", "chủ đề")
    await officer.press("Chọn lĩnh vực", "lĩnh vực")
    await officer.press("Đời sống người dân", "một hoặc nhiều")
    await officer.press("An sinh", "Đang chọn: An sinh")
    await officer.press("Xong", "Phường An Xuyên")
    await officer.press("Sửa thông tin", "sửa mục nào")
    await officer.press("Họ tên", "họ và tên")
    await officer.say("Trần Văn Tâm Em", "Trần Văn Tâm Em")
    await officer.press("Tôi đồng ý", "chờ cơ quan xác nhận")
    await admin.wait_for("Người mới chờ xác nhận")
    await admin.press("Xác nhận", "Đã xác nhận")
    await officer.wait_for("đã tham gia mạng lưới")
    await officer.say("/toi", "bản 2026-11")


async def everybody_sees_the_commands_of_their_own_work(loa, phone):
    admin, officer = await phone("82"), await phone("83")
    await admin.say("/trogiup", "/duyet")
    await officer.say("/trogiup", "/bantin")
    assert {"soan", "duyet", "muctin", "moi", "tieptuc"} <= set(await admin.commands("soan"))
    assert await officer.commands("xoadulieu") == [
        "trogiup", "hoi", "bantin", "toi", "lienket", "tamdung", "tieptuc", "roi", "xoadulieu"
    ]


async def codes_that_bring_nobody_in(loa, phone):
    stranger = await phone("89", "Người Lạ")
    await stranger.say("xin chào", "mở liên kết mời")
    await stranger.say("/start khong-co-ma-nay", "Mã mời này không đúng")
    used = invite(loa, "--role", "staff")
    first = await phone("84", "Lê Thị Hoa")
    await first.say(f"/start {used}", "họ và tên")
    await stranger.say(f"/start {used}", "đủ số người dùng")


async def staff_joins_and_asks(loa, phone):
    staff = await phone("84", "Lê Thị Hoa")
    await staff.say("Lê Thị Hoa", "cơ quan")
    await staff.say("bộ văn hóa", "địa bàn")
    await staff.say("hà nội", "chủ đề")
    await staff.press("Nhận tất cả", "Đồng ý")
    await staff.press("Tôi đồng ý", "đã tham gia")
    answer = await staff.say("chi thi 07 la gi", "Nguồn")
    assert "21/3/2023" in answer["text"] and "Hiệu lực từ 21/03/2023" in answer["text"]
    assert any(e["type"] == "text_link" for e in answer["entities"])
    await staff.say("giá vàng hôm nay", "Chưa có câu trả lời đã duyệt")
    await staff.say("x" * 3000, "dài quá")
    await staff.say("🙂", "chưa đọc được")
    await staff.say("/khongco", "không có lệnh")


async def an_unanswered_question_travels_to_an_expert_and_back(loa, phone):
    staff = await phone("84", "Lê Thị Hoa")
    await staff.say("Bản đồ số của phường cập nhật ở đâu vậy?", "Anh/chị")  # none, or only candidates
    await staff.press("Chuyển chuyên gia", "Đã chuyển câu hỏi")
    expert = await phone("81")  # of two with nothing to do, the one who joined first
    await expert.wait_for("chờ anh/chị trả lời")
    await expert.press("Trả lời", "gõ câu trả lời")
    await expert.say("Bản đồ số đăng trên cổng của phường.", "văn bản nào")
    await expert.say("không", "Xem lại trước khi gửi")
    await expert.press("Gửi câu trả lời", "cho 1 người hỏi")
    await staff.wait_for("Chuyên gia đã trả lời")


async def a_brief_is_written_in_the_chat_and_approved_by_a_second_person(loa, phone):
    text = f"{TITLE}\nNgười từ đủ **75 tuổi** được hưởng.\n\nHồ sơ nộp tại UBND cấp xã."
    await brief_written_and_signed(await phone("81"), await phone("82"), text, people=4, tried=True)


async def the_brief_arrives_and_comes_back_acknowledged(loa, phone):
    for number in ("81", "82", "83", "84"):
        arrived = await (await phone(number)).wait_for(TITLE)
        assert arrived
    officer, approver = await phone("83"), await phone("82")
    await officer.wait_for("Đề nghị bấm “Đã nhận”")
    await officer.press("Đã nhận")
    await officer.press("Đã nhận")
    await officer.press("Báo cáo kết quả", "Báo cáo kết quả")
    await officer.say("https://example.vn/bai", "Đã ghi")
    await officer.say("1200 lượt xem", "1.200")
    await officer.press("Xong", "Đã gửi báo cáo")
    await approver.press("Tình hình gửi", "Đã xác nhận: 1 người")
    assert json.loads(loa.command("brief", "status", "1", "--json").stdout)


async def a_restart_loses_nothing_that_was_said_meanwhile(loa, phone):
    staff = await phone("84")
    await asyncio.to_thread(loa.kill)
    before = await staff.version()
    await staff.tell("su co thi bao lau phai phat ngon")
    await asyncio.to_thread(loa.start)
    answer = await staff.wait_for("Nguồn", before)
    assert "24 giờ" in answer["text"]


async def leaving_pausing_and_being_forgotten(loa, phone):
    staff = await phone("84")
    await staff.say("/tamdung", "bao lâu")
    await staff.press("7 ngày", "Đã tạm dừng")
    await staff.say("/tieptuc", "nhận tin trở lại")
    await staff.say("/xoadulieu", "không khôi phục được")
    await staff.press("Xóa dữ liệu của tôi", "Đã xóa dữ liệu")
    await staff.say("/toi", "không lưu thông tin nào")
    officer = await phone("83")
    await officer.say("/roi", "chắc chắn")
    await officer.press("Rời mạng lưới", "đã rời mạng lưới")


async def who_blocks_is_not_written_to(loa, phone):
    admin = await phone("81")
    await admin.act("block")
    await asyncio.sleep(0.3)
    await admin.act("unblock")
    await admin.say("/trogiup", "gõ câu hỏi")


STORY = (
    two_administrators_come_in_by_the_command_line,
    an_administrator_invites_from_the_chat_with_a_picture,
    a_commune_officer_joins_and_is_confirmed,
    everybody_sees_the_commands_of_their_own_work,
    codes_that_bring_nobody_in,
    staff_joins_and_asks,
    an_unanswered_question_travels_to_an_expert_and_back,
    a_brief_is_written_in_the_chat_and_approved_by_a_second_person,
    the_brief_arrives_and_comes_back_acknowledged,
    a_restart_loses_nothing_that_was_said_meanwhile,
    leaving_pausing_and_being_forgotten,
    who_blocks_is_not_written_to,
)


async def test_the_story(loa, phone):
    for step in STORY:
        print(f"— {step.__name__.replace('_', ' ')}")  # shown when a later step fails
        await step(loa, phone)
