"""The web server inside our own process: it starts, it stops, and leaves signals to the composition root."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import uvicorn

from bot.fatal import Fatal
from bot.settings import Settings
from sandbox.cutting import CuttableProtocol


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # uvicorn would take Ctrl-C for itself; all our parts stop together


@asynccontextmanager
async def serving(settings: Settings, app: Any, hang_up: Callable[[], None] | None = None) -> AsyncIterator[None]:
    """Serve `app` while the block runs. `hang_up` ends the answers that would go on for ever."""
    listening = _bind(settings)
    port = _note_port(settings, listening)
    config = uvicorn.Config(
        app, http=CuttableProtocol, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn tells by a flag only
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        if hang_up is not None:
            hang_up()
        server.should_exit = True
        await task
        with suppress(OSError):
            if settings.port_file.read_text() == port:
                settings.port_file.unlink()


def _note_port(settings: Settings, listening: socket.socket) -> str:
    port = str(listening.getsockname()[1])
    with suppress(OSError):  # the links of the command line fall back to the settings
        settings.port_file.parent.mkdir(parents=True, exist_ok=True)
        settings.port_file.write_text(port)
    return port


def _bind(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, proto=socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on: 40 ms an answer
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as problem:
        listening.close()
        raise Fatal(
            f"cổng {settings.port} trên {settings.host} không dùng được ({problem.strerror}). "
            f"Hãy dừng chương trình đang giữ cổng, hoặc chạy với cổng khác: PORT={settings.port + 1} make run"
        ) from None
    return listening
