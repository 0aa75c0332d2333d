"""What to do next for every code an Official Account's interfaces may answer. One table; a test holds each row of it.

Codes come with HTTP 200. An unknown one holds the recipient and can be retried: it stops nobody else.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.channels import Closed, Down, Frozen, Gone, Held, Later, Outcome, Refused

OVER_RATE, WAIT = -32, 10.0  # seconds: the ceiling counts minutes
BAD_TOKEN = frozenset({-216, -220, -124})  # renewed once, then Frozen
NIGHT = frozenset({-234, -133})
HANOI, MORNING = ZoneInfo("Asia/Ho_Chi_Minh"), 6
NO_MONEY, OUT_OF_QUOTA, TEMPLATE_REFUSED = "no_money", "out_of_quota", "template_refused"

TABLE: dict[int, Outcome] = {
    # The recipient
    -213: Gone("unfollowed"), -217: Gone("blocked"), -222: Gone("inactive"), -227: Gone("inactive"),
    -118: Gone("no_account"), -114: Gone("cannot_receive"), -119: Gone("cannot_receive"),
    # Windows: a template may still go, or another channel
    -230: Closed("window_closed"), -232: Closed("window_closed"), -305: Closed("window_closed"),
    -311: Closed("window_closed"), -244: Closed("type_refused"),
    -139: Closed("type_refused"), -140: Closed("type_refused"), -141: Closed("type_refused"),
    # Quota and money: held, so that it can go again when there is some
    -211: Held(OUT_OF_QUOTA), -218: Held("recipient_quota"), -144: Held(OUT_OF_QUOTA), -147: Held(OUT_OF_QUOTA),
    -1441: Held(OUT_OF_QUOTA), -1472: Held(OUT_OF_QUOTA),
    -320: Held(NO_MONEY), -321: Held(NO_MONEY), -115: Held(NO_MONEY), -137: Held(NO_MONEY),
    # The template: held, so that it can go again with one that is approved
    -109: Held(TEMPLATE_REFUSED), -131: Held(TEMPLATE_REFUSED), -146: Held(TEMPLATE_REFUSED),
    -249: Held(TEMPLATE_REFUSED), -117: Held(TEMPLATE_REFUSED), -126: Held(TEMPLATE_REFUSED),
    -127: Held(TEMPLATE_REFUSED), -135: Held(TEMPLATE_REFUSED), -1121: Held(TEMPLATE_REFUSED),
    -1122: Held(TEMPLATE_REFUSED), -1124: Held(TEMPLATE_REFUSED),
    # Our content
    -201: Refused(""), -210: Refused(""), -233: Refused(""), -248: Refused(""), -240: Refused(""),
    # The app, the OA, its permission: a human
    -202: Frozen(""), -204: Frozen(""), -205: Frozen(""), -207: Frozen(""), -208: Frozen(""), -209: Frozen(""),
    -212: Frozen(""), -215: Frozen(""), -216: Frozen(""), -219: Frozen(""), -220: Frozen(""), -221: Frozen(""),
    -223: Frozen(""), -224: Frozen(""), -235: Frozen(""), -242: Frozen(""), -124: Frozen(""),
    # Another time
    -100: Held("attachment_expired"), -200: Down("-200 send failed"), -214: Down("-214 article in the making"),
    # Groups
    -237: Held("group"), -238: Held("group"), -241: Held("group"), -403: Held("group"),
}
MEANING = {  # for operators: cause and remedy
    NO_MONEY: "the OA's account (Zalo Cloud Account) has no money: pay in, then retry the push",
    OUT_OF_QUOTA: "a quota of the OA's package is used up: buy or wait, then retry the push",
    TEMPLATE_REFUSED: "the template cannot be sent: look at its state in the ZBS console",
}


def outcome_of(code: int, message: str, now: datetime) -> Outcome:
    """Never a Receipt."""
    if code == OVER_RATE:
        return Later(WAIT, f"{code} {message}")
    if code in NIGHT:
        return Later((_morning(now) - now).total_seconds(), "night", alone=True)
    if code == -201 and "user_id" in message:
        return Gone("not_found")
    found = TABLE.get(code)
    if isinstance(found, Refused):
        return Refused(f"{code} {message}")
    if isinstance(found, Frozen):
        return Frozen(f"Zalo OA: {code} {message}")
    return found or Held(f"zalo_{code}")


def _morning(now: datetime) -> datetime:
    here = now.astimezone(HANOI)
    six = here.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    return six if six > here else six + timedelta(days=1)
