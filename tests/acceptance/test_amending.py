"""What went out is put right and taken back, as the people at their phones see it."""

import asyncio
import json

from tests.stories import brief_written_and_signed

WRONG, RIGHT = "từ đủ 75 tuổi", "từ đủ 70 tuổi"
TITLE = "Mức hưởng trợ cấp hưu trí"
TWO_DAYS = 49 * 3600  # seconds, past the hour until which Telegram deletes


def invite(loa, role: str) -> str:
    done = loa.command("people", "invite", "--role", role, "--agency", "BVHTTDL", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["code"]


async def join(loa, phone, number: str, name: str):
    person = await phone(number, name)
    await person.say(f"/start {invite(loa, 'super_admin')}", "họ và tên")
    await person.say(name, "chủ đề")
    await person.press("Nhận tất cả", "Đồng ý xử lý dữ liệu cá nhân")
    await person.press("Tôi đồng ý", "đã tham gia mạng lưới")
    return person


async def send(author, approver, title: str) -> None:
    text = f"{title}\nNgười {WRONG} được hưởng.\n\nHồ sơ nộp tại xã."
    await brief_written_and_signed(author, approver, text, people=3)


async def watched(loa, number: int) -> dict:
    """As a second process sees the sending, until it is over."""
    done = await asyncio.to_thread(loa.command, "brief", "watch", str(number), "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


async def correct(loa, author, approver, reader) -> None:
    assert (await watched(loa, 1))["sent"] == 3
    arrived = await reader.wait_for(TITLE)
    assert WRONG in arrived["text"]
    await approver.press("Tình hình gửi", "Đã gửi: 3")
    await approver.press("Đính chính", "Nội dung nào sai")
    await approver.say(f"Người {WRONG}", "Nội dung đúng là gì")
    await approver.say(f"Người {RIGHT}", "Đã thay phần sai trong toàn văn")
    await approver.press("Xem trước", f"Người {RIGHT} được hưởng")
    await approver.press("Trình duyệt", "Đã trình để duyệt")
    await author.wait_for("Bản tin chờ duyệt")
    await author.press("Đọc và duyệt", f"Nội dung sai: Người {WRONG}")
    await author.press("Duyệt", "Đã duyệt bản tin")
    await author.press("Gửi ngay (3 người)", "Đang gửi")
    notice = await reader.wait_for("ĐÍNH CHÍNH bản tin")
    assert notice["reply_to"]["id"] == arrived["id"] and RIGHT in notice["text"]
    changed = next(m for m in await reader.messages() if m["id"] == arrived["id"])
    assert "ĐÃ ĐÍNH CHÍNH" in changed["text"] and RIGHT in changed["text"] and WRONG not in changed["text"]
    assert changed["keyboard"][0][0]["text"] == "Đã nhận"
    await reader.press("Xem bản đã sửa", RIGHT)
    assert (await watched(loa, 2))["sent"] == 3
    await author.press("Tình hình gửi", "3 tin cũ đã sửa tại chỗ")


async def take_back(author, reader) -> None:
    before = await reader.messages()
    await author.press("Thu hồi", "3 người đã nhận")
    await author.say("Số liệu chưa được thẩm định", "Đang thu hồi")
    await author.wait_for("Đã thu hồi xong")
    left = {m["id"] for m in await reader.messages() if not m.get("deleted")}
    gone = [m for m in before if m["id"] not in left]
    assert len(gone) == 2 and all(TITLE in m["text"] for m in gone)  # the brief and its correction
    note = await reader.wait_for("đã được thu hồi")
    assert "Số liệu chưa được thẩm định" in note["text"] and note["id"] not in {m["id"] for m in before}


async def take_back_too_late(loa, client, author, approver, reader) -> None:
    await send(author, approver, "Lịch chi trả trợ cấp hưu trí")
    assert (await watched(loa, 3))["sent"] == 3
    arrived = await reader.wait_for("Lịch chi trả trợ cấp hưu trí")
    await client.post("/sandbox/clock", json={"advance": TWO_DAYS})
    recall = ("brief", "recall", "3", "--as", "1", "--reason", "Đổi lịch chi trả", "--yes")
    done = await asyncio.to_thread(loa.command, *recall)
    assert done.returncode == 0, done.stderr
    note = await reader.wait_for("Đổi lịch chi trả")
    assert note["id"] == arrived["id"] and "đã được thu hồi" in note["text"] and not note["keyboard"]
    await author.wait_for("Đã thay bằng ghi chú: 3")
    status = json.loads(loa.command("brief", "status", "3", "--json").stdout)
    assert status["recall"] | {"at": ""} == {
        "reason": "Đổi lịch chi trả", "at": "", "total": 3, "deleted": 0, "untold": 0, "noted": 3, "told": 0,
        "waiting": 0, "rest": 0, "finished": True,
    }


async def test_put_right_and_taken_back(loa, phone, client):
    author = await join(loa, phone, "71", "Phạm Quang Bình")
    approver = await join(loa, phone, "72", "Đỗ Ngọc Lan")
    reader = await join(loa, phone, "73", "Lê Thị Hoa")
    await send(author, approver, TITLE)
    await correct(loa, author, approver, reader)
    await take_back(author, reader)
    await take_back_too_late(loa, client, author, approver, reader)
