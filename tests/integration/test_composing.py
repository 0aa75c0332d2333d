"""Writing a brief at the desk: two editors, templates, the look on each platform, release times, formatted pastes."""

import html
import re
from datetime import timedelta

from sqlalchemy import select, update

from db import lanes
from db.briefs import Brief, BriefTemplate, Edition
from db.people import Identity
from network.tariff import Tariff
from tests.briefing import member
from tests.integration.test_console import FORM, desk, stamp  # noqa: F401
from tests.integration.test_console_attaching import PDF, drop

GIF = b"GIF89a" + b"z" * 300


async def written(who, **changed) -> str:
    made = await who.post("briefs/new", **{**FORM, **changed})
    return made.headers["location"].removeprefix("/console/").partition("?")[0]


def form_of(page: str, **changed) -> dict:
    """As the browser sends it: what the form was opened with goes along."""
    opened = html.unescape(re.search(r'name="opened" value="([^"]*)"', page)[1])
    mark = {"stamp": stamp(page)} if 'name="stamp" value=""' not in page else {}
    return {**FORM, **mark, "opened": opened, **changed}


async def newest(database) -> Edition:
    async with database.reading() as db:
        return await db.scalar(select(Edition).order_by(Edition.id.desc()))


async def test_what_two_editors_changed_in_different_places_is_merged(database, desk):  # noqa: F811
    binh, lan = await desk("Bình", "super_admin"), await desk("Lan", "super_admin")
    path = await written(binh)
    opened = await lan.get(f"{path}/edit")
    await binh.post(f"{path}/edit", **form_of(await binh.get(f"{path}/edit"), title="Tựa của Bình", do="Nói rõ"))
    clash = (await lan.post(f"{path}/edit", 409, **form_of(opened, summary="Tóm tắt của Lan"))).text
    assert "Bình vừa lưu bản tin này" in clash and "Không phần nào bị sửa trùng" in clash
    assert "Đã đưa vào biểu mẫu phần chỉ Bình sửa: Tiêu đề, Nên làm" in clash
    assert 'value="Tựa của Bình"' in clash and ">Tóm tắt của Lan</textarea>" in clash
    merged = form_of(clash, title="Tựa của Bình", do="Nói rõ", summary="Tóm tắt của Lan")
    await lan.post(f"{path}/edit", **merged)
    content = (await newest(database)).content
    assert (content["title"], content["summary"], content["do"]) == ("Tựa của Bình", "Tóm tắt của Lan", ["Nói rõ"])


async def test_what_both_changed_is_shown_twice_and_nothing_is_overwritten(database, desk):  # noqa: F811
    binh, lan = await desk("Bình", "super_admin"), await desk("Lan", "super_admin")
    path = await written(binh)
    opened = await lan.get(f"{path}/edit")
    theirs = form_of(await binh.get(f"{path}/edit"), title="Tựa của Bình", provinces="96")
    del theirs["everybody"]
    await binh.post(f"{path}/edit", **theirs)
    mine = form_of(opened, title="Tựa của Lan", levels="commune")
    clash = (await lan.post(f"{path}/edit", 409, **mine)).text
    assert 'data-take="title" data-text="Tựa của Bình"' in clash and 'value="Tựa của Lan"' in clash
    assert "<h3>Người nhận <small>bản của Bình</small></h3>" in clash and "Cà Mau" in clash
    async with database.reading() as db:
        assert (await db.scalar(select(Edition.content)))["title"] == "Tựa của Bình"
    garbled = (await lan.post(f"{path}/edit", 409, **{**mine, "opened": "{[“"})).text
    assert 'data-take="title"' in garbled  # whatever differs is shown
    await lan.post(f"{path}/edit", **form_of(clash, title="Tựa của Lan"))
    assert (await newest(database)).content["title"] == "Tựa của Lan"


async def test_a_file_attached_meanwhile_stays(database, desk):  # noqa: F811
    binh, lan = await desk("Bình", "super_admin"), await desk("Lan", "super_admin")
    path = await written(binh)
    opened = await lan.get(f"{path}/edit")
    await drop(binh, path, ("Quyết định.pdf", PDF))
    clash = (await lan.post(f"{path}/edit", 409, **form_of(opened, title="Tựa của Lan"))).text
    assert "Tệp đính kèm" in clash and "Quyết định.pdf" not in clash.partition("</section>")[0]
    await lan.post(f"{path}/edit", **form_of(clash, title="Tựa của Lan"))
    content = (await newest(database)).content
    assert content["title"] == "Tựa của Lan" and len(content["attachments"]) == 1


async def test_a_template_keeps_the_words_and_whom_they_are_for(database, desk):  # noqa: F811
    binh, lan = await desk("Bình", "super_admin"), await desk("Lan", "super_admin")
    path = await written(binh, valid_from="1/7/2026", note="nội bộ")
    await binh.post(f"{path}/template", name="  Cảnh báo   thiên tai ")
    assert "Đã có mẫu" in (await lan.post(f"{path}/template", 409, name="canh bao thien tai")).text
    assert "từ 1 đến 80" in (await lan.post(f"{path}/template", 409, name=" ")).text
    async with database.reading() as db:
        number = (await db.scalar(select(BriefTemplate))).id
    assert f"briefs/new?mau={number}" in await lan.get("briefs/new")
    begun = await lan.get(f"briefs/new?mau={number}")
    assert "Cảnh báo mưa lũ" in begun and "2026-07-01" not in begun and 'name="everybody" checked' in begun
    await lan.post("briefs/new", **form_of(begun, title="Từ mẫu"))
    assert (await newest(database)).content["title"] == "Từ mẫu"
    await lan.post(f"briefs/templates/{number}/drop")
    assert "Chưa có mẫu nào" in await lan.get("briefs/templates")
    await lan.get(f"briefs/new?mau={number}", 404)
    await lan.get("briefs/new?mau=1%27", 404)
    async with database.reading() as db:
        assert len((await db.scalars(select(Brief))).all()) == 2  # the brief it came from is untouched


