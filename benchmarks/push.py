"""The push engine measured against the sandbox in another process: `loa bench push [--quick]`.

Each section returns rows for the table; all of them together are the JSON.
"""

import asyncio
import importlib.util
import os
import platform as machine
import random
import statistics
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks import crowd, overtake, stage
from db import deliveries
from db.session import Database

LATENCY, JITTER = 0.05, 0.03  # seconds: the platform answers after, and requests arrive late by up to


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; what was not measured is None."""

    section: str
    what: str
    people: int | None = None
    rate: float | None = None  # messages a second
    of_ceiling: float | None = None
    refused: int | None = None  # 429s
    lost: int | None = None
    doubled: int | None = None
    cpu_ms: float | None = None  # a message, in the sending process
    peak_mb: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    people_30: int
    people_1000: int
    people_free: int
    baseline: int
    memory: tuple[int, ...]
    planned: int
    kills_30: int
    kills_1000: int
    shared: int
    faults: int
    overtaken: int
    asking: int
    at_once: bool = False  # what mostly sleeps is measured side by side


FULL = Size(600, 10_000, 20_000, 150, (10_000, 100_000, 1_000_000), 1_000_000, 20, 10, 3_000, 2_000, 100_000, 1_000)
QUICK = Size(120, 3_000, 3_000, 25, (), 50_000, 1, 1, 600, 300, 10_000, 300, at_once=True)


@asynccontextmanager
async def pushed(database: Database, people: int, **more: Any) -> AsyncIterator[int]:
    """A crowd and a push for it; its id."""
    await crowd.people(database, people)
    yield (await crowd.push(database, **more)).id


async def finished(database: Database, push_id: int, seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if (await crowd.push_of(database, push_id)).finished_at is not None:
            return True
        await asyncio.sleep(0.25)
    return False


async def rates(size: Size) -> list[Row]:
    """Ours at both ceilings and without one."""
    rows = []
    for ceiling, people in ((30, size.people_30), (1000, size.people_1000), (0, size.people_free)):
        async with stage.sqlite() as (url, database), pushed(database, people) as push_id:
            with stage.platform() as platform:
                platform.faults(rate=ceiling, latency=LATENCY, arrival_jitter=JITTER if ceiling else 0)
                worker = stage.worker(url, platform.base, ceiling or 1e9)
                await finished(database, push_id, people / (ceiling or 500) * 2 + 20)
                cost, seen = worker.stop(), platform.stats()
        name = f"Loa, ceiling {ceiling}/s" if ceiling else "Loa, no ceiling"
        rows.append(_row("rate", name, people, ceiling, seen, cost))
    return rows


def _row(section: str, what: str, people: int, ceiling: float, seen: dict[str, Any], cost: dict[str, float]) -> Row:
    return Row(
        section, what, people, seen["rate"], round(seen["rate"] / ceiling, 3) if ceiling else None,
        seen["answers"].get("429", 0), people - seen["chats"], seen["duplicates"],
        round(cost["cpu"] / people * 1000, 2) if cost else None, cost.get("peak_mb"),
    )


NEEDS = {"ptb-limiter": "aiolimiter", "aiogram-broadcaster": "aiogram_broadcaster"}  # packages we do not depend on


async def baselines(size: Size) -> list[Row]:
    """What people write without us, at 30/s."""
    names = ("ptb", "ptb-limiter", "aiogram", "aiogram-broadcaster")
    return await _each(size, [_baseline(name, size.baseline) for name in names])


async def _each(size: Size, works: list[Coroutine[Any, Any, Row]]) -> list[Row]:
    return list(await asyncio.gather(*works)) if size.at_once else [await work for work in works]


async def _baseline(name: str, people: int) -> Row:
    if importlib.util.find_spec(NEEDS.get(name, "aiogram")) is None:
        return Row("baseline", name, note="not installed here")
    with stage.platform() as platform:
        platform.faults(rate=30, latency=LATENCY, arrival_jitter=JITTER)
        arguments = (name, platform.base, str(crowd.FIRST), str(people), "30")
        running = await asyncio.to_thread(stage.Process, "benchmarks.baselines", *arguments)
        said = await asyncio.to_thread(running.running.communicate)
        cost = stage.json.loads(said[0].splitlines()[-1])
        return _row("baseline", f"{name}, ceiling 30/s", people, 30, platform.stats(), cost)


async def planning(size: Size) -> list[Row]:
    """One INSERT … SELECT, and what a claim and its outcome cost in batches of 50."""
    rows = []
    for name, open_database in (("SQLite", stage.sqlite), ("PostgreSQL", stage.postgres)):
        async with open_database() as (_, database):
            await crowd.people(database, size.planned)
            begun = time.perf_counter()
            push = await crowd.push(database)
            took = time.perf_counter() - begun
            rows.append(Row("plan", name, size.planned, note=f"{took:.2f} s"))
            rows.append(await _claims(database, push.id, name))
    return rows


async def _claims(database: Database, push_id: int, name: str, batches: int = 60) -> Row:
    begun = time.perf_counter()
    for _ in range(batches):
        async with database.transaction() as db:
            lease = datetime.now(UTC) + timedelta(seconds=30)
            rows = await deliveries.claim(db, push_id, "telegram", "bench", lease, 50)
        async with database.transaction() as db:
            now = datetime.now(UTC)
            sent = [deliveries.Settled(r.id, deliveries.DeliveryState.SENT, None, 1, None, now, "1") for r in rows]
            await deliveries.settle(db, "bench", sent)
    each = (time.perf_counter() - begun) / (batches * 50)
    return Row("claim", name, batches * 50, round(1 / each), note=f"{each * 1e6:.0f} µs a row, claimed and settled")


async def memory(size: Size) -> list[Row]:
    """Peak of a worker in 20 seconds at 1,000/s, whatever the length of the ledger."""
    rows = []
    for people in size.memory:
        async with stage.sqlite() as (url, database), pushed(database, people):
            with stage.platform() as platform:
                platform.faults(latency=LATENCY)
                worker = stage.worker(url, platform.base, 1000)
                await asyncio.sleep(20)
                rows.append(Row("memory", f"{people:,} recipients", people, peak_mb=worker.stop()["peak_mb"]))
    return rows


async def kills(size: Size) -> list[Row]:
    """kill -9 at a random moment, then a new worker."""
    return await _each(size, [_kills(30, size.kills_30, 90), _kills(1000, size.kills_1000, 3000)])


async def _kills(rate: int, trials: int, people: int) -> Row:
    dice, lost, doubled, doubts = random.Random(rate), [], [], []
    for _ in range(trials):
        seen, unsure = await _killed(rate, people, dice.uniform(0.1, 0.8))
        lost.append(people - seen["chats"])
        doubled.append(seen["duplicates"])
        doubts.append(unsure)
    note = f"{trials} trials; doubled median {statistics.median(doubled):g}, most {max(doubled)}; " \
           f"listed as perhaps doubled {max(doubts)}"
    return Row("kill -9", f"at {rate}/s", people, lost=sum(lost), doubled=max(doubled), note=note)


async def _killed(rate: int, people: int, after: float) -> tuple[dict[str, Any], int]:
    async with stage.sqlite() as (url, database), pushed(database, people) as push_id:
        with stage.platform() as platform:
            platform.faults(rate=rate, latency=LATENCY)
            worker = stage.worker(url, platform.base, rate)
            while platform.stats()["delivered"] < people * after:
                await asyncio.sleep(0.05)
            worker.kill()
            worker = stage.worker(url, platform.base, rate)
            await finished(database, push_id, people / rate * 2 + 20)
            worker.stop()
            return platform.stats(), await crowd.resent(database, push_id)


async def shared(size: Size) -> list[Row]:
    """Four workers, one token at 100/s, PostgreSQL; one of them is killed."""
    async with stage.postgres() as (url, database), pushed(database, size.shared) as push_id:
        with stage.platform() as platform:
            platform.faults(rate=100, latency=LATENCY)
            workers = [stage.worker(url, platform.base, 100, "--shared") for _ in range(4)]
            while platform.stats()["delivered"] < size.shared // 3:
                await asyncio.sleep(0.1)
            workers.pop().kill()
            await finished(database, push_id, size.shared / 100 * 2 + 40)
            costs, seen = [worker.stop() for worker in workers], platform.stats()
    cost = {"cpu": sum(c["cpu"] for c in costs), "peak_mb": max(c["peak_mb"] for c in costs)}
    row = _row("shared", "4 workers, 1 killed, PostgreSQL", size.shared, 100, _until_tail(seen), cost)
    return [Row(**{**asdict(row), "note": f"busiest second {seen['worst_second']}"})]


def _until_tail(seen: dict[str, Any]) -> dict[str, Any]:
    """Without the last seconds, in which only the killed worker's few rows are left to wait for."""
    seconds = [count for _, count in seen["per_second"]]
    full = [count for count in seconds[1:-1] if count >= 20]
    return seen | {"rate": round(sum(full) / len(full), 2)} if full else seen


