"""Figures of briefs and questions: counted, filtered, drawn, and sent to a chat."""

import io
from datetime import timedelta

import openpyxl
import pytest
from PIL import Image
from sqlalchemy import select

from db.agencies import Agency
from db.briefs import Acknowledgement, Brief, Edition
from db.knowledge import Question
from db.people import Person
from db.pushes import Delivery, Push
from handlers import conversation, statistics_page
from handlers.pondering import pondered
from handlers.reply import Incoming
from network import drawings, statistics
from network.statistics import Chosen
from tests.briefing import member
from tests.integration.test_console import desk  # noqa: F401 - a fixture
from tests.integration.test_exports import table


@pytest.fixture
async def sent(database, now, desk):  # noqa: F811
    """A brief to four people of two agencies in two provinces: three received it, two acknowledged; five questions."""
    lan = await desk("Lan", "super_admin")
    async with database.transaction() as db:
        ministry, below = (await db.scalars(select(Agency).where(Agency.parent_id.is_(None)).limit(2))).all()
        people = []
        for n, (agency, province) in enumerate([(ministry, "01"), (ministry, "79"), (below, "01"), (below, None)]):
            who = await member(db, f"Người {n}", "staff", now, agency_id=agency.id)
            (await db.get_one(Person, who.person_id)).province_code = province
            people.append(who)
        at = now - timedelta(days=2)
        brief = Brief(state="done", author_id=lan.who.person_id, created_at=at, updated_at=at)
        db.add(brief)
        await db.flush()
        content = {"title": "=Mưa lũ", "summary": "Mưa.", "ack": True}
        edition = Edition(brief_id=brief.id, number=1, content=content, audience={}, hash="x", created_at=at)
        db.add(edition)
        await db.flush()
        brief.edition_id = edition.id
        push = Push(edition_id=edition.id, kind="brief", state="done", priority=2, created_at=at, planned=4)
        db.add(push)
        await db.flush()
        for n, who in enumerate(people):
            db.add(Delivery(
                push_id=push.id, person_id=who.person_id, identity_id=who.identity_id, channel="telegram", address="a",
                priority=2, state="failed" if n == 3 else "sent", kind="blocked" if n == 3 else None,
                sent_at=None if n == 3 else at,
            ))
        for n, hours in ((0, 1), (1, 30)):
            said = at + timedelta(hours=hours) - timedelta(minutes=1)
            db.add(Acknowledgement(
                brief_id=brief.id, person_id=people[n].person_id, edition_id=edition.id, at=said, late=False
            ))
        for n, decision in enumerate(("none", "none", "quote", "smalltalk", "answer")):
            db.add(Question(
                person_id=people[n % 2].person_id, text="hỏi", decision=decision, at=now - timedelta(hours=n),
                helpful=[None, None, True, None, False][n],
            ))
    return lan, ministry


async def figures(database, now, **chosen) -> statistics.Figures:
    async with database.reading() as db:
        wanted = Chosen(**chosen)
        return await statistics.figures(db, await statistics.count(db, wanted.days, now), wanted, now)


async def test_figures_and_their_filters(database, sent, now):
    _, ministry = sent
    whole = await figures(database, now)
    assert (whole.whole.planned, whole.whole.sent, whole.whole.acknowledged) == (4, 3, 2)
    assert dict((hours, count) for hours, count, _ in whole.curve)[1] == 1 and whole.curve[-1] == (72, 2, 3)
    assert whole.provinces["01"].share == 0.5 and whole.provinces["79"].share == 1.0 and len(whole.provinces) == 2
    assert sorted(sorted(row) for _, row in whole.matrix) == [["", "01"], ["01", "79"]]
    asked = whole.questions
    assert sum(asked.total) == 4 and asked.rate == 0.5 and (asked.judged, asked.helpful) == (2, 1)
    assert len(asked.columns) == 30 and asked.total[-1] >= 1
    here = await figures(database, now, province="79")
    assert (here.whole.planned, here.whole.acknowledged, sum(here.questions.total)) == (1, 1, 1)
    own = await figures(database, now, agency=ministry.id, days=365)
    assert (own.whole.planned, own.whole.acknowledged) == (2, 2) and own.questions.columns[0] < now.date()
    assert not (await figures(database, now + timedelta(days=40))).briefs


async def test_the_page_and_its_files_follow_the_address(sent):
    lan, ministry = sent
    page = await lan.get("statistics?ky=30")
    assert "Xác nhận theo tỉnh" in page and "Hà Nội" in page and "67%" in page and "Tỷ lệ chưa có câu trả lời" in page
    narrow = await lan.get(f"statistics?ky=7&tinh=79&co-quan={ministry.code}")
    assert "100%" in narrow and f"({ministry.code})" in narrow and "tinh=79" in narrow
    assert "Không rõ cơ quan" in await lan.get("statistics?co-quan=kh%C3%B4ng+c%C3%B3+n%C6%A1i+n%C3%A0y")
    rows = table(await lan.get("statistics/export.csv?ky=7&tinh=79"))
    assert rows[1][1] == "'=Mưa lũ" and rows[1][3:] == ["1", "1", "1"]
    book = openpyxl.load_workbook(io.BytesIO((await lan.client.get("statistics/export.xlsx")).content))
    assert [cell.data_type for cell in next(book.active.iter_rows(min_row=2))][1] == "s"
    pdf = await lan.client.get("statistics/export.pdf?ky=7")
    assert pdf.content.startswith(b"%PDF") and pdf.headers["content-type"] == "application/pdf"
    await lan.get("statistics/export.exe", 404)


async def test_deliveries_leave_in_words(sent):
    lan, _ = sent
    rows = table(await lan.get("briefs/1/push/export.csv"))
    assert rows[4][3:6] == ["Telegram", "không gửi được", "đã chặn bot"]


async def test_the_chart_comes_to_the_chat(database, sent, now):
    lan, _ = sent

    async def say(text: str, who=None):
        async def turn(needs):
            async with database.transaction() as db:
                return await conversation.hear(db, who or lan.who, Incoming(text), now, needs)

        return await pondered(turn, {"database": database, "bot_name": "loa"})

    reply = await say("/thongke 7")
    assert "xác nhận: **67%**" in reply.text and [c.action.subject for c in reply.choices] == ["30", "90", "365"]
    picture = Image.open(io.BytesIO(reply.pictures[0].data))
    assert picture.format == "PNG" and picture.width > 1000
    assert "7, 30, 90, 365" in (await say("/thongke hôm nay")).text
    async with database.transaction() as db:
        staff = await member(db, "Tâm", "staff", now)
    assert (await say("/thongke", staff)).text == statistics_page.NOT_YOURS


def test_an_empty_network_is_drawn_too(now):
    nothing = statistics.Asked((now.date(),), {}, (0,), (0,), {}, 0, 0)
    empty = statistics.Figures((), statistics.Place(), (), {}, (), nothing)
    assert drawings.draw("png", empty, Chosen(7), "", {}, now).startswith(b"\x89PNG")
