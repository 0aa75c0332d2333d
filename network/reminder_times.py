"""When silent people are reminded, as operators write it: 50%,-2h for most briefs, 15m,45m for a flash brief."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from network.brief_content import Content, Priority
from network.calendar import Calendar
from network.moments import VIETNAM
from network.quiet import Quiet

_MOMENT = re.compile(r"(-?)(\d+)([%hm])")


class BadMoments(ValueError):
    """A setting that cannot be read."""


@dataclass(frozen=True, slots=True)
class Moment:
    """`share` of the time given, or `before` its end, or `after` receipt; one of them."""

    share: float | None = None
    before: timedelta | None = None
    after: timedelta | None = None

    def of(self, given: timedelta | None) -> timedelta | None:
        """From receipt; None where it needs a deadline and there is none."""
        if self.after is not None:
            return self.after
        if given is None:
            return None
        return given * self.share if self.share is not None else given - (self.before or timedelta())


def read(typed: str) -> tuple[Moment, ...]:
    """"50%, -2h, 45m": half of the time given, two hours before its end, 45 minutes after receipt."""
    return tuple(_moment(part.strip()) for part in typed.split(",") if part.strip())


def _moment(part: str) -> Moment:
    found = _MOMENT.fullmatch(part)
    if not found or (found[1] and found[3] == "%") or (found[3] == "%" and not 0 < int(found[2]) < 100):
        raise BadMoments(f"{part!r} is no moment; write 50%, -2h or 45m")
    if found[3] == "%":
        return Moment(share=int(found[2]) / 100)
    length = timedelta(**{"hours" if found[3] == "h" else "minutes": int(found[2])})
    return Moment(before=length) if found[1] else Moment(after=length)


@dataclass(frozen=True, slots=True)
class Plan:
    """When people are reminded; at most `most` times for one brief."""

    normal: tuple[Moment, ...] = (Moment(share=0.5), Moment(before=timedelta(hours=2)))
    flash: tuple[Moment, ...] = (Moment(after=timedelta(minutes=15)), Moment(after=timedelta(minutes=45)))
    most: int = 2

    def moments(self, content: Content) -> list[timedelta]:
        """From receipt, in order, all of them inside the time given."""
        if not content.ack:
            return []
        given = timedelta(hours=content.ack_hours) if content.ack_hours else None
        wanted = self.flash if content.priority == Priority.FLASH else self.normal
        found = {after for moment in wanted if (after := moment.of(given)) is not None}
        return sorted(after for after in found if after > timedelta() and (given is None or after < given))[: self.most]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator set, for everything that is done about silent people."""

    plan: Plan = Plan()
    quiet: Quiet = Quiet()  # noqa: RUF009
    calendar: Calendar = Calendar()  # noqa: RUF009

    def rest(self, now: datetime) -> datetime | None:
        """Until when nobody is asked, at night and on days off; None at work."""
        if not self.calendar.at_work(now):
            tomorrow = now.astimezone(VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            return self.quiet.until(tomorrow, VIETNAM) or tomorrow
        return self.quiet.until(now, VIETNAM)
