import asyncio
import json
import re

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from bot import after_effects
from bot.commands import brief
from db.people import Identity, Person, PersonState
from db.pushes import Delivery, Notice, Push
from db.session import Database
from network import pushes, releases
from network.content_files import FileBrief, write
from tests.briefing import CONTENT, member


@pytest.fixture
def office(database_url, monkeypatch, now):
    """A database with an admin, an approver and a receiver; `loa brief …` as a function of its words."""

    async def furnish() -> dict[str, int]:
        database = Database(database_url)
        async with database.transaction() as db:
            people = {
                "admin": await member(db, "Bình", "super_admin", now),
                "approver": await member(db, "Lan", "approver", now),
                "editor": await member(db, "Hoa", "editor", now),
                "receiver": await member(db, "Tâm", "communicator_commune", now),
            }
        await database.close()
        return {name: who.person_id for name, who in people.items()}

    monkeypatch.setenv("DATABASE_URL", database_url)
    people = asyncio.run(furnish())

    def loa(*words: object, code: int = 0) -> str:
        result = CliRunner().invoke(brief.app, [str(word) for word in words])
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    def do(work) -> None:
        async def inside() -> None:
            database = Database(database_url)
            await work(database)
            await database.close()

        asyncio.run(inside())

    loa.people, loa.do = people, do
    return loa


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tro-cap.yaml"
    rule = {"roles": ["communicator_commune"]}
    path.write_text(write([FileBrief(None, CONTENT, rule, ("anh.png",))]), encoding="utf-8")
    (tmp_path / "anh.png").write_bytes(b"\x89PNG\r\n\x1a\n123")
    return path


def test_a_brief_from_file_to_sent(office, file, now):
    made = json.loads(office("new", file, "--json"))
    assert (made["state"], made["key"]) == ("draft", "tro-cap")
    assert "Trợ cấp hưu trí xã hội" in office("show", file)
    assert json.loads(office("submit", file, "--json"))["state"] == "submitted"
    assert "không thể tự duyệt" in office("approve", made["id"], code=1)
    assert "đã duyệt" in office("approve", "tro-cap", "--as", office.people["approver"])
    shown = json.loads(office("show", "tro-cap", "--json"))
    assert (shown["recipients"], len(shown["signed"]), shown["content"]["attachments"]) == (1, 2, [1])
    assert "đang gửi" in office("send", file)
    status = json.loads(office("status", file, "--json"))
    assert (status["planned"], status["waiting"], status["push"]) == (1, 1, "running")
    (row,) = json.loads(office("matrix", file, "--json"))
    assert (row["agency"], row["planned"], row["waiting"], row["silent"]) == (None, 1, 1, 0)
    assert office("matrix", file, "--csv").startswith("\ufeffCơ quan,Người nhận,") and office("matrix", file)
    assert "tạm dừng" in office("pause", file)
    assert "Không tạm dừng được" in office("pause", file, code=1)
    assert "đang gửi" in office("resume", file)
    assert "Dừng hẳn việc gửi “Trợ cấp hưu trí xã hội từ 1/7/2025”? 1 người còn chờ" in office("stop", file, code=1)
    assert "đã dừng" in office("stop", file, "--yes")
    assert "đang được hoàn tất" in office("send-rest", file, code=1)

    async def carried_out(database) -> None:
        async with database.transaction() as db:
            await after_effects.tidy(db, now)

    office.do(carried_out)
    assert "việc gửi đang gửi" in office("send-rest", file)
    office("stop", file, "--yes")
    office.do(carried_out)
    assert "địa chỉ nhận 1" in office("status", file, "--watch")
    rows = json.loads(office("list", "--json"))
    assert [(row["state"], row["push"]) for row in rows] == [("stopped", "stopped")]
    assert "Trợ cấp" in office("list", "--state", "stopped")


def test_returned_scheduled_and_changed(office, file, tmp_path):
    office("new", file)
    office("submit", file)
    office("return", file, "--reason", "Thiếu căn cứ", "--as", office.people["approver"])
    file.write_text(file.read_text(encoding="utf-8").replace("75 tuổi", "70 tuổi"), encoding="utf-8")
    assert "đã có bản tin" in office("new", file, code=1).lower()
    assert json.loads(office("new", file, "--replace", "--json"))["number"] == 2
    stamp = json.loads(office("submit", file, "--json"))["stamp"]
    wrong = office("approve", file, "--as", office.people["approver"], "--stamp", "0000000000", code=1)
    assert "đã thay đổi" in wrong
    office("approve", file, "--as", office.people["approver"], "--stamp", stamp)
    assert "không hợp lệ" in office("send", file, "--at", "25h", code=1)
    assert "đã hẹn giờ gửi lúc 08:30" in office("send", file, "--at", "8h30 ngày mai", "--on-holiday")
    assert re.search(r"08:30 ngày \d+/\d+/\d{4}", office("list"))
    assert "đã bỏ hẹn giờ" in office("unschedule", file)
    office("unschedule", file, code=1)
    out = tmp_path / "lai.yaml"
    out.write_text(office("show", file, "--yaml"), encoding="utf-8")
    assert "đã có bản tin" in office("new", out, code=1).lower()  # the key inside counts


