"""The English console on its real pages: chosen by a button, kept, and never in what is saved."""

import re

import pytest

from console.app import PAGES
from tests.integration.desks import full_desk  # noqa: F401
from tests.integration.test_console import FORM, desk, stamp  # noqa: F401


async def english(browser) -> None:
    chosen = await browser.client.post("language", data={"to": "en", "place": "/console/briefs"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/console/briefs")


async def test_chosen_by_a_button_and_kept(desk):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    page = await lan.get("briefs?loc=all")
    assert '<html lang="vi">' in page and 'name="place" value="/console/briefs?loc=all"' in page
    await english(lan)
    page = await lan.get("briefs")
    assert '<html lang="en">' in page and "Write a brief" in page and "Tiếng Việt" in page
    assert "Network administrator" in page
    missing = await lan.client.get("nothing")
    assert missing.status_code == 404 and "There is no such page" in missing.text
    await lan.client.post("language", data={"to": "vi", "place": "/console/"})
    assert '<html lang="vi">' in await lan.get("")


@pytest.mark.parametrize("place", ["https://evil.test/", "//evil.test/console/", "/elsewhere", "", "/console/\r\nX: y"])
async def test_it_leads_nowhere_else(desk, place):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    answer = await lan.client.post("language", data={"to": "en", "place": place})
    assert answer.headers["location"] == "/console/" and "x" not in answer.headers


async def test_what_people_write_is_saved_as_they_wrote_it(desk):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    await english(lan)
    made = await lan.post("briefs/new", **FORM | {"title": "Thống kê", "summary": "Chờ duyệt", "key_messages": "Sửa"})
    number = re.search(r"/briefs/(\d+)", made.headers["location"])[1]
    page = await lan.get(f"briefs/{number}/edit")
    assert 'value="Thống kê"' in page and ">Chờ duyệt</textarea>" in page and ">Sửa</textarea>" in page
    assert "Key messages" in page
    await lan.post(f"briefs/{number}/edit", **FORM | {
        "title": "Thống kê", "summary": "Chờ duyệt", "key_messages": "Sửa", "stamp": stamp(page),
        "opened": re.search(r'name="opened" value="([^"]*)"', page)[1],
    })
    assert "Edition" in await lan.get(f"briefs/{number}")


VIETNAMESE = re.compile(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệịỉĩọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.I)


async def test_no_page_is_half_translated(full_desk):  # noqa: F811
    """Headings, buttons, labels and columns: what a page is made of, in each page one may just open."""
    lan = await full_desk("Lan", "super_admin")
    await english(lan)
    plain = [page.path for page in PAGES if page.method == "GET" and "{" not in page.path and "export" not in page.path]
    assert len(plain) > 15
    for path in plain:
        answer = await lan.client.get(path.lstrip("/"))
        if answer.headers.get("content-type", "").startswith("text/html"):
            texts = re.findall(r"<(?:h1|h2|th|legend|summary|button)\b[^>]*>([^<]+)", answer.text)
            assert [text for text in texts if VIETNAMESE.search(text) and text != "Tiếng Việt"] == [], path
