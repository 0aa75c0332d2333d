"""Telegram's Mini App: what Telegram says of who opened a page inside it, checked. Pure.

core.telegram.org/bots/webapps, “Validating data received via the Mini App”: the fields but `hash`, sorted, one a line,
under a key made of the bot's token.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from network.refusals import Refusal

LASTS = timedelta(minutes=10)  # between opening the page and coming in
AHEAD = timedelta(minutes=1)  # clocks differ
LONGEST = 8192  # characters
FORGED = "Telegram không xác nhận được phiên mở này. Vui lòng đóng cửa sổ và bấm lại nút trong khung chat với Loa."


@dataclass(frozen=True, slots=True)
class Opened:
    """By the Telegram user `address`. `proof` is different for every opening."""

    address: str
    proof: str


def read(init_data: str, token: str, now: datetime) -> Opened:
    """Refuses what is not signed with this token, is old, or says of nobody."""
    fields = dict(parse_qsl(init_data[:LONGEST], keep_blank_values=True))
    proof = fields.pop("hash", "")
    checked = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    if not hmac.compare_digest(signature(checked, token).encode(), proof.encode()):
        raise Refusal(FORGED)
    try:
        opened = datetime.fromtimestamp(int(fields["auth_date"]), UTC)
        address = str(int(json.loads(fields["user"])["id"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise Refusal(FORGED) from None
    if not now - LASTS < opened < now + AHEAD:
        raise Refusal("Cửa sổ này đã mở quá lâu. Vui lòng đóng lại và bấm nút trong khung chat với Loa.")
    return Opened(address, proof)


def signature(checked: str, token: str) -> str:
    """Hexadecimal, of the sorted fields."""
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    return hmac.new(key, checked.encode(), hashlib.sha256).hexdigest()
