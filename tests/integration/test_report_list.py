"""What was reported can be read: all of it, by those who look after the brief."""

from datetime import timedelta

from handlers import reply
from network import people
from tests.briefing import member
from tests.integration.test_typed_receipt import send
from tests.talking import Phone


async def test_every_report_can_be_read_with_its_photo(database, now):
    async with database.transaction() as db:
        author, second = [await member(db, name, "super_admin", now) for name in ("Bình", "Lan")]
        crowd = [await member(db, f"Cán bộ {n}", "communicator_commune", now) for n in range(7)]
        number = await send(db, "Tin", author, second, now)
    phones = [Phone.of(database, who, now + timedelta(hours=n)) for n, who in enumerate(crowd, 1)]
    for n, phone in enumerate(phones):
        await phone.act(f"report|{number}")
        await phone.say(f"{n + 1}.250 lượt")
        await phone.say("https://vidu.vn/a_b")
        if n == 6:
            await phone.say("đọc trên *loa* <b>", photo="PHOTO")
        await phone.press("Xong")
    await phones[0].act(f"report|{number}")  # begun, not closed
    reader = Phone.of(database, second, now)
    status = await reader.act(f"ap.status|{number}")
    assert "Báo cáo kết quả: 7" in status.text
    first = await reader.press("Báo cáo (7)")
    assert "7 báo cáo, 29.750 lượt, trang 1/2" in first.text
    assert first.text.index("Cán bộ 6") < first.text.index("Cán bộ 5") and "7.250 lượt" in first.text
    assert "chưa rõ cơ quan" in first.text and "(<https://vidu.vn/a_b>)" in first.text
    shown = await reader.press("Ảnh của báo cáo 1")
    assert shown.photos == ("PHOTO",)
    await reader.press("Danh sách")
    last = await reader.press("Trang sau")
    assert "**7. Cán bộ 0" in last.text and "‹ Trang trước" in reader.labels
    assert not any(label.startswith("Ảnh") for label in reader.labels)
    async with database.transaction() as db:
        await people.erase(db, crowd[0].person_id, now)
    assert "(đã xóa dữ liệu)" in (await reader.act(f"ap.reports|{number}:1")).text


async def test_others_and_empty_lists_get_a_sentence(database, now):
    async with database.transaction() as db:
        author, second = [await member(db, name, "super_admin", now) for name in ("Bình", "Lan")]
        who = await member(db, "Tâm", "communicator_commune", now)
        number = await send(db, "Tin", author, second, now)
    reader, outsider = Phone.of(database, author, now), Phone.of(database, who, now)
    assert "chưa có báo cáo" in _said(await reader.act(f"ap.reports|{number}"))
    assert "quyền" in _said(await outsider.act(f"ap.reports|{number}"))
    assert "quyền" in _said(await outsider.act("ap.photo|1")) and "không còn" in _said(await reader.act("ap.photo|9"))


def _said(answer: reply.Reply) -> str:
    return answer.text or answer.toast
