"""The phones page in a real browser, against the sandbox, with a bot of a few plain HTTP calls."""

# ruff: noqa: F811  (fixtures are imported by name, and taken by name)

import json
import re

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from sandbox.app import PAGE, Sandbox
from sandbox.embedded import TOKEN
from sandbox.telegram.state import Message
from tests.acceptance.browsing import (  # noqa: F401
    CONTRAST,
    NARROW,
    WIDE,
    Bot,
    Cable,
    base,
    bot,
    browser,
    bubble,
    choices,
    context,
    field,
    opened,
    page,
    phone,
    png,
    sandbox,
)

# One browser for the module, so one event loop and one worker too.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("phones page")]


async def test_the_page_names_every_module_it_will_need():
    """One round trip instead of one a level of imports."""
    named = re.findall(r'(?:modulepreload" href|module" src)="([^"]+)"', (PAGE / "phones.html").read_text("utf-8"))
    assert sorted(named) == sorted(path.name for path in PAGE.glob("*.js"))


async def test_phones_stand_side_by_side_and_a_new_one_comes_without_reload(page: Page, bot: Bot):
    await expect(page.locator(".owner h2")).to_have_text(["Nguyễn Thu Mai", "Trần Văn Tâm"])
    first, second = await phone(page, 1).bounding_box(), await phone(page, 2).bounding_box()
    assert first["x"] + first["width"] <= second["x"] and first["y"] == second["y"]
    name = "<img src=x onerror=alert(1)>"
    await bot.http.post("/sandbox/phones", json={"id": "3", "name": name})
    await expect(page.locator(".owner h2")).to_have_text(["Nguyễn Thu Mai", "Trần Văn Tâm", name])
    await bot.http.post("/sandbox/reset")
    await expect(page.get_by_text("Chưa có điện thoại nào")).to_be_visible()


async def test_an_invitation_link_starts_the_bot_with_its_code(page: Page, bot: Bot):
    await expect(phone(page, 2).get_by_role("button", name="Bắt đầu", exact=True)).to_be_visible()
    await phone(page, 2).get_by_role("button", name="Mở liên kết mời").click()
    assert (await bot.hear())["text"] == "/start moi-Ha_Noi-1"
    await expect(bubble(page, "/start", 2)).to_be_visible()
    await expect(phone(page, 2).locator(".invitation")).to_have_count(0)
    await expect(field(page, 2)).to_be_visible()


async def test_a_pasted_link_or_code_is_understood_and_anything_else_explained(page: Page, bot: Bot):
    one = phone(page, 1)

    async def paste(text: str) -> None:
        await one.locator(".dialog input").fill(text)
        await page.keyboard.press("Enter")

    await one.get_by_role("button", name="Thao tác với cuộc trò chuyện").press("Enter")
    await page.keyboard.press("Enter")  # the menu's first item has the focus
    await paste("https://t.me/bot_khac?start=1")
    await expect(one.locator(".field-problem")).to_contain_text("không mở @loa_sandbox_bot")
    await paste("xin chào")
    await expect(one.locator(".field-problem")).to_contain_text("không phải liên kết hay mã mời")
    await paste("t.me/loa_sandbox_bot?start=ma-2")
    await expect(one.locator(".dialog")).to_have_count(0)
    assert (await bot.hear())["text"] == "/start ma-2"


