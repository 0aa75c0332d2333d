"""Whatever goes wrong around a push has a clear outcome: nobody lost, a sentence a log line."""

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, func, select, text, update
from structlog.testing import capture_logs
from typer.testing import CliRunner

from benchmarks import crowd
from bot import workers
from bot.channels import Down, Later, Receipt
from bot.commands import lane as command
from bot.lanes import Lane as Budget
from db import lanes, notices
from db.pushes import Delivery, Lane, PushState
from handlers import lane_news
from handlers.reply import Reply
from tests.postman import Postman, until, working


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(workers, "EVERY", 0.05)
    monkeypatch.setattr("bot.push.TROUBLE", 0.05)


def done(database, push):
    async def look() -> bool:
        return (await crowd.push_of(database, push.id)).state == PushState.DONE

    return look


async def news(database, push, now: datetime | None = None) -> str:
    async with database.reading() as db:
        return " ".join(await lane_news.lines(db, push.id, now or datetime.now(UTC)))


def said(logs: list[dict], part: str) -> dict:
    return next(line for line in logs if part in line["event"])


async def test_an_hours_outage_costs_nobody_the_brief_and_no_attempts(database, monkeypatch):
    """A minute is 20 ms here, for the worker's clock and for the circuit's probes alike."""
    faster = 3000.0
    monkeypatch.setattr("bot.circuit.FIRST", 1 / faster)
    monkeypatch.setattr("bot.circuit.LONGEST", 60 / faster)
    monkeypatch.setattr("bot.push.LEASE", timedelta(seconds=25 * faster))
    begun, start = time.monotonic(), datetime(2026, 11, 24, 2, tzinfo=UTC)
    hours = [0.0]  # since the outage began

    def clock() -> datetime:
        return start + timedelta(seconds=(time.monotonic() - begun) * faster)

    def answer(letter, number):
        if number > 50 and clock() < start + timedelta(hours=2):
            hours[0] = hours[0] or clock().timestamp()
            return Down("502 Bad Gateway")
        return Receipt((str(number),))

    await crowd.people(database, 200)
    push = await crowd.push(database, now=start)
    postman = Postman(answer=answer)
    with capture_logs() as logs:
        async with working(database, postman, clock=clock):
            await until(lambda: hours[0] and clock().timestamp() - hours[0] > 3000)
            assert "đang không trả lời" in await news(database, push)
            await until(done(database, push), 30)
    assert await crowd.states(database, push.id) == {"sent": 200}
    assert set(postman.got.values()) == {1}
    assert await crowd.one(database, select(func.max(Delivery.attempts))) < 8
    assert said(logs, "the platform is down")["cause"] == "502 Bad Gateway" and said(logs, "answers again")
    assert await news(database, push) == ""


async def test_ten_thousand_seconds_are_waited_and_an_operator_may_end_it(database, database_url, monkeypatch):
    await crowd.people(database, 60)
    push = await crowd.push(database)
    postman = Postman(rate=100, answer=lambda letter, n: Later(10_000, "flood") if n == 20 else Receipt((str(n),)))
    monkeypatch.setenv("DATABASE_URL", database_url)
    with capture_logs() as logs:
        async with working(database, postman):
            await until(lambda: _paused(database))
            await until(lambda: not postman.lane.queued(3))
            waited = postman.calls_begun
            assert "yêu cầu tạm ngừng đến" in await news(database, push) and postman.lane.paused_for() > 9_990
            restarted = Postman()
            async with working(database, restarted):
                await until(lambda: restarted.lane.paused_for() > 9_000)
            assert not restarted.letters and postman.calls_begun == waited
            thawed = await asyncio.to_thread(CliRunner().invoke, command.app, ["thaw", "telegram"])
            assert thawed.exit_code == 0, thawed.output
            await until(done(database, push))
    assert said(logs, "asks to wait")["seconds"] == 10_000
    assert set(postman.got.values()) == {1} and len(postman.got) == 60
    assert await crowd.one(database, select(func.max(Delivery.attempts))) == 1


async def _paused(database) -> bool:
    lane = await crowd.one(database, select(Lane))
    return lane is not None and lane.paused_until is not None


async def test_a_clock_set_back_an_hour_brings_no_old_pause_back_and_holds_nobody_up(database):
    await crowd.people(database, 80)
    push = await crowd.push(database)
    shift = [timedelta()]
    postman = Postman(rate=100, answer=lambda letter, n: Later(0.2) if n == 10 else Receipt((str(n),)))
    async with working(database, postman, clock=lambda: datetime.now(UTC) + shift[0]):
        await until(lambda: len(postman.letters) > 25)
        shift[0] = timedelta(hours=-1)
        await until(done(database, push))
    assert await crowd.states(database, push.id) == {"sent": 80}
    assert set(postman.got.values()) == {1}


