"""Every code of the fact sheet's tables becomes the outcome that says what to do next."""

from datetime import UTC, datetime

import pytest

from bot.channels import Closed, Down, Frozen, Gone, Held, Later, Refused, zalo_bot
from bot.channels.zalo_oa_errors import TABLE, outcome_of

NIGHT = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)  # 23:30 in Hà Nội
OA = {
    -32: Later, -100: Held, -200: Down, -201: Refused, -202: Frozen, -204: Frozen, -205: Frozen, -207: Frozen,
    -208: Frozen, -209: Frozen, -212: Frozen, -223: Frozen, -210: Refused, -211: Held, -213: Gone, -214: Down,
    -215: Frozen, -216: Frozen, -220: Frozen, -217: Gone, -218: Held, -219: Frozen, -221: Frozen, -224: Frozen,
    -222: Gone, -227: Gone, -230: Closed, -232: Closed, -233: Refused, -234: Later, -235: Frozen, -237: Held,
    -238: Held, -241: Held, -403: Held, -240: Refused, -242: Frozen, -244: Closed, -248: Refused, -249: Held,
    -305: Closed, -311: Closed, -320: Held, -321: Held,
}
ZBS = {
    -109: Held, -131: Held, -1121: Held, -1122: Held, -1124: Held, -114: Gone, -118: Gone, -119: Gone,
    -115: Held, -137: Held, -117: Held, -124: Frozen, -126: Held, -127: Held, -133: Later, -135: Held,
    -139: Closed, -140: Closed, -141: Closed, -144: Held, -147: Held, -1441: Held, -1472: Held, -146: Held,
}


@pytest.mark.parametrize(("code", "kind"), [*OA.items(), *ZBS.items()])
def test_a_code_has_its_outcome(code, kind):
    outcome = outcome_of(code, "text of the platform", NIGHT)
    assert type(outcome) is kind
    assert getattr(outcome, "why", "x")


def test_no_row_is_without_its_test():
    assert set(TABLE) <= {*OA, *ZBS}


def test_an_unknown_code_holds_one_recipient_and_stops_nobody():
    assert outcome_of(-98765, "what?", NIGHT) == Held("zalo_-98765")


def test_an_unknown_recipient_is_not_our_content():
    assert outcome_of(-201, "A parameter is invalid: user_id is invalid", NIGHT) == Gone("not_found")


def test_the_night_ends_at_six_for_this_recipient_alone():
    assert outcome_of(-234, "night", NIGHT) == Later(6.5 * 3600, "night", alone=True)
    assert outcome_of(-32, "too many", NIGHT).alone is False


@pytest.mark.parametrize(("status", "said", "kind"), [
    (429, {"error_code": 429, "description": "Too Many Requests"}, Later),
    (429, {"error_code": 429, "description": "Monthly message quota exceeded"}, Held),
    (403, {"error_code": 403, "description": "Forbidden"}, Gone),
    (400, {"error_code": 400, "description": "Bad Request: chat not found"}, Gone),
    (400, {"error_code": 400, "description": "Bad Request: text is empty"}, Refused),
    (400, {"error_code": 400, "description": "Bad Request: user is not in the beta"}, Held),
    (401, {"error_code": 401, "description": "Unauthorized"}, Frozen),
    (404, {}, Frozen),
    (502, {}, Down),
    (200, {"error_code": 999, "description": "new"}, Down),
])
def test_what_a_zalo_bot_may_answer(status, said, kind):
    assert type(zalo_bot.outcome_of(status, said)) is kind
