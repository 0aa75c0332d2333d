"""What `loa doctor` says of the holidays it knows."""

from datetime import date, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from bot.commands import doctor
from network.calendar import BadCalendar, Calendar

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def knowing(*years: int) -> SimpleNamespace:
    return SimpleNamespace(zone=ZONE, calendar=Calendar({date(year, 1, 1): "Tết Dương lịch" for year in years}))


@pytest.fixture
def year() -> int:
    return datetime.now(ZONE).year


def test_this_year_and_the_next_have_to_be_known(year):
    assert doctor._holidays(knowing(year, year + 1)).good
    for known, missing in (((), f"{year}, {year + 1}"), ((year,), str(year + 1)), ((year + 1,), str(year))):
        finding = doctor._holidays(knowing(*known))
        assert not finding.good and finding.text.endswith(f"năm {missing}") and "LOA_HOLIDAYS" in finding.remedy


def test_a_file_that_cannot_be_read_is_named():
    class Broken:
        zone = ZONE

        @property
        def calendar(self) -> Calendar:
            raise BadCalendar("không đọc được nghi-le.yaml")

    finding = doctor._holidays(Broken())
    assert not finding.good and "nghi-le.yaml" in finding.text
