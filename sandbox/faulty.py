"""Faults around one call of a Zalo interface: late, refused by the server, cut, or done and its answer lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.ground import Ground


class Unavailable(Exception):
    """HTTP 502."""


async def with_faults(ground: Ground, platform: str, work: Callable[[], Awaitable[Any]]) -> Any:
    """Raises Unavailable, or ConnectionAbortedError when the connection has to die without an answer."""
    faults, dice = ground.faults.on(platform), ground.dice
    if faults.arrival_jitter:
        await asyncio.sleep(dice.up_to(faults.arrival_jitter))
    try:
        if dice.hits(faults.pdrop):
            raise ConnectionAbortedError("fault: dropped before it was done")
        if dice.hits(faults.p5xx):
            raise Unavailable
        result = await work()
    finally:
        if faults.latency or faults.jitter:
            await asyncio.sleep(faults.latency + dice.up_to(faults.jitter))
    if dice.hits(faults.plost):
        raise ConnectionAbortedError("fault: done, the answer is lost")
    return result
