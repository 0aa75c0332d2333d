"""Several processes on one token: together never above the ceiling, and nobody's death costs more than his blocks."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.lanes import Lane, Paused
from db import lanes
from db.session import Database
from tests.postman import until
from tests.unit.test_pace import worst_window


async def ensured(database: Database) -> None:
    async with database.transaction() as db:
        await lanes.ensure(db, "telegram")


async def eager(lane: Lane, name: str, left: list[tuple[float, str]]) -> None:
    """Always has the next call waiting. `left`: when the lane let each go; when this task hears of it depends on the
    machine."""
    number = 0
    while True:
        number += 1
        left.append((await lane.take(f"{name}{number}"), name))


async def test_three_lanes_of_one_token_stay_under_its_ceiling(database, database_url):
    """Three engines, as three processes have; one of them dies, the others take its share."""
    await ensured(database)
    others = [Database(database_url) for _ in range(3)]
    left: list[tuple[float, str]] = []
    tasks = []
    for number, other in enumerate(others):
        lane = Lane.shared(other, "telegram", 100)
        tasks += [asyncio.create_task(eager(lane, f"{number}.{i}.", left)) for i in range(8)]
    await until(lambda: len(left) > 120)
    for task in tasks[:8]:
        task.cancel()
    died = len(left)
    await until(lambda: len(left) > died + 120)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.1)  # a reservation under way
    for other in others:
        await other.close()
    assert worst_window([moment for moment, _ in left], 1.0) <= 100
    assert {name[0] for _, name in left[:died]} == {"0", "1", "2"}
    assert {name[0] for _, name in left[died + 5 :]} == {"1", "2"}


async def test_a_pause_of_one_process_stops_the_others(database):
    await ensured(database)
    lane = Lane.shared(database, "telegram", 100)
    await lane.take("1")
    async with database.transaction() as db:
        await lanes.pause(db, "telegram", datetime.now(UTC) + timedelta(seconds=50), "429")
    stopped = False
    for number in range(20):
        try:
            await lane.take(f"x{number}")
        except Paused:
            stopped = True
            break
    assert stopped and 40 < lane.paused_for() <= 50


async def test_an_idle_process_reserves_nothing(database):
    await ensured(database)
    lane = Lane.shared(database, "telegram", 100)
    await lane.take("1")
    await asyncio.sleep(0.2)
    async with database.reading() as db:
        first = (await lanes.read(db, "telegram")).next_slot
    await asyncio.sleep(0.2)
    async with database.reading() as db:
        assert (await lanes.read(db, "telegram")).next_slot == first
