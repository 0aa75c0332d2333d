"""Zalo OA's sandbox on the wire: tokens, windows, money, uploads, people, templates, articles."""

import json
from datetime import datetime

import httpx
import pytest

from sandbox.zalo_oa.errors import TEXTS
from sandbox.zalo_oa.state import HANOI, OA_ID
from tests.integration.zalo_wire import BINH, HOA, OAUTH, PNG, served

BUSINESS = "/zalo/business"
FILLED = {"co_quan": "Bộ Văn hoá", "tieu_de": "Chỉ thị 07", "han": "30/11"}


@pytest.fixture
async def app():
    async with served() as app:
        yield app


async def test_consent_checks_the_verifier_and_a_code_works_once(app):
    code = await app.code("đúng")
    wrong = await app.pair(grant_type="authorization_code", code=code, code_verifier="sai")
    assert wrong["error"] != 0 and "access_token" not in wrong
    code = await app.code("đúng")
    pair = await app.pair(grant_type="authorization_code", code=code, code_verifier="đúng")
    assert pair["expires_in"] == "90000"
    assert (await app.pair(grant_type="authorization_code", code=code, code_verifier="đúng"))["error"] != 0
    late = await app.code("đúng")
    await app.later(hours=0.2)
    assert (await app.pair(grant_type="authorization_code", code=late, code_verifier="đúng"))["error"] != 0
    assert (await app.pair(secret="sai", grant_type="authorization_code", code="x"))["error"] != 0
    assert (await app.pair(grant_type="password"))["error"] != 0


async def test_consent_goes_back_to_the_app_with_code_oa_and_state(app):
    asked = {"app_id": "4242424242", "redirect_uri": "https://loa.example/back?a=1", "state": "s"}
    answer = await app.http.get(f"{OAUTH}/permission", params=asked)
    query = httpx.URL(answer.headers["location"]).params
    assert answer.status_code == 302 and query["oa_id"] == OA_ID and query["state"] == "s" and query["code"]
    page = await app.http.get(f"{OAUTH}/permission", params={"app_id": "4242424242"})
    assert "Mã cấp quyền" in page.text
    assert (await app.http.get(f"{OAUTH}/permission", params={"app_id": "1"})).json()["error"] == -14002


async def test_the_challenge_may_be_fixed_in_the_console(app):
    await app.rules(fixed_challenge="abc")
    asked = {"app_id": "4242424242", "code_challenge": "khác"}
    assert (await app.http.get(f"{OAUTH}/permission", params=asked)).json()["error"] == -14003


async def test_an_access_token_lives_25_hours_and_a_refresh_token_works_once(app):
    assert await app.code_of() == 0
    await app.later(hours=25.1)
    assert await app.code_of() == -220
    used = app.renewal
    app.keep(await app.pair(grant_type="refresh_token", refresh_token=used))
    assert await app.code_of() == 0
    assert (await app.pair(grant_type="refresh_token", refresh_token=used))["error"] != 0
    assert (await app.http.get("/sandbox/zalo/tokens")).json()["used"] == 1
    await app.later(days=91)
    assert (await app.pair(grant_type="refresh_token", refresh_token=app.renewal))["error"] != 0
    app.token = "chua-tung-co"
    assert await app.code_of() == -216


async def test_a_refresh_may_end_the_old_token(app):
    await app.rules(old_token_lives=False)
    await app.pair(grant_type="refresh_token", refresh_token=app.renewal)
    assert await app.code_of() == -216


async def test_the_windows_48_hours_free_seven_days_paid_then_closed(app):
    sent = await app.say()
    assert sent["data"]["user_id"] == HOA and sent["data"]["quota"] == {"quota_type": "reply"}
    assert int(sent["data"]["message_id"]) > 2**53
    await app.later(hours=47)
    app.keep(await app.pair(grant_type="refresh_token", refresh_token=app.renewal))
    assert "quota" in (await app.say())["data"]
    await app.later(hours=2)
    assert "quota" not in (await app.say())["data"]
    await app.later(days=5)
    app.keep(await app.pair(grant_type="refresh_token", refresh_token=app.renewal))
    assert await app.code_of() == -230
    await app.phone("text", text="Tôi hỏi")
    assert "quota" in (await app.say())["data"]
    bill = await app.bill()
    assert (bill["free"], bill["paid"], bill["template"], bill["dong"]) == (3, 1, 0, 55)


