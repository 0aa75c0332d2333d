"""What came back is written: all of it in one go, or one by one when something in it cannot be written."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from bot import after_effects, outcomes
from bot.channels import Closed, Down, Gone, Outcome, Receipt
from bot.errands import Going
from db import deliveries, notices
from db.deliveries import Claimed, Settled
from db.pushes import DeliveryState
from db.trouble import passes

log = structlog.get_logger()
Done = tuple[Claimed, Going, Outcome]
Told = tuple[Row[Any], Outcome]  # a notice
UNWRITTEN = "unwritten"  # kind of a row whose outcome the database did not take


@dataclass(frozen=True, slots=True)
class Settling:
    """In the transaction of `db`, for the rows of one channel that `worker` has leased."""

    db: AsyncSession
    channel: str
    worker: str
    now: datetime
    dice: random.Random

    async def all(self, done: Sequence[Done], told: Sequence[Told]) -> None:
        if not (done or told) or await self._written(lambda: self._write(done, told), rows=len(done) + len(told)):
            return
        for one in done:
            if not await self._written(lambda one=one: self._write([one], []), delivery=one[0].id):
                await self._written(lambda one=one: self._give_up(one), delivery=one[0].id)
        for notice, outcome in told:
            if not await self._written(lambda n=notice, o=outcome: self._write([], [(n, o)]), notice=notice.id):
                await self._written(lambda n=notice, o=outcome: self._give_up_notice(n, o), notice=notice.id)

    async def _written(self, writing: Callable[[], Awaitable[None]], **about: int) -> bool:
        try:
            async with self.db.begin_nested():
                await writing()
        except Exception as problem:
            if passes(problem):  # all of it is tried again
                raise
            log.exception("an outcome could not be written", channel=self.channel, **about,
                          remedy="the others are; please report the cause")
            return False
        return True

    async def _write(self, done: Sequence[Done], told: Sequence[Told]) -> None:
        db, now, dice = self.db, self.now, self.dice
        rows = [
            outcomes.settled(row, outcome, now, dice, resend_unsure=push.resend_unsure) for row, push, outcome in done
        ]
        await deliveries.settle(db, self.worker, rows)
        await notices.settle(db, [outcomes.notice_settled(n.id, n.attempts, outcome, now, dice) for n, outcome in told])
        for row, _, outcome in done:
            await after_effects.apply(db, self.channel, row, outcome, now)
        for notice, outcome in told:
            await after_effects.apply_to_identity(db, self.channel, notice.identity_id, outcome, now)
            if isinstance(outcome, Gone | Closed):
                await notices.elsewhere(db, notice.id, now)

    async def _give_up(self, done: Done) -> None:
        """What is certain of it, without the words."""
        row, _, outcome = done
        state, sent_at = _plainly(outcome), self.now if isinstance(outcome, Receipt) else None
        kind = row.kind if sent_at else UNWRITTEN
        settled = Settled(row.id, state, kind, row.attempts + 1, sent_at=sent_at)
        await deliveries.settle(self.db, self.worker, [settled])

    async def _give_up_notice(self, notice: Row[Any], outcome: Outcome) -> None:
        sent = isinstance(outcome, Receipt)
        await notices.settle(self.db, [{
            "b_id": notice.id, "b_state": (DeliveryState.SENT if sent else DeliveryState.FAILED).value,
            "b_attempts": notice.attempts + 1, "b_error": UNWRITTEN, "b_not_before": self.now,
            "b_sent_at": self.now if sent else None,
        }])


def _plainly(outcome: Outcome) -> DeliveryState:
    if isinstance(outcome, Receipt):
        return DeliveryState.SENT
    unsure = isinstance(outcome, Down) and outcome.maybe_sent
    return DeliveryState.UNKNOWN if unsure else DeliveryState.FAILED
