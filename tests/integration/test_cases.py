"""A question's way to the right expert, in time, and back to everybody who asked."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from bot import schedule
from bot.commands import kb
from bot.settings import Settings
from db.agencies import Agency
from db.briefs import Brief, Edition
from db.knowledge import Case, CaseState, Entry, EntryState, Question
from db.people import Identity, Person, PersonState, PersonTopic
from db.pushes import Notice
from handlers import expert
from knowledge import cases
from network import audit
from tests.briefing import member
from tests.talking import Phone

HOUR = timedelta(hours=1)
ASKED = "Bản đồ số của phường ở đâu?"


class Desk:
    """A ministry and a province with a commune below it; an expert in each, a lead, two administrators, two askers."""

    def __init__(self, database, now) -> None:
        self.database, self.now = database, now
        self.settings = Settings(_env_file=None, quiet_from=21)
        self.who, self.phones = {}, {}

    async def furnish(self) -> None:
        async with self.database.transaction() as db:
            for number, (code, path) in enumerate([("BO", "/1/"), ("TINH", "/2/"), ("XA", "/2/3/")], 1):
                db.add(Agency(id=number, code=code, name=f"Cơ quan {code}", folded="", level="province", path=path,
                              parent_id=2 if code == "XA" else None))
            await db.flush()
            for name, role, agency in (
                ("Chuyên gia bộ", "expert", 1), ("Chuyên gia tỉnh", "expert", 2), ("Lãnh đạo tỉnh", "leader", 2),
                ("Quản trị", "super_admin", None), ("Hoa", "communicator_commune", 3), ("Mai", "journalist", None),
            ):
                who = await member(db, name, role, self.now, agency_id=agency)
                self.who[name], self.phones[name] = who, Phone.of(self.database, who, self.now)

    async def ask(self, name: str, text: str = ASKED, brief_id: int | None = None) -> str:
        async with self.database.transaction() as db:
            who = self.who[name]
            question = Question(
                person_id=who.person_id, identity_id=who.identity_id, text=text, decision="none", at=self.now,
                brief_id=brief_id,
            )
            db.add(question)
            await db.flush()
            return (await expert.hand_over(db, question, self.now)).text

    async def case(self, number: int = 1) -> Case:
        async with self.database.reading() as db:
            return await db.get_one(Case, number)

    async def told(self, name: str) -> list[str]:
        return [notice.text for notice in await self.phones[name].notices()]

    async def look(self, after: timedelta) -> None:
        await schedule.look(self.settings, self.database, self.now + after)


@pytest.fixture
async def desk(database, now):
    desk = Desk(database, now)
    await desk.furnish()
    return desk


async def test_agency_and_topic_lead_to_the_right_expert(desk, database):
    assert "trước 09:00 ngày 25/11/2026" in await desk.ask("Hoa")
    assert (await desk.case()).expert_id == desk.who["Chuyên gia tỉnh"].person_id  # above her own commune
    async with database.transaction() as db:
        db.add(PersonTopic(person_id=desk.who["Chuyên gia bộ"].person_id, topic="tin_gia"))
    await desk.ask("Hoa", "Tin giả trên loa phường thì làm gì?")
    case = await desk.case(2)
    assert (case.topic, case.expert_id) == ("tin_gia", desk.who["Chuyên gia bộ"].person_id)


async def test_reminded_before_and_at_the_deadline_then_lead_and_administrators(desk, database):
    await desk.ask("Hoa")
    await desk.look(19 * HOUR)  # 04:00: the reminder of 05:00 is not due
    assert len(await desk.told("Chuyên gia tỉnh")) == 1
    await desk.look(20 * HOUR)  # 05:00: at night
    assert len(await desk.told("Chuyên gia tỉnh")) == 1
    await desk.look(21 * HOUR)
    assert "Còn 3 giờ" in (await desk.told("Chuyên gia tỉnh"))[-1]
    for _ in range(2):
        await desk.look(24 * HOUR)
    assert len(await desk.told("Chuyên gia tỉnh")) == 3 and "đến hạn" in (await desk.told("Chuyên gia tỉnh"))[-1]
    await desk.look(28 * HOUR)
    (lead,) = await desk.told("Lãnh đạo tỉnh")
    assert "quá hạn trả lời 4 giờ" in lead and "Chuyên gia tỉnh" in lead and not await desk.told("Quản trị")
    await desk.look(48 * HOUR)
    assert len(await desk.told("Quản trị")) == 1 and len(await desk.told("Lãnh đạo tỉnh")) == 1
    await desk.look(30 * 24 * HOUR)
    assert (await desk.case()).next_at is None and len(await desk.told("Chuyên gia tỉnh")) == 3
    async with database.reading() as db:
        assert await audit.verify(db) is None


async def test_a_deadline_on_a_day_off_lasts_until_monday_and_nobody_is_asked_meanwhile(desk, now):
    desk.now = now + 3 * 24 * HOUR  # a Friday
    assert "trước 00:00 ngày 1/12/2026" in await desk.ask("Hoa")  # Saturday's lasts until the end of Monday
    for day in (1, 2):
        await desk.look(day * 24 * HOUR)
    assert len(await desk.told("Chuyên gia tỉnh")) == 1


async def test_after_a_standstill_everybody_is_told_once(desk):
    await desk.ask("Hoa")
    for _ in range(3):
        await desk.look(72 * HOUR)
    assert [len(await desk.told(n)) for n in ("Chuyên gia tỉnh", "Lãnh đạo tỉnh", "Quản trị")] == [2, 1, 1]


async def test_an_expert_who_left_is_replaced(desk, database):
    await desk.ask("Hoa")
    async with database.transaction() as db:
        (await db.get_one(Person, desk.who["Chuyên gia tỉnh"].person_id)).state = PersonState.LEFT
    await desk.look(21 * HOUR)
    assert (await desk.case()).expert_id == desk.who["Chuyên gia bộ"].person_id
    assert await desk.told("Chuyên gia bộ")


async def test_handing_over_is_to_whom_the_expert_chooses(desk):
    await desk.ask("Hoa")
    phone = desk.phones["Chuyên gia tỉnh"]
    await phone.act("case.pass|1")
    assert phone.labels == ["Chuyên gia bộ (Cơ quan BO)"]
    await phone.press("Chuyên gia bộ")
    assert "người chuyển: Chuyên gia tỉnh" in (await desk.told("Chuyên gia bộ"))[-1]
    assert "Không có câu hỏi" in (await phone.say("/cauhoi")).text
    listed = await desk.phones["Chuyên gia bộ"].say("/cauhoi")
    assert "hỏi 1 phút trước, hạn 09:00 ngày 25/11/2026 (còn 24 giờ)" in listed.text
    assert "quyền" in (await desk.phones["Hoa"].act("case.to|1:1")).text


async def test_asking_back_stops_the_clock_until_the_asker_speaks(desk):
    await desk.ask("Hoa")
    phone, asker = desk.phones["Chuyên gia tỉnh"], desk.phones["Hoa"]
    await phone.act("case.back|1")
    await phone.say("Phường nào?")
    assert (await desk.case()).state == CaseState.WAITING
    await desk.look(48 * HOUR)
    assert len(await desk.told("Chuyên gia tỉnh")) == 1
    asker.last = (await asker.notices())[-1]
    assert "Phường nào?" in asker.last.text
    await asker.press("Trả lời chuyên gia")
    asker.now = desk.now + 50 * HOUR
    await asker.say("Phường An Xuyên")
    case, told = await desk.case(), (await desk.told("Chuyên gia tỉnh"))[-1]
    assert case.state == CaseState.ASSIGNED and case.due_at == desk.now + 74 * HOUR
    assert "*Chuyên gia hỏi lại:* Phường nào?" in told and "*Người hỏi:* Phường An Xuyên" in told
    assert (await desk.phones["Mai"].act("case.more|1")).toast


async def test_who_says_nothing_more_gives_the_word_back(desk):
    await desk.ask("Hoa")
    await desk.phones["Chuyên gia tỉnh"].act("case.back|1")
    await desk.phones["Chuyên gia tỉnh"].say("Phường nào?")
    await desk.look(73 * HOUR)
    assert (await desk.case()).state == CaseState.ASSIGNED
    assert "chưa nói rõ thêm" in (await desk.told("Chuyên gia tỉnh"))[-1]


async def test_a_refusal_reaches_the_askers_with_its_reason(desk):
    await desk.ask("Hoa")
    phone = desk.phones["Chuyên gia tỉnh"]
    await phone.act("case.refuse|1")
    await phone.say("Việc nội bộ của phường.")
    assert "**Lý do:** Việc nội bộ của phường." in (await desk.told("Hoa"))[-1]
    assert (await desk.case()).state == CaseState.CLOSED
    assert "đã có người trả lời" in (await phone.act("case.take|1")).text


async def test_everybody_who_asked_gets_the_answer_where_they_asked(desk, database):
    await desk.ask("Hoa")
    async with database.transaction() as db:  # Mai has a second, preferred telephone, but asks from the first
        mai = desk.who["Mai"]
        (await db.get_one(Identity, mai.identity_id)).preferred = False
        db.add(Identity(person_id=mai.person_id, platform="zalo_oa", channel="oa", address="z1", preferred=True,
                        created_at=desk.now))
    await desk.ask("Mai", "dạ cho em hỏi ban do so cua phuong o dau ạ")
    phone = desk.phones["Chuyên gia tỉnh"]
    await phone.act("case.take|1")
    await phone.say("Trên cổng của phường.")
    await phone.say("không")
    assert "cho 2 người hỏi" in (await phone.press("Gửi câu trả lời")).text
    for name in ("Hoa", "Mai"):
        assert "Trên cổng của phường" in (await desk.told(name))[-1], name
    again = await desk.ask("Mai")
    assert "Trên cổng của phường" in again and (await desk.case()).state == CaseState.ANSWERED
    async with database.reading() as db:
        (entry,) = await db.scalars(select(Entry))
        assert (entry.state, entry.question) == (EntryState.REVIEW, ASKED)


async def test_at_night_nobody_is_woken(desk, database, now):
    desk.now = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)  # 22:00
    await desk.ask("Hoa")
    async with database.reading() as db:
        (notice,) = await db.scalars(select(Notice))
        assert notice.not_before == datetime(2026, 11, 24, 23, 0, tzinfo=UTC)


def test_the_command_line_lists_them(tmp_path, monkeypatch):
    import asyncio

    from bot.app import prepare_database
    from db.session import Database

    url = f"sqlite+aiosqlite:///{tmp_path / 'kho.db'}"
    monkeypatch.setenv("DATABASE_URL", url)

    async def prepare() -> None:
        database = Database(url)
        await prepare_database(database)
        desk = Desk(database, datetime(2026, 11, 20, 2, 0, tzinfo=UTC))
        async with database.transaction() as db:
            desk.who["Hoa"] = await member(db, "Hoa", "journalist", desk.now)
        await desk.ask("Hoa")
        await database.close()

    asyncio.run(prepare())
    listed = CliRunner().invoke(kb.app, ["cases", "--json"])
    (row,) = json.loads(listed.output)
    assert (row["question"], row["askers"], row["expert"]) == (ASKED, 1, None)
    assert ASKED in CliRunner().invoke(kb.app, ["cases"]).output


async def test_what_was_handed_on_is_not_taken_back_by_an_old_button(desk):
    await desk.ask("Hoa")
    first, second = desk.phones["Chuyên gia tỉnh"], desk.phones["Chuyên gia bộ"]
    await first.act("case.take|1")
    await first.say("Trên cổng của phường.")
    await first.say("không")
    (old,) = [c.action.pack() for c in first.last.choices if c.label == "Gửi câu trả lời"]
    await first.act(f"case.to|1:{desk.who['Chuyên gia bộ'].person_id}")
    for pressed in ("case.take|1", "case.back|1", "case.refuse|1", old):
        assert "đang giao cho Chuyên gia bộ" in (await first.act(pressed)).text, pressed
    assert (await desk.case()).expert_id == desk.who["Chuyên gia bộ"].person_id
    assert "chưa có câu trả lời" in (await second.act(old)).toast  # the draft did not go with it
    await first.press("Tôi nhận")
    assert (await desk.case()).expert_id == desk.who["Chuyên gia tỉnh"].person_id


async def test_a_button_sends_only_the_answer_beside_it(desk):
    await desk.ask("Hoa")
    phone = desk.phones["Chuyên gia tỉnh"]
    await phone.act("case.take|1")
    await phone.say("Ở trụ sở.")
    await phone.say("không")
    (old,) = [c.action.pack() for c in phone.last.choices if c.label == "Gửi câu trả lời"]
    await phone.press("Viết lại")
    await phone.say("Trên cổng của phường.")
    await phone.say("không")
    assert "đã được viết lại" in (await phone.act(old)).toast and not await desk.told("Hoa")
    await phone.act(f"case.send|1|{cases.seal(await desk.case())}")
    assert "Trên cổng của phường" in (await desk.told("Hoa"))[-1]
    async with desk.database.reading() as db:
        assert (await db.get_one(Entry, (await desk.case()).entry_id)).owner_agency_id == 2  # the expert's


async def test_the_same_words_about_two_briefs_are_two_cases(desk, database):
    async with database.transaction() as db:
        briefs = [Brief(key=f"b{n}", created_at=desk.now, updated_at=desk.now) for n in (1, 2)]
        db.add_all(briefs)
        await db.flush()
        for number, brief in enumerate(briefs, 1):
            edition = Edition(
                brief_id=brief.id, number=1, content={"title": f"Tin {number}"}, audience={}, created_at=desk.now
            )
            db.add(edition)
            await db.flush()
            brief.edition_id = edition.id
        ids = [brief.id for brief in briefs]
    for name, about in (("Hoa", ids[0]), ("Mai", ids[1]), ("Mai", ids[0])):
        await desk.ask(name, "khi nào có hiệu lực", brief_id=about)
    async with database.reading() as db:
        found = [(case.text, len(await cases.askers(db, case.id))) for case in await cases.listed(db, ended=False)]
    assert sorted(found) == [("Về tin “Tin 1”: khi nào có hiệu lực", 2), ("Về tin “Tin 2”: khi nào có hiệu lực", 1)]


async def test_two_who_ask_the_same_at_once_share_a_case(desk, database):
    await asyncio.gather(*(desk.ask(name) for name in ("Hoa", "Mai") * 3))
    async with database.reading() as db:
        (case,) = await cases.listed(db, ended=True)
        assert len(await cases.askers(db, case.id)) == 2


async def test_an_answer_given_meanwhile_is_not_undone(desk, database):
    """Somebody answers while the expert's question back is being written: one of them comes second and sees it."""
    await desk.ask("Hoa")
    expert_id, begun = desk.who["Chuyên gia tỉnh"].person_id, asyncio.Event()

    async def ask_back() -> None:
        async with database.transaction() as db:
            case = await cases.locked(db, 1)
            begun.set()
            await asyncio.sleep(0.1)
            await cases.ask_back(db, case, expert_id, "Phường nào?", desk.now, desk.now + HOUR)

    async def answer() -> bool:
        await begun.wait()
        async with database.transaction() as db:
            return await cases.answer(db, 1, expert_id, "Trên cổng.", "", desk.now)

    assert (await asyncio.gather(ask_back(), answer()))[1]
    assert (await desk.case()).state == CaseState.ANSWERED
