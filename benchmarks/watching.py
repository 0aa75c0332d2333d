"""What people who watch a push cost the process that sends it: `loa bench watching`.

The same push, the same pace, in turns without and with watchers; the CPU of the process is its own word at the end.
"""

import asyncio
import signal
import statistics
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from sqlalchemy import update

from benchmarks import crowd, stage
from db.people import Person
from db.session import Database
from network import console_access
from sandbox.embedded import free_socket

LATENCY = 0.05  # seconds until the platform answers
RATES = (30, 1000)  # messages a second
SETTLING = 5  # seconds until everybody watches


@dataclass(frozen=True, slots=True)
class Turn:
    """`cpu`: of one core, percent. `looks`: of the watcher who got the fewest."""

    watchers: int
    sent: int
    cpu: float
    looks: int


@dataclass(frozen=True, slots=True)
class Watching:
    rate: int
    alone: float  # percent of a core, median of the turns without watchers
    watched: float
    turns: list[Turn]

    @property
    def more(self) -> float:
        """Percent of what the process needs without them."""
        return 100 * (self.watched - self.alone) / self.alone


async def run(watchers: int = 50, turns: int = 5, seconds: int = 20) -> list[Watching]:
    return [await _at(rate, watchers, turns, seconds) for rate in RATES]


async def _at(rate: int, watchers: int, turns: int, seconds: int) -> Watching:
    took = []
    for _ in range(turns):
        took += [await _turn(rate, count, seconds) for count in (0, watchers)]
    alone, watched = (statistics.median(t.cpu for t in took if bool(t.watchers) is some) for some in (False, True))
    return Watching(rate, alone, watched, took)


async def _turn(rate: int, watchers: int, seconds: int) -> Turn:
    async with stage.sqlite() as (url, database):
        await crowd.people(database, rate * (seconds + 20))
        push = await crowd.push(database)
        code = await _entrance(database)
        with stage.platform() as platform, free_socket() as probe:
            platform.faults(rate=0, latency=LATENCY)
            port = probe.getsockname()[1]
            probe.close()
            process = await asyncio.to_thread(
                stage.Process, "benchmarks.watched", url, platform.base, str(rate), str(port)
            )
            looks = await _watch(f"http://127.0.0.1:{port}/console/", code, watchers, seconds, process)
            cost = await asyncio.to_thread(process.stop)
        sent = (await crowd.states(database, push.id)).get("sent", 0)
    return Turn(watchers, sent, round(100 * cost["cpu"] / cost["seconds"], 2), min(looks, default=0))


async def _entrance(database: Database) -> str:
    async with database.transaction() as db:
        await db.execute(update(Person).where(Person.id == crowd.FIRST).values(role="super_admin"))
        return await console_access.make_link(db, crowd.FIRST, datetime.now(UTC))


async def _watch(base: str, code: str, watchers: int, seconds: int, process: stage.Process) -> list[int]:
    """How many looks each of them got. It is counted from when all of them watch."""
    settled = asyncio.get_running_loop().call_later(SETTLING, process.running.send_signal, signal.SIGUSR1)
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=base, timeout=30, limits=limits) as client:
        if not watchers:
            await asyncio.sleep(SETTLING + seconds)
            return []
        entered = await client.post("door", data={"ma": code})
        if entered.status_code != 303:
            raise RuntimeError(f"the door did not open: {entered.text[:200]}")
        (await client.get("briefs/1/push")).raise_for_status()
        return await asyncio.gather(*(_one(client, settled.when() + seconds) for _ in range(watchers)))


async def _one(client: httpx.AsyncClient, until: float) -> int:
    looks = 0
    async with client.stream("GET", "briefs/1/push/events") as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            looks += line.startswith("data:")
            if asyncio.get_running_loop().time() > until:
                break
    return looks
