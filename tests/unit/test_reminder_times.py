from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.settings import Settings
from network.brief_content import Content, Priority
from network.reminder_times import BadMoments, Plan, read

ASKED = Content(title="x", ack=True)
HOURS = st.none() | st.integers(1, 720)
MOMENT = st.one_of(
    st.integers(1, 99).map("{}%".format), st.integers(0, 800).map("-{}h".format), st.integers(0, 9000).map("{}m".format)
)


def hours(*found: timedelta) -> list[float]:
    return [each / timedelta(hours=1) for each in found]


@pytest.mark.parametrize(("given_hours", "expected"), [(24, [12, 22]), (8, [4, 6]), (4, [2]), (2, [1]), (1, [0.5])])
def test_half_of_the_time_and_two_hours_before_its_end(given_hours, expected):
    assert hours(*Plan().moments(replace(ASKED, ack_hours=given_hours))) == expected


def test_a_flash_brief_counts_from_receipt_also_without_a_deadline():
    assert hours(*Plan().moments(replace(ASKED, priority=Priority.FLASH))) == [0.25, 0.75]
    assert Plan().moments(ASKED) == [] and Plan().moments(Content(title="x")) == []


@given(st.lists(MOMENT, max_size=6), HOURS, st.sampled_from(Priority), st.integers(0, 4))
def test_whatever_is_set_reminders_lie_inside_the_time_in_order_and_are_not_too_many(typed, ack_hours, priority, most):
    plan = Plan(read(",".join(typed)), read(",".join(typed)), most)
    found = plan.moments(replace(ASKED, ack_hours=ack_hours, priority=priority))
    assert found == sorted(set(found)) and len(found) <= most
    assert all(timedelta() < each for each in found)
    assert ack_hours is None or all(each < timedelta(hours=ack_hours) for each in found)


@pytest.mark.parametrize("typed", ["half", "0%", "100%", "-50%", "2", "2d", "1h;2h"])
def test_what_cannot_be_read_is_refused_at_the_start(typed):
    with pytest.raises(BadMoments):
        read(typed)
    with pytest.raises(ValidationError):
        Settings(_env_file=None, reminders=typed)
