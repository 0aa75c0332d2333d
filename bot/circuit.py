"""The circuit of a channel: after several failures in a row it opens, and single probes find out when to go on.

Pure; time comes in. Failures that were already under way when it opened do not lengthen the wait.
"""

import random

IN_A_ROW = 5
FIRST, LONGEST = 1.0, 60.0  # seconds between probes, doubling, with full jitter


class Circuit:
    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._failures = 0
        self._probes = 0  # that failed since it opened
        self._until = 0.0

    @property
    def open(self) -> bool:
        return self._failures >= IN_A_ROW

    def worked(self) -> bool:
        """The platform answered. True when that closes the circuit."""
        closes = self.open
        self._failures = self._probes = 0
        return closes

    def failed(self, now: float) -> float | None:
        """One more failure. Returns for how long to stand still when it opens the circuit or was a probe."""
        was_open = self.open
        self._failures += 1
        if not self.open or (was_open and now < self._until):
            return None
        longest = min(LONGEST, FIRST * 2.0**self._probes)
        self._probes += 1
        wait = self._dice.uniform(longest / 2, longest)
        self._until = now + wait
        return wait
