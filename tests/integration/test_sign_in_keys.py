"""Password and second factor at the console's door, on the real pages."""

import asyncio
import html
import re
from datetime import timedelta

import pyotp
from sqlalchemy import func, select

from console.doors import TRIES, WITHIN
from db.audit import AuditRow
from db.console import ConsoleSession, RecoveryCode, SignInKey, SignInLink
from db.pushes import Notice
from network import people, sign_in_keys
from tests.integration.test_console import Desk, desk  # noqa: F401

PASSWORD = "trời xanh mây trắng nắng vàng"
KEY = {"login": "Lan.Anh", "password": PASSWORD, "again": PASSWORD}


def code_of(page: str, at) -> str:
    return pyotp.TOTP(re.search(r'<code class="wrap">(\w+)</code>', page)[1]).at(at)


async def with_key(browser: Desk) -> tuple[pyotp.TOTP, list[str]]:
    """The authenticator, and the recovery codes, of somebody who has set a password."""
    await browser.post("account/key", **KEY)
    page = await browser.get("account/key")
    totp = pyotp.TOTP(re.search(r'<code class="wrap">(\w+)</code>', page)[1])
    shown = await browser.post("account/key/confirm", 200, code=totp.at(browser.time.now))
    browser.time.now += timedelta(seconds=30)
    return totp, re.findall(r"<li><code>([\w-]+)</code>", shown.text)


async def sign_in(browser: Desk, code: str, login: str = "lan.anh", password: str = PASSWORD):
    browser.stranger.cookies.clear()
    return await browser.stranger.post("door", data={"login": login, "password": password, "code": code})


async def said(database, person_id: int) -> list[str]:
    async with database.reading() as db:
        return [notice.reply["text"] for notice in await db.scalars(select(Notice).order_by(Notice.id))]


async def test_a_password_with_a_code_opens_the_console(database, desk):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    assert "Chưa đặt" in await lan.get("account")
    totp, codes = await with_key(lan)
    assert len(set(codes)) == 10 and codes[0] not in await lan.get("account/key")
    entered = await sign_in(lan, totp.at(lan.time.now))
    assert entered.status_code == 303
    assert "Lan" in (await lan.stranger.get("")).text
    async with database.reading() as db:
        key = await db.scalar(select(SignInKey))
        how = await db.scalar(select(AuditRow.detail).where(AuditRow.act == "console.entered").order_by(
            AuditRow.id.desc()).limit(1))
        acts = set(await db.scalars(select(AuditRow.act)))
    assert (key.login, how) == ("lan.anh", {"how": "password"}) and "console.key_set" in acts
    assert PASSWORD.encode() not in key.hash + key.salt
    assert "vừa đặt mật khẩu" in (await said(database, lan.who.person_id))[-1]


async def test_each_code_works_once(desk):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    totp, codes = await with_key(lan)
    code = totp.at(lan.time.now)
    assert (await sign_in(lan, code)).status_code == 303
    assert (await sign_in(lan, code)).status_code == 403  # somebody looked over the shoulder
    assert (await sign_in(lan, codes[3].upper().replace("-", " "))).status_code == 303
    assert (await sign_in(lan, codes[3])).status_code == 403
    lan.time.now += timedelta(minutes=2)
    assert (await sign_in(lan, code)).status_code == 403  # an old one
    assert (await sign_in(lan, totp.at(lan.time.now + timedelta(seconds=30)))).status_code == 303  # clocks differ
    assert "<dd>9</dd>" in await lan.get("account/key")


async def test_two_at_once_with_one_code(desk):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    totp, _codes = await with_key(lan)
    code = totp.at(lan.time.now)
    both = await asyncio.gather(sign_in(lan, code), sign_in(lan, code))
    assert sorted(answer.status_code for answer in both) == [303, 403]


async def test_nobody_learns_what_was_wrong(desk):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    totp, _codes = await with_key(lan)
    right = totp.at(lan.time.now)
    wrong = [
        await sign_in(lan, right, login="lananh"), await sign_in(lan, right, password="sai hẳn rồi đó"),
        await sign_in(lan, "000000"), await sign_in(lan, "", password=""), await sign_in(lan, "\x00", login="\x00"),
    ]
    assert {answer.status_code for answer in wrong} == {403}
    for answer in wrong:
        assert sign_in_keys.WRONG in answer.text
        assert PASSWORD not in answer.text and "<script" not in answer.text.partition("<main")[2]


async def test_five_wrong_ones_lock_the_key_and_its_owner_is_told(database, desk):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    totp, _codes = await with_key(lan)
    for _ in range(5):
        await sign_in(lan, "000000")
    assert (await sign_in(lan, totp.at(lan.time.now))).status_code == 403  # also with everything right
    told = [text for text in await said(database, lan.who.person_id) if "bị khóa" in text]
    assert len(told) == 1
    await lan.enter()  # the link still opens
    lan.time.now += sign_in_keys.LOCKED + timedelta(seconds=30)
    assert (await sign_in(lan, totp.at(lan.time.now))).status_code == 303


