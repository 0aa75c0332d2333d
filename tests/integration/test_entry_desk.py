"""The knowledge desk: an entry written, seen against what is served, guarded by golden questions, and what is asked
and not found."""

import html
import re

from sqlalchemy import select

from db import entries as rows
from db.audit import AuditRow
from db.knowledge import Entry, EntryVersion, Question, Work, WorkState
from db.pushes import Notice
from knowledge import golden
from tests.briefing import member
from tests.integration.desks import full_desk  # noqa: F401 - a fixture
from tests.integration.test_console import stamp

NEW = {
    "question": "Lệ phí cấp giấy phép nuôi chim yến là bao nhiêu?",
    "answer": "Lệ phí là **150.000 đồng** một giấy phép.",
    "variants": "phí nuôi yến\r\nnuôi chim yến tốn bao nhiêu tiền", "citation_doc": "Nghị quyết 12/2026/NQ-HĐND",
    "citation_article": "Điều 3", "citation_date": "2026-03-01", "citation_url": "https://vanban.example.vn/12",
    "topic": "an_sinh", "valid_from": "2026-03-01", "valid_to": "2030-12-31", "then": "submit",
}


async def stored(database, key: str) -> Entry:
    async with database.reading() as db:
        return await rows.by_key(db, key)


def place(answer) -> str:
    return answer.headers["location"].removeprefix("/console/").partition("?")[0]


async def test_an_entry_is_written_read_by_a_second_person_and_published(database, full_desk):  # noqa: F811
    lan, binh = await full_desk("Lan", "editor"), await full_desk("Bình", "super_admin")
    at = place(await lan.post("knowledge/new", **NEW))
    own = await lan.get(at)
    assert "150.000 đồng" in own and "Duyệt và công bố" not in own
    assert "phí nuôi yến" in own and "Điều 3" in own and "31/12/2030" in own
    read = await binh.get(at)
    assert "chờ duyệt" in read and 'href="https://vanban.example.vn/12"' in read
    await binh.post(f"{at}/return", 409, stamp=stamp(read), reason=" ")
    await binh.post(f"{at}/return", stamp=stamp(read), reason="Ghi rõ nơi nộp")
    assert "Người duyệt ghi: Ghi rõ nơi nộp" in await lan.get(at)
    form = await lan.get(f"{at}/edit")
    seen = re.search(r'name="seen" value="(\d+)"', form)[1]
    more = NEW | {"answer": NEW["answer"] + " Nộp tại xã.", "seen": seen, "why": "Thêm nơi nộp"}
    await lan.post(f"{at}/edit", **more)
    await lan.post(f"{at}/publish", 403, stamp="2")
    await binh.post(f"{at}/publish", stamp=stamp(await binh.get(at)))
    entry = await stored(database, f"muc-{at.rpartition('/')[2]}")
    assert entry.state == "published" and entry.version == 2 and entry.answer.endswith("Nộp tại xã.")
    history = await lan.get(f"{at}?ban=2")
    assert "<del>" not in history or "Nộp tại xã." in history
    assert "Bản 2" in history and "Thêm nơi nộp" in history


async def test_of_two_who_write_at_once_the_second_sees_what_changed_and_loses_nothing(full_desk):  # noqa: F811
    lan = await full_desk("Lan", "editor")
    at = place(await lan.post("knowledge/new", **NEW | {"then": "draft"}))
    seen = re.search(r'name="seen" value="(\d+)"', await lan.get(f"{at}/edit"))[1]
    await lan.post(f"{at}/edit", **NEW | {"then": "draft", "seen": seen, "answer": "Lệ phí là 200.000 đồng."})
    second = await lan.post(f"{at}/edit", 409, **NEW | {"then": "draft", "seen": seen, "answer": "Không thu lệ phí."})
    text = html.unescape(second.text)
    assert "Người khác vừa sửa mục này" in text and "<del>Lệ phí là 200.000 đồng.</del>" in text
    assert "Không thu lệ phí.</textarea>" in text
    again = re.search(r'name="seen" value="(\d+)"', second.text)[1]
    await lan.post(f"{at}/edit", **NEW | {"then": "draft", "seen": again, "answer": "Không thu lệ phí."})
    wrong = await lan.post(f"{at}/edit", 409, **NEW | {"seen": "3", "valid_to": "2020-01-01"})
    assert "đứng trước ngày có hiệu lực" in wrong.text and 'value="2020-01-01"' in wrong.text