@pytest.mark.parametrize(
    ("variant", "quota"),
    [("type_only", {"quota_type": "reply"}), ("constant", {"quota_type": "reply", "remain": 8, "total": 8}),
     ("counted", {"quota_type": "reply", "remain": 7, "total": 8}), ("none", None)],
)
async def test_what_a_free_message_says_of_its_quota_is_disputed(app, variant, quota):
    await app.rules(free_quota=variant)
    assert (await app.say())["data"].get("quota") == quota


async def test_where_eight_are_counted_the_ninth_is_billed(app):
    await app.rules(free_quota="counted")
    assert ["quota" in (await app.say(f"{n}"))["data"] for n in range(9)] == [True] * 8 + [False]
    assert (await app.bill())["dong"] == 55


async def test_a_package_pays_before_the_account_does_and_an_empty_account_stops(app):
    await app.rules(package_messages=1, money=60)
    await app.later(hours=49)
    app.keep(await app.pair(grant_type="refresh_token", refresh_token=app.renewal))
    quota = (await app.say())["data"]["quota"]
    assert quota["quota_type"] == "sub_quota" and (quota["remain"], quota["total"]) == (0, 1)
    assert [(await app.say())["error"] for _ in range(2)] == [0, -321]
    assert (await app.bill()) == {"free": 1, "paid": 1, "template": 0, "dong": 55, "money": 5}


async def test_who_may_not_be_written_to(app):
    assert await app.code_of(user="7299999999999999999") == -201
    await app.phone("unfollow")
    assert await app.code_of() == -213
    await app.rules(unfollowed="window")
    assert await app.code_of() == 0
    for code in (-217, -218, -227, -244):
        await app.http.post("/sandbox/phones", json={"id": BINH, "refuses": code})
        assert await app.code_of(user=BINH) == code
    await app.http.post("/sandbox/phones", json={"id": "7200000000000000009", "name": "Lạ", "platform": "zalo_oa"})
    assert await app.code_of(user="7200000000000000009") == -230
    await app.phone("chatnow", user="7200000000000000009")
    sent = await app.say(user="7200000000000000009")
    assert sent["data"]["quota"]["quota_type"] == "welcome_msg"
    assert await app.code_of(user="7200000000000000009") == -230


@pytest.mark.parametrize(
    ("message", "code"),
    [({"text": ""}, -201), ({"text": 5}, -201), ({"text": "a" * 2001}, -210), ({"text": "a" * 2000}, 0), ({}, -201),
     ({"attachment": {"type": "video", "payload": {}}}, -233), ({"attachment": 5}, -201),
     ({"attachment": {"type": "template", "payload": {"template_type": "list"}}}, -233),
     ({"attachment": {"type": "file", "payload": {"token": "x"}}}, -100)],
)
async def test_what_a_message_may_hold(app, message, code):
    answer = await app.post("/v3.0/oa/message/cs", {"recipient": {"user_id": HOA}, "message": message})
    assert answer["error"] == code
    assert (await app.bill())["free"] == (code == 0)


async def test_bodies_that_are_no_message(app):
    for body in ([], {}, {"recipient": {}}, {"recipient": 1, "message": {"text": "a"}}):
        assert (await app.post("/v3.0/oa/message/cs", body))["error"] == -201
    assert (await app.post("/v3.0/oa/message/cs", content=b"{"))["error"] == -201
    assert (await app.post("/v3.0/oa/nothing"))["error"] == -212
    old = {"recipient": {"user_id": HOA}, "message": {"text": "a"}}
    assert (await app.post("/v2.0/oa/message", old))["error"] == -240


def buttons(count: int = 1, **parts: object) -> dict:
    one = {"type": "oa.query.hide", "title": "Đã nhận", "payload": "a:1", **parts}
    return {"type": "template", "payload": {"buttons": [one] * count}}


@pytest.mark.parametrize(
    ("attachment", "code"),
    [(buttons(5), 0), (buttons(6), -210), (buttons(title="a" * 101), -210), (buttons(payload="a" * 1001), -210),
     (buttons(type="oa.open.url", payload={"url": "javascript:1"}), -201), (buttons(type="oa.share"), -201),
     (buttons(type="oa.open.url", payload={"url": "https://a.vn"}), 0),
     (buttons(type="oa.open.phone", payload={"phone_code": "0900"}), -201),
     (buttons(type="oa.open.phone", payload={"phone_code": "84900000001"}), 0)],
)
async def test_buttons_under_a_text(app, attachment, code):
    assert (await app.say(attachment=attachment))["error"] == code


