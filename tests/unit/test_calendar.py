from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network import calendar
from network.moments import VIETNAM
from network.quiet import NEVER, Quiet

VN = calendar.load()
ANY = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))
ZONES = st.sampled_from([VIETNAM, ZoneInfo("Europe/Paris"), ZoneInfo("America/Los_Angeles"), ZoneInfo("UTC")])
CLOCK = st.times().map(lambda t: t.replace(microsecond=0, fold=0))


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=VIETNAM)


@pytest.mark.parametrize("year", [2026, 2027])
def test_each_year_has_the_eleven_days_of_the_law(year):
    days = {day: name.removesuffix(" (dự kiến)") for day, name in VN.holidays.items() if day.year == year}
    counts = {name: list(days.values()).count(name) for name in days.values() if not name.startswith("nghỉ bù")}
    assert counts == {
        "Tết Dương lịch": 1, "Tết Nguyên đán": 5, "Giỗ Tổ Hùng Vương": 1, "Ngày Chiến thắng": 1,
        "Ngày Quốc tế lao động": 1, "Quốc khánh": 2,
    }
    on_weekends = sum(day.weekday() >= 5 for day in days)
    assert sum(name.startswith("nghỉ bù") for name in days.values()) == on_weekends
    assert all(day.weekday() < 5 for day, name in days.items() if name.startswith("nghỉ bù"))


def test_a_holiday_is_named_in_the_zone_of_the_people():
    assert VN.holiday(at(2026, 9, 2, 0, 30)) == "Quốc khánh"
    assert VN.holiday(datetime(2026, 9, 2, 17, 30, tzinfo=UTC)) is None  # already the 3rd in Hà Nội
    assert VN.holiday(at(2026, 11, 28, 8)) is None  # a Saturday is no holiday
    assert "dự kiến" in (VN.holiday(at(2027, 9, 3, 8)) or "")


def test_a_deadline_on_a_day_off_lasts_until_the_end_of_the_next_working_day():
    assert VN.end(at(2026, 11, 27, 15)) == at(2026, 11, 27, 15)  # Friday
    assert VN.end(at(2026, 11, 28, 15)) == at(2026, 12, 1)  # Saturday → all of Monday
    assert VN.end(at(2026, 4, 30, 9)) == at(2026, 5, 5)  # 30/4, 1/5 and a weekend → all of Monday 4/5
    assert VN.end(at(2026, 2, 16, 9)) == at(2026, 2, 24)  # Tết


@given(ANY)
def test_a_deadline_only_moves_later_and_to_a_working_day(moment):
    end = VN.end(moment)
    assert end >= moment and VN.works((end.astimezone(VIETNAM) - timedelta(seconds=1)).date())
    assert (end == moment) == VN.at_work(moment)


def test_an_operator_adds_days_and_makes_others_working_days(tmp_path):
    own = tmp_path / "lich.yaml"
    own.write_text("- {day: 2026-11-24, name: Ngày Văn hóa Việt Nam}\n- {day: 2026-08-22, working: true}\n"
                   "- {day: 2026-09-01, working: true}\n", encoding="utf-8")
    found = calendar.load(own)
    assert found.holiday(at(2026, 11, 24, 9)) == "Ngày Văn hóa Việt Nam"
    assert found.works(date(2026, 8, 22)) and found.works(date(2026, 9, 1)) and not found.works(date(2026, 9, 2))


@pytest.mark.parametrize(
    "text", ["day: 2026-01-01", "- 2026-01-01", "- {day: mai, name: x}", "- [", "- {day: 2026-13-01}"]
)
def test_a_bad_file_is_said(tmp_path, text):
    own = tmp_path / "lich.yaml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(calendar.BadCalendar):
        calendar.load(own)
    with pytest.raises(calendar.BadCalendar, match="không đọc được"):
        calendar.load(tmp_path / "none.yaml")


@given(ANY, ZONES, CLOCK, CLOCK)
def test_quiet_hours_end_where_they_say(now, zone, begins, ends):
    quiet = Quiet(begins, ends)
    until = quiet.until(now, zone)
    if until is None:
        return
    assert until > now and until - now <= timedelta(hours=25)  # a night in which clocks go back is longer
    assert until.astimezone(zone).time() == ends or until.utcoffset() != now.astimezone(zone).utcoffset()
    assert quiet.until(until, zone) is None or begins == ends


@given(ANY, ZONES)
def test_quiet_by_default_is_nine_to_six_and_may_be_switched_off(now, zone):
    there = now.astimezone(zone).time()
    assert (Quiet().until(now, zone) is None) == (time(6) <= there < time(21))
    assert NEVER.until(now, zone) is None


def test_quiet_hours_within_one_day():
    noon = Quiet(time(12), time(13, 30))
    assert noon.until(at(2026, 11, 24, 12, 15), VIETNAM) == at(2026, 11, 24, 13, 30)
    assert noon.until(at(2026, 11, 24, 11, 59), VIETNAM) is None
