"""Working days: weekends and public holidays. Dates of each year are content/holidays.yaml; operators add their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from network import content
from network.moments import VIETNAM

SATURDAY = 5


class BadCalendar(Exception):
    """What is wrong with a file of holidays, as a Vietnamese sentence."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """`working` are days on which people work although it is a weekend or a listed holiday."""

    holidays: Mapping[date, str] = field(default_factory=dict)
    working: frozenset[date] = frozenset()

    def holiday(self, moment: datetime, zone: ZoneInfo = VIETNAM) -> str | None:
        """The holiday's name, None on other days, weekends included."""
        day = moment.astimezone(zone).date()
        return None if day in self.working else self.holidays.get(day)

    def works(self, day: date) -> bool:
        return day in self.working or (day.weekday() < SATURDAY and day not in self.holidays)

    def at_work(self, moment: datetime, zone: ZoneInfo = VIETNAM) -> bool:
        return self.works(moment.astimezone(zone).date())

    def grace(self, now: datetime, zone: ZoneInfo = VIETNAM) -> tuple[datetime, datetime] | None:
        """From when until when the days off just before today lasted: deadlines in there last until tonight."""
        today = now.astimezone(zone).date()
        first = today
        while not self.works(first - timedelta(days=1)):
            first -= timedelta(days=1)
        if first == today:
            return None
        return datetime.combine(first, time(), zone), datetime.combine(today, time(), zone)

    def end(self, deadline: datetime, zone: ZoneInfo = VIETNAM) -> datetime:
        """A deadline on a day off lasts until the end of the next working day (Civil Code 2015, art. 148.5–6)."""
        day = deadline.astimezone(zone).date()
        if self.works(day):
            return deadline
        while not self.works(day):
            day += timedelta(days=1)
        return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(deadline.tzinfo)


def of(rows: Iterable[Mapping[str, Any]]) -> Calendar:
    """Later rows win. Raises BadCalendar."""
    holidays: dict[date, str] = {}
    working: set[date] = set()
    for number, row in enumerate(rows, 1):
        day = row.get("day") if isinstance(row, Mapping) else None
        if not isinstance(day, date) or isinstance(day, datetime) or not isinstance(row.get("name", ""), str):
            raise BadCalendar(f"mục {number}: cần day (ví dụ 2026-09-02) và name")
        holidays.pop(day, None), working.discard(day)
        if row.get("working"):
            working.add(day)
        else:
            expected = " (dự kiến)" if row.get("expected") else ""
            holidays[day] = f"{row.get('name') or 'nghỉ lễ'}{expected}"
    return Calendar(holidays, frozenset(working))


@cache
def load(more: Path | None = None) -> Calendar:
    """The statutory days, changed by the operator's file. Raises BadCalendar."""
    rows = list(content.load("holidays"))
    if more is not None:
        try:
            own = yaml.safe_load(more.read_text(encoding="utf-8")) or []
        except OSError as problem:
            raise BadCalendar(f"không đọc được {more}: {problem.strerror}") from None
        except (yaml.YAMLError, UnicodeDecodeError, ValueError) as problem:
            raise BadCalendar(f"{more}: YAML viết sai: {problem}") from None
        if not isinstance(own, list):
            raise BadCalendar(f"{more}: phải là danh sách các ngày")
        rows += own
    return of(rows)
