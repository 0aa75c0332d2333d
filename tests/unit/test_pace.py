"""The laws of a lane's arithmetic."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pace import RECOVERY, Pace, Spacing

RATES = st.one_of(st.floats(0.2, 5), st.integers(1, 60).map(float), st.sampled_from([300.0, 1000.0]))
WAITS = st.lists(st.floats(0, 0.4), min_size=1, max_size=300)


def worst_window(taken: list[float], seconds: float) -> int:
    """The most calls in any half-open window of so many seconds."""
    most, start = 0, 0
    for end, moment in enumerate(taken):
        while taken[start] <= moment - seconds:
            start += 1
        most = max(most, end - start + 1)
    return most


@given(RATES, WAITS, st.floats(0, 0.04), st.randoms())
def test_never_more_than_the_rate_in_any_second_as_it_arrives(rate, waits, jitter, dice):
    """However late the caller wakes, and however the network bunches the calls."""
    pace, now, taken = Pace(rate), 100.0, []
    for wait in waits:
        now = max(now + wait * dice.random(), pace.ready(now))
        pace.take(now)
        taken.append(now)
    allowed = max(1, math.floor(rate))
    assert worst_window(taken, allowed / rate * 1.04) <= allowed
    window = min(1.0, allowed / rate)  # a rate of 1.5 is one call in two thirds of a second, with as much less slack
    arrived = sorted(moment + dice.uniform(0, jitter * window) for moment in taken)
    assert worst_window(arrived, window) <= allowed


@given(RATES)
def test_an_eager_caller_gets_the_pace(rate):
    pace, now = Pace(rate), 0.0
    for _ in range(50 + round(2 * rate)):
        now = max(now, pace.ready(now))
        pace.take(now)
    assert now == pytest.approx((50 + round(2 * rate)) / (0.96 * rate), rel=0.1, abs=1.2 / rate + 0.3)


@given(st.lists(st.floats(-50, 0.3), min_size=5, max_size=200))
def test_a_clock_set_back_neither_opens_nor_locks_the_lane(steps):
    """Real time goes on in small steps while the clock we read jumps back."""
    pace, real, clock, taken = Pace(10.0), 0.0, 1000.0, []
    for step in steps:
        real += 0.05
        clock += 0.05 if step >= 0 else step
        if pace.ready(clock) <= clock:
            pace.take(clock)
            taken.append(real)
    assert worst_window(taken, 1.0) <= 10
    for _ in range(40):  # two seconds of a clock that runs again
        real, clock = real + 0.05, clock + 0.05
        if pace.ready(clock) <= clock:
            pace.take(clock)
            taken.append(real)
    assert sum(moment > real - 2 for moment in taken) >= 12


def test_after_a_silence_no_burst_leaves():
    pace = Pace(30.0)
    for second in range(5):
        pace.take(float(second))
    assert pace.ready(1000.0) <= 1000.0
    pace.take(1000.0)
    assert pace.ready(1000.0) > 1000.03


def test_lost_time_is_made_good_but_not_beyond_the_window():
    pace, now = Pace(100.0), 0.0
    for _ in range(200):
        now = max(now, pace.ready(now))
        pace.take(now)
    late, burst = now + 0.08, 0
    while pace.ready(late) <= late:
        pace.take(late)
        burst += 1
    assert 5 <= burst <= 10


def test_each_429_episode_slows_down_and_a_quiet_minute_takes_one_step_back():
    pace = Pace(100.0)
    pace.take(0.0)
    before = pace.effective
    pace.slow_down(1.0)
    assert pace.effective == pytest.approx(before * 0.97)
    for _ in range(200):
        pace.slow_down(2.0)
    assert pace.effective == pytest.approx(before * 0.5, rel=0.01)
    calm = Pace(100.0)
    calm.slow_down(1.0)
    calm.take(1.0 + RECOVERY + 1)
    assert calm.effective == pytest.approx(before)


def test_no_ceiling_and_no_rate():
    endless = Pace(math.inf)
    for _ in range(1000):
        assert endless.ready(5.0) <= 5.0
        endless.take(5.0)
    assert endless.effective == math.inf
    with pytest.raises(ValueError, match="above zero"):
        Pace(0)


@given(st.lists(st.tuples(st.sampled_from(["1", "2", "-7"]), st.floats(0, 2)), max_size=80))
def test_spacing_holds_one_a_second_for_people_and_twenty_a_minute_for_groups(calls):
    spacing, now, seen = Spacing(), 0.0, {}
    for address, wait in calls:
        now = max(now + wait, spacing.ready(address, now))
        spacing.take(address, now)
        seen.setdefault(address, []).append(now)
    for address, moments in seen.items():
        if address == "-7":
            assert worst_window(moments, 59.999) <= 20
        else:
            assert worst_window(moments, 0.999) <= 1


def test_spacing_forgets_chats_that_are_free_again():
    spacing = Spacing()
    for number in range(10_000):
        spacing.take(str(number), number / 1000)
    assert len(spacing) < 1200


def test_an_answer_of_three_messages_may_leave_at_once():
    spacing, now = Spacing(), 50.0
    for _ in range(3):
        assert spacing.ready("1", now, burst=3) <= now
        spacing.take("1", now)
    assert spacing.ready("1", now, burst=3) == pytest.approx(51.0)


@given(WAITS, st.randoms())
def test_a_ceiling_that_counts_minutes_is_used_up_and_kept(waits, dice):
    """Nothing of it is lost to bunched arrivals: they weigh a sixtieth."""
    pace, now, taken = Pace(66.0, period=60.0), 100.0, []
    for wait in waits:
        now = max(now + wait * dice.random() / 20, pace.ready(now))
        pace.take(now)
        taken.append(now)
    assert pace.effective >= 0.999 * 66
    assert worst_window(taken, 1.0) <= 66
