"""A sandboxed Telegram in one process, Loa in another: Loa can be killed and started again while people go on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from sandbox import embedded
from tests.acceptance.phones import Phone

ROOT = Path(__file__).parent.parent.parent
STARTED = 60.0  # seconds at most until Loa answers; aiogram alone takes some to import on a busy machine


class Loa:
    """`loa run` against the sandbox, as with a real token."""

    def __init__(self, telegram: str, folder: Path) -> None:
        with embedded.free_socket() as probe:
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("LOA_", "TELEGRAM_"))},
            "LOA_QUIET_FROM": "0", "LOA_QUIET_TO": "0",  # the story is the same by day and by night
            "LOA_DATA_DIR": str(folder / "var"), "PORT": str(self.port), "TELEGRAM_TOKEN": embedded.TOKEN,
            "LOA_TELEGRAM_API": telegram, "PYTHONPATH": str(ROOT),
        }
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "bot", "run"]
        with (self.folder / "loa.log").open("ab") as log:
            self._running = subprocess.Popen(command, env=self.environment, cwd=self.folder, stdout=log, stderr=log)
        deadline = time.monotonic() + STARTED
        while "đang hoạt động" not in self.log():
            assert self._running.poll() is None, f"Loa ended at its start:\n{self.log()}"
            assert time.monotonic() < deadline, f"Loa did not start:\n{self.log()}"
            time.sleep(0.05)

    def log(self) -> str:
        return (self.folder / "loa.log").read_text(encoding="utf-8")

    def kill(self) -> None:
        """As power failing does."""
        assert self._running is not None
        self._running.kill()
        self._running.wait()
        (self.folder / "loa.log").write_text("")

    def stop(self) -> int:
        if self._running is None or self._running.poll() is not None:
            return 0
        self._running.send_signal(signal.SIGTERM)
        return self._running.wait(30)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`loa …` beside the running system."""
        command = [sys.executable, "-m", "bot", *words]
        return subprocess.run(
            command, env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False
        )


@pytest.fixture(scope="module")
def telegram() -> Iterator[str]:
    with embedded.process() as base:
        yield base


@pytest.fixture(scope="module")
def loa(telegram: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loa]:
    loa = Loa(telegram, tmp_path_factory.mktemp("loa"))
    loa.start()
    yield loa
    assert loa.stop() == 0, loa.log()


@pytest.fixture
async def client(telegram: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=telegram, timeout=20) as client:
        yield client


@pytest.fixture
def phone(client: httpx.AsyncClient):
    """Makes a phone, or finds the one made before."""

    async def make(number: str, name: str = "") -> Phone:
        shown = {"id": number, "phone_number": f"+8490{number}", **({"name": name} if name else {})}
        assert (await client.post("/sandbox/phones", json=shown)).status_code == 200
        return Phone(client, number)

    return make
