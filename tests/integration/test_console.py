"""The console over HTTP: the door, who may do what, a brief from the form to the push, and what goes wrong."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select

from bot import after_effects
from console import wording
from console.app import PAGES, build
from console.visit import COOKIE, Needs
from db.audit import AuditRow
from db.briefs import Brief, Edition
from db.knowledge import Case, CaseState, Question
from db.pushes import Notice, Push
from knowledge.catalogue import Catalogue
from network import console_access, corrections, failures, people, roles, starter
from network.case_times import CaseRules
from network.quiet import NEVER
from tests.briefing import member

FORM = {
    "title": "Cảnh báo mưa lũ <script>", "summary": "Mưa **rất to** từ 19 giờ.", "key_messages": "Di dời\r\nGọi 112",
    "priority": "khan", "stage": "thuc_thi", "brief_topics": "an_sinh", "everybody": "on",
}


class Desk:
    """Somebody's browser."""

    def __init__(self, app, database, who, clock) -> None:
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, root_path="/console"), base_url="http://loa.test/console/"
        )
        self.database, self.who, self.clock = database, who, clock
        self.csrf = ""
        self.stranger = httpx.AsyncClient(transport=self.client._transport, base_url=self.client.base_url)

    async def enter(self):
        async with self.database.transaction() as db:
            code = await console_access.make_link(db, self.who.person_id, self.clock())
        entered = await self.client.post("door", data={"ma": code})
        assert entered.status_code == 303, entered.text
        self.csrf = re.search(r'name="csrf" value="([^"]+)"', (await self.client.get("")).text)[1]
        return self

    async def get(self, path: str, status: int = 200) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    async def post(self, path: str, status: int = 303, **fields) -> httpx.Response:
        answer = await self.client.post(path, data={"csrf": self.csrf, **fields})
        assert answer.status_code == status, answer.text
        return answer


def stamp(page: str) -> str:
    return re.search(r'name="stamp" value="([^"]+)"', page)[1]


@pytest.fixture
async def desk(database, now):
    """desk(name, role, agency_id=None) → a browser that has entered. `desk.ways_in`: what invitations tell of."""
    clock, ways = type("Clock", (), {"now": now})(), {}
    base = await Catalogue.open(database)
    app = build(Needs(database, base, NEVER, CaseRules(), ways_in=ways, clock=lambda: clock.now))
    opened = []
    async with database.transaction() as db:
        await starter.load_starter(db, now)

    async def enter(name: str, role: str, agency_id: int | None = None) -> Desk:
        async with database.transaction() as db:
            who = await member(db, name, role, now, agency_id=agency_id)
        found = Desk(app, database, who, lambda: clock.now)
        found.time = clock
        opened.append(found)
        return await found.enter()

    enter.ways_in = ways
    yield enter
    for found in opened:
        await found.client.aclose()


async def test_a_link_opens_the_door_once_and_for_ten_minutes(database, desk, now):
    lan = await desk("Lan", "super_admin")
    async with database.transaction() as db:
        codes = [await console_access.make_link(db, lan.who.person_id, now) for _ in range(2)]
    looked = await lan.client.get(f"door?ma={codes[0]}")
    assert "Vào bảng điều khiển" in looked.text  # a preview of the link does not use it up
    assert (await lan.client.post("door", data={"ma": codes[0]})).status_code == 303
    again = await lan.client.post("door", data={"ma": codes[0]})
    assert again.status_code == 403 and "đã dùng hoặc đã hết hạn" in again.text
    lan.time.now = now + timedelta(minutes=11)
    assert (await lan.client.post("door", data={"ma": codes[1]})).status_code == 403


async def test_a_session_ends_by_time_by_word_and_with_the_role(database, desk, now):
    lan, binh = await desk("Lan", "super_admin"), await desk("Bình", "super_admin")
    lan.time.now = now + console_access.IDLE - timedelta(minutes=1)
    await lan.get("")
    lan.time.now += console_access.IDLE - timedelta(minutes=1)  # it was used meanwhile
    await lan.get("briefs")
    assert (await binh.client.get("briefs")).headers["location"].endswith("/console/door")
    async with database.transaction() as db:
        (await db.get_one(people.Person, lan.who.person_id)).role = "staff"
    assert (await lan.client.get("briefs")).status_code == 303
    third = await desk("Tâm", "super_admin")
    await third.post("account/close")
    assert (await third.client.get("")).status_code == 303


