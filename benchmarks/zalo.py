"""An Official Account's pushes against the sandbox, which bills by its own rules: `loa bench zalo`.

windows: people whose last interaction was hours to more than a year ago; the estimate of before against the bill.
lane: as many calls a second as an app may make; how near to that, and how often the platform said too many (-32).
refresh: eight processes with one token that is over, at once; how often the refresh token is used, and who has none
after. In every fourth trial the one that refreshes is killed between the new pair's arrival and its writing.
"""

import asyncio
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
from sqlalchemy import func, insert, select, update

from benchmarks import crowd, stage
from bot import logs
from bot.channels.zalo_oa import CONNECTIONS, ZaloOaChannel
from bot.lanes import Lane
from bot.outgoing import MINUTE
from bot.push import Worker
from bot.zalo_app import App
from bot.zalo_tokens import Tokens
from db import lanes
from db.people import Identity, Person
from db.pushes import Delivery, Push
from db.session import Database
from db.zalo_tokens import ZaloToken
from network import audiences, reach
from network.audiences import Audience
from network.tariff import Tariff
from sandbox import embedded
from sandbox.app import Sandbox
from sandbox.zalo_oa.state import APP_ID, APP_SECRET
from sandbox.zalo_phones import Phone

OA, FIRST, RATE = "zalo_oa", 7_300_000_000_000_000_000, 66.0
AGES = tuple(timedelta(hours=hours) for hours in (1, 20, 47, 49, 100, 167, 169, 2000, 8700, 8800, 20_000))
EVERYBODY = Audience(everybody=True)
HOLDERS = 8


async def run(people: int = 10_000, seconds: int = 60, trials: int = 200) -> dict[str, Any]:
    logs.configure("error", False)
    return {
        "windows": await _windows(people), "lane": await _lane(round(RATE * seconds)), "refresh": await _refresh(trials)
    }


@asynccontextmanager
async def _office(rate: float) -> AsyncIterator[tuple[Database, Sandbox, ZaloOaChannel]]:
    sandbox = Sandbox({})
    async with stage.sqlite() as (_, database), embedded.serve(sandbox) as base:
        limits = httpx.Limits(max_connections=CONNECTIONS)
        async with httpx.AsyncClient(limits=limits, timeout=20) as http:
            tokens = Tokens(database, OA, App(APP_ID, APP_SECRET, f"{base}/zalo/oauth"), http)
            await tokens.consent_of_sandbox()
            lane, api = Lane(OA, rate, period=MINUTE), f"{base}/zalo/openapi"
            yield database, sandbox, ZaloOaChannel(OA, tokens, lane, Tariff(), api=api, template="400100", http=http)


async def _people(database: Database, sandbox: Sandbox, ages: list[timedelta]) -> None:
    now = datetime.now(UTC)
    async with database.transaction() as db:
        raw = await db.connection()
        known = {"state": "active", "topics_chosen": True, "zone": "Asia/Ho_Chi_Minh", "created_at": now}
        await raw.execute(insert(Person), [{"id": n + 1, "full_name": f"Người {n}", **known} for n in range(len(ages))])
        home = {"platform": OA, "channel": OA, "preferred": True, "created_at": now}
        await raw.execute(insert(Identity), [
            {"id": n + 1, "person_id": n + 1, "address": str(FIRST + n), "last_interaction_at": now - age, **home}
            for n, age in enumerate(ages)
        ])
    for number, age in enumerate(ages):
        phone = sandbox.oa.phones[str(FIRST + number)] = Phone(str(FIRST + number), OA, f"Người {number}")
        phone.last_interaction = (now - age).timestamp()


async def _push(database: Database, channel: ZaloOaChannel) -> tuple[Push, float]:
    """The push when it is over, and how many seconds it took."""
    push = await crowd.push(database, recipients=audiences.recipients(EVERYBODY))
    worker, stop = Worker(database, channel, channel.lane), asyncio.Event()
    begun, task = time.perf_counter(), asyncio.create_task(worker.run(stop))
    while not (done := await crowd.push_of(database, push.id)).finished_at:
        await asyncio.sleep(0.1)
    first, last = await _sent(database, push.id)
    stop.set()
    await task
    return done, (last - first).total_seconds() if first else time.perf_counter() - begun


