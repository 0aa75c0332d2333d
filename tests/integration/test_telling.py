"""Events for other programmes: told once it happened, signed, again after pauses, never inside."""

import hashlib
import hmac
import json
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from bot import telling, tending
from db.pushes import Delivery, DeliveryState, Push, PushState
from db.webhooks import Event, Telling, happened
from network import acknowledgements, releases, webhooks
from network.refusals import Refusal
from tests.integration.test_console import FORM, desk, stamp  # noqa: F401 - a fixture

URL = "http://127.0.0.1:9/hook"


class Office:
    """The other programme: what it got, and how it answers."""

    def __init__(self) -> None:
        self.got, self.status = [], 200
        self.http = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.got.append(request)
        return httpx.Response(self.status, headers={"location": "http://169.254.169.254/"})


@pytest.fixture
async def office(database, now):
    found = Office()
    async with database.transaction() as db:
        found.hook = await webhooks.add(db, URL, [Event.BRIEF_SENT], now)
    yield found
    await found.http.aclose()


async def tell(database, event, now):
    async with database.transaction() as db:
        await happened(db, event, {"brief": 7, "title": "Mưa lũ"}, now)


async def rows(database) -> list[Telling]:
    async with database.reading() as db:
        return list(await db.scalars(select(Telling).order_by(Telling.id)))


async def test_what_happened_arrives_signed_and_once(database, office, now):
    await tell(database, Event.BRIEF_SENT, now)
    await tell(database, Event.QUESTION_UNANSWERED, now)  # not asked for
    assert await telling.look(database, office.http, now, private=True) == 1
    assert await telling.look(database, office.http, now + timedelta(days=3), private=True) == 0
    (request,) = office.got
    body = json.loads(request.content)
    assert (body["event"], body["data"]["title"]) == ("brief.sent", "Mưa lũ")
    assert request.headers["host"] == "127.0.0.1:9"
    moment, given = (part.partition("=")[2] for part in request.headers["loa-signature"].split(","))
    signed = hmac.new(office.hook.secret.encode(), f"{moment}.".encode() + request.content, hashlib.sha256)
    assert given == signed.hexdigest() and int(moment) == int(now.timestamp())


async def test_a_refusal_is_tried_again_after_growing_pauses_and_given_up(database, office, now):
    office.status = 302  # also where it leads elsewhere: nobody follows
    await tell(database, Event.BRIEF_SENT, now)
    for pause in webhooks.PAUSES:
        assert await telling.look(database, office.http, now, private=True) == 1
        assert await telling.look(database, office.http, now + pause - timedelta(seconds=1), private=True) == 0
        now += pause
    await telling.look(database, office.http, now, private=True)
    (row,) = await rows(database)
    assert row.next_at is None and row.arrived_at is None and row.error == "HTTP 302"
    assert row.attempts == len(office.got) == len(webhooks.PAUSES) + 1


async def test_what_is_over_is_forgotten_after_a_month_and_what_waits_is_not(database, office, now, monkeypatch):
    monkeypatch.setattr(tending, "AT_ONCE", 2)
    for _ in range(5):
        await tell(database, Event.BRIEF_SENT, now)
    await telling.look(database, office.http, now, private=True)
    await tell(database, Event.BRIEF_SENT, now)
    await tending.look(database, now + timedelta(days=29))
    assert len(await rows(database)) == 6
    await tending.look(database, now + timedelta(days=31))
    assert [row.next_at for row in await rows(database)] == [now]


INSIDE = ("127.0.0.1", "[::1]", "10.1.2.3", "169.254.169.254", "[::ffff:192.168.0.1]", "0.0.0.0")


@pytest.mark.parametrize("host", INSIDE)
async def test_no_address_inside_is_called(database, office, now, host):
    async with database.transaction() as db:
        await webhooks.remove(db, office.hook.id, now)
        await webhooks.add(db, f"https://{host}/x", [Event.BRIEF_SENT], now)
    await tell(database, Event.BRIEF_SENT, now)
    assert await telling.look(database, office.http, now) == 1
    (row,) = await rows(database)
    assert office.got == [] and "Inside" in row.error and row.next_at == now + webhooks.PAUSES[0]


async def test_what_cannot_be_an_address_or_an_event_is_refused(db, now):
    for url in ("ftp://x/y", "https:///x", "https://a:b@x/", "x"):
        with pytest.raises(Refusal, match="Địa chỉ"):
            await webhooks.add(db, url, [Event.BRIEF_SENT], now)
    with pytest.raises(Refusal, match=r"brief\.gone"):
        await webhooks.add(db, URL, ["brief.gone"], now)


async def test_who_is_removed_hears_nothing_more(database, office, now):
    await tell(database, Event.BRIEF_SENT, now)
    async with database.transaction() as db:
        await webhooks.remove(db, office.hook.id, now)
    await tell(database, Event.BRIEF_SENT, now)
    assert await telling.look(database, office.http, now, private=True) == 0 and len(await rows(database)) == 1


async def test_a_brief_that_arrives_and_is_acknowledged_is_told(database, desk, now):  # noqa: F811
    binh, lan = await desk("Bình", "super_admin"), await desk("Lan", "super_admin")
    path = (await binh.post("briefs/new", **FORM)).headers["location"].removeprefix("/console/").partition("?")[0]
    await binh.post(f"{path}/submit", stamp=stamp(await binh.get(path)))
    await lan.post(f"{path}/approve", stamp=stamp(await lan.get(path)))
    await lan.post(f"{path}/send", stamp=stamp(await lan.get(path)))
    async with database.transaction() as db:
        await webhooks.add(db, URL, list(Event), now)
        await db.execute(update(Delivery).values(state=DeliveryState.SENT, sent_at=now))
        push = await db.scalar(select(Push))
        push.state = PushState.DONE
        await releases.settle(db, push, now)
        for _ in range(2):  # the second press is no news
            await acknowledgements.acknowledge(db, 1, lan.who.person_id, now)
    told = [(row.event, row.data) for row in await rows(database)]
    assert told == [
        ("brief.sent", {"brief": 1, "push": push.id, "title": FORM["title"], "planned": 2}),
        ("brief.acknowledged", {"brief": 1, "person": lan.who.person_id, "late": False}),
    ]
