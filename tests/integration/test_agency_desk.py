"""Agencies changed at the desk, and invitations shown with their picture."""

import asyncio
import html

import pytest
from sqlalchemy import func, select

from db.agencies import Agency, Level
from db.audit import AuditRow
from db.people import Identity, Invitation, Person
from network import agencies, invitations
from network.agencies import NewAgency, RefusedChange
from tests.briefing import member
from tests.integration.test_console import desk  # noqa: F401 - a fixture


async def acts(database) -> list[str]:
    async with database.reading() as db:
        about = select(AuditRow.act).where(AuditRow.subject.startswith("agency:")).order_by(AuditRow.id)
        return list(await db.scalars(about))


async def named(database, code: str) -> Agency:
    async with database.reading() as db:
        return await db.scalar(select(Agency).where(Agency.code == code))


async def test_an_agency_is_added_renamed_placed_and_given_a_lead(database, desk, now):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    form = {"name": "Sở  Tư pháp mới", "short": "STP", "code": "STP-MOI", "level": "province", "province": "01"}
    await lan.post("people/agencies", 409, **form | {"code": "hai chữ"})
    await lan.post("people/agencies", 409, **form | {"name": "=1+1 sở"})
    kept = await lan.post("people/agencies", 409, **form | {"parent": "không có cơ quan nào thế này"})
    assert 'value="STP-MOI"' in kept.text and "Không rõ cơ quan" in kept.text
    await lan.post("people/agencies", **form)
    await lan.post("people/agencies", 409, **form)
    above = await named(database, "STP-MOI")
    await lan.post("people/agencies", **form | {"code": "PHONG-1", "name": "Phòng Phổ biến", "province": ""} | {
        "parent": "Sở Tư pháp mới (STP-MOI)"})
    unit = await named(database, "PHONG-1")
    assert (above.name, unit.parent_id, unit.province_code, unit.path) == (
        "Sở Tư pháp mới", above.id, "01", f"/{above.id}/{unit.id}/")
    async with database.transaction() as db:
        head = await member(db, "Hà", "leader", now, agency_id=above.id)
    at = f"people/agencies/{unit.id}"
    page = html.unescape(await lan.get(at))
    assert "Hà</a> <small>theo vai trò" in page and "Sở Tư pháp mới (STP-MOI)" in page
    change = {"name": "Phòng Pháp chế", "short": "", "parent": "STP-MOI", "lead": str(head.person_id)}
    await lan.post(f"{at}/change", **change)
    await lan.post(f"{at}/change", **change)  # nothing differs, nothing is recorded
    await lan.post(f"{at}/change", 409, **change | {"lead": "999999"})
    await lan.post(f"{at}/change", **change | {"parent": ""})
    await lan.post(f"people/agencies/{above.id}/change", **change | {"name": "Sở Tư pháp", "parent": "PHONG-1"})
    refused = await lan.post(f"{at}/change", 409, **change)
    assert "chính nó" in refused.text
    assert await acts(database) == [
        "agency.added", "agency.added", "agency.renamed", "agency.lead", "agency.moved", "agency.renamed",
        "agency.moved", "agency.lead"]
    async with database.reading() as db:
        assert [one.code for one in await agencies.find(db, "phong pho bien")] == ["PHONG-1"]  # by its former name
    assert "đổi tên cơ quan" in html.unescape(await lan.get(f"trail?tim=agency%3A{unit.id}"))


async def test_an_agency_is_merged_or_closed_and_opened_again(database, desk, now):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    async with database.transaction() as db:
        old = await agencies.add(db, NewAgency("CU", "Ban Tuyên truyền cũ", Level.PROVINCE))
        heir = await agencies.add(db, NewAgency("MOI", "Ban Truyền thông mới", Level.PROVINCE))
        unit = await agencies.add(db, NewAgency("TO", "Tổ Truyền thông", Level.COMMUNE), old)
        hoa = await member(db, "Hoa", "staff", now, agency_id=old.id)
    assert "trực thuộc" in (await lan.post(f"people/agencies/{old.id}/close", 409)).text
    await lan.post(f"people/agencies/{old.id}/merge", 409, into="")
    await lan.post(f"people/agencies/{old.id}/merge", 409, into="TO")
    await lan.post(f"people/agencies/{old.id}/merge", into="MOI")
    async with database.reading() as db:
        assert (await db.get_one(Person, hoa.person_id)).agency_id == heir.id
        assert (await db.get_one(Agency, unit.id)).path == f"/{heir.id}/{unit.id}/"
        assert [one.code for one in await agencies.find(db, "ban tuyen truyen cu")] == ["MOI"]
    await lan.post(f"people/agencies/{old.id}/reopen", 409)
    assert "Đã gộp vào" in await lan.get(f"people/agencies/{old.id}")
    await lan.post(f"people/agencies/{heir.id}/close", 409)  # has people and a unit
    await lan.post(f"people/agencies/{unit.id}/close")
    assert "đã đóng" in await lan.get("people/agencies?tim=TO")
    async with database.reading() as db:
        count = await db.scalar(select(func.count(Agency.id)))
    assert count > 50 and f"{count} cơ quan" in await lan.get("people/agencies")
    await lan.post(f"people/agencies/{unit.id}/close", 409)
    await lan.post(f"people/agencies/{unit.id}/reopen")
    assert (await named(database, "TO")).closed_at is None
    assert await acts(database) == ["agency.merged", "agency.closed", "agency.reopened"]


