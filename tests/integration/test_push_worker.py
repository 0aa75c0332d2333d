"""The worker against both databases, with a channel that answers as the test says."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import OperationalError

from benchmarks import crowd
from bot import after_effects, workers
from bot.channels import Down, Frozen, Gone, Held, Later, Migrated, Receipt, Refused
from db import deliveries, lanes, notices
from db.briefs import Brief, Upload
from db.people import Identity, Person
from db.pushes import Delivery, Lane, Notice, Push, PushState
from handlers.reply import Reply
from network import people, pushes
from tests.postman import Postman, until, working

FIRST = crowd.FIRST


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Tidied ten times a second instead of once."""
    monkeypatch.setattr(workers, "EVERY", 0.1)


def done(database, push):
    async def look() -> bool:
        return (await crowd.push_of(database, push.id)).state == PushState.DONE

    return look


async def deliver(database, postman, push, **more) -> dict[str, int]:
    async with working(database, postman, **more):
        await until(done(database, push))
    return await crowd.states(database, push.id)


async def row_of(database, number: int) -> Delivery:
    return await crowd.one(database, select(Delivery).where(Delivery.address == str(FIRST + number)))


async def test_everybody_gets_it_once_and_the_brief_is_done(database):
    await crowd.people(database, 120)
    push = await crowd.push(database)
    postman = Postman()
    assert await deliver(database, postman, push) == {"sent": 120}
    assert set(postman.got.values()) == {1} and len(postman.got) == 120
    assert (await crowd.one(database, select(Brief))).state == "done"
    row = await row_of(database, 5)
    assert row.sent_at and row.message_ids and row.worker is None and row.lease_until is None
    letter = postman.letters[0]
    assert "Cảnh báo mưa lũ" in letter.text and letter.buttons[0][0].data.startswith("askbrief|")


async def test_the_outcomes_that_end_a_row(database):
    answers = {FIRST: Gone("blocked"), FIRST + 1: Held("no_rights"), FIRST + 2: Down("lost", maybe_sent=True)}
    await crowd.people(database, 6)
    push = await crowd.push(database, resend_unsure=False)
    postman = Postman(answer=lambda letter, n: answers.get(int(letter.address), Receipt((str(n),))))
    assert await deliver(database, postman, push) == {"failed": 2, "unknown": 1, "sent": 3}
    blocked = await crowd.one(database, select(Identity).where(Identity.address == str(FIRST)))
    assert blocked.unreachable == "blocked" and blocked.unreachable_at is not None
    again = await crowd.push(database)
    assert again.planned == 5  # the blocked one is in no audience any more
    async with database.reading() as db:
        progress = await pushes.progress(db, push.id)
    assert (progress.sent, progress.failed, progress.unknown, progress.waiting) == (3, 2, 1, 0)
    assert progress.by_kind == {"failed:blocked": 1, "failed:no_rights": 1, "unknown:answer_lost": 1}


async def test_a_lost_answer_is_resent_once_where_the_brief_wants_it(database):
    await crowd.people(database, 3)
    push = await crowd.push(database, resend_unsure=True)
    lost = {1, 2, 3}
    postman = Postman(answer=lambda letter, n: Down("lost", maybe_sent=True) if n in lost else Receipt((str(n),)))
    assert await deliver(database, postman, push) == {"sent": 3}
    row = await row_of(database, 0)
    assert row.kind == deliveries.RESENT


async def test_a_refusal_stops_the_push_at_once_and_tells_the_author(database, now):
    await crowd.people(database, 300)
    async with database.transaction() as db:
        db.add(Person(id=7, full_name="Tác giả", created_at=now))
        await db.flush()
        db.add(Identity(person_id=7, platform="telegram", channel="telegram", address="70007", created_at=now))
    push = await crowd.push(database, created_by=7)
    refuse = Refused("can't parse entities")
    postman = Postman(rate=200, answer=lambda letter, n: Receipt(("1",)) if letter.address == "70007" else refuse)
    async with working(database, postman):
        await until(lambda: postman.got["70007"] == 1)
        await until(lambda: _finished(database, push))
    assert "Đã dừng gửi" in postman.letters[0].text and "can't parse entities" in postman.letters[0].text
    states = await crowd.states(database, push.id)
    assert states["failed"] <= 30 and states["failed"] + states["stopped"] == 300
    stopped = await crowd.push_of(database, push.id)
    assert stopped.stop_reason == "can't parse entities"
    assert (await crowd.one(database, select(Brief))).state == "stopped"


async def _finished(database, push) -> bool:
    return (await crowd.push_of(database, push.id)).finished_at is not None