async def test_every_page_refuses_the_wrong_role_a_forged_form_and_a_stranger(desk):
    working = [code for code, role in roles.roles().items() if role.permissions & console_access.WORKING]
    visitors = {code: await desk("Tâm", code) for code in working}
    stranger = await desk("Lan", "super_admin")
    refused = 0
    for page in PAGES:
        path = re.sub(r"\{\w+\}", "csv", re.sub(r"\{\w+:int\}", "1", page.path)).lstrip("/")
        if page.method == "POST":
            forged = await stranger.client.post(path, data={"csrf": "guessed"})
            assert forged.status_code == 403 and "tải lại trang" in forged.text, page.name
        out = await stranger.stranger.request(page.method, path, headers={"cookie": f"{COOKIE}=unknown"})
        assert (out.status_code, page.method) in ((303, "GET"), (401, "POST"), (403, "POST")), page.name
        for code, visitor in visitors.items():
            if not roles.permissions_of(code) & page.permissions:
                refused += 1
                answer = await visitor.client.request(page.method, path, data={"csrf": visitor.csrf})
                assert answer.status_code == 403, (page.name, code)
    assert refused > len(PAGES)


async def test_only_people_with_work_there_get_a_link(database, now):
    async with database.transaction() as db:
        who = await member(db, "Hoa", "reporter", now)
        with pytest.raises(console_access.Refusal, match="không dùng bảng điều khiển"):
            await console_access.make_link(db, who.person_id, now)
        admin = await member(db, "Lan", "super_admin", now)
        for _ in range(console_access.LINKS_AN_HOUR):
            await console_access.make_link(db, admin.person_id, now)
        with pytest.raises(console_access.Refusal, match="quá nhiều"):
            await console_access.make_link(db, admin.person_id, now)


async def test_a_brief_from_the_form_to_the_push(database, desk):
    binh, lan = await desk("Bình", "super_admin"), await desk("Lan", "super_admin")
    made = await binh.post("briefs/new", **FORM)
    path = made.headers["location"].removeprefix("/console/").partition("?")[0]
    page = await binh.get(path)
    assert "&lt;script&gt;" in page and "<script>Mưa" not in page and "2 người" in page
    await binh.post(f"{path}/try")
    async with database.reading() as db:
        tried = (await db.scalars(select(Notice.reply))).one()
    assert "Bản gửi thử" in tried["text"] and "rất to" in tried["text"]
    await binh.post(f"{path}/submit", stamp=stamp(page))
    async with database.reading() as db:
        asked = (await db.scalars(select(Notice.reply))).all()
    assert any("chờ duyệt" in reply["text"] for reply in asked)
    own = await binh.get(path)
    assert "không thể tự duyệt" in own and "Duyệt bản tin này" not in own
    assert "tự duyệt" in (await binh.post(f"{path}/approve", 409, stamp=stamp(own))).text
    assert "Cảnh báo mưa lũ" in await lan.get("approvals")
    await lan.post(f"{path}/approve", stamp=stamp(await lan.get(path)))
    sent = await lan.post(f"{path}/send", stamp=stamp(await lan.get(path)))
    assert sent.headers["location"].endswith("/push?xong=gui")
    assert "đang gửi" in await lan.get(f"{path}/push")
    async with database.transaction() as db:  # somebody joins: the list of the sent brief stays what it was
        await member(db, "Mới", "staff", lan.time.now)
    page = await lan.get(path)
    assert "đã lập danh sách gửi <b>2 người</b>" in page and "Bản số 1" not in page
    twice = await lan.post(f"{path}/send", 409, stamp="x" * 10)
    assert "đã thay đổi" in twice.text
    await lan.post(f"{path}/push/steer", act="pause")
    async with database.reading() as db:
        assert (await db.scalar(select(Push.state))) == "paused"
    assert "Tình hình gửi" in (await lan.post(f"{path}/push/steer", 409, act="explode")).text
    await lan.post(f"{path}/push/steer", act="stop")
    assert "đang được hoàn tất" in (await lan.post(f"{path}/push/steer", 409, act="send-rest")).text
    async with database.transaction() as db:
        await after_effects.tidy(db, datetime.now(UTC))
    lan.time.now += timedelta(seconds=2)  # the refused form showed the numbers of a second ago
    assert "Gửi nốt (2)" in await lan.get(f"{path}/push")
    await lan.post(f"{path}/push/steer", act="send-rest")
    async with database.reading() as db:
        assert (await db.scalar(select(Push.state))) == "running"
    assert "lấy liên kết đăng nhập" in await lan.get("trail")
    async with database.transaction() as db:
        number = int(path.rpartition("/")[2])
        draft = await corrections.begin(db, number, lan.who, lan.time.now, wrong="rất to", right="vừa")
    page = await lan.get(f"briefs/{draft.id}")
    assert "ĐÍNH CHÍNH" in page and "Nội dung sai:" in page and "đã nhận bản sai của" in page and "0 người" in page
    await lan.get("statistics")
    assert "<td>duyệt</td>" in await lan.get("trail?kiem=1")


