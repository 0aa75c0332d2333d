"""A worker and the console in one process, as `loa run` has them, for benchmarks/watching.py.

`python -m benchmarks.watched DATABASE API RATE PORT`. Says on SIGTERM what it cost since SIGUSR1.
"""

import asyncio
import json
import signal
import sys
import time

import uvloop

from bot import web
from bot.channels.telegram import TelegramChannel
from bot.desk import LateConsole
from bot.doorbell import open_doorbell
from bot.lanes import Lane
from bot.processes import keep_start_up, stop_on_signals
from bot.push import Worker
from bot.serving import serving
from bot.settings import Settings
from db.session import Database
from knowledge.catalogue import Catalogue
from sandbox.embedded import TOKEN


async def main(url: str, api: str, rate: float, port: int) -> None:
    stop = stop_on_signals()
    database, console = Database(url), LateConsole()
    settings = Settings(_env_file=None, PORT=port)  # type: ignore[call-arg]
    console.open(settings, database, await Catalogue.open(database))
    doorbell, lane = await open_doorbell(database), Lane("telegram", rate)
    channel = TelegramChannel("telegram", TOKEN, api, lane)
    worker = Worker(database, channel, lane, bell=doorbell.bell())
    async with serving(settings, web.build(settings, database, console=console)):
        keep_start_up()
        begun: list[tuple[float, float]] = []
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: begun.append(_now()))
        print("ready", flush=True)
        await worker.run(stop)
        cpu, seconds = (now - then for now, then in zip(_now(), begun[-1], strict=True))
    await channel.close()
    await doorbell.close()
    await database.close()
    print(json.dumps({"cpu": cpu, "seconds": seconds}), flush=True)


def _now() -> tuple[float, float]:
    """CPU seconds of this process, and the clock."""
    return time.process_time(), time.perf_counter()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])))
