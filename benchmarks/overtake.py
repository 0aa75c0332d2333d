"""What is urgent while a push runs: a flash brief's first message, and answers to people who ask."""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, select

from benchmarks import crowd, stage
from bot.lanes import Priority
from db.pushes import Delivery
from db.session import Database
from network import audiences
from sandbox import embedded

FLASH = replace(crowd.CONTENT, title="Hỏa tốc: lũ khẩn cấp trên các sông")
QUESTIONS = ("chi thi 07 la gi", "hop bao khi nao phai to chuc", "ai chiu trach nhiem phat ngon", "tin gia bao o dau")
EVERY = 0.1  # seconds between two questions
ASKED = 200


async def first_out(database: Database, url: str, running: int, rate: float) -> tuple[float, float]:
    """Seconds from the commit of a flash brief for a thousand people to its first accepted message, and to its last,
    while an ordinary push runs at the ceiling. The answer's latency is in it."""
    await crowd.people(database, running)
    await crowd.push(database, priority=Priority.NORMAL)
    with stage.platform() as platform:
        platform.faults(rate=rate, latency=0.05)
        worker = stage.worker(url, platform.base, rate)
        await asyncio.sleep(5)
        thousand = audiences.recipients(audiences.Audience(everybody=True), flash=True).limit(1000)
        push = await crowd.push(database, priority=Priority.FLASH, recipients=thousand, content=FLASH)
        committed = datetime.now(UTC)
        first = last = None
        while last is None:
            await asyncio.sleep(0.2)
            mine = select(func.min(Delivery.sent_at), func.max(Delivery.sent_at), func.count(Delivery.sent_at))
            async with database.reading() as db:
                first, newest, sent = (await db.execute(mine.where(Delivery.push_id == push.id))).one()
            last = newest if sent == push.planned else None
        worker.kill()
    return (first - committed).total_seconds(), (last - committed).total_seconds()


@contextmanager
def loa(telegram: str) -> Iterator[str]:
    """`loa run` with a real token's settings; the address of its database."""
    with tempfile.TemporaryDirectory() as folder, embedded.free_socket() as probe:
        port = probe.getsockname()[1]
        probe.close()
        environment = {
            **stage.ENVIRONMENT, "LOA_DATA_DIR": folder, "PORT": str(port), "LOA_TELEGRAM_API": telegram,
            "TELEGRAM_TOKEN": embedded.TOKEN, "LOA_QUIET_FROM": "0", "LOA_QUIET_TO": "0",
        }
        running = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"], env=environment, cwd=folder, stdout=subprocess.PIPE, text=True
        )
        assert running.stdout is not None
        for line in running.stdout:
            if "đang hoạt động" in line:
                break
        yield f"sqlite+aiosqlite:///{Path(folder) / 'loa.db'}"
        running.terminate()
        running.wait(30)


async def answers(people: int) -> list[float]:
    """Seconds until each of the questions was answered on its phone, while a push fills a lane of 30 a second."""
    with embedded.process() as base, loa(base) as url:
        database = Database(url)
        async with httpx.AsyncClient(base_url=base, timeout=30) as client:
            await crowd.people(database, people)
            for number in range(crowd.FIRST, crowd.FIRST + people):
                shown = {"id": str(number), "phone_number": f"+84{number}", "name": f"Người {number}"}
                (await client.post("/sandbox/phones", json=shown)).raise_for_status()
            await client.put("/sandbox/faults", json={"rate": 30, "latency": 0.05})
            await crowd.push(database, priority=Priority.NORMAL)
            await asyncio.sleep(3)
            asking = []
            for number in range(ASKED):
                asking.append(asyncio.create_task(_asked(client, crowd.FIRST + people - 1 - number, number)))
                await asyncio.sleep(EVERY)
            took = await asyncio.gather(*asking)
        await database.close()
        return took


async def _asked(client: httpx.AsyncClient, phone: int, number: int) -> float:
    begun = time.perf_counter()
    question = {"text": QUESTIONS[number % len(QUESTIONS)]}
    sent: dict[str, Any] = (await client.post(f"/sandbox/phones/{phone}/text", json=question)).json()
    while time.perf_counter() - begun < 30:
        shown = (await client.get(f"/sandbox/phones/{phone}/messages")).json()["messages"]
        if any(_answer(message, sent["message"]["version"]) for message in shown):
            return time.perf_counter() - begun
        await asyncio.sleep(0.03)
    return 30.0


def _answer(message: dict[str, Any], after: int) -> bool:
    return message["from"] == "bot" and message["version"] > after and crowd.CONTENT.title not in message["text"]
