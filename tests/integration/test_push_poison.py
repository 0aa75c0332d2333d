"""One row, one notice, one brief that cannot be worked: said in the log, and everything else goes on."""


from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from benchmarks import crowd
from bot import after_effects, errands, workers
from bot.channels import Down, Held, Receipt
from db import notices
from db.deliveries import Claimed
from db.pushes import Delivery, Notice, PushState
from handlers.reply import Reply
from network import pushes, releases
from tests.postman import Postman, until, working

FIRST = crowd.FIRST
UNKEPT = "\ud83d"  # half a character: neither database takes it


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(workers, "EVERY", 0.05)
    monkeypatch.setattr("bot.push.TROUBLE", 0.05)


def ended(database, push):
    async def look() -> bool:
        return (await crowd.push_of(database, push.id)).finished_at is not None

    return look


async def test_an_outcome_the_database_does_not_take_costs_only_its_own_row(database):
    await crowd.people(database, 12)
    push = await crowd.push(database, resend_unsure=False)
    answers = {
        FIRST: Held(UNKEPT), FIRST + 1: Receipt((UNKEPT,)), FIRST + 2: Down(UNKEPT, maybe_sent=True)
    }
    postman = Postman(answer=lambda letter, n: answers.get(int(letter.address), Receipt((str(n),))))
    with capture_logs() as logs:
        async with working(database, postman):
            await until(ended(database, push))
    async with database.reading() as db:
        rows = {row.person_id - FIRST: row for row in await db.scalars(select(Delivery))}
    assert [(rows[n].state, rows[n].kind) for n in range(4)] == [
        ("failed", "unwritten"), ("sent", None), ("unknown", "unwritten"), ("sent", None)
    ]
    assert {rows[n].state for n in range(3, 12)} == {"sent"} and rows[4].message_ids
    assert set(postman.got.values()) == {1}
    assert [line["delivery"] for line in logs if line["event"] == "an outcome could not be written" and
            "delivery" in line] == [rows[0].id, rows[1].id, rows[2].id]


async def test_a_notice_nobody_can_read_holds_up_no_other(database):
    moment = datetime.now(UTC)
    await crowd.people(database, 2)
    async with database.transaction() as db:
        await notices.put(db, FIRST, {"nothing": "known"}, moment)
        await notices.put(db, FIRST + 1, Reply("Chuyên gia đã trả lời.").plain(), moment)
    postman = Postman()
    with capture_logs() as logs:
        async with working(database, postman):
            await until(lambda: _settled(database))
    async with database.reading() as db:
        assert [n.state for n in await db.scalars(select(Notice).order_by(Notice.id))] == ["failed", "sent"]
    assert "a notice cannot be read" in {line["event"] for line in logs}


async def _settled(database) -> bool:
    async with database.reading() as db:
        return not [n for n in await db.scalars(select(Notice)) if n.state in ("planned", "leased")]


async def test_a_brief_that_cannot_be_prepared_is_stopped_and_the_next_one_goes(database, monkeypatch):
    await crowd.people(database, 3)
    broken, whole = await crowd.push(database), await crowd.push(database)
    prepare = errands.prepare

    async def failing(db, push, channel):
        if push.id == broken.id:
            raise KeyError("a field nobody knows")
        return await prepare(db, push, channel)

    monkeypatch.setattr(errands, "prepare", failing)
    postman = Postman()
    async with working(database, postman):
        await until(ended(database, whole))
        await until(ended(database, broken))
    stopped = await crowd.push_of(database, broken.id)
    assert stopped.state == PushState.STOPPED and "không dựng được nội dung" in stopped.stop_reason
    assert len(postman.letters) == 3


async def test_a_push_that_cannot_be_tidied_holds_up_no_other(database, now, monkeypatch):
    await crowd.people(database, 2)
    first, second = await crowd.push(database), await crowd.push(database)
    async with database.transaction() as db:
        await db.execute(update(Delivery).values(state="sent"))
    settle = releases.settle

    async def failing(db, push, moment):
        if push.id == first.id:
            raise ValueError("an edition nobody can read")
        await settle(db, push, moment)

    monkeypatch.setattr(releases, "settle", failing)
    async with database.transaction() as db:
        await after_effects.tidy(db, now)
        assert [number for number, _ in await pushes.unfinished(db)] == [first.id]
    assert (await crowd.push_of(database, second.id)).state == PushState.DONE


async def test_a_bug_in_one_turn_does_not_end_the_worker(database, monkeypatch):
    await crowd.people(database, 5)
    push = await crowd.push(database)
    claim, bugs = pushes.claim, iter(range(2))

    async def failing(*args, **more) -> tuple[list[Claimed], int]:
        if next(bugs, None) is not None:
            raise AttributeError("a bug")
        return await claim(*args, **more)

    monkeypatch.setattr(pushes, "claim", failing)
    postman = Postman()
    async with working(database, postman):
        await until(ended(database, push))
    assert len(postman.got) == 5


async def test_what_never_asked_the_platform_does_not_say_that_it_is_back(database, monkeypatch):
    """A recall of people who have no message to take back, while the platform is down."""
    await crowd.people(database, 1)
    postman = Postman(answer=lambda letter, n: Down("502"))
    async with working(database, postman) as worker:
        for _ in range(5):
            worker._on_down(Down("502"))
        assert worker._circuit.open

        async def known(outcome):
            return outcome

        await worker._attempt(known(Held("no_message", asked=False)))
        assert worker._circuit.open
        await worker._attempt(known(Held("no_rights")))
        assert not worker._circuit.open
