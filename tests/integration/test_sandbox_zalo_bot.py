"""Zalo Bot's sandbox on the wire: one update a poll and again, quotas, webhooks, and what a bot cannot do."""

import httpx
import pytest

from sandbox import embedded
from sandbox.app import Sandbox
from sandbox.zalo_bot.state import TOKEN
from tests.integration.zalo_wire import HOA, PNG, Receiver, served

BOT = f"/zalo/bot/bot{TOKEN}"
MAI = "000000000b070001"


@pytest.fixture
async def wire():
    async with embedded.serve() as base, httpx.AsyncClient(base_url=base, timeout=20) as wire:
        await wire.post("/sandbox/phones", json={"id": MAI, "name": "Nguyễn Mai", "platform": "zalo_bot"})
        yield wire


async def call(wire, method: str, **body: object) -> tuple[int, dict]:
    answer = await wire.post(f"{BOT}/{method}", json=body)
    return answer.status_code, answer.json()


async def say(wire, text: str, phone: str = MAI) -> None:
    (await wire.post(f"/sandbox/phones/{phone}/text", json={"text": text})).raise_for_status()


async def heard(wire) -> dict:
    return (await call(wire, "getUpdates", timeout="0.05"))[1]


async def rules(wire, **wanted: object) -> None:
    (await wire.put("/sandbox/zalo/bot/rules", json=wanted)).raise_for_status()


async def test_a_poll_gets_one_object_and_gets_it_again(wire):
    await say(wire, "một")
    await say(wire, "hai")
    texts = [(await heard(wire))["result"]["message"]["text"] for _ in range(4)]
    assert texts == ["một", "hai", "một", "hai"]
    status, empty = await call(wire, "getUpdates", timeout=0.05)
    assert (status, empty["ok"], empty["error_code"]) == (408, False, 408)
    await rules(wire, poll_timeout="body", replays=0)
    assert (await call(wire, "getUpdates", timeout=0.05))[0] == 200
    await say(wire, "ba")
    assert (await heard(wire))["result"]["message"]["text"] == "ba"
    assert not (await heard(wire))["ok"]


async def test_what_an_update_holds(wire):
    await say(wire, "Chào")
    result = (await heard(wire))["result"]
    message = result["message"]
    assert result["event_name"] == "message.text.received" and message["chat"] == {"id": MAI, "chat_type": "PRIVATE"}
    assert message["from"] == {"id": MAI, "display_name": "Nguyễn Mai", "is_bot": False}
    assert int(message["message_id"], 16) and message["date"] > 10**12


@pytest.mark.parametrize("field", ["photo", "photo_url"])
async def test_pictures_have_an_address_and_documents_do_not_arrive(wire, field):
    await rules(wire, photo_field=field, replays=0)
    await wire.post(f"/sandbox/phones/{MAI}/file", files={"file": ("a.png", PNG, "image/png")}, data={"caption": "Ảnh"})
    result = (await heard(wire))["result"]
    assert result["event_name"] == "message.image.received" and result["message"]["caption"] == "Ảnh"
    assert (await wire.get(result["message"][field])).content == PNG
    await wire.post(f"/sandbox/phones/{MAI}/file", files={"file": ("a.pdf", b"%PDF", "application/pdf")})
    assert (await heard(wire))["result"]["event_name"] == "message.unsupported.received"
    await wire.post("/sandbox/phones", json={"id": MAI, "refuses": -227})
    await say(wire, "Tôi là trẻ em")
    protected = (await heard(wire))["result"]
    assert protected["event_name"] == "message.unsupported.received" and "text" not in protected["message"]


async def test_sending(wire):
    assert (await call(wire, "sendMessage", chat_id=MAI, text="Chào"))[0] == 403
    await say(wire, "Chào")
    status, sent = await call(wire, "sendMessage", chat_id=MAI, text="**Tin** mới", parse_mode="markdown")
    assert status == 200 and int(sent["result"]["message_id"], 16) and sent["result"]["date"] > 10**12
    for body, code in (({"text": ""}, 400), ({"text": "a" * 2001}, 400), ({"text": "a" * 2000}, 200), ({}, 400)):
        assert (await call(wire, "sendMessage", chat_id=MAI, **body))[0] == code
    assert (await call(wire, "sendMessage", chat_id="abc", text="a"))[0] == 400
    assert (await call(wire, "sendmessage", chat_id=MAI, text="a"))[0] == 404
    assert (await wire.post("/zalo/bot/bot1:x/getMe")).status_code == 401
    assert (await call(wire, "sendChatAction", chat_id=MAI, action="typing"))[1] == {"ok": True}
    shown = (await wire.get(f"/sandbox/phones/{MAI}/messages")).json()["messages"]
    assert shown[1]["html"] == "<b>Tin</b> mới" and shown[1]["keyboard"] is None and shown[1]["receipt"] is None
    assert (await call(wire, "getMe"))[1]["result"]["account_type"] == "BASIC"


async def test_styles_by_position_and_html(wire):
    await say(wire, "Chào")
    styles = [{"start": 0, "len": 3, "st": ["b", "f_18"]}]
    await call(wire, "sendMessage", chat_id=MAI, text="Tin mới", text_styles=styles)
    await call(wire, "sendMessage", chat_id=MAI, text="<i>Tin</i> mới", parse_mode="html")
    shown = (await wire.get(f"/sandbox/phones/{MAI}/messages")).json()["messages"]
    assert [m["html"] for m in shown[1:]] == ["<b>Tin</b> mới", "<i>Tin</i> mới"]


