"""Time as people feel it: quiet hours in their own zone, also while a push runs, and public holidays."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from typer.testing import CliRunner

from benchmarks import crowd
from bot import schedule, workers
from bot.commands import brief
from bot.settings import Settings
from db.briefs import BriefState
from db.people import Person, zones
from db.pushes import Delivery, DeliveryState, Push
from db.session import Database
from network import approvals, briefs, pushes
from network.moments import VIETNAM
from network.quiet import Quiet
from tests.briefing import CONTENT, EVERYBODY, Chat, member
from tests.postman import Postman, until, working

EVENING = datetime(2026, 11, 24, 13, 59, tzinfo=UTC)  # 20:59 in Hà Nội
NIGHT, MORNING = EVENING + timedelta(minutes=2), datetime(2026, 11, 24, 23, 0, tzinfo=UTC)


async def waiting(database, push) -> dict[datetime | None, int]:
    rows = select(Delivery.not_before, func.count()).where(Delivery.push_id == push.id, Delivery.state == "planned")
    async with database.reading() as db:
        return {until: count for until, count in await db.execute(rows.group_by(Delivery.not_before))}


async def look(database, now, **settings):
    await schedule.look(Settings(_env_file=None, **{"quiet_from": 21, **settings}), database, now)


async def move_to(database, zone: str, count: int) -> None:
    async with database.transaction() as db:
        await db.execute(update(Person).where(Person.id < crowd.FIRST + count).values(zone=zone))


async def test_everybody_rests_in_their_own_zone(database):
    await crowd.people(database, 5)
    await move_to(database, "Europe/Paris", 2)
    push = await crowd.push(database, priority=2, now=NIGHT)
    assert await waiting(database, push) == {None: 2, MORNING: 3}


async def test_the_operators_hours_count_and_flash_knows_none(database, monkeypatch):
    await crowd.people(database, 3)
    late = Quiet(datetime(2026, 1, 1, 22).time(), datetime(2026, 1, 1, 5).time())
    async with database.transaction() as db:
        for priority, quiet, expected in ((2, late, False), (2, Quiet(), True), (0, Quiet(), False), (2, None, False)):
            push = await pushes.plan(
                db, await crowd.edition(db, NIGHT), recipients=crowd.everybody(), priority=priority,
                resend_unsure=False, created_by=None, now=NIGHT, quiet=quiet,
            )
            held = select(func.count()).where(Delivery.push_id == push.id, Delivery.not_before.is_not(None))
            assert bool(await db.scalar(held)) is expected
            assert push.by_night is (priority == 0 or quiet is None)


async def test_a_push_that_still_runs_when_the_quiet_hours_begin_waits_for_the_morning(database, monkeypatch):
    monkeypatch.setattr(schedule, "PART", 2)
    await crowd.people(database, 7)
    await move_to(database, "Europe/Paris", 2)
    normal = await crowd.push(database, priority=2, now=EVENING)
    flash = await crowd.push(database, priority=0, now=EVENING)
    async with database.transaction() as db:
        sent = select(Delivery.id).where(Delivery.push_id == normal.id).order_by(Delivery.person_id.desc()).limit(1)
        await db.execute(update(Delivery).where(Delivery.id == sent.scalar_subquery()).values(state=DeliveryState.SENT))
    await look(database, EVENING)
    assert await waiting(database, normal) == {None: 6}
    await look(database, NIGHT)
    assert await waiting(database, normal) == {None: 2, MORNING: 4}
    assert await waiting(database, flash) == {None: 7}
    await look(database, NIGHT, quiet_from=5, quiet_to=5)
    assert await waiting(database, normal) == {None: 2, MORNING: 4}


async def test_the_zones_are_found_without_reading_everybody(database):
    await crowd.people(database, 6)
    for zone, count in (("Europe/Paris", 4), ("America/Lima", 2), ("Asia/Tokyo", 1)):
        await move_to(database, zone, count)
    async with database.transaction() as db:
        assert await zones(db) == ["America/Lima", "Asia/Ho_Chi_Minh", "Asia/Tokyo", "Europe/Paris"]
        await db.execute(update(Person).values(zone="Asia/Tokyo"))
        assert await zones(db) == ["Asia/Tokyo"]


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(workers, "EVERY", 0.05)


async def _steer(database, act, push, now) -> None:
    async with database.transaction() as db:
        assert await act(db, push.id, now)


async def _set(database, push, **values) -> None:
    async with database.transaction() as db:
        await db.execute(update(Delivery).where(Delivery.push_id == push.id).values(**values))


@asynccontextmanager
async def at(database, now):
    """A worker at that moment, and what it sends."""
    postman = Postman()
    async with working(database, postman, quiet=Quiet(), clock=lambda: now):
        yield postman


def resting(database, push, expected):
    async def look() -> bool:
        return await waiting(database, push) == expected

    return look


@pytest.mark.parametrize("why", ["another try", "resumed", "sent again", "a dead worker's", "never put to rest"])
async def test_whatever_makes_a_row_ready_at_night_it_waits_for_the_morning(database, impatient, why):
    await crowd.people(database, 5)
    await move_to(database, "Europe/Paris", 2)
    push = await crowd.push(database, priority=2, now=EVENING)
    match why:
        case "another try":
            await _set(database, push, not_before=NIGHT - timedelta(seconds=1), attempts=1)
        case "resumed":
            await _steer(database, pushes.pause, push, EVENING)
            await _steer(database, pushes.resume, push, NIGHT)
        case "sent again":
            await _set(database, push, state="failed", kind="down")
            async with database.transaction() as db:
                assert await pushes.retry_failed(db, push.id) == 5
        case "a dead worker's":
            await _set(database, push, state="leased", worker="gone/1/x", lease_until=EVENING)
    async with at(database, NIGHT) as postman:
        await until(resting(database, push, {MORNING: 3}))
        await until(lambda: len(postman.letters) == 2)
    assert {int(letter.address) - crowd.FIRST for letter in postman.letters} == {0, 1}  # it is afternoon in Paris
    async with at(database, MORNING) as postman:
        await until(lambda: len(postman.letters) == 3)


async def test_a_letter_that_would_leave_as_the_quiet_hours_begin_waits(database, impatient):
    await crowd.people(database, 5)
    push = await crowd.push(database, priority=2, now=EVENING)
    async with at(database, EVENING + timedelta(seconds=57)) as postman:
        await until(resting(database, push, {MORNING: 5}))
    assert not postman.letters


async def test_what_was_planned_for_the_night_goes_at_night(database, impatient):
    """A trial, a recall: whoever asked for them waits for them."""
    await crowd.people(database, 5)
    push = await crowd.push(database, priority=2, now=EVENING)
    async with database.transaction() as db:
        (await db.get_one(Push, push.id)).by_night = True
    async with at(database, NIGHT) as postman:
        await until(lambda: len(postman.letters) == 5)


async def test_a_flash_brief_goes_at_night(database, impatient):
    await crowd.people(database, 5)
    await crowd.push(database, priority=0, now=NIGHT)
    async with at(database, NIGHT) as postman:
        await until(lambda: len(postman.letters) == 5)


@pytest.fixture
async def second(database, now) -> Chat:
    """The approver's chat, in front of an approved brief."""
    async with database.transaction() as db:
        author = await member(db, "Bình", "super_admin", now)
        lan = await member(db, "Lan", "super_admin", now)
        await member(db, "Tâm", "communicator_commune", now)
        draft = await briefs.create(db, CONTENT, author, now, audience=EVERYBODY)
        draft = await briefs.submit(db, draft.id, author, now, stamp=draft.stamp)
        await approvals.approve(db, draft.id, lan, now, stamp=draft.stamp)
    return Chat(database, lan, now)


