"""A push on its page: failures by what to do, with the list of those it concerns; the map; the pace."""

import html
import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from console import live
from db.people import Person
from db.pushes import Delivery, Push, PushState
from tests.briefing import member
from tests.integration.test_console import FORM, desk, stamp  # noqa: F401
from tests.integration.test_exports import table

ENDS = [("sent", None), ("failed", "blocked"), ("failed", "closed"), ("failed", "deactivated"), ("unknown", "crash")]


@pytest.fixture
async def going(database, desk, now):  # noqa: F811
    """(Lan's browser, path of a brief that is being sent to five)."""
    binh, lan = await desk("Bình", "super_admin"), await desk("Lan", "super_admin")
    async with database.transaction() as db:
        for name in ("An", "Chi", "Dung"):
            await member(db, f"{name} <b>", "reporter", now)
        await db.execute(update(Person).where(Person.full_name == "An <b>").values(province_code="01"))
    path = (await binh.post("briefs/new", **FORM)).headers["location"].removeprefix("/console/").partition("?")[0]
    await binh.post(f"{path}/submit", stamp=stamp(await binh.get(path)))
    await lan.post(f"{path}/approve", stamp=stamp(await lan.get(path)))
    await lan.post(f"{path}/send", stamp=stamp(await lan.get(path)))
    return lan, path


async def end(database, ends=ENDS, over: bool = True) -> None:
    async with database.transaction() as db:
        rows = list(await db.scalars(select(Delivery).order_by(Delivery.id)))
        for row, (state, kind) in zip(rows, ends, strict=False):
            row.state, row.kind = state, kind
        if over:
            push = await db.scalar(select(Push))
            push.state, push.finished_at = PushState.DONE, push.created_at


async def events(lan, path) -> list[dict]:
    """Everything the page was told until the push ended."""
    answer = await lan.client.get(f"{path}/push/events")
    return [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: ")]


async def test_failures_stand_by_what_to_do(database, going):
    lan, path = going
    await end(database)
    page = html.unescape(re.sub(r"\s+", " ", await lan.get(f"{path}/push")))
    groups = re.findall(r"<li><b>([^<]+)</b> <span class=\"badge\">(\d+)</span>", page)
    assert groups == [("Gửi lại được", "1"), ("Liên hệ bằng kênh khác", "2"), ("Cập nhật danh sách", "1")]
    assert "1 ngoài thời gian được nhắn trên Zalo; 1 đã chặn bot" in page
    asked = re.findall(r'href="/console/([^"]+viec=\w+)"', page)
    assert asked == [f"{path}/push/export.xlsx?viec=elsewhere", f"{path}/push/export.xlsx?viec=update"]
    listed = table(await lan.get(asked[0].replace("xlsx", "csv")))
    assert {row[5] for row in listed[1:]} == {"đã chặn bot", "ngoài thời gian được nhắn trên Zalo"}
    assert len(table(await lan.get(f"{path}/push/export.csv?viec=nothing-known"))) == 6


async def test_the_page_is_told_the_same_in_each_language(database, going):
    lan, path = going
    await end(database)
    [told] = await events(lan, path)
    assert "Liên hệ bằng kênh khác" in told["failures"] and told["state"] == "đã gửi xong" and told["ended"]
    await lan.client.post("language", data={"to": "en", "place": "/console/"})
    [told] = await events(lan, path)
    assert "Contact another way" in told["failures"] and "blocked the bot" in told["failures"]
    assert told["state"] == "all sent" and told["sent"] == 1


async def test_the_pace_is_what_was_sent_since_the_look_before(database, going):
    lan, path = going
    assert 'data-now="rate"></small>' in await lan.get(f"{path}/push")
    await end(database, [("sent", None)] * 4, over=False)
    lan.time.now += timedelta(seconds=2)
    assert "2,0 tin mỗi giây" in await lan.get(f"{path}/push")
    lan.time.now += timedelta(seconds=live.RECENT + 1)  # nobody watched: an old look says nothing of now
    assert 'data-now="rate"></small>' in await lan.get(f"{path}/push")


async def test_the_map_shows_provinces(database, going):
    lan, path = going
    await end(database, [("sent", None)] * 5)
    page = await lan.get(f"{path}/push")
    assert "Hà Nội: 1/1" in page and "Huế: 0/0" in page
