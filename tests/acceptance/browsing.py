"""A browser before the phones page, and a bot of a few plain HTTP calls behind it."""

import asyncio
import shutil
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from sandbox.app import Sandbox
from sandbox.embedded import BOTS, TOKEN, serve

WIDE, NARROW = {"width": 1600, "height": 1000}, {"width": 390, "height": 844}
INVITATION = "https://t.me/loa_sandbox_bot?start=moi-Ha_Noi-1"
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip

PATIENCE = 20_000  # milliseconds; the machines that run this are busy
expect.set_options(timeout=PATIENCE)


def png(width: int = 40, height: int = 30) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x20\x80\x70" * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@dataclass
class Bot:
    http: httpx.AsyncClient
    offset: int = 0

    async def call(self, method: str, **params: Any) -> Any:
        answer = (await self.http.post(f"/bot{TOKEN}/{method}", json=params)).json()
        assert answer["ok"], answer
        return answer["result"]

    async def say(self, text: str, chat: int = 1, **params: Any) -> int:
        return (await self.call("sendMessage", chat_id=chat, text=text, parse_mode="HTML", **params))["message_id"]

    async def hear(self, kind: str = "message") -> Any:
        """The next update of this kind; others before it are dropped."""
        while True:
            for update in await self.call("getUpdates", offset=self.offset, timeout=5, limit=1):
                self.offset = update["update_id"] + 1
                if kind in update:
                    return update[kind]


def choices(*rows: list[str]) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": text, "callback_data": text} for text in row] for row in rows]}


@asynccontextmanager
async def opened(context: BrowserContext, address: str) -> AsyncIterator[Page]:
    """The page, connected. Whatever happens on it, the browser may not complain."""
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    await page.goto(address)
    await expect(page.locator("#link-state")).to_have_attribute("data-state", "on")
    try:
        yield page
    finally:
        await page.close()
    found = [problem for problem in problems if "net::ERR_" not in problem]
    assert not found, found


class Cable:
    """A connection to the sandbox that a test can pull out and plug in again."""

    def __init__(self, base: str) -> None:
        self.target = int(base.rpartition(":")[2])
        self.writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def plug(self) -> str:
        self.server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{self.port}"

    async def pull(self) -> None:
        self.server.close()
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        self.writers |= {writer, back}
        await asyncio.gather(self._pipe(reader, back), self._pipe(there, writer))

    async def _pipe(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(1 << 16):
                sink.write(data)
        sink.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium here, so the phones page is NOT tested; Debian and Ubuntu: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox(BOTS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def base(sandbox: Sandbox) -> AsyncIterator[str]:
    async with serve(sandbox) as base:
        yield base


@pytest_asyncio.fixture(loop_scope="module")
async def bot(base: str) -> AsyncIterator[Bot]:
    """An emptied sandbox with two phones: 1 has begun, 2 has an invitation."""
    async with httpx.AsyncClient(base_url=base, timeout=20) as http:
        await http.post("/sandbox/reset")
        links = [{"label": "Mở liên kết mời", "url": INVITATION}]
        mai = {"id": "1", "name": "Nguyễn Thu Mai", "phone_number": "+84900000001", "accent": "#0f766e"}
        for person in (mai, {"id": "2", "name": "Trần Văn Tâm", "subtitle": "Cà Mau", "links": links}):
            (await http.post("/sandbox/phones", json=person)).raise_for_status()
        await http.post("/sandbox/phones/1/start", json={})
        bot = Bot(http)
        await bot.hear()
        yield bot


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport=WIDE, locale="vi-VN")
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(context: BrowserContext, bot: Bot, base: str) -> AsyncIterator[Page]:
    async with opened(context, base) as page:
        yield page


def phone(page: Page, number: int = 1) -> Locator:
    return page.locator(f"#phone-{number}")


def field(page: Page, number: int = 1) -> Locator:
    return phone(page, number).locator("textarea")


def bubble(page: Page, text: str, number: int = 1) -> Locator:
    return phone(page, number).locator("article", has_text=text)


# → {seen: how many texts, poor: those below AA}. The colour behind a text is composed from all that lies under it.
CONTRAST = """() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a)];
    const light = (colour) => {
        const [r, g, b] = colour.map((c) => ((c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4));
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const behind = (element) => {
        const layers = [];
        for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
        return layers.reduceRight((under, layer) => over(layer, under), [255, 255, 255]);
    };
    const poor = [];
    let seen = 0;
    for (const element of document.querySelectorAll("body *")) {
        const text = [...element.childNodes].map((node) => (node.nodeType === 3 ? node.data : "")).join("").trim();
        if (!text || !element.checkVisibility() || element.closest(".spoiler, :disabled, .visually-hidden")) continue;
        seen += 1;
        const ground = behind(element);
        const ink = over(rgba(getComputedStyle(element).color), ground);
        const [less, more] = [light(ink), light(ground)].sort((x, y) => x - y);
        const ratio = (more + .05) / (less + .05);
        if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${element.className} ${text.slice(0, 30)}`);
    }
    return { seen, poor };
}"""