async def _sent(database: Database, push_id: int) -> tuple[datetime, datetime]:
    mine = select(func.min(Delivery.sent_at), func.max(Delivery.sent_at)).where(Delivery.push_id == push_id)
    async with database.reading() as db:
        return tuple((await db.execute(mine)).one())


async def _windows(people: int) -> dict[str, Any]:
    async with _office(2000.0) as (database, sandbox, channel):
        sandbox.oa.rules = type(sandbox.oa.rules)(per_minute=0)
        await _people(database, sandbox, [AGES[n % len(AGES)] for n in range(people)])
        async with database.transaction() as db:
            await lanes.ensure(db, OA)
            await lanes.set_tariff(db, OA, channel.tariff.to_json())
            begun = time.perf_counter()
            said = await reach.of(db, EVERYBODY, crowd.CONTENT, flash=False, now=datetime.now(UTC))
            took = time.perf_counter() - begun
        push, _ = await _push(database, channel)
        counts, bill = await crowd.states(database, push.id), sandbox.oa.bill
        agrees = (said.free, said.paid, said.template, said.dong) == tuple(
            bill[name] for name in ("free", "paid", "template", "dong")
        )
        return {
            "people": people, "estimate": said.said(), "estimate_ms": round(1000 * took), "billed": dict(bill),
            "recorded": push.spent, "states": counts,
            "agrees": agrees and push.spent == said.dong and counts.get("failed", 0) == said.unreachable,
        }


async def _lane(letters: int) -> dict[str, Any]:
    async with _office(RATE) as (database, sandbox, channel):
        await _people(database, sandbox, [timedelta(hours=1)] * letters)
        push, took = await _push(database, channel)
        rate = (letters - 1) / took
        return {
            "letters": letters, "rate": round(rate, 2), "of_ceiling": round(rate / RATE, 3),
            "too_many": sandbox.oa.stats.answers["-32"], "states": await crowd.states(database, push.id),
        }


async def _refresh(trials: int) -> dict[str, Any]:
    async with _office(RATE) as (database, sandbox, channel):
        with tempfile.TemporaryDirectory() as folder:
            begin = partial(_holder, str(database.engine.url), channel.tokens.app.oauth, f"{folder}/pair")
            holders = list(await asyncio.gather(*(begin() for _ in range(HOLDERS))))
            bad = without = killed = 0
            for trial in range(trials):
                await _expire(database)
                used = sandbox.oa.stats.answers["refreshed"]
                dying = trial % 4 == 3
                found = await _all_at_once(holders, dying)
                bad += sandbox.oa.stats.answers["refreshed"] - used != 1
                if dying and not found[0]:
                    killed, found = killed + 1, found[1:]
                    holders[0] = await begin()
                without += sum(sandbox.oa.access.get(token, 0) <= 0 for token in found)
            for holder in holders:
                holder.stdin.close()
                await holder.wait()
        return {
            "trials": trials, "processes": HOLDERS, "killed": killed, "not_exactly_one": bad, "without_token": without,
        }


async def _holder(*arguments: str) -> Process:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.holder", *arguments, stdin=PIPE, stdout=PIPE
    )
    await holder.stdout.readline()
    return holder


async def _all_at_once(holders: list[Process], dying: bool) -> list[str]:
    """What each has then; "" for one that died. The first is a moment ahead where it shall die."""
    for holder in holders:
        holder.stdin.write(b"die\n" if dying and holder is holders[0] else b"go\n")
        await holder.stdin.drain()
        if dying and holder is holders[0]:
            await asyncio.sleep(0.005)
    return [line.decode().strip() for line in await asyncio.gather(*(h.stdout.readline() for h in holders))]


async def _expire(database: Database) -> None:
    over = datetime.now(UTC) - timedelta(seconds=1)
    async with database.transaction() as db:
        await db.execute(update(ZaloToken).values(expires_at=over))
