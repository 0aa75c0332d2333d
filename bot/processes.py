"""Running several long-lived parts together: all stop on a signal, or as soon as one of them fails."""

import asyncio
import gc
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

GRACE = 20.0  # seconds the parts have to finish what is in flight


def stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def keep_start_up() -> None:
    """What start-up made lives as long as the process. Walking all of it again and again would stop the loop for
    80 to 100 ms every few seconds, which bunches calls and draws 429s at 1,000 a second."""
    gc.collect()
    gc.freeze()


async def together(stop: asyncio.Event, *parts: Coroutine[Any, Any, Any]) -> None:
    """Run all parts until `stop` is set; the first failure stops the others and is raised at the end."""
    keep_start_up()
    tasks = [asyncio.create_task(part) for part in parts]
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    _done, slow = await asyncio.wait(tasks, timeout=GRACE)
    for task in slow:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
