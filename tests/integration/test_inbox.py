"""Updates are stored before they are worked, worked once, in order per chat, and survive a death in between."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from bot.inbox import Inbox
from db import updates
from db.updates import Update
from tests.postman import until


def payload(chat: int, text: str) -> dict:
    return {"message": {"from": {"id": chat}, "text": text}}


class Worker:
    """Finishes updates as the listener does, and remembers the order."""

    def __init__(self, database) -> None:
        self.database, self.seen, self.failing = database, [], set()

    async def __call__(self, update_id: str, payload: dict) -> None:
        await asyncio.sleep(0.01 if payload["message"]["text"] == "slow" else 0)
        if update_id in self.failing:
            raise RuntimeError("boom")
        async with self.database.transaction() as db:
            if await updates.finish(db, "telegram", update_id, datetime.now(UTC)):
                self.seen.append((payload["message"]["from"]["id"], update_id))


def inbox(database, worker) -> Inbox:
    return Inbox(database, "telegram", worker, lambda p: str(p["message"]["from"]["id"]))


async def test_one_chat_stays_in_order_and_a_repeated_update_does_nothing(database):
    worker = Worker(database)
    box = inbox(database, worker)
    arrived = [(str(n), payload(1 + n % 2, "slow" if n < 2 else "quick")) for n in range(8)]
    await box.receive(arrived)
    await box.receive(arrived)
    await box.drain()
    for chat in (1, 2):
        assert [i for c, i in worker.seen if c == chat] == [str(n) for n in range(8) if 1 + n % 2 == chat]
    assert len(worker.seen) == 8


async def test_what_no_database_keeps_does_not_hold_up_what_came_with_it(database):
    worker = Worker(database)
    heard = []

    async def work(update_id: str, said: dict) -> None:
        heard.append(said["message"]["text"])
        await worker(update_id, said)

    box = inbox(database, work)
    await box.receive([("1", payload(1, "lệ phí\x00 bao nhiêu \ud83d?")), ("2", payload(2, "quick"))])
    await box.drain()
    assert sorted(heard) == ["lệ phí bao nhiêu ?", "quick"] and len(worker.seen) == 2


LONG_AGO = datetime.now(UTC) - timedelta(days=3)


async def test_what_a_dead_process_left_is_taken_up(database):
    async with database.transaction() as db:
        await updates.store(db, "telegram", [("7", payload(1, "hỏi"))], LONG_AGO)
    worker = Worker(database)
    box = inbox(database, worker)
    await box.recover()
    await box.drain()
    assert worker.seen == [(1, "7")]


async def test_a_failing_update_is_kept_with_its_cause_and_blocks_nobody(database):
    worker = Worker(database)
    worker.failing.add("1")
    box = inbox(database, worker)
    await box.receive([("1", payload(1, "a")), ("2", payload(1, "b"))])
    await box.drain()
    assert worker.seen == [(1, "2")]
    async with database.reading() as db:
        row = await db.scalar(select(Update).where(Update.update_id == "1"))
    assert "boom" in row.error and row.done_at is not None


async def test_old_finished_updates_are_forgotten(database):
    async with database.transaction() as db:
        await updates.store(db, "telegram", [("1", {}), ("2", {})], LONG_AGO)
        await updates.finish(db, "telegram", "1", LONG_AGO)
        await updates.forget(db, datetime.now(UTC))
        assert set(await db.scalars(select(Update.update_id))) == {"2"}


async def test_answers_that_wait_for_the_platform_hold_up_no_work_and_keep_their_order(database):
    """While the platform asks to wait for hours, receipts still count from the moment they were pressed."""
    lifted, said = asyncio.Event(), []
    worker = Worker(database)

    async def work(update_id, payload):
        await worker(update_id, payload)

        async def answer() -> None:
            await lifted.wait()
            said.append((payload["message"]["from"]["id"], update_id))

        return answer

    box = inbox(database, work)
    await box.receive([(str(n), payload(n % 40, "quick")) for n in range(80)])
    await until(lambda: len(worker.seen) == 80)
    assert not said
    lifted.set()
    await box.drain()
    assert len(said) == 80
    for chat in range(40):
        assert [number for whose, number in said if whose == chat] == [str(chat), str(chat + 40)]


async def test_the_process_ends_although_an_answer_waits_and_an_update_is_stuck(database, monkeypatch):
    """Whoever waits for the platform is told to hurry; what hangs all the same stays stored, for the next start."""
    monkeypatch.setattr("bot.inbox.PATIENCE", 0.2)
    worker, hurry, answered = Worker(database), asyncio.Event(), []

    async def work(update_id, payload):
        if payload["message"]["text"] == "stuck":
            await asyncio.Event().wait()
        await worker(update_id, payload)

        async def answer() -> None:
            await hurry.wait()
            answered.append(update_id)

        return answer

    box = Inbox(database, "telegram", work, lambda p: str(p["message"]["from"]["id"]), hurry=hurry.set)
    words = ((1, "a"), (1, "b"), (2, "stuck"), (2, "c"))
    await box.receive([(str(n), payload(*said)) for n, said in enumerate(words, 1)])
    await until(lambda: len(worker.seen) == 2)
    async with asyncio.timeout(5):
        await box.drain()
    assert answered == ["1", "2"]
    next_life = inbox(database, worker)
    await next_life.recover()
    await next_life.drain()
    assert [number for _, number in worker.seen] == ["1", "2", "3", "4"]
