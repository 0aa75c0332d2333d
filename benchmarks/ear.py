"""A web process with an OA's webhook, for benchmarks/webhook.py: `python -m benchmarks.ear DATABASE PORT`.

Answers leave into a channel that accepts everything, so that only our own work is measured.
"""

import asyncio
import json
import resource
import signal
import sys
from typing import Any

from bot import web
from bot.channels import Letter, Outcome, Receipt
from bot.serving import serving
from bot.settings import Settings
from bot.zalo_ear import Ear
from bot.zalo_mac import Seal
from bot.zalo_webhooks import OfOa, Webhook
from db.session import Database
from handlers import zalo
from knowledge.catalogue import Catalogue

SEAL = Seal("4242424242", "5757575757", "bench-oa-secret", "bench-app-secret")


class Everywhere:
    """Sends at once, to nobody."""

    name = platform = zalo.OA
    lane: Any = None
    said = 0

    async def send(self, letter: Letter) -> Outcome:
        self.said += 1
        return Receipt((str(self.said),))


async def main(url: str, port: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    database, channel = Database(url), Everywhere()
    needs = {"bot_name": "loa", "index": await Catalogue.open(database), "settings": None, "quiet": None}
    ear = Ear(database, channel, zalo.read_oa, needs)  # type: ignore[arg-type]
    ear.ready.set()
    hook = Webhook(OfOa(SEAL, ear.counted, None), ear.inbox, ear.counted, 1_000_000)
    settings = Settings(_env_file=None, PORT=port)  # type: ignore[call-arg]
    async with serving(settings, web.build(settings, database, webhooks={"/webhooks/zalo/oa": hook})):
        print("ready", flush=True)
        await stop.wait()
    await ear.inbox.drain()
    await ear.counted.write()
    await database.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpu": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss / 1024, "said": channel.said}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