async def test_the_shape_of_buttons_is_disputed(app):
    template = {"type": "template", "payload": {**buttons()["payload"], "template_type": "button", "text": "Chọn"}}
    await app.rules(buttons="plain")
    assert [(await app.say(attachment=a))["error"] for a in (buttons(), template)] == [0, -201]
    await app.rules(buttons="template")
    assert [(await app.say(attachment=a))["error"] for a in (buttons(), template)] == [-201, 0]


async def test_uploads_are_checked_counted_and_kept_seven_days(app):
    picture = await app.post("/v2.0/oa/upload/image", None, files={"file": ("a.png", PNG, "image/png")})
    media = {"template_type": "media", "elements": [{"media_type": "image", **picture["data"]}]}
    assert (await app.say(attachment={"type": "template", "payload": media}))["error"] == 0
    assert (await app.messages())[-1]["photo"]["width"] == 1
    paper = await app.post("/v2.0/oa/upload/file", None, files={"file": ("nd.pdf", b"%PDF", "application/pdf")})
    await app.post("/v3.0/oa/message/cs", {
        "recipient": {"user_id": HOA}, "message": {"attachment": {"type": "file", "payload": paper["data"]}},
    })
    assert (await app.messages())[-1]["document"]["name"] == "nd.pdf"
    for kind, name, data, code in (
        ("image", "a.png", b"chu", -201), ("image", "a.png", PNG + b"0" * (1 << 20), -210), ("gif", "a.gif", PNG, -201),
        ("file", "a.exe", b"MZ", -201), ("file", "a.pdf", b"0" * ((5 << 20) + 1), -210), ("file", "a.pdf", b"", -201),
    ):
        refused = await app.post(f"/v2.0/oa/upload/{kind}", None, files={"file": (name, data, "x/y")})
        assert refused["error"] == code, name
    both = {"template_type": "media", "elements": [{"media_type": "image", "url": "http://a", **picture["data"]}]}
    assert (await app.say(attachment={"type": "template", "payload": both}))["error"] == -201
    await app.rules(uploads_a_month=1)
    again = await app.post("/v2.0/oa/upload/image", None, files={"file": ("a.png", PNG, "image/png")})
    assert again["error"] == -211
    await app.later(days=7.1)
    app.keep(await app.pair(grant_type="refresh_token", refresh_token=app.renewal))
    await app.phone("text", text="Tôi đây")
    assert (await app.say(attachment={"type": "template", "payload": media}))["error"] == -100


async def test_people_are_listed_up_to_an_offset(app):
    listed = await app.get("/v3.0/oa/user/getlist", data=json.dumps({"offset": 0, "count": 50}))
    assert [u["user_id"] for u in listed["data"]["users"]] == [HOA, BINH] and listed["data"]["total"] == 2
    beyond = await app.get("/v3.0/oa/user/getlist", data=json.dumps({"offset": 9952, "count": 50}))
    assert beyond["error"] == -210
    assert (await app.get("/v3.0/oa/user/getlist", data=json.dumps({"count": 51})))["error"] == -210
    await app.post("/v2.0/oa/tag/tagfollower", {"user_id": BINH, "tag_name": "Hà Nội"})
    tagged = await app.get("/v3.0/oa/user/getlist", data=json.dumps({"tag_name": "Hà Nội"}))
    assert [u["user_id"] for u in tagged["data"]["users"]] == [BINH]
    assert (await app.get("/v2.0/oa/tag/gettagsofoa"))["data"] == ["Hà Nội"]
    await app.post("/v2.0/oa/tag/rmtag", {"tag_name": "Hà Nội"})
    assert (await app.get("/v2.0/oa/tag/gettagsofoa"))["data"] == []
    await app.phone("unfollow")
    gone = await app.get("/v3.0/oa/user/getlist", data=json.dumps({"is_follower": "false"}))
    assert [u["user_id"] for u in gone["data"]["users"]] == [HOA]
    await app.later(days=8)
    app.keep(await app.pair(grant_type="refresh_token", refresh_token=app.renewal))
    for period, count in (("TODAY", 0), ("L7D", 0), ("L30D", 2)):
        found = await app.get("/v3.0/oa/user/getlist", data=json.dumps({"last_interaction_period": period}))
        assert found["data"]["total"] == count, period