async def test_scheduling_on_a_holiday_is_confirmed_first(database, second):
    opened = await second.act("ap.open|1")
    await second.press(opened, "Hẹn giờ gửi")
    asked = await second.say("8h ngày 1/1/2027")
    assert "Ngày 1/1/2027 là ngày nghỉ lễ (**Tết Dương lịch**)" in asked.text
    other = await second.say("8h ngày 4/1/2027")
    assert "Đã hẹn gửi" in other.text
    done = await second.press(asked, "Vẫn gửi")
    assert "08:00 ngày 1/1/2027" in done.text
    async with database.reading() as db:
        draft = await briefs.load(db, 1)
        assert (draft.state, draft.send_at) == (BriefState.SCHEDULED, datetime(2027, 1, 1, 1, tzinfo=UTC))


def test_the_command_line_asks_for_a_second_word_on_a_holiday(database_url, monkeypatch, tmp_path):
    """By the real clock: tomorrow is a holiday of the operator's own."""
    tomorrow = datetime.now(VIETNAM).date() + timedelta(days=1)
    (tmp_path / "lich.yaml").write_text(f"- {{day: {tomorrow}, name: Ngày hội}}", encoding="utf-8")
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LOA_HOLIDAYS", str(tmp_path / "lich.yaml"))

    async def furnish() -> int:
        database, now = Database(database_url), datetime.now(UTC)
        async with database.transaction() as db:
            author = await member(db, "Bình", "super_admin", now)
            lan = await member(db, "Lan", "approver", now)
            await member(db, "Tâm", "communicator_commune", now)
            draft = await briefs.create(db, CONTENT, author, now, audience=EVERYBODY)
            draft = await briefs.submit(db, draft.id, author, now, stamp=draft.stamp)
            await approvals.approve(db, draft.id, lan, now, stamp=draft.stamp)
        await database.close()
        return draft.id

    sending = ["send", str(asyncio.run(furnish())), "--at", "8h30 ngày mai"]
    refused = CliRunner().invoke(brief.app, sending)
    assert refused.exit_code == 1 and "ngày nghỉ lễ (Ngày hội)" in refused.output
    assert CliRunner().invoke(brief.app, [*sending, "--on-holiday"]).exit_code == 0
    monkeypatch.setenv("LOA_QUIET_FROM", "21")
    night = CliRunner().invoke(brief.app, [*sending[:3], "2h sáng mai", "--on-holiday"])
    assert f"sẽ nhận từ 06:00 ngày {tomorrow.day}/{tomorrow.month}/" in night.output


async def test_an_appointment_in_the_quiet_hours_is_warned_of(database, second):
    opened = await second.act("ap.open|1")
    await second.press(opened, "Hẹn giờ gửi")
    asked = await second.say("8h ngày 1/1/2027")
    assert "giờ nghỉ" not in (await second.press(asked, "Vẫn gửi")).text
    await second.press(await second.act("ap.open|1"), "Hẹn giờ gửi")
    night = await second.say("2h sáng ngày 4/1/2027")
    assert "Giờ hẹn nằm trong giờ nghỉ: người nhận sẽ nhận từ 06:00 ngày 4/1/2027." in night.text


async def test_the_schedule_releases_with_the_operators_quiet_hours(database, second, now):
    opened = await second.act("ap.open|1")
    await second.press(opened, "Hẹn giờ gửi")
    await second.say("21h30 hôm nay")
    at_night = now.replace(hour=14, minute=30)
    await look(database, at_night, quiet_from=22)
    async with database.reading() as db:
        push = (await db.scalars(select(Push))).one()
    assert await waiting(database, push) == {None: 1}
