"""Telegram's word for who opened a Mini App: believed only when it is signed with our token, fresh and whole."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from aiogram.utils.web_app import safe_parse_webapp_init_data
from hypothesis import given
from hypothesis import strategies as st

from network import mini_app
from network.refusals import Refusal

TOKEN, NOW = "123456:AAExample-token", datetime(2026, 11, 24, 2, tzinfo=UTC)


def init_data(token: str = TOKEN, at: datetime = NOW, **fields: str) -> str:
    said = {
        "auth_date": str(int(at.timestamp())), "query_id": "AAF", "signature": "new=+/",
        "user": json.dumps({"id": 70004, "first_name": "Bình & Lan"}), **fields,
    }
    checked = "\n".join(f"{name}={value}" for name, value in sorted(said.items()))
    return urlencode({**said, "hash": mini_app.signature(checked, token)})


def test_what_telegram_signed_is_believed():
    opened = mini_app.read(init_data(), TOKEN, NOW + timedelta(minutes=9))
    assert opened.address == "70004" and len(opened.proof) == 64
    assert safe_parse_webapp_init_data(TOKEN, init_data()).user.id == 70004  # another's reading of the same form


@pytest.mark.parametrize("data", [
    init_data("123456:another"), init_data().replace("70004", "70005"), init_data() + "&start_param=x", "", "hash=",
    init_data().rpartition("&hash=")[0], init_data(user="{}"), init_data(user="[]"), init_data(auth_date="soon"),
    init_data(auth_date="9" * 30), init_data(at=NOW - timedelta(minutes=11)), init_data(at=NOW + timedelta(minutes=2)),
    init_data(user=json.dumps({"id": "me"})), init_data(user="x" * 9000),
])
def test_everything_else_is_refused(data):
    with pytest.raises(Refusal):
        mini_app.read(data, TOKEN, NOW)


@given(st.text(max_size=300))
def test_no_text_is_too_strange(data):
    with pytest.raises(Refusal):
        mini_app.read(data, TOKEN, NOW)
