"""People's records, invitations, agencies and the trail at the desk: within one's agency, in words, on record."""

import html

from sqlalchemy import select

from console import trail_wording, wording
from db.agencies import Agency
from db.audit import AuditRow
from db.people import Invitation, Person, PersonState
from handlers import joining_page, onboarding
from handlers.reply import Incoming
from network import audit, invitations, people
from tests.briefing import member
from tests.integration.desks import full_desk  # noqa: F401 - a fixture
from tests.integration.test_console import desk  # noqa: F401 - a fixture


async def two_agencies(database) -> tuple[Agency, Agency]:
    async with database.reading() as db:
        rows = select(Agency).where(Agency.parent_id.is_(None)).order_by(Agency.id).limit(2)
        first, second = (await db.scalars(rows)).all()
    return first, second


async def test_a_record_is_changed_suspended_and_let_in_again(database, desk, now):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    ministry, _ = await two_agencies(database)
    async with database.transaction() as db:
        hoa = await member(db, "Hoa", "staff", now)
    at = f"people/{hoa.person_id}"
    assert "Hoa" in await lan.get("people?xep=ten") and at in await lan.get("people")
    await lan.post(f"{at}/change", 409, role="staff", agency="")
    await lan.post(f"{at}/change", role="editor", agency=f"{ministry.name} ({ministry.code})")
    refused = await lan.post(f"{at}/suspend", 409, reason=" ")
    assert "lý do" in refused.text
    await lan.post(f"{at}/suspend", reason="Nghỉ hưu")
    async with database.transaction() as db:
        person = await db.get_one(Person, hoa.person_id)
        assert (person.role, person.agency_id, person.state) == ("editor", ministry.id, PersonState.SUSPENDED)
        speaker = await people.meet(
            db, platform="telegram", channel="telegram", address=hoa.address, name="Hoa", now=now
        )
        code = (await invitations.make(db, now=now, role="super_admin")).code
        assert not speaker.permissions
        for text in ("xin chào", code):  # no invitation brings back whom an administrator put out
            assert (await onboarding.resume(db, speaker, Incoming(text), now)).text == joining_page.SUSPENDED
        assert (await onboarding.start(db, speaker, code, now)).text == joining_page.SUSPENDED
    assert "Cho tham gia lại" in await lan.get(at)
    await lan.post(f"{at}/let-in")
    await lan.post(f"{at}/let-in", 409)
    await lan.post(f"people/{lan.who.person_id}/suspend", 409, reason="Tự mình")
    trail = html.unescape(await lan.get("trail?loai=nguoi"))
    assert "Nghỉ hưu" in trail and "→ Biên tập viên/người soạn bản tin" in trail and ">Hoa</a>" in trail


async def test_a_manager_stays_inside_their_agency_and_below_administrators(database, full_desk, now):  # noqa: F811
    first = await full_desk("Lan", "super_admin")
    ministry, other = await two_agencies(database)
    manager = await full_desk("Quản", "tenant_admin", ministry.id)
    async with database.transaction() as db:
        mine = await member(db, "Trong", "staff", now, agency_id=ministry.id)
        theirs = await member(db, "Ngoài", "staff", now, agency_id=other.id)
        admin = await member(db, "Quản trị", "super_admin", now, agency_id=ministry.id)
    listed = await manager.get("people")
    assert "Trong" in listed and "Ngoài" not in listed
    await manager.get(f"people/{theirs.person_id}", 404)
    await manager.post(f"people/{theirs.person_id}/suspend", 409, reason="Không được")
    await manager.post(f"people/{admin.person_id}/suspend", 409, reason="Không được")
    await manager.post(f"people/{mine.person_id}/change", 409, role="super_admin", agency=ministry.code)
    await manager.post(f"people/{mine.person_id}/change", 409, role="editor", agency=other.code)
    await manager.post(f"people/{mine.person_id}/change", role="editor", agency=ministry.code)
    await manager.post("people/invitations", 409, role="staff", uses="1", days="30", agency=other.code)
    await manager.post("people/invitations", 409, role="staff", uses="0", days="30")
    await manager.post("people/invitations", role="staff", uses="5", days="30", note="Lớp tập huấn")
    async with database.reading() as db:
        made = await db.scalar(select(Invitation).where(Invitation.note == "Lớp tập huấn"))
    assert (made.agency_id, made.max_uses, made.created_by) == (ministry.id, 5, manager.who.person_id)
    assert made.code in await manager.get("people/invitations")
    await first.post("people/invitations", role="staff", uses="1", days="1", agency=other.code)
    async with database.reading() as db:
        foreign = await db.scalar(select(Invitation.id).order_by(Invitation.id.desc()).limit(1))
    await manager.post(f"people/invitations/{foreign}/revoke", 409)
    await manager.post(f"people/invitations/{made.id}/revoke")
    assert made.code not in await manager.get("people/invitations?xem=tat-ca")
    agencies = await manager.get("people/agencies")
    assert ministry.name in html.unescape(agencies) and other.code not in agencies
    async with database.reading() as db:
        seen = await db.scalars(select(AuditRow.detail).where(AuditRow.act == "people.seen"))
        assert not any(theirs.person_id in detail["people"] for detail in seen)


async def test_the_trail_is_read_in_words_and_stays_whole(database, desk, now):  # noqa: F811
    lan = await desk("Lan", "super_admin")
    await lan.get("people")
    page = html.unescape(await lan.get("trail?loai=du-lieu&ai=lan"))
    assert "xem thông tin người" in page and "người đã xem" in page and '{"' not in page
    assert "Không có việc nào khớp" in await lan.get("trail?ai=kh%C3%B4ng+ai")
    assert "Không có việc nào khớp" in await lan.get("trail?tu=2099-01-01")
    assert "đăng nhập" in await lan.get("trail?loai=dang-nhap&den=2099-01-01")
    async with database.transaction() as db:
        await audit.record(
            db, now, "brief.approved", actor=lan.who.person_id, subject="brief:12", detail={"hash": "a" * 64}
        )
    assert "/console/briefs/12" in await lan.get("trail?tim=b%E1%BA%A3n+tin+12")
    assert "Chuỗi nguyên vẹn" in await lan.get("trail?kiem=1")


def test_nothing_is_shown_as_a_code():
    row = AuditRow(
        act="x.y", subject="entry:ct07-01",
        detail={"role": ["staff", "editor"], "unheard": {"role": "staff"}, "people": list(range(9)), "named": False},
    )
    said = dict(trail_wording.details(row, {0: "Hoa"}, {}))
    assert said["vai trò"].endswith("→ Biên tập viên/người soạn bản tin") and said["kèm họ tên"] == "không"
    assert said["người đã xem"].startswith("Hoa, người 1") and "3 người khác" in said["người đã xem"]
    assert said["khác"].startswith("vai trò: ")
    assert trail_wording.about(row, {})[1].startswith("/knowledge?tim=ct07-01")
    assert trail_wording.subject_of("Câu hỏi 7") == "case:7" and trail_wording.subject_of("brief:1") == "brief:1"
    assert {act for _, acts in trail_wording.KINDS.values() for act in acts} <= set(wording.ACTS)
