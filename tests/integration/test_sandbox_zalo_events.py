"""Events of Zalo OA's sandbox: what they hold, how they are signed, and what happens when nobody takes them."""

import asyncio
import hashlib
import re

import pytest

from sandbox import embedded
from sandbox.zalo_oa import events
from sandbox.zalo_oa.state import APP_ID, APP_SECRET, OA_ID, OA_SECRET
from tests.integration.zalo_wire import BINH, HOA, PNG, Receiver, served


@pytest.fixture
async def app():
    async with served() as app:
        yield app


@pytest.fixture
async def hook(app):
    receiver = Receiver()
    async with embedded.serve(receiver) as base:
        await app.http.put("/sandbox/zalo/webhook", json={"url": f"{base}/hook"})
        yield receiver
        await app.http.put("/sandbox/zalo/webhook", json={"url": None})


async def registration(app) -> dict:
    return (await app.http.get("/sandbox/zalo/webhook")).json()


async def test_what_a_person_does_is_told(app, hook):
    await app.phone("text", text="Chào Loa")
    await app.phone("location", latitude=21.03, longitude=105.85)
    await app.phone("unfollow")
    await app.phone("follow")
    await app.phone("contact", full_address="Hà Nội")
    await app.phone("withdraw")
    bodies = await hook.wait(6)
    assert [b["event_name"] for b in bodies] == [
        "user_send_text", "user_send_location", "unfollow", "follow", "user_submit_info", "user_withdraw",
    ]
    first = bodies[0]
    assert first["app_id"] == APP_ID and first["sender"] == {"id": HOA} and first["recipient"] == {"id": OA_ID}
    assert first["message"]["text"] == "Chào Loa" and re.fullmatch(r"\d{13}", first["timestamp"])
    assert bodies[1]["message"]["attachments"][0]["payload"]["coordinates"]["latitude"] == "21.03"
    assert bodies[3]["follower"] == {"id": HOA} and bodies[3]["oa_id"] == OA_ID
    assert bodies[4]["info"]["phone"] == "84900000001"


async def test_files_can_be_fetched_where_the_event_says(app, hook):
    for name, data, kind in (("a.png", PNG, "image/png"), ("a.pdf", b"%PDF", "application/pdf")):
        await app.http.post(f"/sandbox/phones/{HOA}/file", files={"file": (name, data, kind)})
    picture, paper = await hook.wait(2)
    assert picture["event_name"] == "user_send_image" and paper["event_name"] == "user_send_file"
    assert (await app.http.get(picture["message"]["attachments"][0]["payload"]["url"])).content == PNG
    told = paper["message"]["attachments"][0]["payload"]
    assert told["name"] == "a.pdf" and told["checksum"] == hashlib.md5(b"%PDF").hexdigest()


async def test_a_press_comes_as_text_shown_or_hidden(app, hook):
    buttons = [{"type": f"oa.query.{how}", "title": "Đã nhận", "payload": f"#{how}"} for how in ("hide", "show")]
    await app.say(attachment={"type": "template", "payload": {"buttons": buttons}})
    message = (await app.messages())[-1]
    await app.phone("press", message_id=message["id"], data="#hide")
    assert len(await app.messages()) == 1
    await app.phone("press", message_id=message["id"], data="#show")
    assert (await app.messages())[-1]["text"] == "#show"
    bodies = await hook.wait(3)
    assert [b["message"]["text"] for b in bodies[1:]] == ["#hide", "#show"]
    assert {b["event_name"] for b in bodies[1:]} == {"user_send_text"}


async def test_received_and_seen_are_told_when_the_phone_is_on(app, hook):
    await app.phone("offline")
    sent = await app.say()
    assert (await app.messages())[-1]["receipt"] == "sent" and not hook.got
    await app.phone("online")
    await app.phone("read")
    received, seen = await hook.wait(2)
    assert received["event_name"] == "user_received_message" and received["sender"] == {"id": OA_ID}
    assert received["message"]["msg_id"] == sent["data"]["message_id"] and received["recipient"] == {"id": HOA}
    assert seen["message"]["msg_ids"] == [sent["data"]["message_id"]]
    assert (await app.messages())[-1]["receipt"] == "seen"


async def test_a_template_by_phone_is_told_with_its_number_and_tracking(app, hook):
    data = {"co_quan": "a", "tieu_de": "b", "han": "c"}
    body = {"phone": "84900000002", "template_id": "400100", "template_data": data, "tracking_id": "t9"}
    await app.post("/message/template", body, base="/zalo/business")
    (told,) = await hook.wait(1)
    assert told["recipient"] == {"id": "84900000002"} and told["message"]["tracking_id"] == "t9"
    assert hook.got[0][0]["x-zevent-server"] == "ZNS"