async def test_a_refused_form_comes_back_filled_with_the_sentence_beside_the_field(desk):
    binh, lan = await desk("Bình", "super_admin"), await desk("Lan", "super_admin")
    path = (await binh.post("briefs/new", **FORM)).headers["location"].removeprefix("/console/").partition("?")[0]
    await binh.post(f"{path}/submit", stamp=stamp(await binh.get(path)))
    await lan.post(f"{path}/approve", stamp=stamp(await lan.get(path)))
    mark = stamp(await lan.get(path))
    back = (await lan.post(f"{path}/schedule", 409, stamp=mark, when="hôm qua 8h")).text
    assert 'value="hôm qua 8h"' in back and "đã qua" in re.search(r'id="fault-when">([^<]+)', back)[1]
    old = await lan.client.post(f"{path}/schedule", data={"csrf": "of another", "stamp": mark, "when": "8h mai"})
    assert old.status_code == 403 and 'value="8h mai"' in old.text and "Trang đã cũ" in old.text
    kept = await binh.client.post("briefs/new", data={"csrf": "old", **FORM, "valid_from": "31/2/2026"})
    assert kept.status_code == 403 and 'value="31/2/2026"' in kept.text and "Di dời\nGọi 112" in kept.text


async def test_what_is_missing_or_fails_is_said_in_vietnamese_within_the_layout(desk, monkeypatch):
    lan = await desk("Lan", "super_admin")
    for path in ("nowhere", "briefs/999999", "leave"):
        page = await lan.get(path, 404)
        assert "Chưa thực hiện được" in page and "Tổng quan" in page and "Not Found" not in page, path
    monkeypatch.setattr("console.visit.sight.of_brief", lambda *_: 1 / 0)
    failed = await lan.client.get("briefs/1")
    assert failed.status_code == 500 and "Loa gặp lỗi" in failed.text
    assert "default-src 'none'" in failed.headers["content-security-policy"]
    large = await lan.client.post("inbox/1", files={"words": (None, "x" * 400_000)}, data={"csrf": lan.csrf})
    assert large.status_code == 413 and "quá lớn" in large.text


def test_no_code_of_the_ledger_or_the_log_is_shown():
    assert failures.of("stopped", None).said == "dừng trước khi gửi" and "Zalo" in failures.of("failed", "closed").said
    assert failures.of("failed", "new_kind").said == "không gửi được"
    assert (wording.act("brief.ended"), wording.act("case.new")) == ("gửi xong", "việc khác về câu hỏi")
    assert (wording.about("brief:12"), wording.platform("zalo_oa")) == ("bản tin 12", "Zalo OA")


async def test_a_returned_brief_tells_its_writer_why(database, desk):
    binh, lan = await desk("Bình", "super_admin"), await desk("Lan", "super_admin")
    path = (await binh.post("briefs/new", **FORM)).headers["location"].removeprefix("/console/").partition("?")[0]
    await binh.post(f"{path}/submit", stamp=stamp(await binh.get(path)))
    mark = stamp(await lan.get(path))
    assert "ghi rõ lý do" in (await lan.post(f"{path}/return", 409, stamp=mark, reason="  ")).text
    await lan.post(f"{path}/return", stamp=mark, reason="Thiếu căn cứ pháp lý")
    async with database.reading() as db:
        told = (await db.scalars(select(Notice.reply).order_by(Notice.id.desc()))).first()
    assert "Thiếu căn cứ pháp lý" in told["text"]
    changed = {**FORM, "summary": "Mưa vừa từ 20 giờ.", "stamp": stamp(await binh.get(f"{path}/edit"))}
    await binh.post(f"{path}/edit", **changed)
    page = await binh.get(path)
    assert "Thay đổi so với bản số 1" in page and "<del>" in page and "<ins>" in page


async def test_the_second_of_two_editors_sees_both_texts(database, desk):
    binh, lan = await desk("Bình", "super_admin"), await desk("Lan", "super_admin")
    path = (await binh.post("briefs/new", **FORM)).headers["location"].removeprefix("/console/").partition("?")[0]
    mark = stamp(await lan.get(f"{path}/edit"))
    await binh.post(f"{path}/edit", **{**FORM, "title": "Bản của Bình", "stamp": mark})
    clash = await lan.post(f"{path}/edit", 409, **{**FORM, "title": "Bản của Lan", "stamp": mark})
    assert "Bản của Bình" in clash.text and 'value="Bản của Lan"' in clash.text
    async with database.reading() as db:
        assert (await db.scalar(select(Edition.content)))["title"] == "Bản của Bình"
    await lan.post(f"{path}/edit", **{**FORM, "title": "Bản của Lan", "stamp": stamp(clash.text)})
    async with database.reading() as db:
        assert (await db.scalar(select(Edition.content)))["title"] == "Bản của Lan"