def test_a_title_alone_and_its_problems(office):
    made = json.loads(office("new", "--title", "Bão số 5", "--body", "Nội dung.", "--json"))
    refused = office("submit", made["id"], code=1)
    for part in ("Chủ đề: chưa chọn", "Người nhận: chưa chọn", "Giai đoạn chính sách: chưa chọn"):
        assert part in refused
    assert "Cần hoàn thiện" in office("show", made["id"])


def test_who_acts_must_be_clear(office, database_url):
    assert "Không có người mang mã 999" in office("new", "--title", "x", "--as", 999, code=1)
    assert "Không có người" in office("new", "--title", "x", "--as", 10**20, code=1)
    assert "Không tìm thấy bản tin" in office("approve", "9" * 20, code=1)
    assert "không có quyền soạn" in office("new", "--title", "x", "--as", office.people["receiver"], code=1)

    async def change(role: str, state: str) -> None:
        database = Database(database_url)
        async with database.transaction() as db:
            admin = update(Person).where(Person.id == office.people["admin"])
            await db.execute(admin.values(state=state))
            await db.execute(update(Person).where(Person.id == office.people["editor"]).values(role=role))
        await database.close()

    asyncio.run(change("super_admin", PersonState.ACTIVE))
    assert "thêm --as" in office("new", "--title", "x", code=1)
    asyncio.run(change("editor", PersonState.LEFT))
    assert "Chưa có quản trị nào" in office("new", "--title", "x", code=1)


def test_bad_files_are_refused_with_every_line(office, tmp_path):
    bad = tmp_path / "b.yaml"
    bad.write_text("title: A\nbody: '**hở'\nla: 1\n", encoding="utf-8")
    said = office("new", bad, code=1)
    assert "b.yaml, dòng 2, Nội dung" in said and "b.yaml, dòng 3, la" in said
    assert json.loads(office("new", bad, "--json", code=1))["problems"]
    bad.write_bytes("title: Tiếng Việt".encode("utf-16"))
    assert "UTF-8" in office("new", bad, code=1)
    assert "Không đọc được" in office("new", tmp_path / "khong-co.yaml", code=1)
    (tmp_path / "c.yaml").write_text("title: A\nfiles: [khong-co.png]\nsummary: x\n", encoding="utf-8")
    assert "Không tìm thấy bản tin “zzz”" in office("show", "zzz", code=1)
    assert json.loads(office("list", "--json")) == []
    assert "Không có trạng thái" in office("list", "--state", "zzz", code=1)


AUDIENCE = """
audience:
  roles: [sai_vai_tro]
  agencies: [xyz]
  provinces: [zz]
  topics: [không]
  levels: [giữa]
  without_people: [77777777777777777777777]
"""


def test_an_audience_that_names_nobody_is_refused_with_what_there_is(office, tmp_path):
    path = tmp_path / "b.yaml"
    path.write_text(f"title: A{AUDIENCE}summary: x\ntopics: [thue]\nstage: thuc_thi\n", encoding="utf-8")
    said = office("new", path, code=1)
    for part in ("sai_vai_tro", "communicator_province (Đầu mối", "xyz", "zz", "“không”", "thue (", "giữa", "777"):
        assert part in said
    good = "roles: Đầu mối TTCS tỉnh\n  levels: [cấp xã]\n  topics: [thue]"
    text = f"title: A\naudience:\n  {good}\nsummary: x\ntopics: [thue]\nstage: thuc_thi\n"
    path.write_text(text, encoding="utf-8")
    office("new", path)
    audience = json.loads(office("show", path, "--json"))["audience"]
    assert audience == {"roles": ["communicator_province"], "levels": ["commune"], "topics": ["thue"]}
    path.write_text(text.replace(good, "rolls: [x]\n  everybody: maybe"), encoding="utf-8")
    assert all(part in office("new", path, code=1) for part in ("rolls", "without_agencies", "true hoặc false"))


def test_a_brief_is_tried_on_oneself(office, file, database_url):
    office("new", file)
    assert "gửi thử" in office("test", file)
    assert "không có quyền" in office("test", file, "--as", office.people["receiver"], code=1)

    async def written() -> list[tuple[int, str]]:
        database = Database(database_url)
        async with database.reading() as db:
            sent = select(Identity.person_id, Notice.reply).join(Notice, Notice.identity_id == Identity.id)
            rows = (await db.execute(sent)).all()
        await database.close()
        return rows

    [(person, letter)] = asyncio.run(written())
    assert person == office.people["admin"] and "Trợ cấp hưu trí" in str(letter)


