"""axe-core looks at every page of the console and at the phones page: wide and narrow, light and dark."""

from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, async_playwright
from starlette.applications import Starlette
from starlette.routing import Match, Mount

from console.app import PAGES, build
from console.visit import Needs
from db.knowledge import Case, CaseState, Question, Work, WorkKind
from knowledge import content, entry
from knowledge.catalogue import Catalogue
from network import invitations, starter
from network.case_times import CaseRules
from network.quiet import NEVER
from sandbox.app import Sandbox
from sandbox.embedded import BOTS, serve
from tests.acceptance.browsing import CHROMIUM, FLAGS, NARROW
from tests.acceptance.test_console_page import Served, entered
from tests.briefing import member
from tests.integration.test_console import FORM, Desk, stamp

DESK = {"width": 1280, "height": 900}
LOOKS = ("color-contrast", "scrollable-region-focusable", "target-size")  # what another width or colour can change
WAYS = {"bot_name": "loa_bot"}
FILES = ("/export.", "/events", "/account/office")  # no pages


async def complaints(page: Page, name: str) -> list[str]:
    """What axe finds, one line each."""
    await page.evaluate(Axe().axe_script)
    found = []
    for size, colour in ((DESK, "light"), (DESK, "dark"), (NARROW, "light"), (NARROW, "dark")):
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme=colour, reduced_motion="reduce")
        options = {"resultTypes": ["violations"]}
        if (size, colour) != (DESK, "light"):
            options["runOnly"] = list(LOOKS)
        problems = await faults_of(page, options)
        if problems:  # a page that was still changing colour when it was looked at has none the second time
            await page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished.catch(() => {})))")
            await page.wait_for_timeout(500)
            problems = await faults_of(page, options)
        for problem in problems:
            places = [node["html"][:120] for node in problem["nodes"][:3]]
            found.append(f"{name} {size['width']} {colour}: {problem['id']} {places}")
    return found


async def faults_of(page: Page, options: dict[str, Any]) -> list[dict[str, Any]]:
    """The serious and the critical ones, once the page has been drawn in its new size and colours."""
    await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    found = await page.evaluate("(options) => axe.run(options).then((found) => found.violations)", options)
    return [problem for problem in found if problem["impact"] in {"serious", "critical"}]


async def worked_at(database, console: Starlette, now: datetime):
    """An administrator. A brief is being sent, another is a draft, a question waits for its answer."""
    async with database.transaction() as db:
        await starter.load_starter(db, now)
        for file in content.entries()[:5]:
            await entry.put(db, file, now)
        writer, signer = [await member(db, name, "super_admin", now) for name in ("Bình", "Lan")]
        case = Case(state=CaseState.OPEN, text="Phí thẩm định là bao nhiêu?", same="phi", created_at=now)
        db.add(case)
        await db.flush()
        db.add(Question(
            person_id=signer.person_id, identity_id=signer.identity_id, text=case.text, decision="none",
            case_id=case.id, at=now,
        ))
        await invitations.make(db, now=now, role="staff", created_by=writer.person_id)
        db.add(Work(kind=WorkKind.MISSING, text=case.text, examples=[case.text], first_at=now, last_at=now))
    mine, theirs = [await Desk(console, database, who, lambda: now).enter() for who in (writer, signer)]
    await mine.post("briefs/new", **FORM)
    path = (await mine.post("briefs/new", **FORM)).headers["location"].removeprefix("/console/").partition("?")[0]
    await mine.post(f"{path}/submit", stamp=stamp(await mine.get(path)))
    await theirs.post(f"{path}/approve", stamp=stamp(await theirs.get(path)))
    await theirs.post(f"{path}/send", stamp=stamp(await theirs.get(path)))
    for desk in (mine, theirs):
        await desk.client.aclose()
        await desk.stranger.aclose()
    return writer


def route_of(console: Starlette, path: str) -> str:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": ""}
    return next((r.path for r in console.routes if r.matches(scope)[0] is Match.FULL), "")


async def walked(page: Page, console: Starlette, root: str) -> tuple[set[str], list[str]]:
    """One page of each route that links lead to, from the first one on."""
    seen: set[str] = set()
    found: list[str] = []
    waiting = ["/"]
    while waiting:
        path = waiting.pop(0)
        route = route_of(console, path)
        if not route or route in seen or any(end in route for end in FILES):
            continue
        seen.add(route)
        await page.goto(root + path, wait_until="domcontentloaded")
        links = await page.evaluate("[...document.querySelectorAll('main a, nav a, .me a')].map((a) => a.href)")
        waiting += [link.removeprefix(root).partition("?")[0] for link in links if link.startswith(root)]
        found += await complaints(page, route)
    return seen, found


async def phones_page(context: BrowserContext) -> list[str]:
    async with serve(Sandbox(BOTS)) as base:
        page = await context.new_page()
        await page.request.post(f"{base}/sandbox/phones", data={"id": "1", "name": "Nguyễn Thu Mai"})
        await page.goto(base)
        await page.wait_for_selector("#phone-1")
        return await complaints(page, "phones")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_page_has_a_serious_fault(database):
    if CHROMIUM is None:
        pytest.skip("no chromium here, so accessibility is NOT tested; Debian and Ubuntu: apt-get install chromium")
    now = datetime.now(UTC)  # sessions in the browser are of the real clock
    console = build(Needs(database, await Catalogue.open(database), NEVER, CaseRules(), ways_in=WAYS))
    who = await worked_at(database, console, now)
    async with serve(Served(routes=[Mount("/console", console)])) as base, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(viewport=DESK, locale="vi-VN")
        page = await context.new_page()
        await page.goto(f"{base}/console/door")
        found = await complaints(page, "/door")
        seen, faults = await walked(await entered(context, base, database, who), console, f"{base}/console")
        found += faults + await phones_page(context)
        await browser.close()
    assert found == []
    pages = {page.path for page in PAGES if page.method == "GET" and not any(end in page.path for end in FILES)}
    assert pages - seen == set()
