"""Rosters twice, with doubles, with strange columns and strange names."""

import json

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from bot.commands import people as command
from db.people import Invitation, Person, PersonState
from network import roster_files, starter
from network.agencies import NewAgency, add
from network.refusals import Refusal
from network.roster_rows import Fate
from tests.briefing import member

HEAD = "Họ tên,Vai trò,Cơ quan,Tỉnh,Điện thoại,Ghi chú\n"


@pytest.fixture
async def office(db, now):
    from db.agencies import Level

    await starter.load_starter(db, now)
    return await add(db, NewAgency("SO-A", "Sở A tỉnh", Level.PROVINCE, "Sở A"))


@pytest.fixture
def read(db, tmp_path):
    async def check(text: str, kind: str = "people"):
        path = tmp_path / "x.csv"
        path.write_text(text, encoding="utf-8")
        return await roster_files.check(db, kind, roster_files.read(path))

    return check


def fates(checked):
    return tuple(checked.count(fate) for fate in (Fate.NEW, Fate.CHANGED, Fate.SAME))


async def test_the_same_file_twice_adds_nobody(db, office, read, now):
    text = HEAD + "Lê An,Đầu mối TTCS tỉnh,sở a,Cà Mau,,x\nLê Ba,staff,,,,\n"
    first = await read(text)
    assert (first.bad, fates(first), first.unknown) == ((), (2, 0, 0), ("ghi_chu",))
    assert await roster_files.apply(db, first, now) == 2
    person = await db.scalar(select(Person).where(Person.full_name == "Lê An"))
    assert (person.role, person.agency_id, person.province_code) == ("communicator_province", office.id, "96")
    again = await read(text)
    assert fates(again) == (0, 0, 2) and await roster_files.apply(db, again, now) == 0
    changed = await read(HEAD + "LÊ AN,staff,SO-A,,,\nLê Ba,staff,SO-A,96,,\n")
    assert fates(changed) == (0, 2, 0)
    await roster_files.apply(db, changed, now)
    assert person.role == "staff" and person.province_code == "96"
    assert await db.scalar(select(func.count()).select_from(Person)) == 2
    invited = select(Invitation.role, Invitation.agency_id).where(Invitation.person_id == person.id)
    assert (await db.execute(invited)).all() == [("staff", office.id)]


async def test_people_are_known_by_phone_and_by_number_and_a_list_brings_nobody_back(db, office, read, now):
    an, ba = await member(db, "An", "staff", now), await member(db, "Ba", "staff", now)
    (await db.get_one(Person, an.person_id)).phone = "+84912345678"
    (await db.get_one(Person, ba.person_id)).state = PersonState.LEFT
    head = "id,Họ tên,Vai trò,Số điện thoại\n"
    checked = await read(head + f",Lê Thị An,staff,0912 345 678\n{ba.person_id},Ba,expert,\n")
    assert (checked.bad, fates(checked)) == ((), (0, 1, 1)) and "dien_thoai" in checked.notes[0]
    both = await read(head + f",An,staff,912345678\n{an.person_id},Khác,staff,\n999,Ai,staff,\n")
    assert [b.number for b in both.bad] == [3, 4] and "trùng với dòng 2" in both.bad[0].reason
    await member(db, "An", "staff", now)
    unclear = await read(head + ",An,staff,\n")
    assert "cột id" in unclear.bad[0].reason


async def test_doubles_and_names_that_are_formulas_or_markup_are_refused_by_row(office, read):
    checked = await read(
        "Họ tên,Vai trò\nLê An,staff\nLê An,staff\n=cmd|' /C calc'!A0,staff\n<b>Mai</b> & Co,staff\n'+Lê,staff\n"
    )
    assert [b.number for b in checked.bad] == [3, 4, 5, 6]
    assert "trùng với dòng 2" in checked.bad[0].reason and "= + - @" in checked.bad[1].reason
    places = await read("Mã,Tên,Cấp\nQ1,=1+1,xã\n", "agencies")
    assert "= + - @" in places.bad[0].reason


async def test_what_is_not_known_is_answered_with_what_is(office, read):
    checked = await read(HEAD + "Lê An,Trùm,So Aa,atlantis,,\n")
    assert all(word in checked.bad[0].reason for word in ("Trùm", "SO-A", "atlantis"))
    assert any("communicator_province (Đầu mối TTCS tỉnh)" in n for n in checked.notes)
    assert any("Cà Mau" in n for n in checked.notes)
    with pytest.raises(Refusal, match=r"Thiếu cột vai_tro.*dien_thoai.*không nhận ra: chuc_vu"):
        await read("Họ tên,Chức vụ\nLê An,x\n")
    with pytest.raises(Refusal, match="hai cột"):
        await read("Họ tên,Họ và tên,Vai trò\na,b,c\n")


async def test_agencies_and_communes_twice(db, office, read, now):
    text = "Mã,Tên,Cấp,Mã cấp trên\nQ1,Phường Một,xã,SO-A\nSO-A,Sở A tỉnh,tỉnh,\n"
    await roster_files.apply(db, await read(text, "agencies"), now)
    assert fates(await read(text, "agencies")) == (0, 0, 2)
    changed = await read("Mã,Tên,Cấp\nQ1,Phường Hai,xã\n", "agencies")
    assert await roster_files.apply(db, changed, now) == 1
    communes = "Mã,Tên,Mã tỉnh\n00001,Phường Ba Đình,1\n"
    await roster_files.apply(db, await read(communes, "communes"), now)
    assert fates(await read(communes, "communes")) == (0, 0, 1)
    person = await read("Họ tên,Vai trò,Tỉnh,Xã\nLê An,staff,01,ba đình\nLê Ba,staff,01,không có\n")
    assert [b.number for b in person.bad] == [3] and person.planned[0].values["commune_code"] == "00001"


def test_the_command_says_how_many_are_new(database_url, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", database_url)
    path = tmp_path / "x.csv"
    path.write_text("Họ tên,Vai trò,Chức vụ\nLê An,staff,x\n", encoding="utf-8")

    def loa(*words: str) -> str:
        result = CliRunner().invoke(command.app, ["import", str(path), *words])
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    assert "1 mới, 0 thay đổi, 0 không đổi" in loa() and "bỏ qua: chuc_vu" in loa()
    assert "Đã nhập 1 dòng" in loa("--apply")
    assert "Không có gì để nhập" in loa("--apply")
    assert json.loads(loa("--json"))["same"] == 1


async def test_a_list_does_not_take_the_network_its_last_administrator(db, office, read, now):
    who = await member(db, "Bình", "super_admin", now)
    checked = await read(f"Họ tên,Vai trò,id\nBình,staff,{who.person_id}\n")
    assert [bad.number for bad in checked.bad] == [2] and "không còn quản trị hệ thống" in checked.bad[0].reason
    await member(db, "Lan", "super_admin", now)
    assert not (await read(f"Họ tên,Vai trò,id\nBình,staff,{who.person_id}\n")).bad