async def test_a_failing_platform_costs_nobody_the_brief(database, monkeypatch):
    monkeypatch.setattr("bot.outcomes.backoff", lambda attempt, dice: timedelta(seconds=0.05))
    monkeypatch.setattr("bot.circuit.LONGEST", 0.01)
    await crowd.people(database, 40)
    push = await crowd.push(database)
    postman = Postman(answer=lambda letter, n: Down("502") if 5 < n < 20 else Receipt((str(n),)))
    assert await deliver(database, postman, push) == {"sent": 40}
    assert set(postman.got.values()) == {1}


async def test_an_outage_is_probed_with_single_letters(database, monkeypatch):
    """Down for long: the circuit spends a few probes, not everybody's attempts."""
    monkeypatch.setattr("bot.circuit.LONGEST", 0.02)
    monkeypatch.setattr("bot.outcomes.backoff", lambda attempt, dice: timedelta(seconds=0.2))
    await crowd.people(database, 200)
    push = await crowd.push(database)
    healthy = asyncio.Event()
    postman = Postman(rate=100, answer=lambda letter, n: Receipt((str(n),)) if healthy.is_set() else Down("502"))
    async with working(database, postman):
        await until(lambda: postman.calls_begun >= 10)
        tried = postman.calls_begun
        await asyncio.sleep(0.5)
        assert postman.calls_begun - tried <= 15
        healthy.set()
        await until(done(database, push), 30)
    assert await crowd.states(database, push.id) == {"sent": 200}
    assert (await crowd.one(database, select(func.max(Delivery.attempts)))) <= 2


async def test_a_429_holds_the_lane_costs_no_attempt_and_is_stored(database):
    await crowd.people(database, 30)
    push = await crowd.push(database)
    postman = Postman(answer=lambda letter, n: Later(0.6) if n == 5 else Receipt((str(n),)))
    begun = datetime.now(UTC)
    assert await deliver(database, postman, push) == {"sent": 30}
    lane = await crowd.one(database, select(Lane))
    assert lane.paused_until >= begun + timedelta(seconds=0.6) and lane.pause_reason
    async with database.reading() as db:
        assert await db.scalar(select(Delivery.attempts).where(Delivery.attempts > 1)) is None


async def test_a_pause_survives_a_restart(database):
    await crowd.people(database, 3)
    await crowd.push(database)
    async with database.transaction() as db:
        await lanes.pause(db, "telegram", datetime.now(UTC) + timedelta(seconds=10_000), "429")
        await lanes.pause(db, "telegram", datetime.now(UTC) + timedelta(seconds=5), "429")
    postman = Postman()
    async with working(database, postman):
        await until(lambda: postman.lane.paused_for() > 9_000)
        await asyncio.sleep(0.1)
    assert not postman.letters


async def test_a_clock_set_back_an_hour_neither_doubles_nor_loses_anybody(database):
    await crowd.people(database, 60)
    push = await crowd.push(database)
    postman = Postman(rate=300)
    back = timedelta()

    def clock() -> datetime:
        return datetime.now(UTC) - back

    async with working(database, postman, clock=clock):
        await until(lambda: len(postman.letters) > 20)
        back = timedelta(hours=1)
        await until(done(database, push))
    assert await crowd.states(database, push.id) == {"sent": 60}
    assert set(postman.got.values()) == {1}


async def test_two_bots_serve_their_own_people_side_by_side(database):
    await crowd.people(database, 40)
    await crowd.people(database, 40, channel="second", first=FIRST + 1000)
    push = await crowd.push(database)
    first, second = Postman(), Postman("second")
    async with working(database, first), working(database, second):
        await until(done(database, push))
    assert await crowd.states(database, push.id) == {"sent": 80}
    assert set(first.got) == {str(FIRST + n) for n in range(40)}
    assert set(second.got) == {str(FIRST + 1000 + n) for n in range(40)}


async def test_a_frozen_bot_stops_its_channel_until_an_operator_acts(database):
    await crowd.people(database, 50)
    push = await crowd.push(database)
    frozen = asyncio.Event()
    postman = Postman(rate=100, answer=lambda letter, n: Receipt((str(n),)) if frozen.is_set() else Frozen("401"))
    async with working(database, postman) as worker:
        await until(lambda: worker.frozen)
        tried = postman.calls_begun
        await asyncio.sleep(0.1)
        assert postman.calls_begun - tried <= 2
        async with database.transaction() as db:
            await lanes.thaw(db, "telegram")
        frozen.set()
        await until(done(database, push))
    assert await crowd.states(database, push.id) == {"sent": 50}