async def test_two_moves_at_once_never_put_two_agencies_below_each_other(database, now):
    async with database.transaction() as db:
        one = await agencies.add(db, NewAgency("A", "Cơ quan A", Level.CENTRAL))
        two = await agencies.add(db, NewAgency("B", "Cơ quan B", Level.CENTRAL))

    async def under(low: int, high: int) -> bool:
        async with database.transaction() as db:
            low_one, high_one = await db.get_one(Agency, low), await db.get_one(Agency, high)
            await asyncio.sleep(0.05)
            try:
                await agencies.move(db, low_one, high_one, now)
            except RefusedChange:
                return False
        return True

    assert sorted(await asyncio.gather(under(one.id, two.id), under(two.id, one.id))) == [False, True]
    async with database.reading() as db:
        rows = (await db.scalars(select(Agency).where(Agency.id.in_([one.id, two.id])))).all()
    assert sorted(len(row.path.strip("/").split("/")) for row in rows) == [1, 2]


async def test_who_manages_people_sees_agencies_but_does_not_change_them(database, desk):  # noqa: F811
    async with database.reading() as db:
        first = await db.scalar(select(Agency).where(Agency.parent_id.is_(None)).order_by(Agency.id).limit(1))
    manager = await desk("Quản", "tenant_admin", agency_id=first.id)
    listed = await manager.get("people/agencies")
    assert first.code in listed and "Thêm cơ quan" not in listed and f"agencies/{first.id}" not in listed
    await manager.get(f"people/agencies/{first.id}", 403)
    await manager.post(f"people/agencies/{first.id}/change", 403, name="Tên khác")


@pytest.mark.parametrize(("ways", "opens"), [
    ({"bot_name": "loa_bot", "zalo_oa": "12", "zalo_bot": ""}, "https://t.me/loa_bot?start={code}"),
    ({"bot_name": "", "zalo_oa": "12", "zalo_bot": "Loa"}, "https://zalo.me/12"), ({}, ""),
])
async def test_an_invitation_has_a_picture_of_its_link(database, desk, ways, opens):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    desk.ways_in.update(ways)
    form = {"role": "staff", "uses": "5", "days": "30", "note": "<b>Lớp</b>"}
    made = await lan.post("people/invitations", **form)
    async with database.reading() as db:
        one = await db.scalar(select(Invitation).where(Invitation.note == "<b>Lớp</b>"))
    assert made.headers["location"].startswith(f"/console/people/invitations/{one.id}?")
    page = await lan.get(f"people/invitations/{one.id}")
    link = opens.format(code=one.code)
    assert one.code in page and "&lt;b&gt;Lớp" in page
    assert (f"Mã QR: {link}" in page and invitations.address(one.code, **ways) == link) if link else "<svg" not in page
    await lan.post(f"people/invitations/{one.id}/revoke")
    assert one.code not in await lan.get(f"people/invitations/{one.id}")


async def test_the_lead_offered_can_be_reached(database, desk, now):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    async with database.transaction() as db:
        agency = await agencies.add(db, NewAgency("X", "Cơ quan X", Level.CENTRAL))
        await member(db, "Tới được", "staff", now, agency_id=agency.id)
        gone = await member(db, "Đã chặn", "leader", now, agency_id=agency.id)
        (await db.scalar(select(Identity).where(Identity.person_id == gone.person_id))).unreachable = "blocked"
    page = html.unescape(await lan.get(f"people/agencies/{agency.id}"))
    assert "Tới được –" in page and "Đã chặn –" not in page
