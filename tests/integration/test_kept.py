"""Sums shared by everybody who looks: counted once, shown while they are counted anew, never older than said."""

import asyncio
from datetime import timedelta

import pytest

from console.kept import MOST, Kept

SHORT, LONG = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def kept(database, now):
    clock = type("Clock", (), {"now": now, "counted": 0})()
    found = Kept(database, lambda: clock.now)
    found.clock = clock

    async def count(_db):
        clock.counted += 1
        mine = clock.counted
        await asyncio.sleep(0)
        return mine

    found.count = count
    return found


async def test_many_lookers_are_one_count(kept):
    found = await asyncio.gather(*(kept.get("a", kept.count, fresh=SHORT) for _ in range(50)))
    assert {one.value for one in found} == {1} and kept.clock.counted == 1
    assert (await kept.get("b", kept.count, fresh=SHORT)).value == 2


async def test_an_old_sum_is_shown_while_it_is_counted_anew_and_a_very_old_one_is_not(kept, now):
    await kept.get("a", kept.count, fresh=SHORT, stale=LONG)
    kept.clock.now = now + timedelta(seconds=2)
    assert (await kept.get("a", kept.count, fresh=SHORT, stale=LONG)).value == 1
    await asyncio.gather(*kept._counting.values())
    anew = await kept.get("a", kept.count, fresh=SHORT, stale=LONG)
    assert (anew.value, anew.at) == (2, kept.clock.now)
    kept.clock.now = now + timedelta(hours=1)
    assert (await kept.get("a", kept.count, fresh=SHORT, stale=LONG)).value == 3
    kept.forget("a")
    assert (await kept.get("a", kept.count, fresh=SHORT, stale=LONG)).value == 4


async def test_a_failure_is_told_and_not_kept(kept):
    async def fails(_db):
        raise ValueError("away")

    with pytest.raises(ValueError, match="away"):
        await kept.get("a", fails, fresh=SHORT)
    assert (await kept.get("a", kept.count, fresh=SHORT)).value == 1


async def test_not_more_is_kept_than_fits(kept):
    for number in range(MOST + 5):
        await kept.get(number, kept.count, fresh=LONG)
    assert len(kept._sums) == MOST
