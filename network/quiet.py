"""Quiet hours: when people are left in peace, in their own zone. Only hỏa tốc goes out in between."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `begins` until `ends`, mostly over midnight; the same time twice means that there are none."""

    begins: time = time(21)
    ends: time = time(6)

    def until(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """The end of the quiet hours `now` lies in, None outside of them."""
        there = now.astimezone(zone)
        clock, overnight = there.time(), self.begins > self.ends
        inside = clock >= self.begins or clock < self.ends if overnight else self.begins <= clock < self.ends
        if not inside:
            return None
        day = there.date() + timedelta(days=overnight and clock >= self.begins)
        return datetime.combine(day, self.ends, zone)


NEVER = Quiet(time(0), time(0))
