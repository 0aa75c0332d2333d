"""Every answer Telegram is known to give, through python-telegram-bot's own reading of it, to what is done next."""

import json

import pytest

from bot.channels import Down, Frozen, Gone, Held, Later, Letter, Migrated, Receipt, Refused
from bot.channels.aiohttp_request import AiohttpRequest, AnswerLost, NotSent
from bot.channels.telegram import TelegramChannel
from bot.lanes import Lane

BLOCKED, REFUSED = "blocked", Refused
ROWS = [  # status, description, parameters, what follows
    (403, "Forbidden: bot was blocked by the user", {}, Gone("blocked")),
    (403, "Forbidden: user is deactivated", {}, Gone("deactivated")),
    (403, "Forbidden: bot can't initiate conversation with a user", {}, Gone("never_started")),
    (403, "Forbidden: bot can't send messages to the bot", {}, Gone("is_a_bot")),
    (403, "Forbidden: the bot can't send messages to bots", {}, Gone("is_a_bot")),
    (403, "Forbidden: bot was kicked from the group chat", {}, Gone("group_lost")),
    (403, "Forbidden: bot was kicked from the supergroup chat", {}, Gone("group_lost")),
    (403, "Forbidden: bot was kicked from the channel chat", {}, Gone("group_lost")),
    (403, "Forbidden: bot is not a member of the supergroup chat", {}, Gone("group_lost")),
    (403, "Forbidden: the group chat was deleted", {}, Gone("group_lost")),
    (403, "Forbidden: something new", {}, Gone("forbidden")),
    (400, "Bad Request: chat not found", {}, Gone("not_found")),
    (400, "Bad Request: private chat not found", {}, Gone("not_found")),
    (400, "Bad Request: user not found", {}, Gone("not_found")),
    (400, "Bad Request: PEER_ID_INVALID", {}, Gone("not_found")),
    (
        400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": -1001},
        Migrated("-1001"),
    ),
    (400, "Bad Request: have no write access to the chat", {}, Held("no_rights")),
    (400, "Bad Request: not enough rights to send text messages to the chat", {}, Held("no_rights")),
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN", {}, Held("no_rights")),
    (400, "Bad Request: CHAT_RESTRICTED", {}, Held("no_rights")),
    (400, "Bad Request: TOPIC_CLOSED", {}, Held("no_rights")),
    (400, "Bad Request: ALLOW_PAYMENT_REQUIRED_25", {}, Gone("wants_payment")),
    (400, "Bad Request: can't parse entities: Unclosed start tag at byte offset 12", {}, REFUSED),
    (400, "Bad Request: message is too long", {}, REFUSED),
    (400, "Bad Request: message caption is too long", {}, REFUSED),
    (400, "Bad Request: message text is empty", {}, REFUSED),
    (400, "Bad Request: text must be non-empty", {}, REFUSED),
    (400, "Bad Request: BUTTON_DATA_INVALID", {}, REFUSED),
    (400, "Bad Request: BUTTON_URL_INVALID", {}, REFUSED),
    (400, "Bad Request: reply markup is too long", {}, REFUSED),
    (400, "Bad Request: wrong file identifier/HTTP URL specified", {}, REFUSED),
    (400, "Bad Request: failed to get HTTP URL content", {}, REFUSED),
    (400, "Bad Request: wrong type of the web page content", {}, REFUSED),
    (400, "Bad Request: Can't use the media of the specified type in the album", {}, REFUSED),
    (400, "Bad Request: a sentence nobody has seen yet", {}, REFUSED),
    (400, "Bad Request: message to edit not found", {}, Held("message_gone")),
    (400, "Bad Request: message to delete not found", {}, Held("message_gone")),
    (400, "Bad Request: message to copy not found", {}, Held("message_gone")),
    (400, "Bad Request: message to forward not found", {}, Held("message_gone")),
    (400, "Bad Request: message can't be edited", {}, Held("message_fixed")),
    (400, "Bad Request: message can't be deleted for everyone", {}, Held("message_fixed")),
    (400, "Bad Request: there is no text in the message to edit", {}, Held("no_text")),
    (400, "Bad Request: FROZEN_METHOD_INVALID", {}, Frozen),
    (401, "Unauthorized", {}, Frozen),
    (404, "Not Found", {}, Frozen),
    (409, "Conflict: terminated by other getUpdates request", {}, Frozen),
    (429, "Too Many Requests: retry after 3", {"retry_after": 3}, Later(3.0)),
    (429, "Too Many Requests: retry after 10072", {"retry_after": 10072}, Later(10072.0)),
    (500, "Internal Server Error: sending failed", {}, Down),
    (502, "Bad Gateway", {}, Down),
    (504, "Gateway Timeout", {}, Down),
]


