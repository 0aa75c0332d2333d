"""Storing together what arrives together: one transaction for many webhook calls, each answered when it is safe."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

Arrived = Sequence[tuple[str, dict[str, Any]]]  # (update id, payload)
MOST = 200  # events of one transaction
LONGEST = 0.25  # seconds for which work gives way to arrivals


class Gathered:
    """While one transaction runs, what comes meanwhile waits for the next."""

    def __init__(self, store: Callable[[Arrived], Awaitable[None]]) -> None:
        self._store_all = store
        self._waiting: list[tuple[Arrived, asyncio.Future[None]]] = []
        self._storing: asyncio.Task[None] | None = None
        self._arriving = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def receive(self, arrived: Arrived) -> None:
        """Returns when they are stored; raises what storing them raised."""
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((arrived, stored))
        with self.arriving():
            if self._storing is None or self._storing.done():
                self._storing = asyncio.create_task(self._store())
            await stored

    @contextmanager
    def arriving(self) -> Iterator[None]:
        """Somebody waits for an answer that will not take long."""
        self._arriving += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._arriving -= 1
            if not self._arriving:
                self._idle.set()

    async def give_way(self) -> None:
        """Before longer work: those who are waiting go first, though not for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST):
                await self._idle.wait()

    async def _store(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                await self._store_all([event for arrived, _ in together for event in arrived])
            except Exception as problem:
                for _, stored in together:
                    if not stored.done():
                        stored.set_exception(problem)
            else:
                for _, stored in together:
                    if not stored.done():
                        stored.set_result(None)
