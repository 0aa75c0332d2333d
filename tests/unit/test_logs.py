from bot.logs import masked


def test_tokens_and_phone_numbers_never_reach_a_log():
    line = masked("POST https://api.telegram.org/bot123456789:AAF-abcdefghijklmnop/getMe for +84912345678, 0912345678.")
    assert line == "POST https://api.telegram.org/bot123456789:***/getMe for …678, …678."
    assert masked("1.234.567 người, 30/11/2026") == "1.234.567 người, 30/11/2026"
