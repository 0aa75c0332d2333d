"""How `loa run` ends: at once, in silence, with a reason where there is one."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx

from sandbox.embedded import free_socket, serve

ROOT = Path(__file__).parent.parent.parent


async def _loa(tmp_path: Path, *words: str, **environment: str) -> asyncio.subprocess.Process:
    settings = {"LOA_DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, cwd=tmp_path, env={**os.environ, **settings, **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )


def _port() -> str:
    with free_socket() as probe:
        return str(probe.getsockname()[1])


async def test_a_page_that_listens_does_not_hold_up_the_end(tmp_path):
    port = _port()
    loa = await _loa(tmp_path, "run", "--port", port)
    while b"Ctrl-C" not in (line := await loa.stdout.readline()):
        assert line, (await loa.stderr.read()).decode()
    address = f"http://127.0.0.1:{port}/sandbox/events"
    async with httpx.AsyncClient(timeout=30) as client, client.stream("GET", address) as events:
        parts = events.aiter_text()
        await anext(parts)
        loa.send_signal(signal.SIGINT)
        async for _ in parts:  # ends as an answer ends; a torn one would raise
            pass
    _out, wrong = await loa.communicate()
    assert (loa.returncode, wrong.decode()) == (0, "")


async def test_a_wrong_token_is_one_line(tmp_path):
    async with serve() as base:
        loa = await _loa(tmp_path, "run", "--port", _port(), TELEGRAM_TOKEN="1:not-this-one", LOA_TELEGRAM_API=base)
        _out, wrong = await loa.communicate()
    assert loa.returncode == 1
    assert wrong.decode().splitlines() == [
        "loa run: Telegram không nhận token này. Vui lòng kiểm tra TELEGRAM_TOKEN (xem ở @BotFather)."
    ]
