"""The console in a real browser: written, left and found again, changed by two at once, submitted, signed by another,
watched, put right, counted."""

import re
from contextlib import nullcontext
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect
from starlette.applications import Starlette
from starlette.routing import Mount

from benchmarks import crowd
from bot import workers
from console.app import build
from console.visit import Needs
from knowledge.catalogue import Catalogue
from network import console_access, starter
from network.case_times import CaseRules
from network.quiet import NEVER
from sandbox.embedded import serve
from tests.acceptance.browsing import CHROMIUM, FLAGS, WIDE
from tests.briefing import member
from tests.postman import Postman, working
from tests.unit.test_mini_app import TOKEN, init_data

PEOPLE = 2_000
PASTE = """(html) => {
    const field = document.querySelector("[name=body]"), clipboardData = new DataTransfer();
    clipboardData.setData("text/html", html);
    clipboardData.setData("text/plain", "?");
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


class Served(Starlette):
    def kept(self):
        return nullcontext()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(workers, "EVERY", 0.2)


async def entered(context: BrowserContext, base: str, database, who) -> Page:
    async with database.transaction() as db:
        code = await console_access.make_link(db, who.person_id, datetime.now(UTC))  # the console has the real clock
    page = await context.new_page()
    page.set_default_timeout(10_000)
    page.on("dialog", lambda dialog: dialog.accept())
    await page.goto(console_access.address(f"{base}/console", code))
    await page.click("text=Vào bảng điều khiển")
    await expect(page.locator("header.top")).to_be_visible()  # a page asked for earlier would cut the entrance off
    return page


async def write(page: Page, base: str) -> None:
    await page.goto(f"{base}/console/briefs/new")
    await page.fill("[name=title]", "Cảnh báo mưa lũ")
    await page.fill("[name=summary]", "Mưa **rất to** từ 19 giờ.")
    await page.select_option("[name=stage]", "thuc_thi")
    await page.evaluate("document.querySelector('[name=brief_topics]').click()")
    await page.check("[name=everybody]")
    await page.evaluate(PASTE, "<p class=MsoNormal><b>Hồ sơ</b> <script>alert(1)</script>gồm:</p><ul><li>Đơn</li></ul>")
    await expect(page.locator("[name=body]")).to_have_value("**Hồ sơ** gồm:\n\n- Đơn")
    await expect(page.locator("[data-shown=preview] .telegram b", has_text="rất to")).to_be_visible()
    await expect(page.locator("[data-shown=reach]")).to_contain_text("2.003 người")


async def merged(page: Page, second: Page) -> None:
    """Both have the form open; whoever saves last chooses."""
    address = re.sub(r"\?.*", "", page.url)
    for each, text in ((page, "Mưa **rất to** từ 18 giờ."), (second, "Mưa **to** từ 20 giờ.")):
        await each.goto(f"{address}/edit")
        await each.fill("[name=summary]", text)
    await page.fill("[name=title]", "Cảnh báo mưa lũ lớn")
    await page.click("button:has-text('Lưu')")
    await second.click("button:has-text('Lưu')")
    await expect(second.locator(".merged")).to_contain_text("phần chỉ Bình sửa: Tiêu đề")
    await expect(second.locator("[name=title]")).to_have_value("Cảnh báo mưa lũ lớn")
    await second.click("[data-take=summary]")
    await expect(second.locator("[name=summary]")).to_have_value("Mưa **rất to** từ 18 giờ.")
    await second.fill("[name=summary]", "Mưa **rất to** từ 19 giờ.")
    await second.fill("[name=title]", "Cảnh báo mưa lũ")
    await second.click("button:has-text('Lưu bản đã gộp')")
    await expect(second.locator(".done")).to_contain_text("Đã lưu")
    await page.goto(address)


async def put_right(page: Page, second: Page, address: str, database, postman: Postman) -> None:
    await second.goto(address)
    await second.click("summary:has-text('Đính chính')")
    await second.fill("[name=wrong]", "từ 19 giờ")
    await second.fill("[name=right]", "từ 18 giờ")
    await second.click("text=Soạn đính chính")
    await expect(second.locator(".telegram .bubble")).to_contain_text("rất to từ 18 giờ")
    await second.click("button:has-text('Trình duyệt')")
    await expect(second.locator(".done")).to_contain_text("Đã trình để duyệt")
    correction = re.sub(r"\?.*", "", second.url)
    await page.goto(correction)
    await page.click("text=Duyệt bản tin này")
    await page.click("button:has-text('Gửi ngay cho 2.003 người')")
    async with working(database, postman):
        await expect(page.locator("h1 + .state")).to_have_text("đã gửi xong", timeout=20_000)
    await page.goto(correction)
    await expect(page.locator("main")).to_contain_text("2.003 tin cũ đã sửa tại chỗ")
    assert len(postman.edited) == PEOPLE + 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_brief_is_written_signed_watched_and_counted(database, now):
    if CHROMIUM is None:
        pytest.skip("no chromium here, so the console is NOT tested in a browser; apt-get install chromium")
    async with database.transaction() as db:
        await starter.load_starter(db, now)
        writer, signer, third = [await member(db, name, "super_admin", now) for name in ("Bình", "Lan", "Tâm")]
    await crowd.people(database, PEOPLE)
    console = build(Needs(database, await Catalogue.open(database), NEVER, CaseRules()))
    postman = Postman(rate=1500)
    async with serve(Served(routes=[Mount("/console", console)])) as base, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        problems: list[str] = []
        mine, theirs, another = [await browser.new_context(viewport=WIDE, locale="vi-VN") for _ in range(3)]
        for context in (mine, theirs, another):
            context.on("weberror", lambda error: problems.append(str(error.error)))
        page = await entered(mine, base, database, writer)
        await write(page, base)
        await page.goto(f"{base}/console/")  # the tab was closed before saving
        await page.goto(f"{base}/console/briefs/new")
        await page.click("text=Lấy lại nội dung chưa lưu")
        async with database.transaction() as db:
            await console_access.close(db, writer.person_id, datetime.now(UTC))
        await page.click("button:has-text('Lưu')")
        await expect(page.locator("main")).to_contain_text("Phiên làm việc đã hết")
        page = await entered(mine, base, database, writer)
        await page.goto(f"{base}/console/briefs/new")
        await page.click("text=Lấy lại nội dung chưa lưu")
        await expect(page.locator("[name=title]")).to_have_value("Cảnh báo mưa lũ")
        await page.click("button:has-text('Lưu')")
        await expect(page.locator(".done")).to_contain_text("Đã lưu")
        await merged(page, await entered(another, base, database, third))
        await page.click("text=Trình duyệt")
        await expect(page.locator(".done")).to_contain_text("Đã trình để duyệt")
        second = await entered(theirs, base, database, signer)
        await second.goto(re.sub(r"\?.*", "", page.url))
        await second.click("text=Duyệt bản tin này")
        await second.click("button:has-text('Gửi ngay cho 2.003 người')")
        await expect(second.locator(".tile b").first).to_have_text("0")
        async with working(database, postman):
            await expect(second.locator("h1 + .state")).to_have_text("đã gửi xong", timeout=20_000)
        await expect(second.locator("b[data-now=sent]")).to_have_text("2.003")
        await put_right(page, second, re.sub(r"\?.*", "", page.url), database, postman)
        await second.goto(f"{base}/console/statistics")
        await expect(second.locator("tbody tr", has_text="Cảnh báo mưa lũ")).to_contain_text("2.003")
        await second.goto(f"{base}/console/trail?kiem=1")
        await expect(second.locator(".done")).to_contain_text("nguyên vẹn")
        await browser.close()
    assert problems == []
    notices = 3  # whoever may sign is asked, whoever wrote is told: three people in both rounds
    assert len(postman.letters) == 2 * (PEOPLE + 3 + notices)  # the brief and its correction


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_inside_telegram_the_console_opens_by_itself(database):
    if CHROMIUM is None:
        pytest.skip("no chromium here, so the Mini App is NOT tested in a browser; apt-get install chromium")
    now = datetime.now(UTC)
    async with database.transaction() as db:
        who = await member(db, "Bình", "super_admin", now)
    telegram = (TOKEN, who.channel)
    console = build(Needs(database, await Catalogue.open(database), NEVER, CaseRules(), telegram=telegram))
    given = quote(init_data(at=now, user=f'{{"id": {who.address}}}'), safe="")
    async with serve(Served(routes=[Mount("/console", console)])) as base, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        await page.goto(f"{base}/console/door/telegram#tgWebAppData={given}&tgWebAppVersion=9.1")
        await expect(page.locator("header.top")).to_contain_text("Bình")
        stranger = await (await browser.new_context()).new_page()
        await stranger.goto(f"{base}/console/door/telegram")
        await expect(stranger.locator("[data-outside]")).to_be_visible()
        await browser.close()
