"""Answers on Telegram: each call has its place in the lane, a 429 stops the lane, and no answer is lost."""

import asyncio
from types import SimpleNamespace

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramNetworkError, TelegramRetryAfter
from aiogram.methods import AnswerCallbackQuery, SendMessage, SendPhoto
from aiogram.types import Chat, Message
from sqlalchemy import select

from bot.lanes import Lane
from bot.listen import Listener
from bot.voice import Voice
from db import lanes
from db.people import Identity
from db.pushes import Notice
from handlers import telegram
from handlers.reply import Reply
from tests.briefing import member
from tests.postman import Postman, until, working


class Counting(Lane):
    """How many places were taken."""

    taken = 0

    async def take(self, *args, **more) -> float:
        gone = await super().take(*args, **more)
        self.taken += 1
        return gone


class Platform:
    """In the place of the session's request: `trouble` is what it does first, call by call."""

    def __init__(self, *trouble) -> None:
        self.trouble, self.called = list(trouble), []

    async def __call__(self, bot, method, **_):
        self.called.append(method)
        match self.trouble.pop(0) if self.trouble else None:
            case float(seconds):
                raise TelegramRetryAfter(method, "Too Many Requests", seconds)
            case str(why):
                raise TelegramNetworkError(method, why)
        return Message(message_id=1, date=0, chat=Chat(id=1, type="private"))


def bot_of(platform: Platform, monkeypatch) -> Bot:
    bot = Bot("1:token")
    monkeypatch.setattr(bot.session, "make_request", platform)
    monkeypatch.setattr("bot.voice.PAUSE", 0.01)
    return bot


@pytest.fixture
async def lane() -> Counting:
    return Counting("telegram", 500)


async def test_every_message_of_an_answer_takes_its_own_place(database, lane, monkeypatch):
    platform = Platform()
    bot = bot_of(platform, monkeypatch)
    bot.session.middleware(Voice(lane, database))
    press = SimpleNamespace(answer=lambda *_, **__: bot(AnswerCallbackQuery(callback_query_id="7")), message=None)
    await telegram.say(bot, 1, Reply("dài " * 1500, toast="Xong", photos=("a", "b")), press)
    assert [type(method) for method in platform.called] == [
        SendPhoto, SendPhoto, AnswerCallbackQuery, SendMessage, SendMessage
    ]
    assert lane.taken == 4  # the toast is no message


async def test_a_429_stops_the_lane_and_the_answer_is_said_afterwards(database, lane, monkeypatch):
    platform = Platform(0.6)
    bot = bot_of(platform, monkeypatch)
    bot.session.middleware(Voice(lane, database))
    saying = asyncio.create_task(bot(SendMessage(chat_id=1, text="chào")))
    await until(lambda: lane.paused_for() > 0.1)
    await saying
    assert len(platform.called) == 2 and lane.taken == 2 and not lane.paused_for()
    async with database.reading() as db:
        stored = await lanes.read(db, "telegram")
    assert stored and stored.paused_until  # for the other processes


async def test_a_fault_of_the_network_is_tried_again(database, lane, monkeypatch):
    platform = Platform("reset by peer", "reset by peer")
    bot = bot_of(platform, monkeypatch)
    bot.session.middleware(Voice(lane, database))
    await bot(SendMessage(chat_id=1, text="chào"))
    assert len(platform.called) == 3


@pytest.fixture
async def known(database, now) -> str:
    """The address of somebody in the network."""
    async with database.transaction() as db:
        person = (await member(db, "Lan", "communicator_commune", now)).person_id
        return await db.scalar(select(Identity.address).where(Identity.person_id == person))


def listener_of(database, bot: Bot, lane: Lane) -> Listener:
    return Listener(bot, database, {}, lane=lane)


async def test_an_answer_the_network_does_not_take_is_said_later(database, lane, known, monkeypatch):
    bot = bot_of(Platform(*["reset by peer"] * 3), monkeypatch)
    await listener_of(database, bot, lane)._say(int(known), Reply("Câu trả lời"), None)
    postman = Postman()
    async with working(database, postman):
        await until(lambda: postman.letters)
    assert [(letter.address, letter.text) for letter in postman.letters] == [(known, "Câu trả lời")]


async def test_an_answer_that_waits_when_the_process_ends_is_said_after_the_next_start(
    database, lane, known, monkeypatch
):
    monkeypatch.setattr("bot.inbox.PATIENCE", 0.2)
    platform = Platform()
    listener = listener_of(database, bot_of(platform, monkeypatch), lane)
    answered = []

    async def work(update_id, payload):
        async def answer() -> None:
            await listener._say(int(known), Reply("Câu trả lời"), None)
            answered.append(update_id)

        return answer

    listener.inbox._work = work
    lane.hold(3600)
    await listener.inbox.receive([("1", {"message": {"from": {"id": int(known)}}})])
    async with asyncio.timeout(5):
        await listener.inbox.drain()
    assert answered == ["1"] and not platform.called
    async with database.reading() as db:
        notice = (await db.scalars(select(Notice))).one()
    assert (notice.address, notice.state, notice.reply["text"]) == (known, "planned", "Câu trả lời")


async def test_a_stranger_hears_nothing_and_the_log_says_so(database, lane, monkeypatch, capsys):
    bot = bot_of(Platform(*["reset by peer"] * 3), monkeypatch)
    await listener_of(database, bot, lane)._say(99, Reply("Chào"), None)
    assert "an answer to a stranger could not be said" in capsys.readouterr().out
