"""Files that leave the console: what is in them, that nothing in them is calculated, and that it is on record."""

import csv
import io

import openpyxl
from sqlalchemy import select

from db.audit import AuditRow
from db.people import Person
from tests.briefing import member
from tests.integration.test_console import FORM, desk, stamp  # noqa: F401 - a fixture

RISKY = '=HYPERLINK("http://x","y")'


def table(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


async def exported(database) -> list[tuple]:
    async with database.reading() as db:
        rows = await db.scalars(select(AuditRow).where(AuditRow.act.endswith(".exported")).order_by(AuditRow.id))
        return [(row.act, row.actor_id, row.subject, row.detail) for row in rows]


async def test_people_leave_with_the_filters_of_the_page_and_no_formula(database, desk, now):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    async with database.transaction() as db:
        await member(db, RISKY, "staff", now)
        await member(db, "+84", "staff", now)
        await member(db, "Trần \x01 Nguyệt", "staff", now)
    rows = table(await lan.get("people/export.csv?vai-tro=staff"))
    assert rows[0][:2] == ["Mã", "Họ tên"]
    assert [row[1] for row in rows[1:]] == ["Trần  Nguyệt", "'+84", "'" + RISKY] and len(rows) == 4
    book = openpyxl.load_workbook(io.BytesIO((await lan.client.get("people/export.xlsx")).content))
    cells = [row[1] for row in book.active.iter_rows(values_only=True)]
    assert cells == ["Họ tên", "Trần  Nguyệt", "'+84", "'" + RISKY, "Lan"]
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)
    await lan.get("people/export.pdf", 404)
    first, second = await exported(database)
    assert first == ("people.exported", lan.who.person_id, None, {"as": "csv", "rows": 3, "role": "staff"})
    assert second[3] == {"as": "xlsx", "rows": 4}


async def test_a_manager_takes_the_own_people_only(database, desk, now):  # noqa: F811
    manager = await desk("Quản", "tenant_admin")
    async with database.transaction() as db:
        await member(db, "Người Ngoài", "staff", now)
    assert len(table(await manager.get("people/export.csv"))) == 1  # no agency, nobody


async def test_deliveries_and_statistics(database, desk, now):  # noqa: F811
    binh, lan = await desk("Bình", "super_admin"), await desk("Lan", "super_admin")
    viewer = await desk("Xem", "data_protection")
    path = (await binh.post("briefs/new", **FORM)).headers["location"].removeprefix("/console/").partition("?")[0]
    await lan.get(f"{path}/push/export.csv", 404)
    await binh.post(f"{path}/submit", stamp=stamp(await binh.get(path)))
    await lan.post(f"{path}/approve", stamp=stamp(await lan.get(path)))
    await lan.post(f"{path}/send", stamp=stamp(await lan.get(path)))
    rows = table(await lan.get(f"{path}/push/export.csv"))
    assert [row[1:2] + row[4:5] for row in rows[1:]] == [[name, "chờ gửi"] for name in ("Bình", "Lan", "Xem")]
    assert [row[1] for row in table(await viewer.get(f"{path}/push/export.csv"))[1:]] == ["", "", ""]
    counted = table(await lan.get("statistics/export.csv?ky=7"))
    assert counted[1][1] == "Cảnh báo mưa lũ <script>" and counted[1][3] == "3"
    for page in ("people", "statistics", f"{path}/push"):
        assert "export.xlsx" in await lan.get(page)
    async with database.transaction() as db:
        (await db.get_one(Person, lan.who.person_id)).role = "editor"
    await lan.get("people/export.csv", 403)
    assert ("deliveries.exported", "brief:1") in {(act, subject) for act, _, subject, _ in await exported(database)}
