"""Faults that can be switched on while the sandbox runs, and the rate ceilings."""

import random
from collections import deque
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

CHOICES = {"window": ("sliding", "bucket"), "only": ("", "telegram", "zalo_oa", "zalo_bot")}


@dataclass(frozen=True, slots=True)
class Faults:
    rate: float = 0  # requests a second the token may send; 0 = no ceiling
    window: str = "sliding"  # strict: never more than `rate` in any second; or "bucket" with `burst`
    burst: int = 30
    chat_rate: float = 0  # messages a second to one chat; 0 = no ceiling
    retry_after: int = 1  # seconds a 429 asks for, and for which the token stays blocked
    latency: float = 0  # seconds before the answer
    jitter: float = 0  # seconds at most on top of it
    arrival_jitter: float = 0  # seconds at most between arrival and counting
    p5xx: float = 0  # share answered 502, not delivered
    pdrop: float = 0  # share whose connection is cut, not delivered
    plost: float = 0  # share delivered, whose answer is then lost
    pblocked: float = 0  # share of chats, chosen by id, that have blocked the bot
    only: str = ""  # the one platform that has these faults; "" = all
    codes: dict[str, float] = field(default_factory=dict)  # Zalo OA: error code → share of calls answered with it

    @classmethod
    def changed(cls, old: "Faults", wanted: dict[str, Any]) -> "Faults":
        """Raises ValueError naming what is unknown or out of range."""
        known = [f.name for f in fields(cls)]
        for name, value in wanted.items():
            if name not in known:
                raise ValueError(f"unknown fault {name!r}; known: {', '.join(known)}")
            if name in CHOICES:
                if value not in CHOICES[name]:
                    raise ValueError(f"{name} is one of {', '.join(map(repr, CHOICES[name]))}")
                continue
            for number in value.values() if name == "codes" and isinstance(value, dict) else [value]:
                if not (isinstance(number, int | float) and number >= 0):
                    raise ValueError(f"{name} must be a number, 0 or more")
                if (name.startswith("p") or name == "codes") and number > 1:
                    raise ValueError(f"{name} is a share between 0 and 1")
        return replace(old, **wanted)

    def on(self, platform: str) -> "Faults":
        """Those that this platform has."""
        return self if self.only in ("", platform) else NO_FAULTS

    def plain(self) -> dict[str, Any]:
        return asdict(self)


NO_FAULTS = Faults()


class Gate:
    """One token's ceiling."""

    def __init__(self) -> None:
        self._accepted: deque[float] = deque()
        self._blocked_until = 0.0
        self._tokens: float | None = None
        self._refilled = 0.0

    def refuse(self, faults: Faults, now: float) -> int:
        """Seconds to wait, 0 when the request is accepted (and counted)."""
        if not faults.rate:
            return 0
        if now < self._blocked_until:
            return max(1, round(self._blocked_until - now + 0.5))
        allowed = self._bucket(faults, now) if faults.window == "bucket" else self._sliding(faults, now)
        if allowed:
            return 0
        self._blocked_until = now + faults.retry_after
        return faults.retry_after

    def _sliding(self, faults: Faults, now: float) -> bool:
        while self._accepted and self._accepted[0] <= now - 1:
            self._accepted.popleft()
        if len(self._accepted) >= faults.rate:
            return False
        self._accepted.append(now)
        return True

    def _bucket(self, faults: Faults, now: float) -> bool:
        have = faults.burst if self._tokens is None else self._tokens + (now - self._refilled) * faults.rate
        self._tokens, self._refilled = min(have, faults.burst), now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Dice:
    """Which request meets which fault: a seeded stream, so that a run can be repeated."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)

    def hits(self, share: float) -> bool:
        return share > 0 and self._random.random() < share

    def up_to(self, seconds: float) -> float:
        return self._random.random() * seconds if seconds else 0.0


def always_blocked(chat: int, share: float) -> bool:
    """The same chats every time, whatever the order of calls."""
    return share > 0 and (chat * 2654435761 % 2**32) / 2**32 < share
