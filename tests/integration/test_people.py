"""Invitations, audiences, rosters and forgetting, on both databases."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from db.people import Identity, Invitation, Person, PersonState, PersonTopic
from db.tables import metadata
from network import audiences, invitations, people, roster_files, starter
from network.audiences import Audience
from network.invitations import Invalid
from network.refusals import Refusal
from network.roles import Permission
from tests.briefing import member


async def test_two_people_at_once_cannot_share_the_last_use(database, now):
    async with database.transaction() as db:
        code = (await invitations.make(db, now=now, role="staff", max_uses=1)).code

    async def redeem():
        async with database.transaction() as db:
            return await invitations.redeem(db, code, now)

    got = await asyncio.gather(*(redeem() for _ in range(5)))
    assert sum(isinstance(g, Invitation) for g in got) == 1
    assert [g for g in got if not isinstance(g, Invitation)] == [Invalid.USED_UP] * 4


async def test_each_reason_of_an_invalid_code(db, now):
    expired = await invitations.make(db, now=now, valid_for=timedelta(days=1))
    revoked = await invitations.make(db, now=now)
    assert await invitations.revoke(db, revoked.code, now)
    assert not await invitations.revoke(db, revoked.code, now)
    later = now + timedelta(days=2)
    assert await invitations.redeem(db, "nothing", later) is Invalid.UNKNOWN
    assert await invitations.redeem(db, expired.code, later) is Invalid.EXPIRED
    assert await invitations.redeem(db, revoked.code, later) is Invalid.REVOKED
    assert len({i.value for i in Invalid}) == 4


async def test_a_code_is_known_however_a_keyboard_writes_it(db, now):
    made = await invitations.make(db, now=now, role="staff", max_uses=2)
    for typed in (made.code.capitalize(), made.code.upper()):
        assert (await invitations.redeem(db, typed, now)).id == made.id
    older = await invitations.make(db, now=now, role="staff")
    older.code = "HEPupts9nSFd"
    await db.flush()
    assert (await invitations.redeem(db, "HEPupts9nSFd", now)).id == older.id
    assert await invitations.redeem(db, "hepupts9nsfd", now) is Invalid.UNKNOWN


def test_a_link_fits_telegram_and_becomes_a_picture():
    link = invitations.link("loa_bot", invitations.new_code())
    assert len(link.rpartition("=")[2]) <= 64
    assert invitations.qr_png(link).startswith(b"\x89PNG")


@pytest.fixture
async def crowd(db, now):
    """Two agencies, one below the other, and four people."""
    from db.agencies import Level
    from network.agencies import NewAgency, add

    await starter.load_starter(db, now)
    above = await add(db, NewAgency("SO-A", "Sở A", Level.PROVINCE))
    below = await add(db, NewAgency("P-A1", "Phòng A1", Level.COMMUNE), above)
    rows = {}
    for name, role, agency, province, topic in (
        ("An", "communicator_province", above, "01", None), ("Ba", "communicator_commune", below, "01", "thue"),
        ("Cu", "communicator_commune", below, "96", "y_te"), ("Du", "journalist", None, "96", None),
    ):
        who = await member(db, name, role, now, agency_id=agency.id if agency else None)
        person = await db.get_one(Person, who.person_id)
        person.province_code = province
        if topic:
            db.add(PersonTopic(person_id=person.id, topic=topic))
        rows[name] = who
    await db.flush()
    return rows


async def names(db, audience: Audience, **options) -> set[str]:
    ids = await db.scalars(audiences.recipients(audience, **options).with_only_columns(Person.full_name))
    return set(ids)


async def test_facets_narrow_and_their_values_widen(db, crowd):
    assert await names(db, Audience()) == set()
    assert await names(db, Audience(everybody=True)) == {"An", "Ba", "Cu", "Du"}
    assert await names(db, Audience(agencies=("SO-A",))) == {"An", "Ba", "Cu"}
    assert await names(db, Audience(agencies=("SO-A",), descendants=False)) == {"An"}
    assert await names(db, Audience(agencies=("SO-A",), provinces=("96",))) == {"Cu"}
    assert await names(db, Audience(provinces=("01", "96"), roles=("communicator_commune",))) == {"Ba", "Cu"}
    assert await names(db, Audience(topics=("thue",))) == {"An", "Ba", "Du"}
    assert await names(db, Audience(levels=("commune",))) == {"Ba", "Cu"}
    assert await names(db, Audience(everybody=True, without_agencies=("P-A1",))) == {"An", "Du"}
    assert await audiences.count(db, Audience(roles=("journalist",))) == 1
    assert await audiences.sample(db, Audience(agencies=("P-A1",))) == ["Ba (Phòng A1)", "Cu (Phòng A1)"]
    assert "Sở A và đơn vị trực thuộc" in await audiences.describe(db, Audience(agencies=("SO-A",)))


async def test_the_unreachable_and_the_paused_are_left_out(db, crowd, now):
    await people.set_unreachable(db, crowd["An"].identity_id, "blocked", now)
    await people.pause(db, crowd["Ba"].person_id, 7, now)
    everybody = Audience(everybody=True)
    assert await names(db, everybody) == {"Cu", "Du"}
    assert await names(db, everybody, flash=True) == {"Ba", "Cu", "Du"}
    assert await people.wake_paused(db, now + timedelta(days=8)) == 1
    assert await names(db, everybody) == {"Ba", "Cu", "Du"}


async def test_two_identities_of_one_person_get_one_brief(db, crowd, now):
    person = crowd["An"].person_id
    db.add(Identity(person_id=person, platform="zalo_oa", channel="oa", address="z1", preferred=False, created_at=now))
    await db.flush()
    assert await audiences.count(db, Audience(everybody=True)) == 4
    await people.set_unreachable(db, crowd["An"].identity_id, "blocked", now)
    channels = await db.scalars(
        audiences.recipients(Audience(agencies=("SO-A",), descendants=False)).with_only_columns(Identity.channel)
    )
    assert list(channels) == ["oa"]


def test_an_audience_survives_as_json_and_a_misspelt_facet_is_refused():
    audience = Audience(provinces=("96", "01"), descendants=False, agencies=("A",))
    assert Audience.from_json(audience.to_json()).to_json() == audience.to_json()
    with pytest.raises(Refusal, match="provincse"):
        Audience.from_json({"provincse": ["01"]})


async def test_erasing_leaves_no_trace_of_the_person(db, crowd, now):
    who = crowd["Cu"]
    person = await db.get_one(Person, who.person_id)
    person.full_name, person.phone, person.agency_typed = "Nguyễn Thị Bí Mật", "+84911222333", "Tổ Bí Mật"
    await db.flush()
    await people.erase(db, who.person_id, now)
    await db.flush()
    for table in metadata.sorted_tables:
        for row in await db.execute(select(table)):
            shown = " ".join(str(value) for value in row)
            assert "Bí Mật" not in shown and "911222333" not in shown, table.name
            assert who.address not in [str(value) for value in row], table.name
    state = await db.scalar(select(Person.state).where(Person.id == who.person_id))
    assert state == PersonState.ERASED


async def test_meeting_makes_nobody_and_makes_reachable_again(db, crowd, now):
    stranger = await people.meet(db, platform="telegram", channel="telegram", address="1", name="Ai", now=now)
    assert stranger.person_id is None and stranger.permissions == frozenset()
    known = crowd["An"]
    await people.set_unreachable(db, known.identity_id, "blocked", now)
    met = await people.meet(db, platform="telegram", channel="telegram", address=known.address, name="An", now=now)
    assert met.person_id == known.person_id and Permission.RECEIVE in met.permissions
    assert await db.scalar(select(Identity.unreachable).where(Identity.id == known.identity_id)) is None


HEAD = "Họ tên;Vai trò;Mã cơ quan;Tỉnh\n"


async def test_a_roster_with_bad_rows_is_not_half_imported(db, crowd, now, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(HEAD + "Lê An;staff;SO-A;ha noi\n;staff;;\nLê Ba;no_role;NONE;atlantis\n", encoding="utf-8-sig")
    checked = await roster_files.check(db, "people", roster_files.read(path))
    assert [b.number for b in checked.bad] == [3, 4]
    assert all(part in checked.bad[1].reason for part in ("no_role", "NONE", "atlantis"))
    with pytest.raises(Refusal, match="2 dòng lỗi"):
        await roster_files.apply(db, checked, now)
    assert await db.scalar(select(Person.id).where(Person.full_name == "Lê An")) is None


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
async def test_a_roster_comes_in_with_invitations_and_goes_out_again(db, crowd, now, tmp_path, ending):
    path = tmp_path / f"in{ending}"
    roster_files.write(path, [("Họ tên", "Vai trò", "Tỉnh"), ("Lê An", "staff", "Cà Mau")])
    checked = await roster_files.check(db, "people", roster_files.read(path))
    assert checked.bad == () and await roster_files.apply(db, checked, now) == 1
    invited = await db.scalar(select(Invitation).join(Person, Person.id == Invitation.person_id))
    assert invited.role == "staff" and invited.province_code == "96"
    assert any(row[1] == "Lê An" and row[-1] == invited.code for row in await roster_files.people_table(db))


async def test_agencies_and_communes_come_in_too(db, crowd, now, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Mã,Tên,Cấp,Mã cấp trên\nQ1,Phường Một,xã,SO-A\nQ2,Tổ Hai,xã,Q1\nQ1,Trùng,xã,\n", encoding="utf-8")
    checked = await roster_files.check(db, "agencies", roster_files.read(path))
    assert [b.number for b in checked.bad] == [4]
    path.write_text("Mã,Tên,Mã tỉnh\n00001,Phường Ba Đình,01\n", encoding="utf-8")
    communes = await roster_files.check(db, "communes", roster_files.read(path))
    assert await roster_files.apply(db, communes, now) == 1


def test_files_that_are_no_rosters_are_refused_in_a_sentence(tmp_path):
    for name, data, words in (
        ("a.csv", "Họ tên\nLê".encode("utf-16"), "UTF-8"),
        ("b.xlsx", b"PK not really", "XLSX"),
        ("c.csv", b"", "không có dòng"),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(Refusal, match=words):
            roster_files.read(path)


def test_no_cell_becomes_a_formula():
    assert roster_files.harmless("=1+1") == "'=1+1" and roster_files.harmless("Lê") == "Lê"


async def test_an_interaction_told_of_late_opens_no_window_anew(db, now):
    who = await member(db, "Lan", "staff", now, platform="zalo_oa")
    identity = await db.get_one(Identity, who.identity_id)
    heard = {"platform": "zalo_oa", "channel": identity.channel, "address": who.address, "name": "Lan", "now": now}
    for told, known in ((-3, -3), (-5, -3), (-1, -1), (2, 0)):  # hours; the platform's clock may be ahead of ours
        await people.meet(db, **heard, at=now + timedelta(hours=told))
        await db.refresh(identity)
        assert identity.last_interaction_at == now + timedelta(hours=known)
    await people.meet(db, **heard)
    await db.refresh(identity)
    assert identity.last_interaction_at == now
