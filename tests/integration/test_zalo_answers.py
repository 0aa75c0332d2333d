"""Answers on Zalo: what is not taken now is kept and said later; what is wrong with it is not tried again."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from bot.channels import Closed, Down, Gone, Later, Receipt, Refused
from bot.zalo_ear import Ear
from db.notices import put
from db.people import Identity
from db.pushes import Notice
from handlers import zalo
from handlers.reply import Reply
from tests.briefing import member
from tests.postman import Postman, until, working
from tests.zalo_talking import oa_event


@pytest.fixture
async def known(database, now) -> str:
    """The address of somebody in the network."""
    async with database.transaction() as db:
        return (await member(db, "Lan", "communicator_commune", now, platform=zalo.OA)).address


def ear_of(database, answer=None) -> Ear:
    post = Postman(zalo.OA, answer=answer)
    post.platform = zalo.OA
    ear = Ear(database, post, zalo.read_oa, {"bot_name": ""})
    ear.ready.set()
    return ear


async def ask_for_help(ear: Ear, user: str) -> None:
    await ear.inbox.receive([("1", oa_event("user_send_text", user, {"text": "/trogiup", "msg_id": "1"}))])


async def notices(database) -> list[Notice]:
    async with database.reading() as db:
        return list(await db.scalars(select(Notice)))


@pytest.mark.parametrize("trouble", [Down("502"), Down("no answer", maybe_sent=True), Later(0.1, "-32")])
async def test_an_answer_the_platform_does_not_take_is_said_later(database, known, monkeypatch, trouble):
    monkeypatch.setattr("bot.zalo_ear.TRIES", 2)
    ear = ear_of(database, lambda letter, number: trouble)
    await ask_for_help(ear, known)
    await ear.inbox.drain()
    (kept,) = await notices(database)
    assert kept.address == known and "/bantin" in kept.reply["text"]
    post = Postman(zalo.OA)
    async with working(database, post):
        await until(lambda: post.letters)
    assert post.letters[0].address == known and "/bantin" in post.letters[0].text


async def test_an_answer_taken_at_the_second_try_is_said_once(database, known):
    ear = ear_of(database, lambda letter, number: Down("502") if number == 1 else Receipt(("1",)))
    await ask_for_help(ear, known)
    await ear.inbox.drain()
    assert len(ear.channel.letters) == 1 and not await notices(database)


async def test_what_is_wrong_with_an_answer_is_not_tried_again(database, known, capsys):
    ear = ear_of(database, lambda letter, number: Refused("-201 message is invalid"))
    await ask_for_help(ear, known)
    await ear.inbox.drain()
    assert ear.channel.calls_begun == 1 and not await notices(database)
    assert "an answer is not taken" in capsys.readouterr().out


async def test_an_answer_that_waits_when_the_process_ends_is_kept(database, known, monkeypatch):
    monkeypatch.setattr("bot.inbox.PATIENCE", 0.2)
    ear = ear_of(database, lambda letter, number: Later(3600, "-32"))
    await ask_for_help(ear, known)
    async with asyncio.timeout(10):
        await ear.inbox.drain()
    (kept,) = await notices(database)
    assert (kept.address, kept.state) == (known, "planned")


async def test_a_stranger_hears_nothing_and_the_log_says_so(database, monkeypatch, capsys):
    monkeypatch.setattr("bot.zalo_ear.TRIES", 1)
    ear = ear_of(database, lambda letter, number: Down("502"))
    await ask_for_help(ear, "77")
    await ear.inbox.drain()
    assert not await notices(database) and "an answer could not be said" in capsys.readouterr().out


async def test_what_could_not_be_said_outside_the_window_is_said_when_the_person_writes(database, known, now):
    async with database.transaction() as db:
        person = await db.scalar(select(Identity.person_id).where(Identity.address == known))
        await put(db, person, Reply("Chuyên gia trả lời: có.").plain(), datetime.now(UTC))
    closed = Postman(zalo.OA, answer=lambda letter, number: Closed("window_closed"))
    async with working(database, closed):
        await until(lambda: closed.calls_begun)
        await until(lambda: failed(database))
    ear = ear_of(database)
    await ask_for_help(ear, known)
    await ear.inbox.drain()
    post = Postman(zalo.OA)
    async with working(database, post):
        await until(lambda: post.letters)
    assert post.letters[0].text == "Chuyên gia trả lời: có."
    assert [row.state for row in await notices(database)] == ["sent"]


async def test_what_one_address_cannot_take_goes_to_the_persons_next(database, known, now):
    async with database.transaction() as db:
        person = await db.scalar(select(Identity.person_id).where(Identity.address == known))
        db.add(Identity(
            person_id=person, platform="telegram", channel="telegram", address="99", created_at=now, preferred=False,
        ))
        await put(db, person, Reply("Chuyên gia trả lời: có.").plain(), datetime.now(UTC))
    closed = Postman(zalo.OA, answer=lambda letter, number: Closed("window_closed"))
    blocked = Postman("telegram", answer=lambda letter, number: Gone("blocked"))
    async with working(database, closed), working(database, blocked):
        await until(lambda: closed.calls_begun)
        await until(lambda: blocked.calls_begun)
        await until(lambda: failed(database))
    assert (closed.calls_begun, blocked.calls_begun) == (1, 1)
    ear = ear_of(database)
    await ask_for_help(ear, known)  # now the window is open
    await ear.inbox.drain()
    post = Postman(zalo.OA)
    async with working(database, post):
        await until(lambda: post.letters)
    assert [(row.state, row.address) for row in await notices(database)] == [("sent", known)]


async def failed(database) -> bool:
    return [row.state for row in await notices(database)] == ["failed"]