def test_sending_on_one_signature_is_asked_first(office, file):
    office("new", file)
    assert "đến 1 người khi chưa có người thứ hai duyệt?" in office("send", file, "--alone", code=1)  # nobody answers
    assert json.loads(office("show", file, "--json"))["state"] == "draft"
    assert "duyệt?" not in office("send", file, "--alone", "--yes", code=1)  # refused, as it is no hỏa tốc


def test_bad_usage_is_exit_code_two(office, file):
    office("new", code=2)
    office("new", file, "--title", "x", code=2)
    office("send", "1", "--at", "8h", "--alone", code=2)
    office("return", "1", code=2)


def sent(office, file, number_of_message: str = "500") -> int:
    """A brief that arrived at its one reader; its number."""
    number = json.loads(office("new", file, "--json"))["id"]
    office("submit", number)
    office("approve", number, "--as", office.people["approver"])
    office("send", number)

    async def arrive(database: Database) -> None:
        async with database.transaction() as db:
            push = await releases.push_of(db, number)
            at = {"state": "sent", "sent_at": push.created_at, "message_ids": number_of_message}
            await db.execute(update(Delivery).where(Delivery.push_id == push.id).values(**at))
            assert await pushes.finish_if_empty(db, push.id, push.created_at)
            await releases.settle(db, await db.get_one(Push, push.id, populate_existing=True), push.created_at)

    office.do(arrive)
    return number


def test_corrected_and_taken_back(office, file, tmp_path):
    number = sent(office, file)
    made = json.loads(office("correct", number, "--wrong", "75 tuổi", "--json"))
    assert (made["state"], made["corrects"]) == ("draft", number)
    assert "chưa nêu nội dung đúng" in office("submit", made["id"], code=1)
    text = tmp_path / "dung.yaml"
    text.write_text(office("show", number, "--yaml").replace("75 tuổi", "70 tuổi"), encoding="utf-8")
    assert "Đã có bản đính chính" in office("correct", number, "--wrong", "tuổi", "--right", "tháng", code=1)
    assert "không có “60 tuổi”" in office("correct", made["id"], "--wrong", "60 tuổi", code=1)
    again = json.loads(office("correct", made["id"], "--right", "70 tuổi", "--file", text, "--json"))
    assert (again["id"], again["corrects"]) == (made["id"], number)
    shown = json.loads(office("show", made["id"], "--json"))
    assert shown["content"]["corrects"]["wrong"] == "75 tuổi" and "70 tuổi" in shown["content"]["summary"]
    assert shown["content"]["attachments"] and shown["recipients"] == 1
    shown = office("show", made["id"])
    assert "ĐÃ ĐÍNH CHÍNH" in shown and "Nội dung sai: 75 tuổi" in shown and "những người đã nhận bản sai" in shown
    office("submit", made["id"])
    office("approve", made["id"], "--as", office.people["approver"])
    office("send", made["id"])
    status = json.loads(office("status", number, "--json"))
    assert (status["corrected_by"], status["recall"]) == (made["id"], None)
    assert "đính chính bản tin" in office("status", made["id"])
    assert "đã được đính chính bằng bản tin" in office("correct", number, code=1)
    assert "Thu hồi ở 1 người" in office("recall", number, "--reason", "Số liệu sai", code=1)  # nobody answers
    assert "ghi rõ lý do" in office("recall", number, "--reason", "sai", "--yes", code=1)
    assert "đã thu hồi" in office("recall", number, "--reason", "Số liệu sai", "--yes")
    assert "đã được thu hồi" in office("recall", made["id"], "--reason", "Số liệu sai", "--yes", code=1)
    back = json.loads(office("status", number, "--json"))["recall"]
    assert (back["total"], back["waiting"], back["finished"]) == (1, 1, False)
    assert "đang thu hồi: 0 đã xóa" in office("status", number)
    rows = json.loads(office("deliveries", number, "--recall", "--state", "planned", "--json"))
    assert [row["name"] for row in rows] == ["Tâm"]
    assert office("deliveries", number, "--csv").startswith("person_id,")


def test_recall_refuses_what_was_not_sent(office, file):
    number = json.loads(office("new", file, "--json"))["id"]
    assert "chưa có gì được gửi" in office("recall", number, "--reason", "Số liệu sai", "--yes", code=1)
    assert "chưa có gì để đính chính" in office("correct", number, code=1)
    assert "chưa bị thu hồi" in office("deliveries", number, "--recall", code=1)