async def test_a_picture_goes_by_address_only(wire):
    await say(wire, "Chào")
    await wire.post(f"/sandbox/phones/{MAI}/file", files={"file": ("a.png", PNG, "image/png")})
    address = (await wire.get(f"/sandbox/phones/{MAI}/messages")).json()["messages"][-1]["photo"]["url"]
    status, _ = await call(wire, "sendPhoto", chat_id=MAI, photo=str(wire.base_url.join(address)), caption="Ảnh")
    assert status == 200
    assert (await wire.get(f"/sandbox/phones/{MAI}/messages")).json()["messages"][-1]["photo"]["width"] == 1
    assert (await call(wire, "sendPhoto", chat_id=MAI, photo="không phải"))[0] == 400


async def test_so_many_people_and_so_many_messages_a_month(wire):
    await rules(wire, users=1, messages_a_month=2)
    await say(wire, "một")
    await wire.post("/sandbox/phones", json={"id": "000000000b070002", "name": "Thứ hai", "platform": "zalo_bot"})
    await say(wire, "Có nghe không", "000000000b070002")
    assert (await call(wire, "sendMessage", chat_id="000000000b070002", text="a"))[0] == 403
    assert [(await call(wire, "sendMessage", chat_id=MAI, text=f"{n}"))[0] for n in range(3)] == [200, 200, 429]
    await rules(wire, quota_code=400)
    assert (await call(wire, "sendMessage", chat_id=MAI, text="a"))[0] == 400
    await wire.post("/sandbox/clock", json={"forward": 32 * 86_400})
    assert (await call(wire, "sendMessage", chat_id=MAI, text="a"))[0] == 200


@pytest.mark.parametrize("envelope", ["wrapped", "bare"])
async def test_webhooks(wire, envelope):
    await rules(wire, envelope=envelope)
    assert (await call(wire, "getWebhookInfo"))[0] == 404
    assert (await call(wire, "deleteWebhook"))[1]["result"]["url"] == ""
    receiver = Receiver()
    async with embedded.serve(receiver) as base:
        for wrong in ({"url": f"{base}/hook"}, {"url": f"{base}/hook", "secret_token": "ngan"},
                      {"url": "http://example.vn", "secret_token": "s" * 8}, {"secret_token": "s" * 8}):
            assert (await call(wire, "setWebhook", **wrong))[0] == 400
        assert (await call(wire, "setWebhook", url=f"{base}/hook", secret_token="s" * 8))[1]["result"]["updated_at"]
        assert (await call(wire, "getUpdates"))[0] == 400
        await say(wire, "Chào")
        (body,) = await receiver.wait(1)
        assert body.get("result", body)["message"]["text"] == "Chào" and ("ok" in body) == (envelope == "wrapped")
        assert receiver.got[0][0]["x-bot-api-secret-token"] == "s" * 8
        assert (await call(wire, "getWebhookInfo"))[1]["result"]["url"] == f"{base}/hook"
    await rules(wire, loopback=False)
    assert (await call(wire, "setWebhook", url="http://127.0.0.1/x", secret_token="s" * 8))[0] == 400


async def test_faults(wire):
    await say(wire, "Chào")
    await wire.put("/sandbox/faults", json={"p5xx": 1, "only": "zalo_bot"})
    assert (await call(wire, "sendMessage", chat_id=MAI, text="a"))[0] == 502
    await wire.put("/sandbox/faults", json={"p5xx": 0, "plost": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        await call(wire, "sendMessage", chat_id=MAI, text="a")
    assert (await wire.get("/sandbox/stats")).json()["zalo_bot"]["delivered"] == 1


async def test_a_zalo_phone_says_what_it_is_and_what_it_cannot_do(wire):
    shown = (await wire.get(f"/sandbox/phones/{MAI}")).json()
    assert shown["platform"] == "zalo_bot" and shown["bot"]["name"] == "Bot Loa"
    assert (await wire.post(f"/sandbox/phones/{MAI}/press", json={"message_id": 1, "data": "a"})).status_code == 404
    for wrong in ({"platform": "zalo_oa", "id": "12"}, {"platform": "zalo_bot", "id": "xyz"}, {"platform": "viber"}):
        assert (await wire.post("/sandbox/phones", json={"name": "Lạ", **wrong})).status_code == 400


async def test_the_memory_survives_a_restart(tmp_path):
    kept = tmp_path / "sandbox.json"
    async with served(Sandbox(embedded.BOTS, keep_in=kept)) as app:
        await app.http.post("/sandbox/phones", json={"id": MAI, "name": "Mai", "platform": "zalo_bot"})
        await say(app.http, "Chào bot")
        await app.say("Chào Hoa")
        await app.post("/v2.0/oa/upload/image", None, files={"file": ("a.png", PNG, "image/png")})
    async with served(Sandbox(embedded.BOTS, keep_in=kept), consent=False) as again:
        again.keep({"access_token": app.token, "refresh_token": app.renewal})
        assert await again.code_of("Chào lại") == 0
        assert [m["text"] for m in await again.messages(HOA)] == ["Chào Hoa", "Chào lại"]
        assert (await heard(again.http))["result"]["message"]["text"] == "Chào bot"
        assert (await again.bill())["free"] == 2