async def test_what_breaks_a_golden_question_is_said_before_it_is_published(database, full_desk, now):  # noqa: F811
    lan, binh = await full_desk("Lan", "editor"), await full_desk("Bình", "super_admin")
    async with database.reading() as db:
        checks = await golden.run(db, lan.catalogue.snapshot)
    check = next(c for c in checks if c.holds)
    entry = await stored(database, check.wanted)
    at = f"knowledge/{entry.id}"
    assert html.escape(check.question) in await lan.get(at)
    change = {
        "question": "Chim én làm tổ ở đâu?", "answer": "Ở mái hiên.", "variants": "", "seen": str(entry.version),
        "why": "Thử", "then": "submit",
    }
    await lan.post(f"{at}/edit", **change)
    read = await binh.get(at)
    assert "sẽ làm hỏng câu hỏi mẫu" in read and "Vẫn công bố" in read
    refused = await binh.post(f"{at}/publish", 409, stamp=stamp(read))
    assert "Thay đổi này làm hỏng câu hỏi mẫu" in refused.text
    await binh.post(f"{at}/publish", stamp=stamp(read), anyway="Quy định cũ đã bỏ")
    async with database.reading() as db:
        version = await db.scalar(select(EntryVersion).where(EntryVersion.note == "Quy định cũ đã bỏ"))
    assert version.entry_id == entry.id


async def test_golden_questions_retiring_and_taking_back(database, full_desk):  # noqa: F811
    binh = await full_desk("Bình", "super_admin")
    entry = await stored(database, "ct07-01")
    at = f"knowledge/{entry.id}"
    await binh.post(f"{at}/golden", question="Chỉ thị số 7 nói gì về bản tin xã")
    page = await binh.get(at)
    assert "Chỉ thị số 7 nói gì về bản tin xã" in page
    number = re.findall(r'name="golden" value="(\d+)"', page)[-1]
    await binh.post(f"{at}/ungolden", golden=number)
    assert "Chỉ thị số 7 nói gì về bản tin xã" not in await binh.get(at)
    await binh.post(f"{at}/confirm", 409, stamp="99")
    await binh.post(f"{at}/confirm", stamp=str(entry.version))
    await binh.post(f"{at}/retire", reason="Đã thay", anyway="on")
    assert (await stored(database, "ct07-01")).state == "retired"
    await binh.post(f"{at}/restore", version="1")
    assert "Lấy lại bản 1" in await binh.get(at)


async def test_what_was_asked_and_not_found_becomes_an_entry_or_is_linked(database, full_desk, now):  # noqa: F811
    lan = await full_desk("Lan", "editor")
    async with database.transaction() as db:
        asker = await member(db, "Hoa", "staff", now)
        for number in (1, 2):
            piece = Work(
                kind="missing", state="open", text=f"câu hỏi chưa có số {number}", examples=["hỏi kiểu khác"], count=3,
                first_at=now, last_at=now, topic="an_sinh",
            )
            db.add(piece)
            await db.flush()
            db.add(Question(
                person_id=asker.person_id, identity_id=asker.identity_id, text=piece.text, decision="none", at=now,
                work_id=piece.id,
            ))
    listed = await lan.get("knowledge/missing")
    assert "câu hỏi chưa có số 1" in listed and "hỏi kiểu khác" in listed
    await lan.post("knowledge/missing/1/take")
    written = place(await lan.post("knowledge/missing/1/write"))
    assert 'value="câu hỏi chưa có số 1"' in await lan.get(written)
    await lan.post("knowledge/missing/2/link", 409, key="không-có")
    await lan.post("knowledge/missing/2/link", key="ct07-01")
    await lan.post("knowledge/missing/1/refuse", reason="Không thuộc phạm vi")
    await lan.post("knowledge/missing/1/refuse", 409, reason="Lần hai")
    async with database.reading() as db:
        found = [w.state for w in await db.scalars(select(Work).order_by(Work.id))]
        told = list(await db.scalars(select(Notice.identity_id)))
        acts = set(await db.scalars(select(AuditRow.act)))
    assert found == [WorkState.REFUSED, WorkState.DONE] and told == [asker.identity_id]
    assert {"work.taken", "work.linked", "work.refused"} <= acts
    assert "câu hỏi chưa có số 2" in await lan.get("knowledge/missing?xem=xong")


async def test_what_falls_due_this_month_and_why_an_answer_won(database, full_desk, now):  # noqa: F811
    lan = await full_desk("Lan", "editor")
    async with database.transaction() as db:
        entry = await rows.by_key(db, "ct07-01")
        entry.valid_to = now.date()
    due = await lan.get("knowledge/due")
    assert entry.question in html.unescape(due)
    tried = html.unescape(await lan.get("knowledge?hoi=mien+hoc+phi+cho+ai"))
    assert "Loa đọc là “miễn học phí cho ai”" in tried and "ngưỡng" in tried and "<svg" in tried
    assert "không có mục nào ở đây" in (await lan.get("knowledge?tim=zzzz&chu-de=an_sinh&xep=moi")).lower()
    assert "Viết mục cho câu hỏi này" in await lan.get("knowledge?hoi=zzzz+yyyy+qqqq")
