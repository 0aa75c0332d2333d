"""How fast Zalo's webhook answers while conversations are worked: `loa bench webhook`.

Half of the events are receipts, three tenths a typed “đã nhận”, one tenth a number, one tenth a stranger's words.
They arrive evenly, whether or not the ones before are answered; SQLite on disk, the server in a process of its own.
"""

import asyncio
import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import func, select

from benchmarks import crowd, stage
from benchmarks.ear import SEAL
from db.updates import Update
from handlers import zalo
from sandbox.embedded import free_socket

PEOPLE, LINES = 2000, 64
PATH = "/webhooks/zalo/oa"


async def run(rate: int = 200, seconds: int = 30) -> dict[str, Any]:
    async with stage.sqlite() as (url, database):
        await crowd.people(database, PEOPLE, channel=zalo.OA)
        with free_socket() as probe:
            port = probe.getsockname()[1]
        server = stage.Process("benchmarks.ear", url, str(port))
        took, refused = await _rush(port, rate, seconds)
        ended, left = time.perf_counter(), 1
        while left and time.perf_counter() - ended < 120:
            async with database.reading() as db:
                left = await db.scalar(select(func.count()).select_from(Update).where(Update.done_at.is_(None))) or 0
            await asyncio.sleep(0.1)
        behind = time.perf_counter() - ended
        cost = server.stop()
    p50, p99, most = (float(x) for x in np.quantile(took, (0.5, 0.99, 1)))
    return {
        "events": len(took), "rate": rate, "p50_ms": round(p50, 1), "p99_ms": round(p99, 1), "worst_ms": round(most, 1),
        "refused": refused, "unworked": left, "behind_s": round(behind, 1), "said": cost.get("said"),
        "cpu_ms_an_event": round(1000 * cost.get("cpu", 0) / len(took), 1), "mb": round(cost.get("mb", 0)),
    }


async def _rush(port: int, rate: int, seconds: int) -> tuple[list[float], int]:
    """Milliseconds each answer took, counted from when the event was due, and how many were not 200."""
    took: list[float] = []
    refused = 0
    lines = asyncio.Queue[Line]()
    for _ in range(LINES):
        lines.put_nowait(Line(*await asyncio.open_connection("127.0.0.1", port)))

    async def one(number: int, due: float) -> None:
        nonlocal refused
        line = await lines.get()
        status = await line.post(*_signed(_event(number)))
        lines.put_nowait(line)
        took.append((time.perf_counter() - due) * 1000)
        refused += status != 200

    begun, calls = time.perf_counter(), set()
    for number in range(rate * seconds):
        due = begun + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(one(number, due))
        calls.add(task)
        task.add_done_callback(calls.discard)
    await asyncio.gather(*calls)
    while not lines.empty():
        lines.get_nowait().writer.close()
    return took, refused


@dataclass(frozen=True, slots=True)
class Line:
    """A connection kept open. A client library would cost more than what is measured."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def post(self, body: bytes, mac: str) -> int:
        signed, long = f"X-ZEvent-Signature: mac={mac}", f"Content-Length: {len(body)}"
        head = (f"POST {PATH} HTTP/1.1", "Host: loa", signed, long)
        self.writer.write("\r\n".join((*head, "", "")).encode() + body)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        if (length := answer.partition("content-length: ")[2].partition("\r\n")[0]) and int(length):
            await self.reader.readexactly(int(length))
        return int(answer.split(" ", 2)[1])


def _event(number: int) -> dict[str, Any]:
    user = str(crowd.FIRST + number % PEOPLE)
    common = {"app_id": SEAL.app_id, "timestamp": str(1_795_500_000_000 + number), "recipient": {"id": SEAL.oa_id}}
    kind = number % 10
    if kind < 5:
        return {**common, "event_name": "user_received_message", "sender": {"id": SEAL.oa_id},
                "message": {"msg_id": f"{number:024d}"}}
    text = "đã nhận" if kind < 8 else "1" if kind < 9 else "xin chào"
    sender = {"id": user if kind < 9 else f"9{number}"}
    message = {"msg_id": f"{number:024d}", "text": text}
    return {**common, "event_name": "user_send_text", "sender": sender, "message": message}


def _signed(event: dict[str, Any]) -> tuple[bytes, str]:
    body = json.dumps(event).encode()
    mac = hashlib.sha256(SEAL.app_id.encode() + body + event["timestamp"].encode() + SEAL.oa_secret.encode())
    return body, mac.hexdigest()
