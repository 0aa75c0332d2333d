import hashlib
import json

import pytest
from sqlalchemy import delete, select, update
from typer.testing import CliRunner

from bot.commands.audit import app as loa_audit
from db.audit import AuditRow
from db.session import Database
from network import audit


@pytest.fixture
async def chain(db, now):
    for number in range(5):
        await audit.record(db, now, "brief.approved", actor=number, subject=f"brief:{number}", detail={"lý do": "tốt"})
    assert await audit.verify(db) is None


async def test_a_changed_row_is_found(db, chain):
    await db.execute(update(AuditRow).where(AuditRow.id == 3).values(actor_id=99))
    db.expire_all()
    assert await audit.verify(db) == audit.Broken(3, audit.CHANGED)


async def test_a_deleted_row_is_found_at_the_next_one(db, chain):
    await db.execute(delete(AuditRow).where(AuditRow.id == 2))
    db.expire_all()
    assert await audit.verify(db) == audit.Broken(3, audit.UNLINKED)


async def test_a_row_rehashed_after_a_change_no_longer_carries_the_next(db, chain):
    row = await db.get_one(AuditRow, 2)
    row.actor_id = 99
    row.hash = audit.digest(row)
    await db.flush()
    assert await audit.verify(db) == audit.Broken(3, audit.UNLINKED)


@pytest.mark.parametrize("linked", [True, False])
async def test_a_row_put_in_from_outside_is_found(db, chain, now, linked):
    _count, head = await audit.head(db)
    row = AuditRow(at=now, act="brief.approved", subject="brief:9", previous=head if linked else "0" * 64)
    row.hash = hashlib.sha256(b"guessed").hexdigest() if linked else audit.digest(row)
    db.add(row)
    await db.flush()
    assert await audit.verify(db) == audit.Broken(row.id, audit.CHANGED if linked else audit.UNLINKED)


async def test_rows_cut_off_the_end_are_missed_by_a_noted_head_only(db, chain):
    count, head = await audit.head(db)
    assert count == 5 and await audit.has(db, head)
    await db.execute(delete(AuditRow).where(AuditRow.id == 5))
    db.expire_all()
    assert await audit.verify(db) is None and not await audit.has(db, head)
    assert await audit.has(db, await db.scalar(select(AuditRow.hash).where(AuditRow.id == 4)))


@pytest.fixture
async def loa(database_url, monkeypatch, now):
    monkeypatch.setenv("DATABASE_URL", database_url)
    database = Database(database_url)
    async with database.transaction() as db:
        for number in range(3):
            await audit.record(db, now, "brief.created", subject=f"brief:{number}")
        await audit.record(db, now, "people.seen", actor=7, detail={"people": [1, 2]})
    yield database, lambda *words: CliRunner().invoke(loa_audit, [str(word) for word in words])
    await database.close()


async def test_the_command_says_where_the_chain_breaks(loa):
    import asyncio

    database, run = loa
    whole = await asyncio.to_thread(run, "verify")
    assert whole.exit_code == 0 and "4 dòng" in whole.output
    head = json.loads((await asyncio.to_thread(run, "verify", "--json")).output)["head"]
    assert (await asyncio.to_thread(run, "verify", "--known", head)).exit_code == 0
    odd = await asyncio.to_thread(run, "verify", "--known", "zzz")
    assert odd.exit_code == 2 and "không phải mã của nhật ký" in odd.output.replace("\n", " ")
    lost = await asyncio.to_thread(run, "verify", "--known", "ab" * 32)
    assert lost.exit_code == 1 and "không còn trong nhật ký" in lost.output
    listed = await asyncio.to_thread(run, "list", "--about", "people.")
    assert "người 7" in listed.output and "brief" not in listed.output
    mine = json.loads((await asyncio.to_thread(run, "list", "--person", 7, "--json")).output)
    assert [row["detail"] for row in mine] == [{"people": [1, 2]}]
    async with database.transaction() as db:
        await db.execute(update(AuditRow).where(AuditRow.id == 2).values(subject="brief:77"))
    broken = await asyncio.to_thread(run, "verify")
    assert broken.exit_code == 1 and "dòng 2" in broken.output
