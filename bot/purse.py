"""What a worker's letters cost, and what a push may still spend on them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Channel, Down, Letter, Outcome, Receipt
from db.deliveries import Claimed
from network import pushes
from network.tariff import Way

log = structlog.get_logger()
OVER_BUDGET = "over_budget"


def way_of(channel: Channel, row: Claimed) -> Way | None:
    """What the platform's windows allow; None where there are none."""
    return channel.tariff.way(row.spoke_at, datetime.now(UTC)) if channel.tariff else None


class Purse:
    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._promised: dict[int, tuple[int, int]] = {}  # row → its push, and what it will cost
        self._told: set[int] = set()  # pushes whose budget was said to be used up

    async def admit(
        self, db: AsyncSession, push_id: int, letter: Letter, rows: Sequence[Claimed], now: datetime
    ) -> tuple[list[Claimed], list[Claimed]]:
        """Those the budget bears, free ones always, and the others."""
        tariff = self._channel.tariff
        if tariff is None or tariff.budget is None or not rows:
            return list(rows), []
        left = tariff.budget - await pushes.spent(db, push_id)
        left -= sum(cost for push, cost in self._promised.values() if push == push_id)
        messages, borne, dear = self._channel.calls(letter), [], []
        for row in rows:
            cost = tariff.cost(tariff.way(row.spoke_at, now), messages)
            if cost > max(left, 0):
                dear.append(row)
                continue
            left -= cost
            if cost:
                self._promised[row.id] = (push_id, cost)
            borne.append(row)
        if dear and push_id not in self._told:
            self._told.add(push_id)
            log.error("the push's budget is used up: who costs something is held", push=push_id, budget=tariff.budget,
                      remedy="raise LOA_ZALO_OA_BUDGET, then send again to whom it did not reach")
        return borne, dear

    async def settle(self, db: AsyncSession, done: Sequence[tuple[Claimed, Any, Outcome]]) -> None:
        """What the platform took is written to the pushes."""
        spent: dict[int, int] = {}
        for row, _push, outcome in done:
            self._promised.pop(row.id, None)
            if isinstance(outcome, Receipt | Down) and outcome.cost:
                spent[row.push_id] = spent.get(row.push_id, 0) + outcome.cost
        for push_id, cost in spent.items():
            await pushes.spend(db, push_id, cost)