async def test_a_moved_group_gets_it_at_its_new_address(database):
    await crowd.people(database, 2)
    push = await crowd.push(database)
    postman = Postman(
        answer=lambda letter, n: Migrated("-1009") if letter.address == str(FIRST) else Receipt((str(n),))
    )
    assert await deliver(database, postman, push) == {"sent": 2}
    assert postman.got == {"-1009": 1, str(FIRST + 1): 1}
    assert await crowd.one(database, select(Identity).where(Identity.address == "-1009"))


async def test_pause_resume_and_stop_take_effect_while_messages_are_in_flight(database):
    await crowd.people(database, 400)
    push = await crowd.push(database)
    postman = Postman(rate=100)
    postman.latency = 0.05
    async with working(database, postman):
        await until(lambda: len(postman.letters) > 10)
        await _steer(database, pushes.pause, push)
        await asyncio.sleep(0.4)
        paused_at = len(postman.letters)
        await asyncio.sleep(0.2)
        assert len(postman.letters) == paused_at
        await _steer(database, pushes.resume, push)
        await until(lambda: len(postman.letters) > paused_at + 10)
        await _steer(database, pushes.stop, push)
        await until(lambda: _finished(database, push))
        stopped_at = len(postman.letters)
        await asyncio.sleep(0.1)
    assert len(postman.letters) == stopped_at < 400
    assert await crowd.states(database, push.id) == {"sent": stopped_at, "stopped": 400 - stopped_at}


async def _steer(database, act, push) -> None:
    async with database.transaction() as db:
        assert await act(db, push.id, datetime.now(UTC))


async def test_a_flash_brief_overtakes_and_takes_the_lane(database):
    await crowd.people(database, 200)
    await crowd.push(database, priority=2, now=datetime(2026, 11, 24, 3, tzinfo=UTC))
    postman = Postman(rate=300)
    async with working(database, postman):
        await until(lambda: len(postman.letters) > 20)
        flash = await crowd.push(database, priority=0)
        await until(lambda: any(letter.priority == 0 for letter in postman.letters), 5)
        seen = len(postman.letters)
        await until(done(database, flash))
        between = postman.letters[seen : seen + 150]
    assert sum(letter.priority == 0 for letter in between) >= 110  # side by side it would be 75


async def test_a_notice_goes_before_the_push(database, now):
    await crowd.people(database, 200)
    await crowd.push(database)
    postman = Postman(rate=50)
    async with working(database, postman):
        await until(lambda: len(postman.letters) > 5)
        async with database.transaction() as db:
            assert await notices.put(db, FIRST + 199, Reply("Chuyên gia đã trả lời.").plain(), datetime.now(UTC))
        await until(lambda: any(letter.text == "Chuyên gia đã trả lời." for letter in postman.letters), 5)
        assert len(postman.letters) < 100
        await until(lambda: _sent_notice(database))


async def _sent_notice(database) -> bool:
    return (await crowd.one(database, select(Notice))).state == "sent"


async def test_a_graceful_stop_writes_what_landed_and_gives_back_what_waited(database):
    await crowd.people(database, 300)
    push = await crowd.push(database)
    postman = Postman(rate=100)
    postman.latency = 0.1
    async with working(database, postman):
        await until(lambda: len(postman.letters) > 20)
    states = await crowd.states(database, push.id)
    assert states == {"sent": len(postman.letters), "planned": 300 - len(postman.letters)}
    rest = Postman()
    assert await deliver(database, rest, push) == {"sent": 300}
    assert set((postman.got + rest.got).values()) == {1}


async def test_two_workers_share_a_push_without_double_sends(database):
    await crowd.people(database, 300)
    push = await crowd.push(database)
    first, second = Postman(rate=400), Postman(rate=400)
    async with working(database, first, name="a/1/x"), working(database, second, name="b/1/x"):
        await until(done(database, push))
    assert set((first.got + second.got).values()) == {1} and len(first.got + second.got) == 300
    assert first.letters and second.letters


async def test_dead_workers_rows_follow_the_briefs_policy(database, now):
    await crowd.people(database, 20)
    hold = await crowd.push(database, resend_unsure=False)
    resend = await crowd.push(database, resend_unsure=True)
    dead = f"{workers.host()}/999999999/0/telegram"
    for push in (hold, resend):
        async with database.transaction() as db:
            until_when = datetime.now(UTC) + timedelta(seconds=20)
            assert len(await deliveries.claim(db, push.id, "telegram", dead, until_when, 5)) == 5
    postman = Postman()
    async with working(database, postman):
        await until(done(database, hold))
        await until(done(database, resend))
    assert await crowd.states(database, hold.id) == {"unknown": 5, "sent": 15}
    assert await crowd.states(database, resend.id) == {"sent": 20}
    resent = select(Delivery.id).where(Delivery.push_id == resend.id, Delivery.kind == deliveries.RESENT)
    async with database.reading() as db:
        assert len(list(await db.scalars(resent))) == 5
    async with database.transaction() as db:
        assert await pushes.retry_failed(db, hold.id) == 5
    assert await deliver(database, Postman(), hold) == {"sent": 20}


