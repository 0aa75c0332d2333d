import json

import pytest
from typer.testing import CliRunner

from bot.commands import people
from db.people import Invitation
from db.session import Database
from network import starter
from tests.briefing import member


@pytest.fixture
async def furnished(database_url, monkeypatch, now):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")
    database = Database(database_url)
    async with database.transaction() as db:
        await starter.load_starter(db, now)
        await member(db, "Lê [An]", "communicator_province", now)
    await database.close()


@pytest.fixture
def loa(furnished):
    def run(*words: object, code: int = 0) -> str:
        result = CliRunner().invoke(people.app, [str(word) for word in words])
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    return run


def test_what_an_invitation_cannot_be_is_answered_with_what_it_can(loa):
    assert "01 (Hà Nội)" in loa("invite", "--role", "staff", "--province", "zz", code=2)
    assert "communicator_province (Đầu mối TTCS tỉnh)" in loa("invite", "--role", "trùm", code=2)
    assert "loa people agencies" in loa("invite", "--role", "staff", "--agency", "không đâu cả xyz", code=2)
    assert "từ 1 đến 3650, hoặc 0" in loa("invite", "--role", "staff", "--days", -5, code=2)
    assert "từ 1 đến 100000, hoặc 0" in loa("invite", "--role", "staff", "--uses", -1, code=2)
    assert "--days" in loa("invite", "--role", "staff", "--days", 10**12, code=2)


async def test_names_do_as_well_as_codes(loa, database_url):
    words = ("--role", "Đầu mối TTCS tỉnh", "--province", "hà nội", "--agency", "UBND thành phố Hà Nội", "--json")
    code = json.loads(loa_in_thread(loa, "invite", *words))["code"]
    database = Database(database_url)
    async with database.reading() as db:
        from sqlalchemy import select

        made = await db.scalar(select(Invitation).where(Invitation.code == code))
        assert (made.role, made.province_code, made.agency_id is not None) == ("communicator_province", "01", True)
    await database.close()


def loa_in_thread(loa, *words):
    """A command makes an event loop of its own."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(loa, *words).result()


def test_tables_speak_vietnamese_and_show_names_as_they_are(loa, tmp_path):
    shown = loa("list")
    assert all(word in shown for word in ("Lê [An]", "Đầu mối TTCS tỉnh", "đang tham gia"))
    assert json.loads(loa("list", "--json"))[0]["state"] == "active"
    assert "UBND-01" in loa("agencies", "ubnd hà nội")
    assert "Không ghi được" in loa("export", tmp_path / "không" / "x.csv", code=1)
