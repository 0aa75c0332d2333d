"""How the ledger is searched where it is large: by an index, never row by row."""

import re

import pytest
from sqlalchemy import event, select, update

from benchmarks import crowd
from bot import after_effects
from bot.channels import Gone
from db import deliveries
from db.pushes import Delivery, Push, PushState
from network import people, pushes
from network.quiet import Quiet

FIRST = crowd.FIRST


@pytest.fixture
def searched(database):
    """How the database goes about each statement on the ledger that is executed meanwhile: {statement: plan}."""
    engine, found = database.engine.sync_engine, {}

    def note(connection, cursor, statement, parameters, context, many):
        if re.match(r"(?s)(UPDATE|SELECT|DELETE|WITH)\b.*\b(delivery|person)\b", statement) and not many:
            found[statement] = parameters

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


async def scans(database, statements) -> list[str]:
    """Statements that would read the whole ledger."""
    statements, bad = dict(statements), []
    async with database.engine.begin() as connection:
        if not database.sqlite:  # a small table is read whole unless that is forbidden
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, parameters in statements.items():
            explain = "EXPLAIN QUERY PLAN " if database.sqlite else "EXPLAIN "
            rows = (await connection.exec_driver_sql(explain + statement, parameters)).all()
            plan = " ".join(str(row[-1]) for row in rows)
            if re.search(r"SCAN (delivery|person)\b(?! USING)|Seq Scan on (delivery|person)", plan):
                bad.append(f"{statement}\n{plan}")
    return bad


async def test_who_has_gone_is_taken_out_of_what_is_on_its_way_by_an_index(database, now, searched):
    await crowd.people(database, 6)
    old, _, recall = [await crowd.push(database, now=now) for _ in range(3)]
    async with database.transaction() as db:
        await db.execute(update(Push).where(Push.id == old.id).values(state=PushState.DONE, finished_at=now))
        await db.execute(update(Push).where(Push.id == recall.id).values(kind="recall"))
    searched.clear()
    async with database.transaction() as db:
        await after_effects.apply_to_identity(db, "telegram", FIRST, Gone("blocked"), now)
        await people.leave(db, FIRST + 1, now)
        await people.erase(db, FIRST + 2, now)
        await people.pause(db, FIRST + 3, 7, now)  # hỏa tốc: goes all the same
    assert searched and await scans(database, searched) == []
    async with database.reading() as db:
        rows = select(Delivery.push_id, Delivery.person_id, Delivery.kind).where(Delivery.state == "skipped")
        found = {(push - old.id, person - FIRST, kind) for push, person, kind in await db.execute(rows)}
        erased = set(await db.scalars(select(Delivery.address).where(Delivery.person_id == FIRST + 2)))
    assert found == {(1, 0, "blocked"), (2, 0, "blocked"), (1, 1, "left"), (1, 2, "left")}
    assert len(erased) == 1 and str(FIRST + 2) not in erased


async def test_who_asks_for_silence_is_left_in_peace_by_what_is_on_its_way(database, now):
    await crowd.people(database, 2)
    push = await crowd.push(database, priority=2, now=now)
    async with database.transaction() as db:
        await people.pause(db, FIRST, 7, now)
        assert (await pushes.progress(db, push.id)).by_kind == {"skipped:paused": 1}
        assert await deliveries.open_rows(db, push.id)


async def test_a_running_push_does_not_read_everybody_to_learn_who_sleeps(database, now, searched):
    await crowd.people(database, 2)
    await crowd.push(database, priority=2, now=now)
    searched.clear()
    async with database.transaction() as db:
        going = await pushes.disturbing(db)
        assert going and not await pushes.resting(db, now, Quiet())
    assert len(searched) == 2 and await scans(database, searched) == []