async def test_text_is_drawn_as_telegram_draws_it_and_never_taken_for_markup(page: Page, bot: Bot):
    await bot.say(
        "<b>Chỉ thị 07</b> <i>hiệu lực</i> <s>cũ</s> <u>mới</u> &lt;script&gt;alert(1)&lt;/script&gt; "
        '<a href="https://chinhphu.vn/">nguồn</a> <code>CT-07</code> <tg-spoiler>mật</tg-spoiler>\n'
        f"<blockquote expandable>{'Căn cứ Nghị định. ' * 30}</blockquote><pre>a\nb</pre>"
    )
    said = bubble(page, "Chỉ thị 07")
    await expect(said.locator("b")).to_have_text("Chỉ thị 07")
    await expect(said.locator(".words")).to_contain_text("<script>alert(1)</script>")
    link = said.get_by_role("link", name="nguồn")
    assert await link.get_attribute("rel") == "noopener noreferrer"
    spoiler = said.locator(".spoiler")
    await spoiler.press("Enter")
    await expect(spoiler).to_have_class("spoiler revealed")
    quote = said.locator("blockquote")
    folded = (await quote.bounding_box())["height"]
    await said.get_by_role("button", name="Mở rộng trích dẫn").click()
    assert (await quote.bounding_box())["height"] > 2 * folded
    thumb = [{"type": "emoji", "emoji": "👍"}]
    await bot.call("setMessageReaction", chat_id=1, message_id=await _id(said), reaction=thumb)
    await expect(said.locator(".reaction")).to_have_text("👍")
    assert (await quote.bounding_box())["height"] > 2 * folded, "drawn anew, it stays unfolded"


async def _id(row: Locator) -> int:
    return int((await row.get_attribute("data-key")).removeprefix("m"))


async def test_a_pressed_button_waits_for_the_answer_and_shows_it(page: Page, bot: Bot):
    number = await bot.say("Bản tin 12", reply_markup=choices(["Đã nhận", "Hỏi"], ["Báo cáo"]))
    rows = bubble(page, "Bản tin 12").locator(".buttons-row")
    await expect(rows).to_have_count(2)
    button = phone(page).get_by_role("button", name="Đã nhận")
    await button.click()
    press = await bot.hear("callback_query")
    assert (press["data"], press["message"]["message_id"], press["from"]["id"]) == ("Đã nhận", number, 1)
    await expect(button).to_have_attribute("aria-busy", "true")
    await bot.call("answerCallbackQuery", callback_query_id=press["id"], text="Đã ghi nhận")
    await expect(phone(page).locator(".toast")).to_have_text("Đã ghi nhận")
    await expect(button).not_to_have_attribute("aria-busy", "true")
    await phone(page).get_by_role("button", name="Hỏi").press("Enter")
    press = await bot.hear("callback_query")
    await bot.call("answerCallbackQuery", callback_query_id=press["id"], text="Hạn đã qua", show_alert=True)
    alert = phone(page).get_by_role("alertdialog")
    await expect(alert).to_contain_text("Hạn đã qua")
    await page.keyboard.press("Escape")
    await expect(alert).to_have_count(0)
    await expect(phone(page).get_by_role("button", name="Hỏi")).to_be_focused()


async def test_edits_deletions_pins_and_replies_show_at_once(page: Page, bot: Bot):
    number = await bot.say("Lịch họp 8 giờ", reply_markup=choices(["Rõ"]))
    await phone(page).get_by_role("button", name="Rõ").focus()
    await bot.call("editMessageText", chat_id=1, message_id=number, text="Lịch họp 9 giờ", reply_markup=choices(["Rõ"]))
    await expect(bubble(page, "Lịch họp 9 giờ")).to_contain_text("đã sửa")
    await expect(bubble(page, "Lịch họp 8 giờ")).to_have_count(0)
    await expect(phone(page).get_by_role("button", name="Rõ")).to_be_focused()
    await bot.call("pinChatMessage", chat_id=1, message_id=number)
    await expect(phone(page).locator(".pinned")).to_contain_text("Lịch họp 9 giờ")
    await bubble(page, "Lịch họp 9 giờ").locator(".bubble").click(button="right")
    await phone(page).get_by_role("menuitem", name="Trả lời").click()
    await page.keyboard.type("Đã rõ")
    await page.keyboard.press("Enter")
    assert (await bot.hear())["reply_to_message"]["message_id"] == number
    await expect(bubble(page, "Đã rõ").locator(".quoted-text")).to_have_text("Lịch họp 9 giờ")
    await bot.call("deleteMessage", chat_id=1, message_id=number)
    await expect(phone(page).locator(".gone")).to_contain_text("Tin nhắn đã thu hồi")
    await expect(phone(page).locator(".pinned")).to_be_hidden()