async def faults(size: Size) -> list[Row]:
    """3 % blocked, 2 % answered 502, 1 % cut before delivery, 0.5 % delivered with the answer lost."""
    async with stage.sqlite() as (url, database), pushed(database, size.faults, resend_unsure=True) as push_id:
        with stage.platform() as platform:
            platform.faults(rate=300, latency=LATENCY, pblocked=0.03, p5xx=0.02, pdrop=0.01, plost=0.005)
            worker = stage.worker(url, platform.base, 300)
            await finished(database, push_id, size.faults / 300 * 3 + 60)
            worker.stop()
            seen = platform.stats()
            rows, listed = await crowd.states(database, push_id), await crowd.resent(database, push_id)
    unknown = rows.get("unknown", 0)
    lost = size.faults - rows.get("failed", 0) - unknown - seen["chats"]
    blocked, answers_lost = rows.get("failed", 0), seen["answers"].get("lost", 0)
    note = f"{blocked} blocked, {answers_lost} answers lost; listed: {listed} perhaps doubled, {unknown} unknown"
    return [Row("faults", "at 300/s", size.faults, lost=max(0, lost), doubled=seen["duplicates"], note=note)]


async def urgent(size: Size) -> list[Row]:
    """A flash brief during a long push, and questions during one."""
    rows = []
    for name, opened in (("SQLite", stage.sqlite), ("PostgreSQL", stage.postgres)):
        async with opened() as (url, database):
            first, last = await overtake.first_out(database, url, size.overtaken, 1000)
        note = f"first message after {first * 1000:.0f} ms, all 1,000 after {last:.1f} s"
        rows.append(Row("overtake", f"flash brief, {name}", size.overtaken, note=note))
    took = sorted(await overtake.answers(size.asking))
    p50, p95 = took[len(took) // 2], took[round(0.95 * (len(took) - 1))]
    note = f"{len(took)} questions, 10 a second: p50 {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms"
    return [*rows, Row("overtake", "answers during a push at 30/s", size.asking, note=note)]


SECTIONS: dict[str, Callable[[Size], Any]] = {
    "rate": rates, "baseline": baselines, "plan": planning, "memory": memory, "kill": kills, "shared": shared,
    "faults": faults, "overtake": urgent,
}


async def run(size: Size, only: list[str], told: Callable[[str, list[Row]], None]) -> dict[str, Any]:
    """`told(section, rows)` after each section. Returns everything, ready for JSON."""
    rows: list[Row] = []
    for name, section in SECTIONS.items():
        if not only or name in only:
            found = await section(size)
            told(name, found)
            rows += found
    where = f"{machine.machine()}, {os.cpu_count()} cores, Python {machine.python_version()}, {machine.system()}"
    return {"at": datetime.now(UTC).isoformat(timespec="minutes"), "machine": where, "rows": [asdict(r) for r in rows]}