def on(page: str, platform: str) -> str:
    return re.search(rf'<div class="on {platform}">(.*?)(?:<div class="on|<p class="hint">\d)', page, re.S)[1]


async def test_each_platform_shows_the_brief_as_it_will_arrive_there(desk):  # noqa: F811
    binh = await desk("Bình", "super_admin")
    path = await written(binh, body="Đoạn dài. " * 300, ack="on")
    await drop(binh, path, ("Quyết định.pdf", PDF), ("biểu đồ.gif", GIF))
    for page in (await binh.get(path), (await binh.client.post(
        f"{path}/preview", data={"csrf": binh.csrf, **FORM, "body": "Đoạn dài. " * 300, "ack": "on"}
    )).text):
        telegram, official, bot = on(page, "telegram"), on(page, "zalo_oa"), on(page, "zalo_bot")
        assert "<b>rất to</b>" in telegram and "Mưa rất to" in official and "Mưa rất to" in bot
        assert telegram.count("📎") == 2 and official.count("📎") == 1 and "📎" not in bot
        assert "Tệp không gửi được qua Zalo:\n• biểu đồ.gif" in official and "• Quyết định.pdf" in bot
        assert "<span>Đã nhận</span>" in telegram and "<span>Đã nhận</span>" in official
        assert "1. Đã nhận" in bot and 'class="keys"' not in bot
        assert [part.count('<div class="bubble">') for part in (telegram, official, bot)] == [1, 2, 2]
        assert "Telegram <small>3 tin" in page and "Zalo OA <small>3 tin" in page and "Zalo Bot <small>2 tin" in page


async def test_a_release_time_and_who_may_read_before_it(database, desk):  # noqa: F811
    binh, lan = await desk("Bình", "super_admin"), await desk("Đỗ Ngọc Lan", "super_admin")
    early = {"release_at": "2026-12-01T08:30", "pre_release_added": "Đỗ Ngọc Lan"}
    path = await written(binh, **early)
    content = (await newest(database)).content
    assert content["release_at"] == "2026-12-01T08:30+07:00" and content["pre_release"] == [lan.who.person_id]
    page = await binh.get(f"{path}/edit")
    assert 'value="2026-12-01T08:30"' in page and "Đỗ Ngọc Lan</label>" in page
    kept = form_of(page, release_at="2026-12-01T09:00", pre_release_kept="0")
    wrong = (await binh.post(f"{path}/edit", 422, **kept, pre_release_added="Người Lạ")).text
    assert "“Người Lạ”" in wrong and ">Người Lạ</textarea>" in wrong and "Đỗ Ngọc Lan</label>" in wrong
    await binh.post(f"{path}/edit", **kept)
    assert (await newest(database)).content["pre_release"] == [lan.who.person_id]
    await binh.post(f"{path}/edit", **form_of(await binh.get(f"{path}/edit")))
    assert {"release_at", "pre_release"}.isdisjoint((await newest(database)).content)


async def test_a_formatted_paste_comes_back_as_markdown(desk):  # noqa: F811
    binh = await desk("Bình", "super_admin")
    pasted = "<p class=MsoNormal><b>Đậm</b> <a href='https://a.example'>nguồn</a></p><script>alert(1)</script>"
    answer = await binh.client.post("paste", data={"csrf": binh.csrf, "html": pasted}, headers={"accept": "text/plain"})
    assert (answer.status_code, answer.text) == (200, "**Đậm** [nguồn](<https://a.example>)")
    assert answer.headers["content-type"].startswith("text/plain")


async def test_reach_says_what_each_channel_brings_and_costs(database, desk, now):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    ages = [timedelta(days=days) for days in (1, 3, 30, 400)]  # free, paid, by template, closed
    async with database.transaction() as db:
        for number, age in enumerate(ages):
            who = await member(db, f"Người {number}", "reporter", now, platform="zalo_oa")
            spoke = update(Identity).where(Identity.id == who.identity_id)
            await db.execute(spoke.values(last_interaction_at=now - age))
        await lanes.ensure(db, "zalo_oa")
        await lanes.set_tariff(db, "zalo_oa", Tariff(message=55, template=84, budget=100).to_json())

    async def asked(**fields: str) -> str:
        answer = await lan.client.post("briefs/reach", data={"csrf": lan.csrf, **FORM, **fields})
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))

    said = await asked()
    assert "4 người" in said and "Zalo OA 1 1 1 139 đồng" in said and "Telegram 1 0 0 0" in said
    assert "dự kiến 139 đồng" in said and "1 người nữa không tới được" in said and "hạn mức 100 đồng" in said
    longer = await asked(body="Một câu dài. " * 200)  # two messages on Zalo, and the count is not made anew
    assert "Zalo OA 1 1 1 194 đồng" in longer
    assert "Chưa chọn người nhận" in await asked(everybody="")