class Scripted(AiohttpRequest):
    """Telegram's answer, without a network."""

    def __init__(self, answer: tuple[int, bytes] | Exception) -> None:
        super().__init__()
        self.answer, self.asked = answer, []

    async def do_request(self, url, method, request_data=None, **_timeouts):
        self.asked.append((url.rpartition("/")[2], request_data.json_parameters if request_data else {}))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def channel(answer: tuple[int, bytes] | Exception) -> TelegramChannel:
    made = TelegramChannel("telegram", "1:token", "http://telegram.test", Lane("telegram", 1000))
    made._transport = Scripted(answer)
    made._bot._request = (made._transport, made._transport)
    return made


def said(status: int, description: str, parameters: dict) -> tuple[int, bytes]:
    body = {"ok": False, "error_code": status, "description": description, "parameters": parameters}
    return status, json.dumps(body).encode()


@pytest.mark.parametrize(("status", "description", "parameters", "wanted"), ROWS, ids=[row[1] for row in ROWS])
async def test_every_answer_says_what_to_do_next(status, description, parameters, wanted):
    outcome = await channel(said(status, description, parameters)).send(Letter("7", "Xin chào"))
    if isinstance(wanted, type):
        assert isinstance(outcome, wanted)
        assert outcome.why
    elif isinstance(wanted, Later):
        assert isinstance(outcome, Later) and outcome.after == wanted.after
    else:
        assert outcome == wanted


async def test_a_refusal_keeps_the_platforms_own_words_for_the_author():
    outcome = await channel(said(400, "Bad Request: message is too long", {})).send(Letter("7", "a"))
    assert outcome.why.lower().endswith("message is too long")


async def test_an_edit_that_changes_nothing_has_succeeded():
    text = "Bad Request: message is not modified: specified new message content is the same"
    outcome = await channel(said(400, text, {})).edit("7", ("12",), Letter("7", "Xin chào"))
    assert outcome == Receipt(("12",))


@pytest.mark.parametrize(
    ("problem", "maybe_sent"), [(NotSent("could not connect"), False), (AnswerLost("read timed out"), True)]
)
async def test_only_an_answer_that_got_lost_leaves_a_doubt(problem, maybe_sent):
    outcome = await channel(problem).send(Letter("7", "Xin chào"))
    assert isinstance(outcome, Down) and outcome.maybe_sent is maybe_sent


async def test_an_answer_that_is_no_json_is_the_platforms_failure():
    outcome = await channel((502, b"<html>bad gateway</html>")).send(Letter("7", "Xin chào"))
    assert outcome == Down(outcome.why) and not outcome.maybe_sent


async def test_a_success_nobody_can_read_may_have_been_sent():
    outcome = await channel((200, b"<html>")).send(Letter("7", "Xin chào"))
    assert isinstance(outcome, Down) and outcome.maybe_sent


async def test_a_429_stops_the_lane_for_everybody():
    stopped = channel(said(429, "Too Many Requests: retry after 40", {"retry_after": 40}))
    await stopped.send(Letter("7", "Xin chào"))
    assert 39 < stopped.lane.paused_for() <= 40
    again = await stopped.send(Letter("8", "Xin chào"))
    assert isinstance(again, Later) and len(stopped._transport.asked) == 1
