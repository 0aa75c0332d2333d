"""The sandbox on the wire: bodies of every kind, pollers, webhooks, faults, and its memory."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from sandbox import embedded, snapshot
from sandbox.app import Sandbox
from sandbox.faults import Faults, Gate

BOT = f"/bot{embedded.TOKEN}"


@pytest.fixture
async def wire():
    async with embedded.serve() as base, httpx.AsyncClient(base_url=base, timeout=20) as wire:
        for number in ("1", "2"):
            await wire.post("/sandbox/phones", json={"id": number, "name": f"Người {number}"})
            await wire.post(f"/sandbox/phones/{number}/start", json={})
        yield wire


async def send(wire, text: str = "x", chat: int = 1) -> httpx.Response:
    return await wire.post(f"{BOT}/sendMessage", json={"chat_id": chat, "text": text})


@pytest.mark.parametrize("method", ["sendMessage", "SENDMESSAGE", "sendmessage"])
@pytest.mark.parametrize("kind", ["json", "data", "files", "params"])
async def test_bodies_of_every_kind_and_names_in_every_case(wire, method, kind):
    fields = {"chat_id": "1", "text": "đúng"}
    body = {"text": (None, "đúng"), "chat_id": (None, "1")} if kind == "files" else fields
    call = wire.get if kind == "params" else wire.post
    answer = (await call(f"{BOT}/{method}", **{kind: body})).json()
    assert answer["ok"] and answer["result"]["text"] == "đúng"


async def test_wrong_tokens_methods_and_bodies(wire):
    assert (await wire.post("/bot1:x/getMe")).json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    assert (await wire.post(f"{BOT}/getNothing")).status_code == 404
    broken = await wire.post(f"{BOT}/sendMessage", content=b"{", headers={"content-type": "application/json"})
    assert broken.status_code == 400


async def test_a_second_poller_ends_the_first(wire):
    await wire.get(f"{BOT}/getUpdates", params={"offset": -1})
    offset = (await wire.get(f"{BOT}/getUpdates")).json()["result"][-1]["update_id"] + 1
    first = asyncio.create_task(wire.get(f"{BOT}/getUpdates", params={"offset": offset, "timeout": 10}))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(wire.get(f"{BOT}/getUpdates", params={"offset": offset, "timeout": 10}))
    assert (await first).status_code == 409
    await wire.post("/sandbox/phones/1/text", json={"text": "hỏi"})
    assert (await second).json()["result"][0]["message"]["text"] == "hỏi"


class Hook(Starlette):
    """Served beside the sandbox, by the same helper."""

    @asynccontextmanager
    async def kept(self):
        yield


class Receiver:
    """A webhook that fails `failures` times for each chat before it accepts."""

    def __init__(self, failures: int) -> None:
        self.failures, self.accepted, self.secrets, self.tried = failures, [], set(), {}

    async def receive(self, request):
        update = await request.json()
        self.secrets.add(request.headers.get("x-telegram-bot-api-secret-token"))
        chat = update["message"]["chat"]["id"]
        self.tried[chat] = self.tried.get(chat, 0) + 1
        if chat == 1 and self.tried[chat] <= self.failures:
            return Response(status_code=500)
        self.accepted.append((chat, update["message"]["text"]))
        return Response()


async def test_webhooks_keep_the_order_of_a_chat_and_do_not_hold_up_others(wire):
    receiver = Receiver(failures=1)
    app = Hook(routes=[Route("/hook", receiver.receive, methods=["POST"])])
    async with embedded.serve(app) as hook:
        await wire.post(f"{BOT}/getUpdates", json={"offset": -1})
        await wire.post(f"{BOT}/getUpdates", json={"offset": 10**6})
        answer = await wire.post(f"{BOT}/setWebhook", json={"url": f"{hook}/hook", "secret_token": "s-1"})
        assert answer.json()["ok"]
        for text in ("a", "b", "c"):
            await wire.post("/sandbox/phones/1/text", json={"text": text})
        await wire.post("/sandbox/phones/2/text", json={"text": "khác"})
        for _ in range(200):
            if len(receiver.accepted) == 4:
                break
            await asyncio.sleep(0.02)
        assert [t for chat, t in receiver.accepted if chat == 1] == ["a", "b", "c"]
        assert (2, "khác") in receiver.accepted and receiver.secrets == {"s-1"}
        info = (await wire.get(f"{BOT}/getWebhookInfo")).json()["result"]
        assert info["pending_update_count"] == 0 and "500" in info["last_error_message"]
        assert (await wire.get(f"{BOT}/getUpdates")).status_code == 409
        await wire.post(f"{BOT}/deleteWebhook")


async def test_a_429_has_a_body_and_a_header(wire):
    await wire.put("/sandbox/faults", json={"rate": 1, "retry_after": 7})
    await send(wire)
    refused = await send(wire)
    assert refused.status_code == 429 and refused.headers["retry-after"] == "7"
    assert refused.json()["parameters"] == {"retry_after": 7}
    assert refused.json()["description"] == "Too Many Requests: retry after 7"


async def test_one_chat_may_have_its_own_ceiling(wire):
    await wire.put("/sandbox/faults", json={"chat_rate": 1})
    assert [(await send(wire, chat=c)).status_code for c in (1, 2, 1)] == [200, 200, 429]


async def test_dropped_and_lost_answers_differ_in_what_arrived(wire):
    await wire.put("/sandbox/faults", json={"pdrop": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        await send(wire)
    assert (await wire.get("/sandbox/stats")).json()["delivered"] == 0
    await wire.put("/sandbox/faults", json={"pdrop": 0, "plost": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        await send(wire)
    assert (await wire.get("/sandbox/stats")).json()["delivered"] == 1
    await wire.put("/sandbox/faults", json={"plost": 0, "p5xx": 1})
    assert (await send(wire)).status_code == 502
    wrong = await wire.put("/sandbox/faults", json={"p5xx": 2})
    assert wrong.status_code == 400 and "between 0 and 1" in wrong.json()["error"]


def test_a_sliding_second_never_holds_more_than_the_rate():
    gate, faults, accepted, now = Gate(), Faults(rate=5), [], 100.0
    for _ in range(400):
        now += 0.05
        if not gate.refuse(faults, now):
            accepted.append(now)
    assert all(sum(t - 1 < other <= t for other in accepted) <= 5 for t in accepted)
    assert len(accepted) >= 20


async def test_what_happens_is_streamed_and_can_be_taken_up_again(wire):
    async with wire.stream("GET", "/sandbox/events") as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        await send(wire, "trực tiếp")
        async for line in lines:
            if line.startswith("data:") and "trực tiếp" in line:
                break
        event = json.loads(line.removeprefix("data: "))
        assert event["phone"] == "1" and event["message"]["from"] == "bot"
    headers = {"Last-Event-ID": "999999"}
    async with wire.stream("GET", "/sandbox/events", headers=headers) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("event:"):
                assert line == "event: reset"
                break


async def test_a_blocked_phone_cannot_write(wire):
    await wire.post("/sandbox/phones/1/block")
    answer = await wire.post("/sandbox/phones/1/text", json={"text": "a"})
    assert answer.status_code == 409 and answer.json()["code"] == "blocked"


async def test_the_memory_survives_a_restart(tmp_path):
    kept = tmp_path / "sandbox.json"
    before = Sandbox(embedded.BOTS, keep_in=kept)
    async with embedded.serve(before) as base, httpx.AsyncClient(base_url=base) as wire:
        await wire.post("/sandbox/phones", json={"id": "1", "name": "Mai"})
        await wire.post("/sandbox/phones/1/start", json={"payload": "abc"})
        await send(wire, "một")
    after = Sandbox(embedded.BOTS, keep_in=kept)
    phone = after.world.phones[1]
    assert [m.text for m in phone.messages.values()] == ["/start abc", "một"] and phone.started
    assert after.world.bots[embedded.TOKEN].updates[0]["message"]["text"] == "/start abc"
    assert next(after.world.numbers) > max(phone.messages)


def test_a_memory_that_is_damaged_is_left_alone(tmp_path):
    kept = tmp_path / "sandbox.json"
    kept.write_text('{"phones": 1')
    assert not snapshot.load(Sandbox(embedded.BOTS), kept)


@pytest.mark.parametrize(
    "given", [{"name": 5}, {"name": " "}, {}, {"name": "x" * 201}, {"name": "Mai", "links": "x"}, [], {"name": ["a"]}]
)
async def test_a_phone_whose_name_is_no_text_is_not_made(wire, given):
    answer = await wire.post("/sandbox/phones", json={"id": "9", **given} if isinstance(given, dict) else given)
    assert answer.status_code == 400 and answer.json()["error"]
    assert len((await wire.get("/sandbox/phones")).json()["phones"]) == 2
