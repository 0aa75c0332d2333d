"""The inbox: a question handed on, asked back, given a deadline, answered once for all; who asked what before."""

import html
from datetime import timedelta

from sqlalchemy import select

from db.audit import AuditRow
from db.knowledge import Case, CaseState, Entry, Question
from db.people import Consent, Person, PersonState
from db.pushes import Notice
from handlers import expert
from tests.briefing import member
from tests.integration.test_console import desk  # noqa: F401 - a fixture


async def asked(database, now, people: int = 2) -> tuple[int, list]:
    async with database.transaction() as db:
        askers = []
        for n in range(people):
            who = await member(db, f"Người {n}", "staff", now)
            question = Question(
                person_id=who.person_id, identity_id=who.identity_id, text="Phí nhà văn hóa thôn? gọi 0912345678",
                decision="none", at=now,
            )
            db.add_all([question, Consent(person_id=who.person_id, version="1", given_at=now)])
            await db.flush()
            await expert.hand_over(db, question, now)
            askers.append(who)
        return await db.scalar(select(Case.id)), askers


async def test_a_case_is_handed_on_asked_back_and_answered_for_all(database, desk, now):  # noqa: F811
    lan, tam = await desk("Lan", "super_admin"), await desk("Tâm", "expert")
    number, askers = await asked(database, now)
    at = f"inbox/{number}"
    assert "Tâm" in await lan.get("inbox") and "Không có câu hỏi" in await lan.get("inbox?xem=toi")
    theirs = await lan.post(at, 409, words="Không thu phí.")
    assert "đang giao cho Tâm" in theirs.text and "Không thu phí." in theirs.text
    await tam.post(f"{at}/back", back="Thôn nào?")
    assert "Thôn nào?" in await tam.get(at)
    await lan.post(f"{at}/hand", 409, to="99999")
    await lan.post(f"{at}/hand", to=str(lan.who.person_id))
    await lan.post(f"{at}/due", 409, due="2020-01-01T08:00")
    later = (now + timedelta(days=2)).strftime("%Y-%m-%dT08:00")
    await lan.post(f"{at}/due", due=later)
    assert later in await lan.get(at)
    await lan.post(at, 409, words="k")
    await lan.post(at, words="Không thu phí.", source="Điều 3 Luật A")
    await tam.post(f"{at}/refuse", 409, reason="Muộn rồi")
    async with database.reading() as db:
        case = await db.get_one(Case, number)
        told = set(await db.scalars(select(Notice.identity_id)))
        trail = select(AuditRow).where(AuditRow.subject == f"case:{number}").order_by(AuditRow.id)
        acts = [row.act for row in await db.scalars(trail)]
        made = await db.get_one(Entry, case.entry_id)
    assert case.state == CaseState.ANSWERED and made.state == "review" and made.citations[0]["doc"] == "Điều 3 Luật A"
    assert {who.identity_id for who in askers} <= told
    assert acts[-4:] == ["case.asked_back", "case.handed", "case.due", "case.answered"]
    assert "đã trả lời" in await lan.get("inbox?xem=xong")


async def test_what_cannot_be_answered_is_said_with_a_reason(database, desk, now):  # noqa: F811
    tam = await desk("Tâm", "expert")
    number, _ = await asked(database, now, 1)
    await tam.post(f"inbox/{number}/refuse", 409, reason=" ")
    await tam.post(f"inbox/{number}/refuse", reason="Ngoài phạm vi của Sở")
    assert "Ngoài phạm vi của Sở" in await tam.get(f"inbox/{number}")


async def test_what_was_said_before_is_seen_with_consent_and_written_down(database, desk, now):  # noqa: F811
    lan, tam = await desk("Lan", "super_admin"), await desk("Tâm", "expert")
    number, (first, second) = await asked(database, now)
    async with database.transaction() as db:
        db.add(Question(person_id=first.person_id, text="Câu hỏi riêng khác", decision="answer", at=now))
        (await db.scalar(select(Consent).where(Consent.person_id == second.person_id))).withdrawn_at = now
    whole = html.unescape(await lan.get(f"inbox/{number}/asker/{first.person_id}"))
    assert "Câu hỏi riêng khác" in whole and "0912345678" in whole and "Người 0" in whole
    part = html.unescape(await tam.get(f"inbox/{number}/asker/{first.person_id}"))
    assert "Câu hỏi riêng khác" not in part and "0912345678" not in part and "Người 0" not in part
    assert "Người 0" not in await tam.get(f"inbox/{number}") and "Người 0" in await lan.get(f"inbox/{number}")
    assert "không được mở" in await lan.get(f"inbox/{number}/asker/{second.person_id}", 404)
    await lan.get(f"inbox/{number}/asker/{lan.who.person_id}", 404)
    async with database.transaction() as db:
        seen = (await db.scalars(select(AuditRow).where(AuditRow.act == "conversation.seen"))).all()
        (await db.get_one(Person, first.person_id)).state = PersonState.LEFT
    assert [(row.actor_id, row.detail["whole"]) for row in seen] == [
        (lan.who.person_id, True), (tam.who.person_id, False)
    ]
    await lan.get(f"inbox/{number}/asker/{first.person_id}", 404)
