"""How soon the console's pages are on the screen, and how much comes over the line: `loa bench paint`.

A browser of its own on loopback, nothing in its cache, at the size of a country (benchmarks/console.py).
"""

import statistics
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount

from benchmarks.console import Size, country
from sandbox.embedded import serve

PAGES = ("", "briefs", "briefs/200", "briefs/200/push", "briefs/new", "inbox", "knowledge", "statistics?ky=365",
         "people", "trail")
PAINTED = "performance.getEntriesByName('first-contentful-paint').map((entry) => entry.startTime)[0]"
CARRIED = """[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .reduce((sum, entry) => sum + entry.transferSize, 0)"""
FLAGS = ["--no-sandbox", "--disable-gpu"]


@dataclass(frozen=True, slots=True)
class Painted:
    """`first_ms`: before anything was counted. `kb`: the page with all it loads."""

    page: str
    first_ms: float
    p50_ms: float
    worst_ms: float
    kb: float


async def run(chromium: str, size: Size, folder: Path | None = None) -> list[Painted]:
    from playwright.async_api import async_playwright

    async with country(size, folder) as (console, code), _served(console) as base, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = await browser.new_context(viewport={"width": 1280, "height": 900}, locale="vi-VN")
        page = await context.new_page()
        await page.goto(f"{base}/console/door?ma={code}")
        await page.click("main button")
        return [await _painted(context, f"{base}/console/", path, size.looks) for path in PAGES]


def _served(console: Starlette) -> AbstractAsyncContextManager[str]:
    """As tests serve it; there is no sandbox to keep."""
    served = Starlette(routes=[Mount("/console", console)])
    served.kept = nullcontext  # type: ignore[attr-defined]
    return serve(served)  # type: ignore[arg-type]


async def _painted(context: Any, root: str, path: str, looks: int) -> Painted:
    """Each look in a tab of its own, and nothing kept from the look before."""
    took, kb = [], 0.0
    for _ in range(looks):
        page = await context.new_page()
        line = await context.new_cdp_session(page)
        await line.send("Network.enable")
        await line.send("Network.setCacheDisabled", {"cacheDisabled": True})
        await page.goto(root + path, wait_until="load")
        await page.wait_for_function(f"{PAINTED} !== undefined")
        took.append(await page.evaluate(PAINTED))
        kb = await page.evaluate(CARRIED) / 1024
        await page.close()
    return Painted(f"/{path}", round(took[0]), round(statistics.median(took)), round(max(took)), round(kb, 1))
