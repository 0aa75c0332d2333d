import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reply import CALLBACK_BYTES, Action, Choice, Reply

words = st.text("abcdefghijklmnopqrstuvwxyz.-0123456789", max_size=20)


@given(words.filter(bool), words, words)
def test_an_action_survives_packing(name, subject, stamp):
    action = Action(name, subject, stamp)
    packed = action.pack()
    assert len(packed.encode()) <= CALLBACK_BYTES
    assert Action.unpack(packed) == action


def test_what_telegram_would_refuse_is_refused_here():
    with pytest.raises(ValueError, match="64 bytes"):
        Action("brief.approve", "é" * 30).pack()


def test_a_reply_survives_as_plain_data():
    reply = Reply("**Xin chào**", (Choice("Đã nhận", Action("ack", "7")), Choice("Mở", url="https://a.vn")), files=(3,))
    assert Reply.from_plain(reply.plain()) == reply