async def test_bad_fields_are_named_and_nothing_typed_is_lost(database, desk):
    binh = await desk("Bình", "super_admin")
    bad = await binh.post(
        "briefs/new", 422, **{**FORM, "valid_from": "31/2/2026", "ack": "on", "ack_hours": "mai", "agencies": "Sở X lạ"}
    )
    for said in ("31/2/2026", "phải là số giờ", "Sở X lạ", 'value="Cảnh báo mưa lũ &lt;script&gt;"'):
        assert said in bad.text
    async with database.reading() as db:
        assert await db.scalar(select(Brief.id)) is None
    pasted = await binh.client.post("briefs/preview", data={"csrf": binh.csrf, **FORM, "body": "<b onclick=x>chữ</b>"})
    assert "&lt;b onclick" in pasted.text and "<b onclick" not in pasted.text
    reached = await binh.client.post("briefs/reach", data={"csrf": binh.csrf, **FORM})
    assert "<b>1 người</b>" in reached.text
    gone = await binh.stranger.post("briefs/reach", headers={"accept": "text/plain"})
    assert (gone.status_code, gone.headers["content-type"][:10]) == (401, "text/plain")


async def test_what_the_form_does_not_show_stays(database, desk):
    binh = await desk("Bình", "super_admin")
    path = (await binh.post("briefs/new", **FORM)).headers["location"].removeprefix("/console/").partition("?")[0]
    async with database.transaction() as db:
        edition = await db.scalar(select(Edition))
        edition.content = {**edition.content, "qa": [{"q": "Ai?", "a": "Mọi người.", "variants": []}], "targets": ["x"]}
        edition.audience = {**edition.audience, "without_people": [77]}
    await binh.post(f"{path}/edit", **{**FORM, "title": "Tên mới", "stamp": stamp(await binh.get(f"{path}/edit"))})
    async with database.reading() as db:
        edition = await db.scalar(select(Edition))
    assert edition.content["title"] == "Tên mới" and edition.content["qa"][0]["q"] == "Ai?"
    assert edition.audience == {"everybody": True, "without_people": [77]}


async def test_one_answer_reaches_everybody_who_asked(database, desk, now):
    lan = await desk("Lan", "super_admin")
    async with database.transaction() as db:
        askers = [await member(db, name, "staff", now) for name in ("Hoa", "Tâm")]
        case = Case(state=CaseState.OPEN, text="Phí thẩm định là bao nhiêu?", same="phi", created_at=now)
        db.add(case)
        await db.flush()
        for who in askers:
            db.add(Question(
                person_id=who.person_id, identity_id=who.identity_id, text=case.text, decision="none", case_id=case.id,
                at=now,
            ))
    page = await lan.get(f"inbox/{case.id}")
    assert "Gửi cho 2 người hỏi" in page and "Phí thẩm định" in await lan.get("inbox")
    assert "từ 3 đến 3.000" in (await lan.post(f"inbox/{case.id}", 409, words=" ", source="Luật X")).text
    await lan.post(f"inbox/{case.id}", words="Là 100.000 đồng.", source="Thông tư 1/2026")
    async with database.reading() as db:
        told = set(await db.scalars(select(Notice.identity_id)))
    assert {who.identity_id for who in askers} <= told
    assert "người khác trả lời" in (await lan.post(f"inbox/{case.id}", 409, words="Là 200.000 đồng.")).text


async def test_every_answer_carries_the_policy_and_is_kept_nowhere(desk):
    lan = await desk("Lan", "super_admin")
    for path in ("", "door", "static/console.css"):
        answer = await lan.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == ("max-age=3600" if "static" in path else "no-store")


async def test_a_manager_sees_the_people_of_the_own_agencies_only(database, desk, now):
    manager, admin = await desk("Quản", "tenant_admin"), await desk("Lan", "super_admin")
    async with database.transaction() as db:
        from network.agencies import NewAgency, add

        agency = await add(db, NewAgency("SO-A", "Sở A", "province", "Sở A"))
        inside = await member(db, "Người Trong", "staff", now)
        await member(db, "Người Ngoài", "staff", now)
        (await db.get_one(people.Person, manager.who.person_id)).agency_id = agency.id
        (await db.get_one(people.Person, inside.person_id)).agency_id = agency.id
    seen = await manager.get("people")
    assert "Người Trong" in seen and "Người Ngoài" not in seen
    assert "Người Ngoài" in await admin.get("people?tim=Ngo%C3%A0i")
    async with database.reading() as db:
        looked = (await db.scalars(select(AuditRow).where(AuditRow.act == "people.seen").order_by(AuditRow.id))).all()
    assert [(row.actor_id, inside.person_id in row.detail["people"]) for row in looked] == [
        (manager.who.person_id, True), (admin.who.person_id, False),
    ]
