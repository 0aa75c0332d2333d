"""What people do, done on an OA and on a bot without buttons: joining, acknowledging, reporting, leaving."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from db import notices
from db.briefs import Acknowledgement, Brief, BriefState, Report
from db.people import Identity, Person, PersonState
from db.pushes import Delivery, DeliveryState, Notice, Push
from handlers.reply import Action, Choice, Reply
from network import approvals, briefs, invitations, releases, starter
from network.quiet import Quiet
from tests.briefing import CONTENT, member
from tests.zalo_talking import ZaloPhone

PLATFORMS = pytest.mark.parametrize("platform", ["zalo_oa", "zalo_bot"])


@pytest.fixture
async def code(database, now) -> str:
    async with database.transaction() as db:
        await starter.load_starter(db, now)
        return (await invitations.make(db, now=now, role="communicator_commune", needs_contact=True, max_uses=9)).code


async def person(database) -> Person:
    async with database.reading() as db:
        return await db.scalar(select(Person).order_by(Person.id.desc()).limit(1))


@pytest.fixture
async def member_at(database, now):
    """A member on that platform, and the telephone they hold."""

    async def make(platform: str, role: str = "communicator_commune") -> ZaloPhone:
        async with database.transaction() as db:
            who = await member(db, "Lê Thị Hoa", role, now, platform=platform)
        return ZaloPhone(database, platform, who.address, now)

    return make


async def sent(database, now, title: str = CONTENT.title) -> int:
    """A brief that has arrived at everybody it is for."""
    async with database.transaction() as db:
        author = await member(db, "Biên tập", "editor", now)
        second = await member(db, "Quản trị", "super_admin", now)
        audience = {"roles": ["communicator_commune"]}
        draft = await briefs.create(db, replace(CONTENT, title=title), author, now, audience=audience)
        draft = await briefs.submit(db, draft.id, author, now, stamp=draft.stamp)
        await approvals.approve(db, draft.id, second, now, stamp=draft.stamp)
        await releases.send(db, draft.id, second, now, stamp=draft.stamp, quiet=Quiet())
        arrived = update(Delivery).where(Delivery.state == DeliveryState.PLANNED)
        await db.execute(arrived.values(state=DeliveryState.SENT, sent_at=now, message_ids="5"))
    return draft.id


@PLATFORMS
async def test_somebody_joins_with_a_typed_code(database, now, code, platform):
    phone = ZaloPhone(database, platform, "7000000000000000123", now)
    assert "mã mời" in await phone.say("xin chào")
    assert "họ và tên" in await phone.say(code)
    assert "cơ quan" in await phone.say("Trần Văn Nam")
    assert "chưa tìm thấy" in await phone.say("Tổ hòa giải khóm 5")
    assert "tỉnh, thành phố" in await phone.say("1")
    assert "xã, phường" in await phone.say("cà mau")
    assert "chủ đề" in await phone.say("Phường An Xuyên")
    assert "Chọn lĩnh vực" in await phone.press("Chọn lĩnh vực")
    assert "một hoặc nhiều" in await phone.press("Đời sống người dân")
    assert "Đang chọn: An sinh" in await phone.press("An sinh")
    assert "số điện thoại" in await phone.press("Xong")
    if platform == "zalo_oa":
        assert phone.page.ask_contact
        shown = await phone.event("user_submit_info", info={"phone": "84912345678"})
    else:
        shown = await phone.say("0912 345 678")
    assert "Đồng ý xử lý dữ liệu cá nhân" in shown
    assert "sửa mục nào" in await phone.press("Sửa thông tin")
    assert "họ và tên" in await phone.press("Họ tên")
    assert "Loa chưa nhận ra họ và tên" in await phone.say("1")  # a number of the list before is no answer now
    assert "Năm" in await phone.say("Trần Văn Năm")
    assert ("đã tham gia" if platform == "zalo_oa" else "chờ cơ quan xác nhận") in await phone.press("Tôi đồng ý")
    joined = await person(database)
    assert joined.full_name == "Trần Văn Năm" and joined.phone
    assert joined.state == (PersonState.ACTIVE if platform == "zalo_oa" else PersonState.WAITING)


@PLATFORMS
async def test_a_brief_is_acknowledged_and_reported(database, now, member_at, platform):
    phone = await member_at(platform)
    brief_id = await sent(database, now)
    assert "Đã ghi nhận" in await phone.say("1")
    assert "đã xác nhận lúc" in await phone.say(f"ack|{brief_id}")
    assert "Báo cáo kết quả" in await phone.say("số 3")
    assert "Lượt tiếp cận: 1\n" in f"{await phone.say('1')}\n"  # a quantity was asked for
    if platform == "zalo_bot":
        assert "Gõ “chọn” kèm số, ví dụ “chọn 1”:\n1. Xong" in phone.text
    assert "https://example.vn/bai" in await phone.say("https://example.vn/bai")
    assert "Đã gửi báo cáo" in await phone.say("chọn 1")
    async with database.reading() as db:
        report = await db.scalar(select(Report))
        assert (report.reach, report.link, report.platform) == (1, "https://example.vn/bai", platform)
        assert report.closed_at and await db.scalar(select(Acknowledgement.person_id)) == report.person_id


@PLATFORMS
async def test_the_words_of_a_choice_choose_it(database, now, member_at, platform):
    phone = await member_at(platform)
    await sent(database, now)
    assert "gõ câu hỏi" in await phone.say("hoi ve tin nay")


@PLATFORMS
async def test_a_number_means_what_was_offered_last(database, now, member_at, platform):
    phone = await member_at(platform)
    assert "chưa có danh sách nào" in await phone.say("2")
    phone.now = now
    await phone.say("/tamdung")
    assert "có các số từ 1 đến 4, không có số 7" in await phone.say("7")
    assert "1 ngày" in await phone.say("7") + " ".join(phone.labels)
    later = now + timedelta(hours=1)
    async with database.transaction() as db:
        choices = (Choice("Trả lời", Action("case.take", "77")), Choice("Trang", url="https://example.vn/a"))
        asked = await notices.put(db, (await person(database)).id, Reply("Câu hỏi", choices).plain(), later)
        await db.execute(update(Notice).where(Notice.id == asked.id).values(state=DeliveryState.SENT, sent_at=later))
    phone.now = later
    assert "1 ngày" not in await phone.say("1")
    assert "https://example.vn/a" in await phone.say("hai")
    phone.now = later + timedelta(minutes=1)
    await phone.say("/tamdung")
    assert "Đã tạm dừng đến" in await phone.say("2.")


async def test_a_number_typed_before_a_brief_came_is_not_about_it(database, now, member_at):
    """The word waited at the platform, or for its turn here; the brief was sent meanwhile."""
    phone = await member_at("zalo_bot")
    await phone.say("/tamdung")
    assert "1 ngày" in phone.text
    await sent(database, now + timedelta(minutes=5))
    phone.now = now + timedelta(minutes=6)
    typed = int((now + timedelta(minutes=1)).timestamp() * 1000)
    said = await phone.event("message.text.received", {"text": "1", "date": typed})
    assert "Đã tạm dừng đến" in said


async def test_the_templates_button_brings_the_whole_brief(database, now, member_at):
    phone = await member_at("zalo_oa")
    assert "Chưa có bản tin nào" in await phone.say("nhantin")
    await sent(database, now)
    assert "Hồ sơ nộp tại UBND cấp xã" in await phone.say("nhantin") and phone.labels[0] == "Đã nhận"


async def test_of_several_announced_each_comes_and_one_taken_back_is_said(database, now, member_at):
    phone = await member_at("zalo_oa")
    ids = [await sent(database, now, title) for title in ("Một", "Hai", "Ba", "Bốn")]
    async with database.transaction() as db:
        last = select(func.max(Push.id)).scalar_subquery()  # “Bốn” came whole
        await db.execute(update(Delivery).where(Delivery.push_id != last).values(kind="template"))
        await db.execute(update(Brief).where(Brief.id == ids[1]).values(state=BriefState.RECALLED))
    assert "Ba" in (await phone.say("nhantin")).splitlines()[0]
    assert "đã được thu hồi" in await phone.press("Bản tin tiếp theo (còn 2)")
    assert "Một" in await phone.press("Bản tin tiếp theo (còn 1)") and "Bản tin tiếp theo" not in " ".join(phone.labels)
    assert "Bốn" in await phone.say("nhantin")  # nothing waits: the newest


@PLATFORMS
async def test_leaving_and_being_forgotten(database, now, member_at, platform):
    phone = await member_at(platform)
    await phone.say("/roi")
    assert "đã rời mạng lưới" in await phone.press("Rời mạng lưới")
    assert "tham gia lại" in await phone.say("xin chào")
    await phone.say("/xoadulieu")
    assert "Đã xóa" in await phone.press("Xóa dữ liệu của tôi")
    assert (await person(database)).state == PersonState.ERASED
    assert "không lưu" in await phone.say("/toi")


async def test_who_unfollows_is_not_written_to_until_they_are_back(database, now, member_at):
    phone = await member_at("zalo_oa")

    async def unreachable() -> str | None:
        async with database.reading() as db:
            return await db.scalar(select(Identity.unreachable))

    assert await phone.event("unfollow", follower={"id": phone.address}) == ""
    assert await unreachable() == "unfollowed"
    assert "Chào anh/chị Lê Thị Hoa" in await phone.event("follow", follower={"id": phone.address})
    assert await unreachable() is None
    stranger = ZaloPhone(database, "zalo_oa", "7", now)
    assert "mã mời" in await stranger.event("follow", follower={"id": "7"})
    assert await stranger.event("unfollow", follower={"id": "7"}) == ""


async def test_who_asks_to_be_deleted_is(database, now, member_at):
    phone = await member_at("zalo_oa")
    assert await phone.event("user_withdraw") == ""
    assert (await person(database)).state == PersonState.ERASED
    only = await member_at("zalo_oa", "super_admin")
    assert await only.event("user_withdraw") == ""
    assert (await person(database)).state == PersonState.ACTIVE
    async with database.reading() as db:
        assert await db.scalar(select(Identity.unreachable).where(Identity.address == only.address)) == "withdrew"


async def test_a_mention_in_what_somebody_wrote_reaches_nobody(database, now, member_at):
    phone = await member_at("zalo_oa")
    assert "[@" not in await phone.say("/[@12345]")