async def test_how_a_get_is_asked_is_disputed(app):
    await app.rules(list_query="data")
    assert (await app.get("/v3.0/oa/user/detail", user_id=HOA))["error"] == -201
    await app.rules(list_query="plain")
    detail = (await app.get("/v3.0/oa/user/detail", user_id=HOA))["data"]
    assert detail["display_name"] == "Lê Thị Hoa" and detail["user_is_follower"] is True
    assert detail["user_last_interaction_date"].count("/") == 2


async def test_the_oa_and_what_is_left(app):
    oa = (await app.get("/v2.0/oa/getoa"))["data"]
    assert oa["num_follower"] == 2 and oa["is_verified"] is True and oa["linked_ZCA"]
    window = (await app.post("/v3.0/oa/quota/message", {"user_id": HOA}))["data"]
    assert window["cs_reply"] == {"remain": 8, "total": 8} and int(window["last_interaction"]) > 10**12
    asked = {"quota_owner": "OA", "product_type": "cs", "quota_type": "sub_quota"}
    assert (await app.post("/v3.0/oa/quota/message", asked))["data"] == []
    await app.rules(package_messages=9)
    assert (await app.post("/v3.0/oa/quota/message", asked))["data"][0]["remain"] == 9


async def test_the_app_may_call_so_often_in_a_minute(app):
    await app.rules(per_minute=1)
    await app.say()
    answer = await app.http.get("/zalo/openapi/v2.0/oa/getoa", headers={"access_token": app.token})
    assert answer.json()["error"] == -32
    await app.rules(per_minute=10)
    answer = await app.http.get("/zalo/openapi/v2.0/oa/getoa", headers={"access_token": app.token})
    assert answer.headers["x-ratelimit-limit"] == "10" and int(answer.headers["x-ratelimit-remain"]) < 10


async def test_a_proof_of_the_secret_can_be_demanded(app):
    await app.rules(proof=True)
    assert await app.code_of() == -242


async def test_a_template_is_filled_in_paid_and_has_a_button_that_opens_the_window(app):
    await app.later(days=8)
    app.keep(await app.pair(grant_type="refresh_token", refresh_token=app.renewal))
    body = {"user_id": HOA, "template_id": "400100", "template_data": FILLED}
    assert await app.code_of() == -230
    sent = await app.post("/v3.0/oa/message/template", body)
    assert sent["data"]["user_id"] == HOA and "quota" in sent["data"]
    shown = (await app.messages())[-1]
    assert "Bộ Văn hoá" in shown["text"] and shown["card"]["kind"] == "template" and shown["billed"] == "template"
    await app.phone("press", message_id=shown["id"], data=shown["keyboard"][0][0]["data"])
    assert "quota" in (await app.say())["data"]
    info = (await app.get("/template/info/v2", base=BUSINESS, template_id="400100"))["data"]
    assert (await app.bill())["dong"] == info["price_uid"] and info["price_sdt"] > info["price_uid"]


@pytest.mark.parametrize(
    ("data", "code"),
    [({**FILLED, "han": "a" * 31}, -1121), ({"han": "1"}, -1122), ({**FILLED, "han": []}, -1124), (None, -1122)],
)
async def test_template_parameters_are_checked(app, data, code):
    body = {"user_id": HOA, "template_id": "400100", "template_data": data}
    assert (await app.post("/v3.0/oa/message/template", body))["error"] == code
    assert (await app.bill())["dong"] == 0


async def test_a_template_under_review_switched_off_or_out_of_quota(app):
    body = {"user_id": HOA, "template_id": "400100", "template_data": FILLED}
    for status in ("PENDING_REVIEW", "REJECT", "DISABLE"):
        await app.http.put("/sandbox/zalo/templates/400100", json={"status": status})
        assert (await app.post("/v3.0/oa/message/template", body))["error"] == -131
    await app.http.put("/sandbox/zalo/templates/400100", json={"status": "ENABLE", "by_uid": False})
    assert (await app.post("/v3.0/oa/message/template", body))["error"] == -249
    await app.http.put("/sandbox/zalo/templates/400100", json={"by_uid": True})
    await app.rules(template_daily=0)
    assert (await app.post("/v3.0/oa/message/template", body))["error"] == -144
    assert (await app.post("/v3.0/oa/message/template", {**body, "template_id": "1"}))["error"] == -109
    await app.rules(template_daily=9, money=0)
    assert (await app.post("/v3.0/oa/message/template", body))["error"] == -321


