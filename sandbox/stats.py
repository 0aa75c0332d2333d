"""What the sandbox counted: deliveries, repeats, refusals, and the busiest second."""

from collections import Counter, deque
from typing import Any


class Stats:
    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.answers: Counter[str] = Counter()
        self.delivered = 0
        self.duplicates = 0
        self.in_flight = 0
        self.per_second: Counter[int] = Counter()
        self.first = self.last = 0.0
        self.worst_second = 0
        self._window: deque[float] = deque()
        self._texts: dict[int, set[int]] = {}

    def deliver(self, chat: int, text: str, now: float) -> None:
        """One message reached one chat."""
        self.delivered += 1
        self.first = self.first or now
        self.last = now
        self.per_second[int(now)] += 1
        self._window.append(now)
        while self._window[0] <= now - 1:
            self._window.popleft()
        self.worst_second = max(self.worst_second, len(self._window))
        texts = self._texts.setdefault(chat, set())
        key = hash(text)
        self.duplicates += key in texts
        texts.add(key)

    def plain(self) -> dict[str, Any]:
        took = self.last - self.first
        return {
            "delivered": self.delivered, "chats": len(self._texts), "duplicates": self.duplicates,
            "answers": dict(self.answers), "in_flight": self.in_flight, "worst_second": self.worst_second,
            "rate": round((self.delivered - 1) / took, 2) if took else 0.0,
            "first": self.first, "last": self.last,
            "per_second": [[second, count] for second, count in sorted(self.per_second.items())],
        }

    def chats(self) -> list[int]:
        return sorted(self._texts)
