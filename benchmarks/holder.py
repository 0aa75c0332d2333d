"""A process that holds an Official Account's token: `python -m benchmarks.holder DATABASE_URL OAUTH COPY`.

For each line of its input it fetches the token anew and prints it. For the line "die" it kills itself, as kill -9 does,
between a new pair's arrival and its writing to the database.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx

from bot import logs
from bot.zalo_app import App
from bot.zalo_tokens import NoToken, Tokens, Unavailable
from db import zalo_tokens as table
from db.session import Database
from sandbox.zalo_oa.state import APP_ID, APP_SECRET


async def hold(url: str, oauth: str, copy: str) -> None:
    database, written = Database(url), table.replace
    async with httpx.AsyncClient() as http:
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            table.replace = _die if line.strip() == "die" else written
            tokens = Tokens(database, "zalo_oa", App(APP_ID, APP_SECRET, oauth), http, copy=Path(copy))
            try:
                print(await tokens.access(), flush=True)
            except (NoToken, Unavailable) as problem:
                print("-", type(problem).__name__, flush=True)


async def _die(*_: object, **__: object) -> bool:
    os.kill(os.getpid(), signal.SIGKILL)
    return False


if __name__ == "__main__":
    logs.configure("critical", False)
    asyncio.run(hold(*sys.argv[1:4]))
