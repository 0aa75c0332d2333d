"""From what the platform said to what becomes of a row."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import Closed, Down, Frozen, Gone, Held, Later, Migrated, Receipt, Refused
from bot.outcomes import LONGEST, TRIES, backoff, notice_settled, settled
from db.deliveries import RESENT, Claimed
from db.pushes import DeliveryState as State

ROW = Claimed(1, 2, 3, 4, "70001", 0, None, None)
AGAIN = Claimed(1, 2, 3, 4, "70001", 1, RESENT, None)
LAST = Claimed(1, 2, 3, 4, "70001", TRIES - 1, None, None)


def after(row, outcome, now, resend=False):
    return settled(row, outcome, now, random.Random(1), resend_unsure=resend)


def test_sent(now):
    done = after(ROW, Receipt(("17", "18")), now)
    assert (done.state, done.message_ids, done.sent_at, done.kind) == (State.SENT, "17 18", now, None)
    assert after(AGAIN, Receipt(("17",)), now).kind == RESENT  # stays listed: may have it twice


@pytest.mark.parametrize("outcome", [Later(10_000.0), Migrated("-1001"), Frozen("401")])
def test_waiting_costs_no_attempt(outcome, now):
    done = after(ROW, outcome, now)
    assert (done.state, done.attempts, done.not_before) == (State.PLANNED, 0, None)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [(Gone("blocked"), "blocked"), (Held("no_rights"), "no_rights"), (Held("zalo_999"), "held"),
     (Closed("7 days"), "closed"), (Refused("too long"), "refused")],
)
def test_final_failures_say_why(outcome, kind, now):
    done = after(ROW, outcome, now)
    assert (done.state, done.kind, done.error) == (State.FAILED, kind, outcome.why)


def test_a_failing_platform_is_tried_again_later_and_not_for_ever(now):
    done = after(ROW, Down("502"), now)
    assert (done.state, done.attempts) == (State.PLANNED, 1) and now <= done.not_before <= now + timedelta(seconds=2)
    assert (after(LAST, Down("502"), now).state, after(LAST, Down("502"), now).kind) == (State.FAILED, "down")


def test_a_lost_answer_is_never_silently_repeated_twice(now):
    lost = Down("read timed out", maybe_sent=True)
    assert after(ROW, lost, now).state == State.UNKNOWN
    once = after(ROW, lost, now, resend=True)
    assert (once.state, once.kind) == (State.PLANNED, RESENT)
    assert after(AGAIN, lost, now, resend=True).state == State.UNKNOWN


@given(st.integers(1, 30), st.randoms())
def test_backoff_is_bounded(attempt, dice):
    assert timedelta() <= backoff(attempt, dice) <= timedelta(seconds=min(LONGEST, 2.0**attempt))


def test_a_notice_is_repeated_when_in_doubt(now):
    def told(outcome, attempts=0):
        row = notice_settled(9, attempts, outcome, now, random.Random(1))
        return row["b_state"], row["b_attempts"]

    assert told(Receipt(("1",))) == ("sent", 1)
    assert told(Later(3600.0)) == ("planned", 0)
    assert told(Down("lost", maybe_sent=True)) == ("planned", 1)
    assert told(Down("lost"), 4) == ("failed", 5)
    assert told(Gone("blocked")) == ("failed", 1)
    assert told(Migrated("-1")) == ("planned", 0)
