"""With a model switched on, nobody waits at the database while it thinks, and the turn is still one."""

import asyncio

import pytest
from sqlalchemy import func, select

from bot.listen import Listener
from bot.zalo_ear import Ear
from db.knowledge import Question
from db.people import Person
from handlers import zalo
from knowledge.catalogue import Catalogue
from tests.briefing import member
from tests.integration.test_answering import Platform, bot_of
from tests.postman import Postman
from tests.talking import Phone
from tests.zalo_talking import oa_event

ASKED = "Lương cơ sở hiện nay là bao nhiêu?"


@pytest.fixture
def template() -> str:
    return "stocked"


class Thinking:
    """A model that is done only when somebody else could write to the database meanwhile."""

    def __init__(self, database, now) -> None:
        self.database, self.now, self.loop, self.asked = database, now, asyncio.get_running_loop(), 0

    def order(self, question, understood, hits):
        asyncio.run_coroutine_threadsafe(self._write(), self.loop).result(20)
        self.asked += 1
        return hits

    async def _write(self) -> None:
        async with self.database.transaction() as db:
            db.add(Person(full_name="Người khác", state="invited", created_at=self.now))


@pytest.fixture
async def index(database, now) -> Catalogue:
    index = await Catalogue.open(database)
    index.reranker = Thinking(database, now)
    return index


async def recorded(database) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(Question))


async def test_in_the_chat_by_a_command_and_after_a_prompt(database, now, index):
    async with database.transaction() as db:
        phone = Phone(database, (await member(db, "Hỏi", "journalist", now)).address, now, index=index)
    for words in ([ASKED], [f"/hoi {ASKED}"], ["/hoi", ASKED]):
        for said in words:
            reply = await phone.say(said)
        assert "2.530.000" in reply.text
    assert index.reranker.asked >= 3 and await recorded(database) == 3


async def test_on_telegram(database, now, index, monkeypatch):
    async with database.transaction() as db:
        asker = int((await member(db, "Hỏi", "journalist", now)).address)
    platform = Platform()
    listener = Listener(bot_of(platform, monkeypatch), database, {"index": index})
    user = {"id": asker, "is_bot": False, "first_name": "Hỏi"}
    chat = {"id": asker, "type": "private"}
    message = {"message_id": 1, "date": 1795500000, "chat": chat, "from": user, "text": ASKED}
    await listener.inbox.receive([("1", {"update_id": 1, "message": message})])
    await listener.inbox.drain()
    assert any("2.530.000" in getattr(method, "text", "") for method in platform.called)
    assert await recorded(database) == 1


async def test_on_zalo(database, now, index):
    async with database.transaction() as db:
        asker = await member(db, "Hỏi", "journalist", now, platform=zalo.OA)
    post = Postman(zalo.OA)
    post.platform = zalo.OA
    ear = Ear(database, post, zalo.read_oa, {"index": index, "bot_name": ""})
    ear.ready.set()
    await ear.inbox.receive([("1", oa_event("user_send_text", asker.address, {"text": ASKED, "msg_id": "1"}))])
    await ear.inbox.drain()
    assert "2.530.000" in post.letters[0].text and await recorded(database) == 1
