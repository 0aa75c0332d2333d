"""One push worker in a process of its own: `python -m benchmarks.worker DATABASE_URL API_BASE RATE`.

Says "ready" when it works; on SIGTERM it stops gracefully and says as JSON what it cost.
"""

import argparse
import asyncio
import json
import resource
import sys
import time

from bot import logs
from bot.channels.telegram import TelegramChannel
from bot.doorbell import open_doorbell
from bot.lanes import Lane
from bot.processes import keep_start_up, stop_on_signals
from bot.push import Worker
from db.session import Database


async def work(arguments: argparse.Namespace) -> None:
    stop = stop_on_signals()
    database = Database(arguments.database)
    doorbell = await open_doorbell(database)
    lane = open_lane(arguments, database)
    channel = TelegramChannel(arguments.channel, arguments.token, arguments.api, lane)
    worker = Worker(database, channel, lane, bell=doorbell.bell())
    keep_start_up()
    begun = time.process_time()
    print("ready", flush=True)
    await worker.run(stop)
    await channel.close()
    await doorbell.close()
    await database.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": time.process_time() - begun, "peak_mb": round(peak, 1)}), flush=True)


def open_lane(arguments: argparse.Namespace, database: Database) -> Lane:
    if arguments.shared:
        return Lane.shared(database, arguments.channel, arguments.rate)
    return Lane(arguments.channel, arguments.rate)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("api")
    parser.add_argument("rate", type=float)
    parser.add_argument("--token", default="424242:loa-sandbox-token")
    parser.add_argument("--channel", default="telegram")
    parser.add_argument("--shared", action="store_true", help="several processes use the token")
    arguments = parser.parse_args()
    logs.configure("error", False)
    if sys.platform == "win32":
        asyncio.run(work(arguments))
    else:
        import uvloop

        uvloop.run(work(arguments))


if __name__ == "__main__":
    main()
