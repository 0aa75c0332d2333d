"""What arrives together is stored together, and whoever asked learns what became of it."""

import asyncio

import pytest

from bot.gathering import Gathered


class Store:
    def __init__(self) -> None:
        self.stored: list[list[str]] = []
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, arrived) -> None:
        await self.go.wait()
        if any(update_id == "bad" for update_id, _ in arrived):
            raise RuntimeError("full")
        self.stored.append([update_id for update_id, _ in arrived])


async def test_what_comes_while_one_storing_runs_makes_the_next():
    store = Store()
    store.go.clear()
    gathered = Gathered(store)
    first = asyncio.create_task(gathered.receive([("0", {})]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(gathered.receive([(str(n), {})])) for n in range(1, 5)]
    await asyncio.sleep(0)
    assert store.stored == [] and not first.done()
    store.go.set()
    await asyncio.gather(first, *others)
    assert store.stored == [["0"], ["1", "2", "3", "4"]]


async def test_who_came_in_vain_is_told_and_the_next_is_stored():
    gathered = Gathered(Store())
    with pytest.raises(RuntimeError, match="full"):
        await gathered.receive([("bad", {})])
    await gathered.receive([("1", {})])


async def test_work_gives_way_while_somebody_waits_but_not_for_ever(monkeypatch):
    monkeypatch.setattr("bot.gathering.LONGEST", 0.01)
    gathered = Gathered(Store())
    await gathered.give_way()
    with gathered.arriving():
        working = asyncio.create_task(gathered.give_way())
        await asyncio.sleep(0)
        assert not working.done()
        await working
    assert gathered._idle.is_set()
