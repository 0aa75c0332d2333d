"""The console inside Telegram: the same session, for the people who work there, once for each opening."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from console.app import build
from console.visit import Needs
from db.audit import AuditRow
from handlers import console_link
from handlers.telegram import keyboard
from knowledge.catalogue import Catalogue
from network import people
from network.case_times import CaseRules
from network.quiet import NEVER
from tests.briefing import member
from tests.integration.test_console import Desk, desk  # noqa: F401
from tests.unit.test_mini_app import TOKEN, init_data


@pytest.fixture
async def inside(database, now):
    """inside(who) → a browser within Telegram, not signed in."""
    app = build(Needs(
        database, await Catalogue.open(database), NEVER, CaseRules(), clock=lambda: now, telegram=(TOKEN, "telegram")
    ))
    opened = []

    def made(who) -> Desk:
        opened.append(Desk(app, database, who, lambda: now))
        return opened[-1]

    yield made
    for each in opened:
        await each.client.aclose()
        await each.stranger.aclose()


def word_for(who, now, **fields: str) -> dict[str, str]:
    return {"telegram": init_data(at=now, user=f'{{"id": {who.address}}}', **fields)}


async def test_who_works_there_is_in_with_one_press(database, inside, now):
    async with database.transaction() as db:
        binh = await member(db, "Bình", "super_admin", now)
    phone, given = inside(binh), word_for(binh, now)
    page = await phone.get("door/telegram")
    assert "data-inside" in page and "static/inside.js" in page
    assert (await phone.client.post("door", data=given)).status_code == 303
    assert "Bình" in await phone.get("")
    async with database.reading() as db:
        row = await db.scalar(select(AuditRow).where(AuditRow.act == "console.entered"))
    assert (row.actor_id, row.detail) == (binh.person_id, {"how": "telegram"})
    again = await phone.stranger.post("door", data=given)  # somebody saw it
    assert again.status_code == 403 and "không xác nhận được" in again.text


async def test_others_stay_outside(database, inside, now):
    async with database.transaction() as db:
        hoa = await member(db, "Hoa", "reporter", now)
        zalo = await member(db, "Lan", "super_admin", now, platform="zalo_oa")
    phone = inside(hoa)
    for given, said in (
        (word_for(hoa, now), "không dùng bảng điều khiển"), (word_for(zalo, now), "không dùng bảng điều khiển"),
        (word_for(hoa, now - timedelta(hours=1)), "mở quá lâu"), ({"telegram": "user=1&hash=2"}, "không xác nhận được"),
    ):
        answer = await phone.client.post("door", data=given)
        assert answer.status_code == 403 and said in answer.text
    assert (await phone.client.get("")).status_code == 303


async def test_without_a_bot_of_our_own_nobody_enters_so(database, desk, now):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    answer = await lan.stranger.post("door", data=word_for(lan.who, now))
    assert answer.status_code == 403


async def test_the_button_stands_where_telegram_can_open_it(database, now):
    async with database.transaction() as db:
        binh = await member(db, "Bình", "super_admin", now)
        lan = await member(db, "Lan", "super_admin", now, platform="zalo_oa")
        here = await console_link.link(db, await speaker(db, binh, now), "", now, "https://loa.example/console")
        there = await console_link.link(db, await speaker(db, lan, now), "", now, "https://loa.example/console")
    app, browser = (row[0] for row in keyboard(here).inline_keyboard)
    assert app.web_app.url == "https://loa.example/console/door/telegram" and app.url is None
    assert browser.web_app is None and "/console/door?ma=" in browser.url
    assert [choice.inside for choice in there.choices] == [False]


async def speaker(db, who, now):
    return await people.meet(
        db, platform=who.platform, channel=who.channel, address=who.address, name="", now=now
    )
