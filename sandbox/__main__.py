"""`python -m sandbox`: the platforms on their own, without Loa."""

import argparse
import asyncio
import socket
from pathlib import Path

import uvicorn

from sandbox.app import Sandbox
from sandbox.cutting import CuttableProtocol
from sandbox.embedded import BOTS


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, sandbox: Sandbox) -> None:
        super().__init__(config)
        self._sandbox = sandbox

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._sandbox.hang_up()
        await super().shutdown(sockets)


async def serve(arguments: argparse.Namespace) -> None:
    tokens = {f"{424242 + n}:loa-sandbox-token": (f"loa_sandbox{n}_bot", f"Loa {n}") for n in range(1, arguments.bots)}
    sandbox = Sandbox(BOTS | tokens, keep_in=arguments.keep, lean=arguments.lean)
    config = uvicorn.Config(
        sandbox, host="127.0.0.1", port=arguments.port, http=CuttableProtocol, log_level="warning", access_log=False,
        lifespan="off", backlog=4096, timeout_graceful_shutdown=1,
    )
    async with sandbox.kept():
        await _Server(config, sandbox).serve()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A Telegram on loopback.")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--bots", type=int, default=1, help="how many bots there are")
    parser.add_argument("--keep", type=Path, help="file that keeps phones and messages across restarts")
    parser.add_argument("--lean", action="store_true", help="keep no messages: for benchmarks")
    arguments = parser.parse_args()
    try:
        import uvloop

        uvloop.run(serve(arguments))
    except ImportError:
        asyncio.run(serve(arguments))


if __name__ == "__main__":
    main()
