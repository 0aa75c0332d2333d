"""A model that fails is left alone for a while: one log line, and nobody waits for it meanwhile."""

import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from knowledge.models import ModelTrouble

log = structlog.get_logger()
REST = 60.0  # seconds
T = TypeVar("T")


class Resting:
    def __init__(self, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._what, self._clock, self._until = what, clock, 0.0

    @property
    def awake(self) -> bool:
        return self._clock() >= self._until

    def attempt(self, work: Callable[[], T]) -> T | None:
        """What `work` returns; None when the model fails or rests."""
        if not self.awake:
            return None
        try:
            return work()
        except ModelTrouble as trouble:
            self._until = self._clock() + REST
            log.warning(
                f"{self._what}: the model does not answer, the lexical engine works alone", cause=str(trouble),
                remedy="check LOA_MODEL and LOA_MODEL_URL", again_in=REST,
            )
            return None


class Failing(Resting):
    """For measuring: what goes wrong is raised."""

    def __init__(self) -> None:
        super().__init__("measuring")

    def attempt(self, work: Callable[[], T]) -> T | None:
        return work()
