"""The API over HTTP: tokens and scopes, every endpoint, requests sent twice, and what a broken client sends."""

import json
import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from bot import tending
from console.api.app import ENDPOINTS, build
from console.visit import Needs
from db.api import ApiToken
from db.audit import AuditRow
from db.briefs import Brief
from db.knowledge import Question
from db.people import Person
from db.pushes import Notice
from db.webhooks import Event, Telling
from knowledge import entry
from knowledge.catalogue import Catalogue, Snapshot
from knowledge.content import EntryFile
from network import api_tokens, starter, webhooks
from network.agencies import NewAgency, add
from network.api_tokens import Scope
from network.case_times import CaseRules
from network.quiet import NEVER
from network.refusals import Refusal
from tests.briefing import member

BRIEF = {
    "content": {
        "title": "Cảnh báo mưa lũ", "summary": "Mưa **rất to** từ 19 giờ.", "key_messages": ["Di dời", "Gọi 112"],
        "stage": "thuc_thi", "topics": ["an_sinh"], "citations": [{"doc": "Công điện 5/CĐ-TTg", "date": "2026-11-20"}],
    },
    "audience": {"everybody": True},
}


class Office:
    """Programmes at the API; `client(role, scopes)` has a token."""

    def __init__(self, database, catalogue, now) -> None:
        self.database, self.now = database, now
        self.app = build(Needs(database, catalogue, NEVER, CaseRules(), clock=lambda: self.now))
        self.opened = []

    async def client(self, role: str = "super_admin", scopes=tuple(Scope), name: str = "Lan", agency=None):
        async with self.database.transaction() as db:
            who = await member(db, name, role, self.now, agency_id=agency)
            token = await api_tokens.make(db, who.person_id, "phần mềm", list(scopes), self.now, 30)
        found = self.stranger(token)
        found.person_id = who.person_id
        return found

    def stranger(self, token: str = ""):
        found = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=False), base_url="http://loa.test",
            headers={"authorization": f"Bearer {token}"} if token else {},
        )
        self.opened.append(found)
        return found


ENTRIES = [
    EntryFile(
        id=f"muc-{n}", question=question, answer="Có, từ đủ 75 tuổi.", citations=[{"doc": "Nghị định 176/2025/NĐ-CP"}]
    )
    for n, question in enumerate((
        "Người cao tuổi không có lương hưu có được hưởng trợ cấp hưu trí xã hội không?",
        "Nộp hồ sơ đăng ký khai sinh cho trẻ em ở đâu?", "Đổi giấy phép lái xe cần những giấy tờ gì?",
    ))
]


READ: list[Snapshot] = []  # the base is the same in every test, and reading it costs a second


@pytest.fixture
async def office(database, now):
    async with database.transaction() as db:
        await starter.load_starter(db, now)
        for one in ENTRIES:
            await entry.put(db, one, now)
    if not READ:
        READ.append((await Catalogue.open(database)).snapshot)
    found = Office(database, Catalogue(READ[0]), now)
    yield found
    for client in found.opened:
        await client.aclose()