async def test_files_go_by_button_and_by_dropping_and_come_as_picture_document_album(page: Page, bot: Bot):
    picture = {"name": "anh.png", "mimeType": "image/png", "buffer": png()}
    await phone(page).locator("input[type=file]").set_input_files(picture)
    await field(page).fill("Loa phường")
    await page.keyboard.press("Enter")
    heard = await bot.hear()
    assert heard["photo"][0]["width"] == 40 and heard["caption"] == "Loa phường"
    await page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["ngày,nội dung"], "báo cáo <b>.csv", { type: "text/csv" }));
            const screen = document.querySelector("#phone-1 .screen");
            for (const kind of ["dragenter", "dragover", "drop"])
                screen.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
        }"""
    )
    await expect(phone(page).locator(".attachment")).to_contain_text("báo cáo <b>.csv")
    await phone(page).get_by_role("button", name="Gửi", exact=True).click()
    assert (await bot.hear())["document"]["file_name"] == "báo cáo <b>.csv"
    await expect(phone(page).locator("a.file .file-name")).to_have_text("báo cáo <b>.csv")
    media = [{"type": "photo", "media": f"attach://p{n}", "caption": "Ba ảnh" if n == 0 else ""} for n in range(3)]
    await bot.http.post(
        f"/bot{TOKEN}/sendMediaGroup", data={"chat_id": 1, "media": json.dumps(media)},
        files={f"p{n}": (f"{n}.png", png(40 + n), "image/png") for n in range(3)},
    )
    await expect(bubble(page, "Ba ảnh").locator("img")).to_have_count(3)
    await bubble(page, "Ba ảnh").locator(".picture").first.click()
    await expect(page.locator(".lightbox img")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator(".lightbox")).to_have_count(0)


async def test_blocking_and_unblocking_reaches_the_bot(page: Page, bot: Bot):
    await phone(page).get_by_role("button", name="Thao tác với cuộc trò chuyện").click()
    await phone(page).get_by_role("menuitem", name="Chặn bot").click()
    assert (await bot.hear("my_chat_member"))["new_chat_member"]["status"] == "kicked"
    await expect(field(page)).to_be_hidden()
    await phone(page).get_by_role("button", name="Bỏ chặn").click()
    assert (await bot.hear("my_chat_member"))["new_chat_member"]["status"] == "member"
    await expect(field(page)).to_be_visible()


async def test_the_command_menu_by_keyboard(page: Page, bot: Bot):
    commands = {"bantin": "Danh sách bản tin", "soan": "Soạn bản tin", "toi": "Thông tin về tôi"}
    await bot.call("setMyCommands", commands=[{"command": c, "description": d} for c, d in commands.items()])
    await expect(phone(page).get_by_role("button", name="Các lệnh")).to_be_visible()
    options = phone(page).get_by_role("option")
    await field(page).press_sequentially("/")
    await expect(options).to_have_count(3)
    await field(page).press_sequentially("ban tin")
    names = options.locator(".command-name")
    await expect(names).to_have_text(["/bantin", "/soan"])  # found by description, without diacritics
    await page.keyboard.press("ArrowDown")
    await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Escape")
    await expect(options).to_have_count(0)
    await field(page).fill("/t")
    await page.keyboard.press("Enter")
    assert (await bot.hear())["text"] == "/toi"
    await expect(field(page)).to_have_value("")
    await page.keyboard.press("Alt+2")
    await expect(phone(page, 2).get_by_role("button", name="Bắt đầu", exact=True)).to_be_focused()
    await page.keyboard.press("Alt+1")
    await expect(field(page)).to_be_focused()
    await page.keyboard.type("một")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("hai")
    await page.keyboard.press("Enter")
    assert (await bot.hear())["text"] == "một\nhai"


async def test_the_bots_keyboard_shares_the_contact_after_asking(page: Page, bot: Bot):
    keys = [[{"text": "Chia sẻ số", "request_contact": True}], [{"text": "Để sau"}]]
    await bot.say("Vui lòng xác nhận số", reply_markup={"keyboard": keys})
    await phone(page).get_by_role("button", name="Để sau").click()
    assert (await bot.hear())["text"] == "Để sau"
    await phone(page).get_by_role("button", name="Chia sẻ số", exact=True).click()
    await phone(page).get_by_role("button", name="Chia sẻ số của tôi").click()
    assert (await bot.hear())["contact"] == {"phone_number": "+84900000001", "first_name": "Nguyễn", "user_id": 1}
    await bot.say("Xin cảm ơn", reply_markup={"remove_keyboard": True})
    await expect(phone(page).locator(".keys")).to_be_hidden()


async def test_polls_typing_and_unread(page: Page, bot: Bot):
    await bot.call("sendPoll", chat_id=1, question="Chọn buổi?", options=["Sáng", "Chiều"], is_anonymous=False)
    await expect(phone(page).locator(".owner .badge")).to_have_text("1")
    await expect(page).to_have_title(re.compile(r"^\(1\) Loa"))
    await phone(page).get_by_role("button", name="Chiều").click()
    assert (await bot.hear("poll_answer"))["option_ids"] == [1]
    await expect(bubble(page, "Chọn buổi?").locator(".poll-share")).to_have_text(["0%", "100%"])
    await expect(phone(page).locator(".owner .badge")).to_be_hidden()
    await bot.call("sendChatAction", chat_id=1, action="typing")
    await expect(phone(page).locator(".typing")).to_be_visible()
    await bot.say("Xong")
    await expect(phone(page).locator(".typing")).to_be_hidden()


async def test_operators_switch_faults_and_move_the_clock(page: Page, bot: Bot):
    await page.get_by_role("button", name="Vận hành").click()
    panel = page.locator("#panel")
    await expect(panel.locator(".state").nth(1)).to_contain_text("Không có sự cố nào")
    await panel.get_by_label("Mất câu trả lời").fill("25")
    await page.keyboard.press("Tab")
    await expect(page.locator("#faults-on")).to_have_text("1 sự cố đang bật")
    assert (await bot.http.get("/sandbox/faults")).json()["plost"] == 0.25
    await panel.get_by_role("button", name="Tắt mọi sự cố").click()
    await expect(page.locator("#faults-on")).to_be_hidden()
    assert (await bot.http.get("/sandbox/faults")).json()["plost"] == 0
    await bot.say("Tin hôm trước")
    await expect(bubble(page, "Tin hôm trước")).to_be_visible()
    await panel.get_by_role("button", name="8 ngày sau").click()
    await expect(panel).to_contain_text("Nhanh hơn giờ máy 8 ngày")
    await expect(phone(page).locator(".day")).not_to_have_text("Hôm nay")
    await page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()


async def test_on_a_phone_one_phone_at_a_time(browser: Browser, bot: Bot, base: str):
    context = await browser.new_context(viewport=NARROW, has_touch=True, locale="vi-VN")
    async with opened(context, base) as page:
        await expect(phone(page, 1)).to_be_visible()
        await expect(phone(page, 2)).to_be_hidden()
        await bot.http.post("/sandbox/phones/2/start", json={})
        await bot.say("Tin cho anh Tâm", chat=2)
        tab = page.get_by_role("tab", name="Văn Tâm")
        await expect(tab.locator(".badge")).to_have_text("1")
        await page.get_by_role("tab", name="Thu Mai").press("ArrowRight")
        await expect(bubble(page, "Tin cho anh Tâm", 2)).to_be_visible()
        await expect(phone(page, 1)).to_be_hidden()
        await expect(tab.locator(".badge")).to_be_hidden()
        assert await page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
        await field(page, 2).fill("Dạ rõ")
        await page.keyboard.press("Enter")
        await expect(bubble(page, "Dạ rõ", 2)).to_be_in_viewport()
    await context.close()


async def test_a_lost_connection_is_said_and_heals(context: BrowserContext, bot: Bot, base: str):
    cable = Cable(base)
    async with opened(context, await cable.plug()) as page:
        await cable.pull()
        await expect(page.locator("#link-state")).to_have_text("Mất kết nối, đang thử lại…")
        await field(page).fill("Viết khi mất mạng")
        await page.keyboard.press("Enter")
        await expect(phone(page).locator(".toast")).to_contain_text("Không tới được máy chủ")
        await expect(field(page)).to_have_value("Viết khi mất mạng")
        await bot.say("Đến khi mất mạng")
        await bot.http.post("/sandbox/phones/2/block", json={})
        await cable.plug()
        await expect(page.locator("#link-state")).to_have_text("Đã kết nối")
        await expect(bubble(page, "Đến khi mất mạng")).to_be_visible()
        await expect(phone(page, 2).get_by_role("button", name="Bỏ chặn")).to_be_visible()
        await field(page).press("Enter")
        assert (await bot.hear())["text"] == "Viết khi mất mạng"
    await cable.pull()


async def test_a_thousand_messages_stay_light(context: BrowserContext, sandbox: Sandbox, bot: Bot, base: str):
    world = sandbox.world
    for n in range(999):
        world.add_message(world.phones[1], Message(next(world.numbers), world.now(), False, text=f"Tin số {n:04}"))
    async with opened(context, base) as page:
        await expect(bubble(page, "Tin số 0998")).to_be_in_viewport()
        rows = phone(page).locator("article")
        assert await rows.count() < 200
        log = phone(page).get_by_role("log")
        await log.evaluate("(log) => { log.scrollTop = 0; }")
        await expect(bubble(page, "Tin số 0900")).to_have_count(1)
        before = await rows.count()
        await bot.say("Tin mới nhất")
        await expect(phone(page).locator(".to-end .badge")).to_have_text("1")
        assert await rows.count() == before + 1
        await phone(page).get_by_role("button", name="Xuống tin mới nhất").click()
        await expect(bubble(page, "Tin mới nhất")).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_can_be_read(browser: Browser, bot: Bot, base: str, scheme: str):
    """Contrast of WCAG AA, 4.5, whatever accent a phone has."""
    await bot.http.post("/sandbox/phones", json={"id": "3", "name": "Lê Thị Hoa", "accent": "#fde047"})
    await bot.http.post("/sandbox/phones/3/start", json={})
    for chat in (1, 3):
        number = await bot.say(
            '<a href="https://a.vn/">nguồn</a> <code>mã</code><blockquote>trích</blockquote>', chat=chat,
            reply_markup=choices(["Rõ"]),
        )
        await bot.http.post(f"/sandbox/phones/{chat}/text", json={"text": "Đã rõ /toi", "reply_to": number})
        await bot.call("sendPoll", chat_id=chat, question="Chọn?", options=["A", "B"])
        await bot.call("deleteMessage", chat_id=chat, message_id=await bot.say("thu hồi", chat=chat))
    await bot.http.put("/sandbox/faults", json={"latency": 0.01})
    context = await browser.new_context(viewport=WIDE, locale="vi-VN", color_scheme=scheme, reduced_motion="reduce")
    async with opened(context, base) as page:
        await expect(phone(page, 3).locator(".gone")).to_be_visible()
        await page.get_by_role("button", name="Vận hành").click()
        await expect(page.locator("#faults-on")).to_be_visible()
        await phone(page, 1).get_by_role("button", name="Thao tác với cuộc trò chuyện").click()
        found = await page.evaluate(CONTRAST)
        assert found["seen"] > 60 and found["poor"] == []
        await page.keyboard.press("Escape")
        await phone(page, 2).get_by_role("button", name="Dán liên kết").click()
        await page.keyboard.press("Enter")
        await expect(phone(page, 2).locator(".field-problem")).to_be_visible()
        assert (await page.evaluate(CONTRAST))["poor"] == []
    await context.close()
