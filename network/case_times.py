"""How long an expert has for an answer, when they are reminded, and when others are told. Set by the operator."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from network.reminder_times import Rules


@dataclass(frozen=True, slots=True)
class CaseRules:
    """`before`, `lead` and `admins` count from the deadline. `patience`: how long the asker's word is waited for."""

    given: timedelta = timedelta(hours=24)
    before: timedelta = timedelta(hours=4)
    lead: timedelta = timedelta(hours=4)
    admins: timedelta = timedelta(hours=24)
    patience: timedelta = timedelta(days=3)
    rules: Rules = Rules()  # noqa: RUF009

    def due(self, now: datetime) -> datetime:
        """A deadline on a day off lasts until the end of the next working day."""
        return self.rules.calendar.end(now + self.given)

    def moments(self, due: datetime) -> tuple[datetime, ...]:
        """One for each step of knowledge.cases.Step, in order."""
        return due - self.before, due, due + self.lead, due + self.admins
