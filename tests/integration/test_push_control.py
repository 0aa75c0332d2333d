"""Steering from several hands at once, and looking on from another process."""

import asyncio
import json
import threading

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from bot import workers
from bot.commands import brief as command
from db.briefs import BriefState
from db.pushes import Delivery, Push, PushState
from network import briefs, corrections, pushes, recalls, releases, sending_again
from network.quiet import NEVER
from network.refusals import Refusal
from tests.briefing import member
from tests.integration.test_brief_chat import chats  # noqa: F401
from tests.integration.test_corrections import RIGHT, WRONG, brief, corrected, delivered, state_of  # noqa: F401
from tests.postman import Postman, until, working


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(workers, "EVERY", 0.1)


async def at_once(database, *works) -> list:
    """Each in a transaction of its own; a refusal is its answer."""

    async def one(work):
        try:
            async with database.transaction() as db:
                return await work(db)
        except Refusal as refusal:
            return refusal

    return await asyncio.gather(*(one(work) for work in works))


def refused(answers: list) -> list[Refusal]:
    return [answer for answer in answers if isinstance(answer, Refusal)]


async def test_two_press_send_again_and_nobody_gets_it_twice(database, chats, brief):  # noqa: F811
    author, second = chats[:2]
    await delivered(author, brief, "sent", "failed", "failed", "unknown")
    answers = await at_once(
        database,
        lambda db: sending_again.retry(db, brief, author.who, author.now),
        lambda db: sending_again.retry(db, brief, second.who, author.now),
    )
    assert len(refused(answers)) == 1 and sum(a for a in answers if isinstance(a, int)) == 3
    postman = Postman()
    async with working(database, postman):
        await until(lambda: _is(database, brief, BriefState.DONE))
    letters = [letter for letter in postman.letters if "Trợ cấp hưu trí xã hội" in letter.text and letter.buttons]
    assert len([m for m in letters if m.buttons[0][0].data == f"ack|{brief}"]) == 3


async def _is(database, number: int, state: str) -> bool:
    return await state_of(database, number) == state


async def test_two_press_add_new_and_the_newcomer_gets_it_once(database, chats, brief):  # noqa: F811
    author, second = chats[:2]
    await delivered(author, brief, "sent", "sent", "sent", "sent")
    async with database.transaction() as db:
        await member(db, "Người mới", "communicator_commune", author.now)
    answers = await at_once(
        database,
        lambda db: sending_again.add_new(db, brief, author.who, author.now, NEVER),
        lambda db: sending_again.add_new(db, brief, second.who, author.now, NEVER),
    )
    assert len(refused(answers)) == 1
    async with database.reading() as db:
        assert len(list(await db.scalars(select(Delivery)))) == 5
        assert (await db.scalar(select(Push))).planned == 5


async def test_stop_and_recall_at_once_end_in_a_recall(database, chats, brief):  # noqa: F811
    author, second = chats[:2]
    await delivered(author, brief, "sent")
    await at_once(
        database,
        lambda db: releases.stop(db, brief, author.who, author.now),
        lambda db: recalls.recall(db, brief, second.who, author.now, reason="Số liệu sai"),
    )
    assert await state_of(database, brief) == BriefState.RECALLED
    async with database.reading() as db:
        assert (await releases.push_of(db, brief)).state == PushState.STOPPED


async def test_recall_and_correction_at_once_leave_no_correction_behind(database, chats, brief):  # noqa: F811
    """Whichever comes first, nothing of the brief stands afterwards."""
    author, second = chats[:2]
    await delivered(author, brief, "sent", "sent", "sent", "sent")
    async with database.transaction() as db:
        draft = await corrections.begin(db, brief, author.who, author.now, wrong=WRONG)
        await corrections.explain(db, draft.id, author.who, author.now, right=RIGHT, apply=True)
    await author.press(await author.act(f"b.desk|{draft.id}"), "Trình duyệt")
    await second.press(await second.act(f"ap.open|{draft.id}"), "Duyệt")
    async with database.reading() as db:
        stamp = (await briefs.load(db, draft.id)).stamp
    await at_once(
        database,
        lambda db: releases.send(db, draft.id, second.who, author.now, stamp=stamp, quiet=NEVER),
        lambda db: recalls.recall(db, brief, second.who, author.now, reason="Số liệu sai"),
    )
    assert await state_of(database, brief) == BriefState.RECALLED
    assert await state_of(database, draft.id) in (BriefState.RECALLED, BriefState.STOPPED)
    async with database.reading() as db:
        running = await pushes.running(db)
        assert [kind for *_, kind in running] == ["recall"]


async def test_after_a_correction_the_wrong_text_is_sent_to_nobody(database, chats, brief):  # noqa: F811
    author, second = chats[:2]
    await delivered(author, brief, "sent", "failed", "sent", "sent")
    number = await corrected(author, second, brief)
    answers = await at_once(
        database,
        lambda db: sending_again.retry(db, brief, author.who, author.now),
        lambda db: sending_again.add_new(db, brief, author.who, author.now, NEVER),
    )
    assert len(refused(answers)) == 2 and f"bản đính chính số {number}" in answers[0].text
    async with working(database, Postman()):
        await until(lambda: _is(database, number, BriefState.DONE))
    status = await author.act(f"ap.status|{number}")
    assert [c.label for c in status.choices if "thành viên mới" in c.label] == ["Gửi cho thành viên mới (1)"]
    async with database.transaction() as db:
        assert await sending_again.add_new(db, number, author.who, author.now, NEVER) == 1
        newest = await db.scalar(select(Delivery).order_by(Delivery.id.desc()).limit(1))
        assert newest.target is None and newest.state == "planned"


async def test_watched_from_another_process_until_it_is_done(database, database_url, chats, brief, monkeypatch):  # noqa: F811
    monkeypatch.setenv("DATABASE_URL", database_url)
    result: list = []
    watching = threading.Thread(
        target=lambda: result.append(CliRunner().invoke(command.app, ["watch", str(brief), "--json"]))
    )
    watching.start()
    async with working(database, Postman(rate=5)):
        await until(lambda: not watching.is_alive(), 30)
    lines = [json.loads(line) for line in result[0].output.splitlines()]
    assert result[0].exit_code == 0 and lines[-1]["finished"] and lines[-1]["sent"] == 4
    assert {"planned", "sent", "acknowledged", "unreachable", "rate", "seconds_left"} <= lines[0].keys()