async def test_a_changed_template_is_told(app, hook):
    await app.http.put("/sandbox/zalo/templates/400100", json={"status": "REJECT", "reason": "Thiếu tên cơ quan"})
    (told,) = await hook.wait(1)
    assert told["event_name"] == "change_template_status" and told["status"]["new_status"] == "REJECT"


@pytest.mark.parametrize("mac_id", ["app_id", "oa_id"])
@pytest.mark.parametrize("mac_time", ["body", "header"])
@pytest.mark.parametrize("mac_secret", ["oa", "app"])
async def test_the_signature_in_each_disputed_form(app, hook, mac_id, mac_time, mac_secret):
    await app.rules(mac_id=mac_id, mac_time=mac_time, mac_secret=mac_secret, mac_prefix=mac_time == "body")
    await app.phone("text", text="Ký tên")
    (body,) = await hook.wait(1)
    headers, raw, _ = hook.got[0]
    stamp = body["timestamp"] if mac_time == "body" else headers["x-zevent-timestamp"]
    first = APP_ID if mac_id == "app_id" else OA_ID
    secret = OA_SECRET if mac_secret == "oa" else APP_SECRET
    mac = hashlib.sha256(first.encode() + raw + stamp.encode() + secret.encode()).hexdigest()
    assert headers["x-zevent-signature"] == (f"mac={mac}" if mac_time == "body" else mac)


async def test_the_ladder_of_retries_ends_with_the_registration(app, hook):
    hook.status = 500
    await app.phone("text", text="Có ai không")
    tries = [{}]
    for pause in (30, 300, 900, 1800, 3600):
        await hook.wait(len(tries))
        await asyncio.sleep(0.05)  # the sandbox is waiting for its clock
        await app.later(hours=(pause + 1) / 3600)
        tries.append({})
    await hook.wait(6)
    assert [h.get("num_retry") for h, _, _ in hook.got] == [None, "1", "2", "3", "4", "5"]
    assert len({raw for _, raw, _ in hook.got}) == 1
    async with asyncio.timeout(5):
        while not (await registration(app))["cancelled"]:  # noqa: ASYNC110 - told over HTTP only
            await asyncio.sleep(0.01)
    await app.phone("text", text="Không ai nghe")
    await asyncio.sleep(0.1)
    assert len(hook.got) == 6
    hook.status = 200
    url = (await registration(app))["url"]
    await app.http.put("/sandbox/zalo/webhook", json={"url": url})
    await app.phone("text", text="Nghe lại")
    assert (await hook.wait(7))[-1]["message"]["text"] == "Nghe lại"


async def test_an_answer_after_two_seconds_counts_as_none(app, hook, monkeypatch):
    assert events.PATIENCE == 2
    monkeypatch.setattr(events, "PATIENCE", 0.1)
    hook.pause = 0.3
    await app.phone("text", text="Chậm")
    await hook.wait(1)
    await asyncio.sleep(0.3)
    assert (await app.http.get("/sandbox/stats")).json()["zalo_oa"]["answers"]["events refused"] == 1
    hook.pause = 0
    await app.later(hours=31 / 3600)
    await hook.wait(2)
    assert hook.got[1][0]["num_retry"] == "1"


async def test_events_of_one_person_keep_their_order(app, hook):
    for n in range(20):
        await app.phone("text", user=BINH if n % 2 else HOA, text=f"{n}")
    bodies = await hook.wait(20)
    for person, first in ((HOA, 0), (BINH, 1)):
        said = [b["message"]["text"] for b in bodies if b["sender"]["id"] == person]
        assert said == [f"{n}" for n in range(first, 20, 2)]


async def test_without_a_grant_nothing_is_told(app, hook):
    await app.http.delete("/sandbox/zalo/tokens")
    await app.phone("text", text="Chưa ai nghe")
    await app.consent()
    await app.phone("text", text="Nghe rồi")
    assert [b["message"]["text"] for b in await hook.wait(1)] == ["Nghe rồi"]


async def test_any_event_can_be_sent_signed(app, hook):
    await app.http.post("/sandbox/zalo/event", json={"event_name": "la_hoan_toan", "oa_id": OA_ID})
    assert await hook.names(1) == ["la_hoan_toan"]


async def test_an_event_may_be_of_any_shape(app, hook):
    for wrong in ({"sender": "ai đó", "message": ["x"]}, {"sender": {}}, {"follower": None}):
        answer = await app.http.post("/sandbox/zalo/event", json={"event_name": "user_send_text", **wrong})
        assert answer.status_code == 200
    assert len(await hook.wait(3)) == 3
