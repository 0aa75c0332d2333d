"""Why something did not arrive and what to do about it: every reason a channel gives is known."""

import re
from pathlib import Path

import bot.channels
from bot.channels import Gone, Held, telegram_errors, zalo_oa_errors
from network import failures
from network.failures import Todo

EDITS = {"message_gone", "message_fixed", "no_text"}  # of corrections and recalls, told on their own pages


def test_every_reason_of_the_channels_is_known():
    whys = {why for _pattern, why in telegram_errors.FORBIDDEN}
    whys |= {why for _pattern, kind, why in telegram_errors.BAD_REQUEST if kind in (Gone, Held)}
    zalo = [each for table in vars(zalo_oa_errors).values() if isinstance(table, dict) for each in table.values()]
    whys |= {each.why for each in zalo if isinstance(each, Gone | Held)}
    source = "".join(path.read_text() for path in Path(bot.channels.__file__).parent.glob("zalo_bot*.py"))
    whys |= set(re.findall(r'(?:Gone|Held)\("([a-z_]+)"', source)) - {"zalo_bot_400", "not_here"}
    assert len(whys) > 15
    assert whys - EDITS - failures.FAILURES.keys() == set()


def test_grouped_by_what_to_do_the_most_first():
    found = failures.grouped({
        "failed:blocked": 3, "failed:closed": 5, "failed:down": 2, "unknown:answer_lost": 1, "skipped:left": 4,
        "failed:never": 1, "stopped:": 9,
    })
    assert list(found) == [Todo.AGAIN, Todo.ELSEWHERE, Todo.OPERATOR, Todo.NOTHING]
    assert found[Todo.AGAIN][0] == ("dừng trước khi gửi", 9) and found[Todo.OPERATOR] == [("không gửi được", 1)]
    assert found[Todo.ELSEWHERE] == [("ngoài thời gian được nhắn trên Zalo", 5), ("đã chặn bot", 3)]
    assert sum(count for rows in found.values() for _said, count in rows) == 25


def test_what_is_tried_again_and_for_whom():
    assert {"down", "unwritten", "refused", "held", "out_of_quota"} <= set(failures.RETRIED)
    assert {"blocked", "closed", "unfollowed"} <= set(failures.RETURNING)
    assert not set(failures.RETRIED) & set(failures.RETURNING)
    assert not {"deactivated", "left", "not_found"} & {*failures.RETRIED, *failures.RETURNING}
