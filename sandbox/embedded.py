"""Starting the sandbox on a free port: in this process, or in one of its own for benchmarks and kill trials."""

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn

from sandbox.app import Sandbox
from sandbox.cutting import CuttableProtocol

TOKEN, USERNAME = "424242:loa-sandbox-token", "loa_sandbox_bot"
BOTS = {TOKEN: (USERNAME, "Loa")}


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def free_socket() -> socket.socket:
    listening = socket.socket(proto=socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on: 40 ms an answer, measured
    listening.bind(("127.0.0.1", 0))
    return listening


@asynccontextmanager
async def serve(sandbox: Sandbox | None = None) -> AsyncIterator[str]:
    """The base address while the block runs; in the caller's event loop."""
    sandbox = sandbox or Sandbox(BOTS)
    listening = free_socket()
    config = uvicorn.Config(
        sandbox, http=CuttableProtocol, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    server = _Server(config)
    async with sandbox.kept():
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells by a flag only
            await asyncio.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            if isinstance(sandbox, Sandbox):  # a test may serve something else
                sandbox.hang_up()
            server.should_exit = True
            await task


@contextmanager
def process(*arguments: str) -> Iterator[str]:
    """The base address of a sandbox in another process, ended with the block."""
    with free_socket() as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sandbox", "--port", str(port), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{base}/sandbox/stats", timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield base
    finally:
        running.terminate()
        running.wait(10)