def said(answer: httpx.Response, status: int) -> str:
    """The sentence of a problem."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["detail"]


async def test_a_brief_written_submitted_and_looked_at(office):
    lan, binh = await office.client(), await office.client(name="Bình")
    made = await lan.post("/briefs", json=BRIEF)
    assert made.status_code == 201, made.text
    brief = made.json()
    assert (brief["state"], brief["recipients"], brief["problems"], brief["push"]) == ("draft", 2, [], None)
    again = await lan.get(f"/briefs/{brief['id']}")
    assert again.json() == brief
    assert "đã thay đổi" in said(await lan.post(f"/briefs/{brief['id']}/submit", json={"stamp": "0" * 10}), 409)
    sent = await lan.post(f"/briefs/{brief['id']}/submit", json={"stamp": brief["stamp"]})
    assert sent.json()["state"] == "submitted"
    async with office.database.reading() as db:
        asked = (await db.scalars(select(Notice.reply))).all()
        acts = (await db.scalars(select(AuditRow.act).where(AuditRow.actor_id == lan.person_id))).all()
    assert any("chờ duyệt" in reply["text"] for reply in asked)
    assert {"token.made", "brief.created", "brief.submitted"} <= set(acts)
    assert (await binh.get(f"/briefs/{brief['id']}")).json()["state"] == "submitted"
    assert "Không tìm thấy" in said(await lan.get("/briefs/999"), 404)


async def test_a_whole_number_may_be_written_with_a_point(office):
    lan = await office.client()
    content = {"title": "Mưa lũ", "ack": True, "ack_hours": 24.0}
    assert (await lan.post("/briefs", json={"content": content})).status_code == 201
    content["ack_hours"] = 1.5
    assert (await lan.post("/briefs", json={"content": content})).status_code == 422


async def test_what_is_wrong_in_a_brief_is_named_field_by_field(office):
    lan = await office.client()
    content = {**BRIEF["content"], "titel": "x", "priority": "gấp", "ack": "true", "ack_hours": 10**30}
    wrong = await lan.post("/briefs", json={"content": content})
    assert "xem errors" in said(wrong, 422)
    errors = {one["where"]: one["said"] for one in wrong.json()["errors"]}
    assert errors["content.titel"] == "không có trường này" and "thuong" in errors["content.priority"]
    assert {"content.ack", "content.ack_hours"} <= set(errors)
    dated = {"content": {**BRIEF["content"], "citations": [{"doc": "Luật X", "date": "2026-02-31"}]}}
    assert (await lan.post("/briefs", json=dated)).json()["errors"][0]["where"] == "content.citations.0"
    async with office.database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Brief)) == 0


async def test_a_request_sent_twice_is_done_once(office):
    lan, binh = await office.client(), await office.client(name="Bình")
    key = {"idempotency-key": "don-1"}
    first, second = [await lan.post("/briefs", json=BRIEF, headers=key) for _ in range(2)]
    assert first.status_code == second.status_code == 201 and first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true" and "idempotent-replayed" not in first.headers
    other = {**BRIEF, "audience": {"everybody": False}}
    assert "yêu cầu khác" in said(await lan.post("/briefs", json=other, headers=key), 409)
    assert (await binh.post("/briefs", json=BRIEF, headers=key)).json()["id"] != first.json()["id"]
    broken = {"content": {"title": ""}}
    assert (await lan.post("/briefs", json=broken, headers={"idempotency-key": "don-2"})).status_code == 422
    mended = await lan.post("/briefs", json=BRIEF, headers={"idempotency-key": "don-2"})
    assert mended.status_code == 201  # a refusal keeps no key
    assert "tối đa" in said(await lan.post("/briefs", json=BRIEF, headers={"idempotency-key": "k" * 101}), 422)
    async with office.database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Brief)) == 3
    await tending.look(office.database, office.now + timedelta(days=8))
    late = await lan.post("/briefs", json=BRIEF, headers=key)
    assert late.json()["id"] == 4 and "idempotent-replayed" not in late.headers  # keys are forgotten after a week


async def test_people_come_in_parts_and_the_look_is_recorded(office):
    lan = await office.client()
    async with office.database.transaction() as db:
        for number in range(5):
            await member(db, f"Người {number}", "staff", office.now)
    first = (await lan.get("/people", params={"limit": 3})).json()
    rest = (await lan.get("/people", params={"limit": 3, "cursor": first["next"]})).json()
    names = [person["name"] for person in first["items"] + rest["items"]]
    assert names == ["Người 4", "Người 3", "Người 2", "Người 1", "Người 0", "Lan"] and rest["next"] is None
    assert first["items"][0]["platforms"] == ["telegram"] and "phone" not in first["items"][0]
    assert [p["name"] for p in (await lan.get("/people?q=NGƯỜI 3")).json()["items"]] == ["Người 3"]
    async with office.database.reading() as db:
        seen = (await db.scalars(select(AuditRow).where(AuditRow.act == "people.seen").order_by(AuditRow.id))).all()
    assert seen[0].detail == {"people": [person["id"] for person in first["items"]]}


async def test_an_agency_sees_its_own_people_and_unsent_briefs_only(office):
    async with office.database.transaction() as db:
        ours, theirs = [
            (await add(db, NewAgency(f"SO-{x}", f"Sở {x}", "province", f"Sở {x}"))).id for x in "AB"
        ]
    a, b = await office.client("tenant_admin", name="A", agency=ours), await office.client(
        "tenant_admin", name="B", agency=theirs)
    writer = await office.client("editor", (Scope.BRIEFS_READ, Scope.BRIEFS_WRITE), name="Biên tập", agency=theirs)
    assert [p["name"] for p in (await a.get("/people")).json()["items"]] == ["A"]
    number = (await writer.post("/briefs", json=BRIEF)).json()["id"]
    assert (await b.get(f"/briefs/{number}")).status_code == 200
    said(await a.get(f"/briefs/{number}"), 404)
    said(await a.post(f"/briefs/{number}/submit", json={"stamp": "0" * 10}), 404)


async def test_entries_are_listed_read_and_searched(office):
    lan = await office.client()
    part = (await lan.get("/entries", params={"limit": 2})).json()
    assert len(part["items"]) == 2 and part["next"]
    key = part["items"][0]["key"]
    assert (await lan.get(f"/entries/{key}")).json() == part["items"][0]
    assert "khóa này" in said(await lan.get("/entries/khong-co"), 404)
    found = (await lan.get("/entries/search", params={"q": part["items"][0]["question"]})).json()
    assert found["items"][0]["entry"]["key"] == key and found["items"][0]["score"] > 0.5


async def test_a_question_is_answered_and_what_nothing_answers_is_listed(office):
    lan = await office.client()
    one = (await lan.get("/entries", params={"limit": 1})).json()["items"][0]
    answered = (await lan.post("/questions", json={"text": one["question"]})).json()["questions"][0]
    assert answered["decision"] == "answer" and answered["entry"]["answer"] == one["answer"]
    async with office.database.transaction() as db:
        await webhooks.add(db, "https://loa.test/hook", [Event.QUESTION_UNANSWERED], office.now)
    unknown = "Giá vé xem ca nhạc của ban nhạc Sao Chổi, gọi 0912345678?"
    assert (await lan.post("/questions", json={"text": unknown})).json()["questions"][-1]["decision"] == "none"
    open_ = (await lan.get("/questions/unanswered")).json()["items"]
    assert "Sao Chổi" in open_[0]["text"] and "0912345678" not in open_[0]["text"]
    async with office.database.reading() as db:
        assert set(await db.scalars(select(Question.person_id))) == {lan.person_id}
        told = await db.scalar(select(Telling))
        assert told.data == {"question": open_[0]["id"], "text": open_[0]["text"]}
    for _ in range(20):
        last = await lan.post("/questions", json={"text": one["question"]})
    assert "quá nhanh" in said(last, 429)


async def test_a_token_ends_by_time_by_word_and_with_the_role(office, now):
    lan = await office.client()
    assert "Authorization" in said(await office.stranger().get("/people"), 401)
    unknown = await office.stranger("loa_guessed").get("/people")
    assert unknown.headers["www-authenticate"].startswith("Bearer") and unknown.status_code == 401
    assert (await lan.get("/people")).status_code == 200
    async with office.database.transaction() as db:
        row = await db.scalar(select(ApiToken))
        assert row.used_at == now and "loa_" not in row.hash
        (await db.get_one(Person, lan.person_id)).role = "staff"
    said(await lan.get("/people"), 403)
    office.now = now + timedelta(days=31)
    assert (await lan.get("/entries")).status_code == 401
    office.now = now
    assert (await lan.get("/entries")).status_code == 200
    async with office.database.transaction() as db:
        await api_tokens.revoke(db, row.id, now)
    assert (await lan.get("/entries")).status_code == 401
    async with office.database.transaction() as db:
        hoa = await member(db, "Hoa", "staff", now)
        with pytest.raises(Refusal, match="không có quyền"):
            await api_tokens.make(db, hoa.person_id, "x", ["people:read"], now)
        with pytest.raises(Refusal, match="Không có phạm vi"):
            await api_tokens.make(db, hoa.person_id, "x", ["everything"], now)


def path_of(path: str) -> str:
    return re.sub(r"\{\w+\}", "1", re.sub(r"\{\w+:int\}", "1", path))


async def test_every_endpoint_refuses_a_token_without_its_scope(office):
    for endpoint in ENDPOINTS:
        lacking = await office.client(scopes=[scope for scope in Scope if scope != endpoint.scope])
        refused = await lacking.request(endpoint.method, path_of(endpoint.path), json={})
        assert endpoint.scope.value in said(refused, 403), endpoint.path
        assert said(await office.stranger().request(endpoint.method, path_of(endpoint.path)), 401)


ODD = (
    None, True, 0, -1, 2**63, 10**40, 1.5, "", "\x00", "a\x00b", "' OR 1=1 --", "x" * 30_000, [], [None], {}, {"$": 1},
)


def bodies(schema: dict, whole: dict) -> list:
    """A whole object, each of its properties in turn replaced by something odd, and one it does not have."""
    while "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    good = {"title": "t", "text": "ai được hưởng", "stamp": "0" * 10, "content": {"title": "t"}}
    base = {name: good.get(name, "x") for name in schema.get("required", ())}
    changed = [{**base, name: odd} for name in schema["properties"] for odd in ODD]
    return [base, {**base, "unknown": 1}, *ODD, *changed]


async def test_nothing_in_the_document_breaks_on_odd_values(office):
    """Every parameter and every property, over the OpenAPI document: an answer of the document, never a 500."""
    lan = await office.client()
    document = (await office.stranger().get("/openapi.json")).json()
    assert document["openapi"] == "3.1.0" and len(document["paths"]) == len({e.path for e in ENDPOINTS})
    calls = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            allowed = {int(code) for code in operation["responses"]}
            for changes in odd_calls(path, operation, document):
                answer = await lan.request(method, changes.pop("path", path_of(path)), **changes)
                calls += 1
                assert answer.status_code in allowed, (method, path, changes, answer.text)
                kind = "application/json" if answer.is_success else "application/problem+json"
                assert answer.headers["content-type"] == kind
                assert answer.is_success or set(answer.json()) >= {"title", "status", "detail"}
    assert calls > 250


def odd_calls(path: str, operation: dict, document: dict):
    for parameter in operation["parameters"]:
        for odd in ("0", "-1", str(2**63), "9" * 40, "%00", "a'b", "x" * 3000, "%F0%28", "NaN"):
            if parameter["in"] == "query":
                required = {p["name"]: "x" for p in operation["parameters"] if p["in"] == "query" and p["required"]}
                yield {"params": {**required, parameter["name"]: odd.replace("%00", "\x00")}}
            elif parameter["in"] == "path":
                yield {"path": path.replace("{" + parameter["name"] + "}", odd)}
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        for body in bodies(schema, document):
            yield {"content": json.dumps(body), "headers": {"content-type": "application/json"}}
        for raw in (b"", b"{", b"\xff", b'"\\ud800"', b"[" * 9000, b"{" + b" " * 400_000, b'{"a":NaN}'):
            yield {"content": raw, "headers": {"content-type": "application/json"}}
        yield {"content": b"{}", "headers": {"content-type": "text/plain"}}
    else:
        yield {"params": {"unknown": "1"}}


async def test_other_methods_and_addresses_are_problems_too(office):
    lan = await office.client()
    assert "phương thức" in said(await lan.delete("/people"), 405)
    assert "địa chỉ" in said(await lan.get("/nothing"), 404)
