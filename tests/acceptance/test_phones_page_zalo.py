"""Zalo phones on the phones page, in a real browser: the OA's buttons, ticks, windows and prices; the bot's numbers."""

# ruff: noqa: F811  (fixtures are imported by name, and taken by name)

import pytest
from playwright.async_api import Browser, Page, expect

from tests.acceptance.browsing import CONTRAST, WIDE, Bot, base, bot, browser, context, opened, page, sandbox  # noqa: F401
from tests.integration.zalo_wire import HOA, App

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("phones page")]

BINH_BOT = "000000000b070001"
FILLED = {"co_quan": "Bộ Nội vụ", "tieu_de": "Chỉ thị 07", "han": "30/11"}


async def test_zalo_phones_beside_telegrams(page: Page, bot: Bot):
    """An OA phone from following to the window's end; a bot phone answers with numbers."""
    app = App(bot.http)
    await app.consent()
    link = [{"label": "Nhắn mã mời", "url": "MOI7K2"}]
    for number, name, kind in ((HOA, "Lê Thị Hoa", "zalo_oa"), (BINH_BOT, "Phạm Bình", "zalo_bot")):
        shown = {"id": number, "name": name, "platform": kind, "links": link if kind == "zalo_oa" else []}
        (await bot.http.post("/sandbox/phones", json=shown)).raise_for_status()
    await expect(page.locator(".platform")).to_have_text(["Telegram", "Telegram", "Zalo OA", "Zalo Bot"])
    oa = page.locator(f"#phone-{HOA}")
    await oa.get_by_role("button", name="Quan tâm", exact=True).click()
    await expect(oa.locator(".bot-state")).to_contain_text("miễn phí còn 1 ngày 23 giờ")
    await oa.get_by_role("button", name="Nhắn mã mời").click()
    await expect(oa.locator("article", has_text="MOI7K2")).to_be_visible()
    buttons = [{"type": "oa.query.show", "title": "Đã nhận", "payload": "đã nhận"}]
    await app.say("Tin mới", attachment={"type": "template", "payload": {"buttons": buttons}})
    await expect(oa.locator("article", has_text="Tin mới").get_by_text("Đã nhận", exact=True).first).to_be_attached()
    await oa.get_by_role("button", name="Đã nhận").click()
    await expect(oa.locator("article.mine", has_text="đã nhận")).to_be_visible()
    await expect(oa.locator("[aria-busy]")).to_have_count(0)
    await expect(oa.locator("article", has_text="Tin mới").locator(".receipt")).to_have_class("receipt seen")
    await expect(oa.locator(".owner .badge")).to_be_hidden()
    await oa.locator("textarea").fill("a" * 2001)
    await expect(oa.get_by_role("button", name="Gửi", exact=True)).to_be_disabled()
    await expect(oa.locator(".left")).to_contain_text("Dài hơn giới hạn 1 ký tự")

    other = page.locator(f"#phone-{BINH_BOT}")
    await other.locator("textarea").fill("1")
    await page.keyboard.press("Enter")
    await expect(other.locator("article.mine", has_text="1")).to_be_visible()


async def test_eight_days_later_the_window_is_closed_and_the_bill_is_shown(page: Page, bot: Bot):
    app = App(bot.http)
    await app.consent()
    await bot.http.post("/sandbox/phones", json={"id": HOA, "name": "Lê Thị Hoa", "platform": "zalo_oa"})
    await app.phone("follow")
    oa = page.locator(f"#phone-{HOA}")
    await app.say("Miễn phí")
    await page.get_by_role("button", name="Vận hành").click()
    panel = page.locator("#panel")
    await panel.get_by_role("button", name="8 ngày sau").click()
    await expect(oa.locator(".bot-state")).to_contain_text("đã quá 7 ngày")
    app.keep(await app.pair(grant_type="refresh_token", refresh_token=app.renewal))
    assert await app.code_of() == -230
    await app.post("/v3.0/oa/message/template", {"user_id": HOA, "template_id": "400100", "template_data": FILLED})
    told = oa.locator("article", has_text="Bộ Nội vụ")
    await expect(told.locator(".card-title")).to_have_text("Bạn có tin chính sách mới")
    await expect(told.locator(".billed")).to_have_text("theo mẫu")
    await oa.get_by_role("button", name="Nhận toàn văn").click()
    await expect(oa.locator(".bot-state")).to_contain_text("miễn phí còn")
    await expect(panel.locator("section", has_text="Hóa đơn Zalo OA")).to_contain_text("84 đ")
    await panel.get_by_label("Họ và tên").fill("Trần Tâm")
    await panel.get_by_label("Nền tảng").select_option(label="Zalo Bot")
    await panel.get_by_role("button", name="Thêm", exact=True).click()
    await expect(page.locator(".platform")).to_have_text(["Telegram", "Telegram", "Zalo OA", "Zalo Bot"])
    await oa.get_by_role("button", name="Thao tác với cuộc trò chuyện").click()
    await page.get_by_role("menuitem", name="Bỏ quan tâm").click()
    await expect(oa.get_by_text("Anh/chị đã bỏ quan tâm OA này.")).to_be_visible()
    await oa.get_by_role("button", name="Quan tâm lại").click()
    await expect(oa.locator("textarea")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_zalo_phones_can_be_read(browser: Browser, bot: Bot, base: str, scheme: str):
    app = App(bot.http)
    await app.consent()
    for number, kind in ((HOA, "zalo_oa"), (BINH_BOT, "zalo_bot")):
        await bot.http.post("/sandbox/phones", json={"id": number, "name": "Lê Thị Hoa", "platform": kind})
    await app.phone("follow")
    await app.phone("text", text="Tôi đây")
    await app.phone("text", user=BINH_BOT, text="1")
    await app.post("/v3.0/oa/message/template", {"user_id": HOA, "template_id": "400100", "template_data": FILLED})
    context = await browser.new_context(viewport=WIDE, locale="vi-VN", color_scheme=scheme)
    async with opened(context, base) as page:
        await expect(page.locator(".billed")).to_be_visible()
        found = await page.evaluate(CONTRAST)
        assert found["seen"] > 20 and found["poor"] == []
    await context.close()
