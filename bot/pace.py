"""When the next call of a channel may leave: pure arithmetic, the time comes in (monotonic seconds).

Two rules at once. Spacing (GCRA): calls leave evenly, `rate / (1 + jitter)` a second, so that arrivals bunched by
the network still fit the platform's second. Window: never more than `rate` calls in any `1 + jitter` seconds,
whatever happened before (a stalled process, a clock set back); a token bucket would allow twice that.
"""

import math
from collections import deque

JITTER = 0.0405  # seconds by which arrivals may bunch; pace 0.961 of the ceiling, measured to hold against 0-30 ms
MOST_JITTER = 0.12
TRIPS = 512  # answers' times from which the jitter of this machine and network is learned
CATCH_UP = 0.1  # seconds of lost time that may be made good after a late wake-up; the window holds all the same
RAMP = 0.3  # seconds of slower start after a silence: connections being opened bunch the first calls
SLOWER = 0.97  # after each 429 episode
RECOVERY = 60.0  # seconds without a 429 until one such step is taken back


class Pace:
    """`ready` says when the next call may leave, `take` spends it. `rate` is calls a second; infinity = no ceiling.

    `period`: seconds over which the platform counts; bunched arrivals weigh less in a longer one.
    """

    def __init__(
        self, rate: float, *, jitter: float = JITTER, catch_up: float = CATCH_UP, ramp: float = RAMP,
        period: float = 1.0,
    ) -> None:
        if rate <= 0:
            raise ValueError(f"a lane needs a rate above zero: {rate}")
        self.rate = rate
        self._budget = max(1, math.floor(rate)) if math.isfinite(rate) else 0
        self._least_jitter, self._period = jitter, period
        self._trips: deque[float] = deque(maxlen=TRIPS)
        self._unlearned = 0
        self._allow(jitter)
        self._catch_up = min(catch_up, self._window / 4) if self._budget else 0.0
        self._ramp = ramp
        self._taken: deque[float] = deque(maxlen=self._budget or 1)
        self._next = -math.inf  # by spacing
        self._started = -math.inf  # of the present run without silence
        self._slower = 1.0
        self._slowed_at = -math.inf
        self._now = -math.inf
        self._shift = 0.0

    def _allow(self, jitter: float) -> None:
        self._window = self._budget / self.rate * (1 + jitter / self._period)
        self._spacing = self._window / self._budget if self._budget else 0.0

    def observe(self, seconds: float) -> None:
        """How long a call took, from its leave to its answer. What differs between calls also bunches arrivals:
        a busy machine or network gets a slower pace, a quiet one the full."""
        self._trips.append(seconds)
        self._unlearned += 1
        if self._unlearned >= 64:
            self._unlearned = 0
            trips = sorted(self._trips)
            spread = trips[round(0.99 * (len(trips) - 1))] - trips[len(trips) // 20]
            self._allow(min(max(self._least_jitter, 1.2 * spread), MOST_JITTER))

    @property
    def effective(self) -> float:
        """Calls a second it aims at now."""
        return self._slower / self._spacing if self._spacing else math.inf

    def ready(self, now: float) -> float:
        """The earliest moment of the next call, in the caller's time; not after `now` means: go."""
        if not self._budget:
            return now
        self._advance(now)
        full = len(self._taken) == self._budget
        window = self._taken[0] + self._window if full else -math.inf
        return max(self._next, window) - self._shift

    def take(self, now: float) -> None:
        if not self._budget:
            return
        at = self._advance(now)
        if at - self._next > max(1.0, self._window):  # silence before this call
            self._started, self._next = at, at
        self._taken.append(at)
        self._next = max(self._next, at - self._catch_up) + self._spacing * self._stretch(at)

    def slow_down(self, now: float) -> None:
        """The platform said 429: it measures less than we thought."""
        at = self._advance(now)
        self._slower = max(0.5, self._slower * SLOWER)
        self._slowed_at = at
        self._next = max(self._next, at)
        self._started = at  # ramps up again

    def _stretch(self, at: float) -> float:
        if self._slower < 1 and at - self._slowed_at > RECOVERY:
            self._slower, self._slowed_at = min(1.0, self._slower / SLOWER), at
        since = at - self._started
        ramping = 2.0 - since / self._ramp if since < self._ramp else 1.0
        return ramping / self._slower

    def _advance(self, now: float) -> float:
        """Time that never runs back: a clock set back stands still for us instead."""
        at = now + self._shift
        if at < self._now:
            self._shift += self._now - at
            at = self._now
        self._now = at
        return at


class Spacing:
    """Calls to one chat: one a second to a person, 20 a minute to a group; `burst` calls may come together."""

    PERSON = 1.0
    GROUP = 3.0

    def __init__(self) -> None:
        self._next: dict[str, float] = {}  # address -> when its allowance is whole again; oldest first

    def ready(self, address: str, now: float, burst: int = 1) -> float:
        """The earliest moment of the next call to this chat."""
        return self._next.get(address, -math.inf) - (burst - 1) * self.of(address)

    def take(self, address: str, now: float) -> None:
        due = max(self._next.pop(address, -math.inf), now) + self.of(address)
        self._next[address] = due
        self._forget(now)

    def of(self, address: str) -> float:
        return self.GROUP if address.startswith("-") else self.PERSON

    def _forget(self, now: float) -> None:
        for address in list(_first(self._next, 4)):
            if self._next[address] > now:
                return
            del self._next[address]

    def __len__(self) -> int:
        return len(self._next)


def _first(mapping: dict[str, float], count: int) -> list[str]:
    return [key for key, _ in zip(mapping, range(count), strict=False)]
