"""From what the platform said to what becomes of a row: pure, one function for deliveries, one for notices."""

import random
from datetime import datetime, timedelta
from typing import Any

from bot.channels import Closed, Down, Frozen, Gone, Held, Later, Migrated, Outcome, Receipt, Refused
from db.deliveries import ANSWER_LOST, RESENT, Claimed, Settled
from db.notices import TRIES as NOTICE_TRIES
from db.pushes import DeliveryState
from network import failures

TRIES = 8
LONGEST = 300.0  # seconds between two tries


def backoff(attempt: int, dice: random.Random) -> timedelta:
    """Full jitter: anywhere between nothing and 2, 4, 8 … 300 seconds."""
    return timedelta(seconds=dice.uniform(0, min(LONGEST, 2.0**attempt)))


def settled(row: Claimed, outcome: Outcome, now: datetime, dice: random.Random, *, resend_unsure: bool) -> Settled:
    """The ledger's row after an outcome. Waiting for the lane costs no attempt."""
    state, attempts = DeliveryState, row.attempts
    match outcome:
        case Receipt(message_ids, note=note, cost=cost):
            ids = " ".join(message_ids)
            return Settled(row.id, state.SENT, note or row.kind, attempts + 1, None, now, ids, cost=cost)
        case Later(after, alone=True):
            return Settled(row.id, state.PLANNED, row.kind, attempts, now + timedelta(seconds=after))
        case Later() | Migrated() | Frozen():
            return Settled(row.id, state.PLANNED, row.kind, attempts)
        case Gone(why) | Held(why) | Closed(why):
            kind = {Held: failures.held(why), Closed: "closed"}.get(type(outcome), why)
            return Settled(row.id, state.FAILED, kind, attempts + 1, error=why)
        case Refused(why):
            return Settled(row.id, state.FAILED, "refused", attempts + 1, error=why)
        case Down(why, maybe_sent=True, cost=cost):
            if resend_unsure and row.kind != RESENT:
                again = now + backoff(1, dice)
                return Settled(row.id, state.PLANNED, RESENT, attempts + 1, again, error=why, cost=cost)
            return Settled(row.id, state.UNKNOWN, ANSWER_LOST, attempts + 1, error=why, cost=cost)
        case Down(why, probe=True):  # another row is the next probe: this one may itself be the cause
            return Settled(row.id, state.PLANNED, row.kind, attempts, now + backoff(3, dice), error=why)
        case Down(why):
            if attempts + 1 >= TRIES:
                return Settled(row.id, state.FAILED, "down", attempts + 1, error=why)
            again = now + backoff(attempts + 1, dice)
            return Settled(row.id, state.PLANNED, row.kind, attempts + 1, again, error=why)
    raise TypeError(outcome)


def notice_settled(
    notice_id: int, attempts: int, outcome: Outcome, now: datetime, dice: random.Random
) -> dict[str, Any]:
    """A notice is tried again when in doubt: two of them harm less than none."""
    state, not_before, error = DeliveryState.PLANNED, now, None
    match outcome:
        case Receipt():
            state, attempts = DeliveryState.SENT, attempts + 1
        case Later(after, alone=alone):
            not_before = now + timedelta(seconds=after if alone else min(after, 1.0))
        case Down(why):
            attempts, error = attempts + 1, why
            not_before = now + backoff(attempts, dice)
            state = DeliveryState.FAILED if attempts >= NOTICE_TRIES else state
        case Gone(why) | Held(why) | Closed(why) | Refused(why):
            state, attempts, error = DeliveryState.FAILED, attempts + 1, why
        case Migrated() | Frozen():
            not_before = now + timedelta(seconds=1)
    return {
        "b_id": notice_id, "b_state": state.value, "b_attempts": attempts, "b_error": error,
        "b_not_before": not_before, "b_sent_at": now if state == DeliveryState.SENT else None,
    }
