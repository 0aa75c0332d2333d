"""Zalo's webhooks: nobody else is believed, all is stored before the answer, and nothing an event holds harms."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select, update

from bot import web
from bot.settings import Settings
from bot.zalo_ear import Ear
from bot.zalo_mac import Seal
from bot.zalo_webhooks import OfBot, OfOa, Webhook
from db import tallies
from db.people import Identity, Person, PersonState
from db.pushes import Delivery
from db.updates import Update
from handlers import zalo
from network import people
from tests.briefing import member
from tests.postman import Postman, until
from tests.unit.test_zalo_mac import mac
from tests.zalo_talking import bot_event, oa_event

SEAL = Seal("4242424242", "5757575757", "oa-secret", "app-secret")
SECRET, LIMIT = "bot-secret", 1_000_000


class Office:
    """Loa's web side with an OA's ear and a bot's, and the letters that leave them."""

    def __init__(self, database, **needs) -> None:
        self.database = database
        self.posts = {name: Postman(name) for name in (zalo.OA, zalo.BOT)}
        for name, post in self.posts.items():
            post.platform = name
        self.oa = Ear(database, self.posts[zalo.OA], zalo.read_oa, needs)
        self.bot = Ear(database, self.posts[zalo.BOT], zalo.read_bot, needs)
        for ear in (self.oa, self.bot):
            ear.ready.set()
        self.oa_hook = Webhook(
            OfOa(SEAL, self.oa.counted, timedelta(hours=3)), self.oa.inbox, self.oa.counted, LIMIT
        )
        hooks = {
            "/webhooks/zalo/oa": self.oa_hook,
            "/webhooks/zalo/bot": Webhook(OfBot(SECRET, self.bot.counted), self.bot.inbox, self.bot.counted, LIMIT),
        }
        self.app = web.build(Settings(_env_file=None), database, webhooks=hooks)

    async def post(self, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://loa") as client:
            return await client.post(path, content=body, headers=headers)

    async def tell_oa(self, event: dict, *, sign: str = "", **headers: str) -> int:
        event = {**event, "timestamp": event.get("at") or str(int(time.time() * 1000))}
        body = json.dumps(event).encode()
        signed = sign or mac(SEAL.app_id, event["timestamp"], SEAL.oa_secret, body)
        given = {"X-ZEvent-Signature": f"mac={signed}", **headers}
        return (await self.post("/webhooks/zalo/oa", body, given)).status_code

    async def tell_bot(self, event: dict, secret: str = SECRET) -> int:
        body = json.dumps({"ok": True, "result": event}).encode()
        return (await self.post("/webhooks/zalo/bot", body, {"X-Bot-Api-Secret-Token": secret})).status_code

    async def settled(self) -> None:
        await self.oa.inbox.drain()
        await self.bot.inbox.drain()

    async def counts(self, ear: Ear) -> dict[str, int]:
        await ear.counted.write()
        async with self.database.reading() as db:
            return {row.name: row.count for row in await tallies.of(db, ear.channel.name)}

    async def kept(self) -> list[Update]:
        async with self.database.reading() as db:
            return list(await db.scalars(select(Update).order_by(Update.received_at)))


@pytest.fixture
async def office(database):
    office = Office(database)
    yield office
    await office.settled()


def said(text: str, msg_id: str = "1", user: str = "700") -> dict:
    return oa_event("user_send_text", user, {"text": text, "msg_id": msg_id})


async def test_a_word_to_the_oa_is_answered_once_however_often_it_comes(office):
    for _ in range(3):
        assert await office.tell_oa(said("xin chào")) == 200
    await office.settled()
    post = office.posts[zalo.OA]
    assert [letter.address for letter in post.letters] == ["700"] and "mã mời" in post.letters[0].text
    assert (await office.counts(office.oa))["mac:app_id,body,oa_secret"] == 3


async def test_a_word_to_the_bot_wrapped_or_bare(office):
    event = bot_event("message.text.received", "6ede", text="xin chào")
    assert await office.tell_bot(event) == 200
    bare = json.dumps(event).encode()
    assert (await office.post("/webhooks/zalo/bot", bare, {"X-Bot-Api-Secret-Token": SECRET})).status_code == 200
    await office.settled()
    assert len(office.posts[zalo.BOT].letters) == 1


async def test_who_cannot_prove_it_is_refused_and_counted(office):
    assert await office.tell_oa(said("x"), sign="0" * 64) == 403
    assert (await office.post("/webhooks/zalo/oa", b"{}", {})).status_code == 403
    assert await office.tell_bot(bot_event("message.text.received", "6", text="x"), "guess") == 403
    assert await office.kept() == []
    assert (await office.counts(office.oa)) == {"mac:wrong": 2}
    assert (await office.counts(office.oa)) == {"mac:wrong": 2}  # written once


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe"])
async def test_what_is_no_event_is_refused(office, body):
    assert (await office.post("/webhooks/zalo/oa", body, {})).status_code == 400


async def test_three_megabytes_are_refused(office):
    answer = await office.post("/webhooks/zalo/oa", b" " * 3_000_000, {})
    assert answer.status_code == 413 and await office.kept() == []


@pytest.mark.parametrize("ago", [timedelta(hours=4), timedelta(days=3), -timedelta(hours=1)])
async def test_an_event_of_long_ago_does_nothing(office, ago):
    at = str(int((datetime.now(UTC) - ago).timestamp() * 1000))
    assert await office.tell_oa({**said("x"), "at": at}) == 200
    assert await office.kept() == [] and (await office.counts(office.oa))["stale"] == 1


async def test_what_nobody_knows_is_kept_and_counted(office):
    assert await office.tell_oa(oa_event("user_flies", "700")) == 200
    assert await office.tell_oa({"event_name": "user_send_text", "message": {"text": "ai?", "msg_id": "2"}}) == 200
    assert await office.tell_bot({"event_name": "message.poll.received", "message": {"message_id": "p"}}) == 200
    await office.settled()
    rows = await office.kept()
    assert len(rows) == 3 and all(row.payload and row.done_at for row in rows)
    counted = await office.counts(office.oa)
    assert counted["unknown:user_flies"] == 1 and counted["unreadable:user_send_text"] == 1
    assert (await office.counts(office.bot))["unknown:message.poll.received"] == 1
    assert not any(post.letters for post in office.posts.values())


async def test_receipts_are_written_to_the_letters(office, database, now):
    """The first time counts; a receipt faster than the platform's own answer is not lost."""
    async with database.transaction() as db:
        who = await member(db, "Lê Thị Hoa", "staff", now, platform=zalo.OA)
        states = {"sent": "9 10", "leased": None, "failed": None}
        push = [await _letter(db, who, number, state, ids, now) for number, (state, ids) in enumerate(states.items())]
    to = {"recipient": {"id": who.address}}
    await office.tell_oa(oa_event("user_received_message", SEAL.oa_id, {"msg_id": "9"}, **to))
    await office.tell_oa(oa_event("user_seen_message", SEAL.oa_id, {"msg_ids": ["10", "12"]}, **to))
    await office.tell_oa(oa_event("user_received_message", SEAL.oa_id, {"msg_id": "11"}, **to))
    async with database.transaction() as db:
        await db.execute(
            update(Delivery).where(Delivery.id == push[1]).values(state="sent", sent_at=now, message_ids="11")
        )
    await office.tell_oa(oa_event("user_seen_message", who.address, {"msg_ids": ["11"]}))
    await office.tell_oa(oa_event("oa_send_text", SEAL.oa_id, {"msg_id": "9", "text": "x"}))
    await office.settled()
    async with database.reading() as db:
        first, second, third = [await db.get_one(Delivery, one) for one in push]
    assert first.delivered_at <= first.seen_at
    assert second.delivered_at is not None and second.seen_at is not None
    assert third.delivered_at is None
    assert all(row.done_at and row.payload is None for row in await office.kept())


async def _letter(db, who, number: int, state: str, ids: str | None, now) -> int:
    row = Delivery(
        push_id=number + 1, person_id=who.person_id, identity_id=who.identity_id, channel=zalo.OA, address=who.address,
        priority=2, state=state, message_ids=ids, sent_at=now if ids else None,
    )
    db.add(row)
    await db.flush()
    return row.id


async def test_unfollowing_and_withdrawing_take_effect_at_once(office, database, now):
    async with database.transaction() as db:
        who = await member(db, "Lê Thị Hoa", "staff", now, platform=zalo.OA)
        await people.begin(db, await people.meet(
            db, platform=zalo.OA, channel=zalo.OA, address="800", name="", now=now), now)
    await office.tell_oa(oa_event("unfollow", "", follower={"id": "800"}, oa_id=SEAL.oa_id))
    await office.tell_oa(oa_event("user_withdraw", who.address))
    await office.settled()
    async with database.reading() as db:
        gone = await db.scalar(select(Identity).where(Identity.address == "800"))
        assert gone.unreachable == "unfollowed" and gone.last_interaction_at == now
        assert (await db.get_one(Person, who.person_id)).state == PersonState.ERASED
    assert office.posts[zalo.OA].letters == []


async def test_an_answer_is_given_in_time_though_the_database_is_slow(office, monkeypatch):
    monkeypatch.setattr("bot.zalo_webhooks.PATIENCE", 0.05)
    began = asyncio.Event()
    receive = office.oa.inbox.receive

    async def slowly(arrived) -> None:
        began.set()
        await asyncio.sleep(0.2)
        await receive(arrived)

    monkeypatch.setattr(office.oa.inbox, "receive", slowly)
    assert await office.tell_oa(said("xin chào"), num_retry="4") == 503
    assert began.is_set()
    await until(lambda: office.posts[zalo.OA].letters)  # it was stored all the same
    assert (await office.counts(office.oa))["last try failed"] == 1


async def test_a_handler_that_fails_apologises_and_the_next_event_is_worked(office, monkeypatch):
    monkeypatch.setattr("handlers.conversation.hear", None)
    await office.tell_oa(said("một câu hỏi dài", "1"))
    await office.settled()
    monkeypatch.undo()
    await office.tell_oa(said("xin chào", "2"))
    await office.settled()
    texts = [letter.text for letter in office.posts[zalo.OA].letters]
    assert "trục trặc" in texts[0] and "mã mời" in texts[1]


async def test_what_a_dead_process_left_is_taken_up(office):
    async with office.database.transaction() as db:
        from db import updates

        await updates.store(db, zalo.OA, [("m:1", said("xin chào"))], datetime.now(UTC) - timedelta(minutes=5))
    await office.oa.inbox.recover()
    await office.settled()
    assert len(office.posts[zalo.OA].letters) == 1