async def test_a_template_by_phone_number(app):
    body = {"phone": "84900000001", "template_id": "400100", "template_data": FILLED, "tracking_id": "t1"}
    sent = await app.post("/message/template", body, base=BUSINESS)
    assert sent["error"] == 0 and set(sent["data"]["quota"]) == {"dailyQuota", "remainingQuota"}
    assert (await app.bill())["dong"] == 120
    status = await app.get("/message/status", base=BUSINESS, message_id=sent["data"]["msg_id"])
    assert status["data"]["status"] == 1
    for number, code in (("0900000001", -108), ("84999999999", -118)):
        assert (await app.post("/message/template", {**body, "phone": number}, base=BUSINESS))["error"] == code


async def until_hour(app, hour: int) -> None:
    now = datetime.fromtimestamp((await app.http.get("/sandbox/clock")).json()["now"], HANOI)
    await app.later(hours=(hour - now.hour) % 24 or 24)  # a while always passes, also where it is that hour now
    app.keep(await app.pair(grant_type="refresh_token", refresh_token=app.renewal))


async def test_advertising_and_broadcasts_rest_at_night(app):
    made = await app.post("/v2.0/article/create", {
        "type": "normal", "title": "Chỉ thị 07", "author": "Loa", "body": [{"type": "text", "content": "…"}],
        "description": "Tóm tắt", "status": "show",
    })
    assert (await app.post("/v2.0/article/verify", made["data"]))["error"] == -214
    await until_hour(app, 23)
    article = (await app.post("/v2.0/article/verify", made["data"]))["data"]["id"]
    elements = [{"media_type": "article", "attachment_id": article}]
    body = {"recipient": {"target": {}}, "message": {"attachment": {
        "type": "template", "payload": {"template_type": "media", "elements": elements}}}}
    assert (await app.post("/v2.0/oa/message", body))["error"] == -234
    await app.http.put("/sandbox/zalo/templates/400100", json={"tag": 3})
    template = {"user_id": HOA, "template_id": "400100", "template_data": FILLED}
    assert (await app.post("/v3.0/oa/message/template", template))["error"] == -234
    await until_hour(app, 9)
    await app.phone("unfollow", user=BINH)
    assert (await app.post("/v2.0/oa/message", body))["data"]["message_id"]
    assert (await app.messages())[-1]["card"] == {"kind": "article", "title": "Chỉ thị 07"}
    assert await app.messages(BINH) == []
    await app.rules(broadcasts_a_month=1)
    assert (await app.post("/v2.0/oa/message", body))["error"] == -211
    elements[0]["attachment_id"] = "không có"
    assert (await app.post("/v2.0/oa/message", body))["error"] == -201


async def test_articles_have_limits(app):
    good = {"type": "normal", "title": "a", "body": [{"type": "text", "content": "b"}]}
    wrong = (({"title": "a" * 151}, -210), ({"body": []}, -201), ({"type": "x"}, -201), ({"status": "x"}, -201))
    for change, code in wrong:
        assert (await app.post("/v2.0/article/create", {**good, **change}))["error"] == code


async def test_every_error_of_the_table_can_be_had(app):
    for code in (*TEXTS, -999):
        await app.http.put("/sandbox/faults", json={"codes": {str(code): 1}})
        answer = await app.say()
        assert answer["error"] == code and answer["message"]


async def test_faults_on_the_way(app):
    await app.http.put("/sandbox/faults", json={"plost": 1, "only": "zalo_oa"})
    with pytest.raises(httpx.RemoteProtocolError):
        await app.say()
    await app.http.put("/sandbox/faults", json={"plost": 0, "pdrop": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        await app.say()
    await app.http.put("/sandbox/faults", json={"pdrop": 0, "p5xx": 1})
    assert (await app.http.post("/zalo/openapi/v3.0/oa/message/cs")).status_code == 502
    assert (await app.http.get("/sandbox/stats")).json()["zalo_oa"]["delivered"] == 1
    await app.http.put("/sandbox/faults", json={"only": "telegram"})
    assert await app.code_of() == 0
    assert (await app.http.put("/sandbox/faults", json={"only": "x"})).status_code == 400
    assert (await app.http.put("/sandbox/faults", json={"codes": {"-32": 2}})).status_code == 400


async def test_rules_that_do_not_exist_are_refused(app):
    for wrong in ({"x": 1}, {"mac_id": "y"}, {"money": -1}, {"proof": 1}, {"per_minute": True}):
        assert (await app.http.put("/sandbox/zalo/rules", json=wrong)).status_code == 400
