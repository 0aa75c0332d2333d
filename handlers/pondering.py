"""What takes its time, as models and sums do, while a turn holds the database: the turn is taken back, they are
asked, and the turn begins again with what they said."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from inspect import iscoroutinefunction
from typing import Any, TypeVar

T = TypeVar("T")


class Pondering(Exception):
    """Raised in a turn that needs what `read` finds: a model's word, or sums over many rows. Nothing of the turn may
    be kept. `read` runs in a thread, or is awaited; the handler finds what it returned under `name`."""

    def __init__(self, read: Callable[[], Any], name: str = "understood") -> None:
        super().__init__()
        self.read, self.name = read, name


async def pondered(turn: Callable[[Mapping[str, Any]], Awaitable[T]], needs: Mapping[str, Any]) -> T:
    """The turn's result. `turn` opens its own transaction each time; the second time handlers find what the models
    understood among their needs."""
    try:
        return await turn(needs)
    except Pondering as asked:
        found = await asked.read() if iscoroutinefunction(asked.read) else await asyncio.to_thread(asked.read)
        return await turn({**needs, asked.name: found})