async def test_leases_elsewhere_return_only_when_they_are_over(database):
    await crowd.people(database, 4)
    push = await crowd.push(database)
    async with database.transaction() as db:
        soon = datetime.now(UTC) + timedelta(seconds=0.7)
        await deliveries.claim(db, push.id, "telegram", "elsewhere/1/x", soon, 2)
    postman = Postman()
    async with working(database, postman):
        await until(lambda: len(postman.letters) == 2)
        assert len(postman.letters) == 2
        await until(done(database, push))
    assert len(postman.got) == 4


async def test_a_worker_in_good_health_keeps_its_rows(database, monkeypatch):
    """A letter takes longer than a lease: renewed, not resent by the neighbour."""
    monkeypatch.setattr("bot.push.LEASE", timedelta(seconds=0.5))
    monkeypatch.setattr("bot.push.RENEW", 0.1)
    await crowd.people(database, 3)
    push = await crowd.push(database)
    slow, neighbour = Postman(), Postman()
    slow.latency = 1.2
    async with working(database, slow, name="a/1/x"):
        await until(lambda: slow.calls_begun == 3)
        async with working(database, neighbour, name="b/1/x"):
            await until(done(database, push))
    assert not neighbour.letters and len(slow.letters) == 3


async def test_outcomes_outlive_a_database_that_does_not_answer(database, monkeypatch):
    monkeypatch.setattr("bot.push.TROUBLE", 0.05)
    await crowd.people(database, 30)
    push = await crowd.push(database)
    settle, failures = deliveries.settle, iter(range(4))

    async def failing(db, worker, rows):
        await settle(db, worker, rows)
        if rows and next(failures, None) is not None:
            raise OperationalError("UPDATE", {}, Exception("database or disk is full"))

    monkeypatch.setattr(deliveries, "settle", failing)
    postman = Postman()
    assert await deliver(database, postman, push) == {"sent": 30}
    assert set(postman.got.values()) == {1}


async def test_a_late_answer_of_a_worker_that_lost_its_lease_still_counts(database):
    await crowd.people(database, 1)
    push = await crowd.push(database, resend_unsure=False)
    async with database.transaction() as db:
        past = datetime.now(UTC) - timedelta(seconds=1)
        (row,) = await deliveries.claim(db, push.id, "telegram", "slow/1/x", past, 1)
        await deliveries.lapse(db, datetime.now(UTC))
    assert await crowd.states(database, push.id) == {"unknown": 1}
    async with database.transaction() as db:
        failed = deliveries.Settled(row.id, deliveries.DeliveryState.FAILED, "down", 1)
        await deliveries.settle(db, "slow/1/x", [failed])
    assert await crowd.states(database, push.id) == {"unknown": 1}
    async with database.transaction() as db:
        sent = deliveries.Settled(row.id, deliveries.DeliveryState.SENT, None, 1, None, past, "12")
        await deliveries.settle(db, "slow/1/x", [sent])
    assert await crowd.states(database, push.id) == {"sent": 1}


async def test_files_are_uploaded_once_and_then_sent_by_their_id(database):
    await crowd.people(database, 40)
    push = await crowd.push(database, files=[("ban-do.png", "image/png", b"PNG"), ("cd.pdf", "application/pdf", b"P")])
    uploads = []

    def answer(letter, number):
        uploads.extend(file.name for file in letter.files if file.file_id is None)
        known = tuple((file.attachment_id, f"known-{file.name}") for file in letter.files)
        return Receipt((str(number),), known)

    postman = Postman(answer=answer)
    postman.latency = 0.05
    assert await deliver(database, postman, push) == {"sent": 40}
    assert uploads == ["ban-do.png", "cd.pdf"]
    assert [file.file_id for file in postman.letters[-1].files] == ["known-ban-do.png", "known-cd.pdf"]
    async with database.reading() as db:
        assert len(list(await db.scalars(select(Upload)))) == 2


async def test_an_attachment_that_is_gone_stops_the_push(database):
    await crowd.people(database, 3)
    push = await crowd.push(database, files=[("x.pdf", "application/pdf", b"P")])
    async with database.transaction() as db:
        await db.execute(text("UPDATE attachment SET data = NULL"))
    postman = Postman()
    async with working(database, postman):
        await until(lambda: _finished(database, push))
    assert not postman.letters and "không còn" in (await crowd.push_of(database, push.id)).stop_reason