async def test_the_shared_lane_begins_anew_when_the_databases_clock_was_set_back(database):
    """As if slots and a pause had been stored by a clock an hour ahead."""
    async with database.transaction() as db:
        await lanes.ensure(db, "telegram")
        await db.execute(text("UPDATE lane SET next_slot = :later"), {"later": time.time() + 3600})
    lane = Budget.shared(database, "telegram", 100)
    begun = time.monotonic()
    for number in range(5):
        await lane.take(str(number))
    assert time.monotonic() - begun < 10
    async with database.transaction() as db:
        await lanes.pause(db, "telegram", datetime.now(UTC) - timedelta(seconds=1), "429, over")
        assert await lanes.reserve(db, "telegram", 0.01)
    assert (await crowd.one(database, select(Lane))).paused_until is None
    await asyncio.sleep(0.1)  # a reservation under way


async def test_a_full_database_delays_and_doubles_nobody(database):
    """The disk is full for real: SQLite may not grow, PostgreSQL's tables answer as they do then."""
    await crowd.people(database, 150)
    push = await crowd.push(database)
    postman, pages = Postman(rate=300), disk_of(database)
    with capture_logs() as logs:
        async with working(database, postman):
            await until(lambda: len(postman.letters) > 20)
            async with full(database, pages):
                await until(lambda: any("does not answer" in line["event"] for line in logs))
                await asyncio.sleep(0.2)
            await until(done(database, push))
    line = said(logs, "the database does not answer")
    assert "full" in line["cause"] and "loa doctor" in line["remedy"]
    assert await crowd.states(database, push.id) == {"sent": 150}
    assert set(postman.got.values()) == {1}


FULL = {
    "sqlite": (
        "CREATE TABLE ballast (x BLOB)",
        "CREATE TRIGGER heavy AFTER UPDATE ON delivery BEGIN INSERT INTO ballast VALUES (zeroblob(1000000)); END",
    ),
    "postgresql": (
        "CREATE FUNCTION heavy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'could not extend file: disk full' USING ERRCODE = '53100'; END $$",
        "CREATE TRIGGER heavy BEFORE UPDATE ON delivery FOR EACH STATEMENT EXECUTE FUNCTION heavy()",
    ),
}


MANY = 1_000_000


def disk_of(database) -> list[int]:
    """How many pages SQLite's file may have from the next transaction on; 1 means: as many as there are."""
    pages = [MANY]

    def limit(connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages[0]}")

    if database.sqlite:
        event.listen(database.engine.sync_engine, "begin", limit)
    return pages


@asynccontextmanager
async def full(database, pages):
    async with database.transaction() as db:
        for statement in FULL[database.url.get_backend_name()]:
            await db.execute(text(statement))
    pages[0] = 1
    yield
    pages[0] = MANY
    async with database.transaction() as db:
        await db.execute(text("DROP TRIGGER heavy" + ("" if database.sqlite else " ON delivery")))


async def test_a_locked_database_delays_and_doubles_nobody(database):
    await crowd.people(database, 150)
    push = await crowd.push(database)
    postman = Postman(rate=100)
    async with working(database, postman):
        await until(lambda: len(postman.letters) > 20)
        async with database.transaction() as db:  # SQLite: the write lock
            lock = "SELECT 1" if database.sqlite else "LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE"
            await db.execute(text(lock))
            await asyncio.sleep(1.0)
            held_up = len(postman.letters)
        await until(done(database, push))
    assert held_up < 150 and await crowd.states(database, push.id) == {"sent": 150}
    assert set(postman.got.values()) == {1}


async def test_a_notice_whose_file_is_gone_comes_with_a_word_instead(database):
    await crowd.people(database, 1)
    await crowd.push(database, files=[("x.pdf", "application/pdf", b"P")])
    async with database.transaction() as db:
        await db.execute(text("UPDATE push SET state = 'stopped'"))
        await db.execute(text("UPDATE attachment SET data = NULL"))
        await notices.put(db, crowd.FIRST, Reply("Bản tin gửi thử", files=(1,)).plain(), datetime.now(UTC))
    postman = Postman()
    with capture_logs() as logs:
        async with working(database, postman):
            await until(lambda: postman.letters)
    (letter,) = postman.letters
    assert letter.text.startswith("Bản tin gửi thử") and "không còn trong kho lưu trữ" in letter.text
    assert not letter.files and said(logs, "attachment is missing")["remedy"]


async def test_who_is_asleep_is_said_and_when_they_wake(database):
    night = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
    await crowd.people(database, 3)
    push = await crowd.push(database, priority=1, now=night)
    assert await news(database, push, night) == "🌙 3 người đang trong giờ nghỉ, sẽ nhận từ 06:00 ngày 25/11/2026."
    flash = await crowd.push(database, priority=0, now=night)
    assert await news(database, flash, night) == ""


async def test_only_the_channels_a_push_still_waits_for_are_named(database, now):
    await crowd.people(database, 2)
    await crowd.people(database, 1, channel="zalo_oa", first=5_000_000)
    push = await crowd.push(database)
    async with database.transaction() as db:
        for channel in ("telegram", "zalo_oa", "zalo_bot"):
            await lanes.freeze(db, channel, "401")
    assert [word for word in ("Telegram", "Zalo OA", "Zalo Bot") if word in await news(database, push)] == [
        "Telegram", "Zalo OA"
    ]
    async with database.transaction() as db:
        await db.execute(update(Delivery).where(Delivery.channel == "telegram").values(state="sent"))
    said_now = await news(database, push)
    assert "Telegram" not in said_now and "Kênh Zalo OA bị nền tảng khóa" in said_now
