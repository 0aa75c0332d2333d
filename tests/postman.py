"""A channel for the tests of the worker: keeps what it was given and answers as it is told."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.channels import Letter, Outcome, Receipt
from bot.lanes import Lane
from bot.push import Worker
from db.session import Database

Answer = Callable[[Letter, int], Outcome]


class Postman:
    """`answer(letter, n)` decides about the n-th call; None means accepted."""

    platform = "telegram"
    tariff = None

    def __init__(self, name: str = "telegram", rate: float = 500.0, answer: Answer | None = None) -> None:
        self.name, self.lane = name, Lane(name, rate)
        self.answer = answer or (lambda letter, number: Receipt((str(number),)))
        self.letters: list[Letter] = []
        self.edited: list[tuple[str, tuple[str, ...], Letter]] = []
        self.deleted: list[tuple[str, tuple[str, ...]]] = []
        self.latency = 0.0
        self.calls_begun = 0

    @property
    def got(self) -> Counter[str]:
        return Counter(letter.address for letter in self.letters)

    async def send(self, letter: Letter) -> Outcome:
        from bot.channels import Later
        from bot.lanes import Paused

        try:
            await self.lane.take(letter.address, letter.priority)
        except Paused as paused:
            return Later(paused.seconds, "paused")
        self.calls_begun += 1
        number = self.calls_begun
        await asyncio.sleep(self.latency)
        outcome = self.answer(letter, number)
        if isinstance(outcome, Receipt):
            self.letters.append(letter)
        elif isinstance(outcome, Later):
            self.lane.pause(outcome.after, outcome.why)
        return outcome

    async def edit(self, address: str, message_ids: tuple[str, ...], letter: Letter) -> Outcome:
        self.edited.append((address, message_ids, letter))
        return self.answer(letter, len(self.edited))

    async def delete(self, address: str, message_ids: tuple[str, ...], priority: int = 2) -> Outcome:
        self.deleted.append((address, message_ids))
        return self.answer(Letter(address, ""), len(self.deleted))

    async def close(self) -> None: ...

    def calls(self, letter: Letter) -> int:
        return 1


@asynccontextmanager
async def working(database: Database, postman: Postman, **more) -> AsyncIterator[Worker]:
    """A worker that runs while the block does, and then stops gracefully."""
    worker, stop = Worker(database, postman, postman.lane, **more), asyncio.Event()
    task = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await task


async def until(condition: Callable, seconds: float = 15.0) -> None:
    """Wait for a condition (a function, or one that returns an awaitable) with a generous limit."""
    async with asyncio.timeout(seconds):
        while True:
            result = condition()
            if asyncio.iscoroutine(result):
                result = await result
            if result:
                return
            await asyncio.sleep(0.02)