async def test_an_audience_of_nobody_is_refused_and_everybody_blocked_ends(database):
    from network.refusals import Refusal

    with pytest.raises(Refusal, match="Không còn ai"):
        await crowd.push(database)
    await crowd.people(database, 10)
    push = await crowd.push(database)
    assert await deliver(database, Postman(answer=lambda letter, n: Gone("blocked")), push) == {"failed": 10}


async def test_quiet_hours_hold_ordinary_briefs_until_six(database):
    night = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # 22:30 in Hà Nội, 00:30 in Tokyo
    await crowd.people(database, 4)
    async with database.transaction() as db:
        await db.execute(update(Person).where(Person.id == FIRST).values(zone="Europe/Berlin"))
        await db.execute(update(Person).where(Person.id == FIRST + 1).values(zone="Asia/Tokyo"))
    push = await crowd.push(database, priority=1, now=night)
    rows = [await row_of(database, number) for number in range(3)]
    assert rows[0].not_before is None  # 16:30 in Berlin
    assert rows[1].not_before == datetime(2026, 11, 24, 21, tzinfo=UTC)
    assert rows[2].not_before == datetime(2026, 11, 24, 23, tzinfo=UTC)
    clock = [night]
    postman = Postman()
    async with working(database, postman, clock=lambda: clock[0]):
        await until(lambda: len(postman.letters) == 1)
        clock[0] = night + timedelta(hours=6)
        await until(lambda: len(postman.letters) == 2)
        clock[0] = night + timedelta(hours=8)
        await until(done(database, push))
    flash = await crowd.push(database, priority=0, now=night)
    assert await deliver(database, Postman(), flash) == {"sent": 4}


async def test_members_who_came_later_get_it_too_and_nobody_twice(database, now):
    await crowd.people(database, 10)
    push = await crowd.push(database)
    first, second = Postman(), Postman()
    await deliver(database, first, push)
    await crowd.people(database, 5, first=FIRST + 100)
    async with database.transaction() as db:
        again = await db.get_one(Push, push.id)
        assert await pushes.add_members(db, again, crowd.everybody(), now) == 5
        assert await pushes.add_members(db, again, crowd.everybody(), now) == 0
    assert await deliver(database, second, push) == {"sent": 15}
    assert len(first.got) == 10 and len(second.got) == 5


async def test_two_presses_of_send_make_one_push(database, now):
    await crowd.people(database, 3)
    async with database.transaction() as db:
        edition = await crowd.edition(db, now)

    async def press() -> None:
        async with database.transaction() as db:
            await pushes.plan(
                db, edition, recipients=crowd.everybody(), priority=0, resend_unsure=True, created_by=None, now=now
            )

    results = await asyncio.gather(press(), press(), return_exceptions=True)
    assert sum(result is None for result in results) == 1
    async with database.reading() as db:
        assert len(list(await db.scalars(select(Delivery)))) == 3


async def test_tidying_marks_a_stopped_push_part_by_part(database, monkeypatch, now):
    monkeypatch.setattr(after_effects, "PART", 7)
    await crowd.people(database, 20)
    push = await crowd.push(database)
    async with database.transaction() as db:
        assert await pushes.stop(db, push.id, now)
        assert not await pushes.stop(db, push.id, now)
    for _ in range(3):
        await workers.tidy(database, now)
    assert await crowd.states(database, push.id) == {"stopped": 20}
    assert (await crowd.push_of(database, push.id)).finished_at == now


async def test_who_may_have_it_is_unsure_also_when_the_second_letter_is_not_sent_any_more(database, now):
    """An answer was lost, the row waits for another try, and then the sending is stopped, or the person leaves."""
    await crowd.people(database, 4)
    push = await crowd.push(database, resend_unsure=True, now=now)
    async with database.transaction() as db:
        waits = update(Delivery).where(Delivery.person_id < FIRST + 2)
        await db.execute(waits.values(kind=deliveries.RESENT, not_before=now + timedelta(seconds=2)))
        await people.leave(db, FIRST, now)
        await people.leave(db, FIRST + 2, now)
        assert await pushes.stop(db, push.id, now)
        await after_effects.tidy(db, now)
        rows = await db.execute(select(Delivery.state, Delivery.kind).order_by(Delivery.person_id))
    assert [tuple(row) for row in rows] == [
        ("unknown", "answer_lost"), ("unknown", "answer_lost"), ("skipped", "left"), ("stopped", None)
    ]
