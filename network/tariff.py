"""What a platform with windows lets us write to whom, and what it charges: free, paid, by template, or not at all."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Way(StrEnum):
    FREE = "free"
    PAID = "paid"
    TEMPLATE = "template"  # the approved “there is a new brief”, whose button opens the window again
    CLOSED = "closed"


SPANS = ("free", "window", "reopening")


@dataclass(frozen=True, slots=True)
class Tariff:
    """Of one channel, in đồng. `budget`: what one push may cost, None = no limit."""

    free: timedelta = timedelta(hours=48)  # since the person's last interaction
    window: timedelta = timedelta(days=7)
    reopening: timedelta = timedelta(days=365)  # for how long a template may still be sent
    message: int = 55
    template: int = 84
    has_template: bool = True
    budget: int | None = None
    as_of: str = ""  # when and where the prices were read

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Tariff":
        spans = {name: timedelta(seconds=data[name]) for name in SPANS}
        return cls(**{**data, **spans})

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {name: getattr(self, name).total_seconds() for name in SPANS}

    def way(self, spoke_at: datetime | None, now: datetime) -> Way:
        if spoke_at is None:
            return Way.CLOSED
        age = now - spoke_at
        if age <= self.free:
            return Way.FREE
        if age <= self.window:
            return Way.PAID
        return Way.TEMPLATE if self.has_template and age <= self.reopening else Way.CLOSED

    def cost(self, way: Way, messages: int) -> int:
        """Of a letter that takes so many messages."""
        return {Way.PAID: self.message * messages, Way.TEMPLATE: self.template}.get(way, 0)