async def test_one_right_entrance_forgives_the_wrong_ones(desk):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    totp, _codes = await with_key(lan)
    for _ in range(2):
        for _ in range(4):
            await sign_in(lan, "000000")
        lan.time.now += timedelta(seconds=60)
        assert (await sign_in(lan, totp.at(lan.time.now))).status_code == 303


async def test_the_operator_has_a_way_back(database, desk):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    totp, codes = await with_key(lan)
    for _ in range(5):
        await sign_in(lan, "000000")
    async with database.transaction() as db:
        assert await sign_in_keys.unlock(db, lan.who.person_id, lan.time.now)
    assert (await sign_in(lan, totp.at(lan.time.now))).status_code == 303
    async with database.transaction() as db:
        assert await sign_in_keys.remove(db, lan.who.person_id, lan.time.now)
        assert not await sign_in_keys.remove(db, lan.who.person_id, lan.time.now)
        assert not await sign_in_keys.unlock(db, lan.who.person_id, lan.time.now)
    assert (await sign_in(lan, codes[0])).status_code == 403


async def test_weak_or_taken_is_refused_with_the_reason(desk):  # noqa: F811
    lan, binh = await desk("Lan", "super_admin"), await desk("Bình", "super_admin")
    for changed, why in (
        ({"login": "l"}, "Tên đăng nhập cần"), ({"login": "lan anh"}, "Tên đăng nhập cần"),
        ({"password": "ngắn quá"}, "từ 12 đến 200 ký tự"), ({"password": "a" * 14}, "dễ đoán"),
        ({"password": "lan.anh 123456"}, "dễ đoán"), ({"again": "khác"}, "không giống nhau"),
    ):
        refused = await lan.post("account/key", 409, **KEY | changed)
        assert why in html.unescape(refused.text)
        assert PASSWORD not in refused.text
    await with_key(lan)
    assert "đã có người dùng" in (await binh.post("account/key", 409, **KEY)).text
    assert "đang có mật khẩu" in (await lan.post("account/key", 409, **KEY)).text


async def test_a_key_waits_for_its_first_code(desk):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    await lan.post("account/key", **KEY)
    page = await lan.get("account/key")
    assert "<svg" in page and page.count("Mã QR") == 1
    assert "không đúng" in (await lan.post("account/key/confirm", 409, code="000000")).text
    assert (await sign_in(lan, code_of(page, lan.time.now))).status_code == 403
    await lan.post("account/key/remove")  # thought better of it
    assert "Chưa đặt" in await lan.get("account")
    assert "bắt đầu lại" in (await lan.post("account/key/confirm", 409, code="000000")).text


async def test_only_a_code_takes_the_key_away(database, desk):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    totp, codes = await with_key(lan)
    assert "không đúng" in (await lan.post("account/key/remove", 409, code="123456")).text
    assert "không đúng" in (await lan.post("account/key/codes", 409, code="123456")).text
    renewed = await lan.post("account/key/codes", 200, code=totp.at(lan.time.now))
    fresh = re.findall(r"<li><code>([\w-]+)</code>", renewed.text)
    assert not set(fresh) & set(codes)
    assert (await sign_in(lan, codes[0])).status_code == 403
    await lan.post("account/key/remove", code=fresh[0])
    assert (await sign_in(lan, fresh[1])).status_code == 403
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(RecoveryCode)) == 0


async def test_an_address_that_keeps_trying_waits(desk):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    for _ in range(TRIES):
        await lan.stranger.post("door", data={"ma": "x"})
    assert (await lan.stranger.post("door", data={"ma": "x"})).status_code == 429
    lan.time.now += WITHIN + timedelta(seconds=1)
    assert (await lan.stranger.post("door", data={"ma": "x"})).status_code == 403


async def test_who_is_erased_or_loses_the_role_has_no_key(database, desk):  # noqa: F811
    lan, binh = await desk("Lan", "super_admin"), await desk("Bình", "super_admin")
    totp, _codes = await with_key(lan)
    async with database.transaction() as db:
        person = await db.get_one(people.Person, lan.who.person_id)
        person.role = "reporter"
    refused = await sign_in(lan, totp.at(lan.time.now))
    assert refused.status_code == 403 and "không dùng bảng điều khiển" in refused.text
    async with database.transaction() as db:
        await people.erase(db, lan.who.person_id, lan.time.now)
    async with database.reading() as db:
        for table in (SignInKey, RecoveryCode, ConsoleSession, SignInLink):
            mine = select(func.count()).where(table.person_id == lan.who.person_id)
            assert await db.scalar(mine) == 0, table
    assert "Bình" in await binh.get("")
