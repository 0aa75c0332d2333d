"""What to do next for everything Telegram may answer. One table; a test holds a case for every row of it."""

import os
import re
from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.channels import Down, Frozen, Gone, Held, Later, Migrated, Outcome, Refused
from bot.channels.aiohttp_request import AnswerLost

os.environ.setdefault("PTB_TIMEDELTA", "true")  # waits as timedelta, PTB's coming default; a number warns each time

FORBIDDEN: tuple[tuple[str, str], ...] = (  # all of them: this address is gone, and why
    (r"blocked by the user", "blocked"),
    (r"user is deactivated", "deactivated"),
    (r"can't initiate conversation", "never_started"),
    (r"can't send messages to (the bot|bots)", "is_a_bot"),
    (r"was kicked|is not a member|chat was deleted", "group_lost"),
)

# The first that fits decides; patterns are of the server's own sentences (tdlib/telegram-bot-api, tdlib/td).
BAD_REQUEST: tuple[tuple[str, type[Gone] | type[Held] | type[Refused] | type[Frozen], str], ...] = (
    (r"chat not found|user not found|PEER_ID_INVALID", Gone, "not_found"),
    (r"ALLOW_PAYMENT_REQUIRED", Gone, "wants_payment"),
    (r"no write access|not enough rights|CHAT_WRITE_FORBIDDEN|CHAT_RESTRICTED|TOPIC_CLOSED", Held, "no_rights"),
    (r"message to (edit|delete|copy|forward|be replied|react to|pin)\S* not found", Held, "message_gone"),
    (r"message can't be (edited|deleted)", Held, "message_fixed"),
    (r"no text in the message to edit", Held, "no_text"),
    (r"FROZEN_METHOD_INVALID", Frozen, "the bot's account is frozen"),
    (
        r"can't parse entities|is too long|text is empty|text must be non-empty|BUTTON_\w+_INVALID|markup is too long"
        r"|file identifier|HTTP URL|web page content|specified type in the album|PHOTO_INVALID|IMAGE_PROCESS"
        r"|file must be non-empty|file is too big|must be encoded in UTF-8",
        Refused, "",
    ),
)


def outcome_of(problem: TelegramError) -> Outcome:
    """Never a Receipt: "not modified" is the caller's to take as success (see `unchanged`)."""
    text = problem.message
    if isinstance(problem, RetryAfter):
        return Later(seconds_of(problem))
    if isinstance(problem, ChatMigrated):
        return Migrated(str(problem.new_chat_id))
    if isinstance(problem, InvalidToken | EndPointNotFound | Conflict):
        return Frozen(f"the token does not work: {text}")
    if isinstance(problem, Forbidden):
        return Gone(next((why for pattern, why in FORBIDDEN if re.search(pattern, text, re.I)), "forbidden"))
    if isinstance(problem, AnswerLost):
        return Down(text, maybe_sent=True)
    if isinstance(problem, BadRequest):
        return _bad_request(text)
    if isinstance(problem, NetworkError):
        return Down(text)
    return Down(f"{type(problem).__name__}: {text}", maybe_sent=True)  # a 200 that nobody can read


def seconds_of(problem: RetryAfter) -> float:
    wait = problem.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _bad_request(text: str) -> Outcome:
    for pattern, kind, why in BAD_REQUEST:
        if re.search(pattern, text, re.I):
            return kind(why or text)
    return Refused(text)  # a 400 nobody has seen yet: ours until proven otherwise, so that no push runs on with it


def unchanged(problem: TelegramError) -> bool:
    return isinstance(problem, BadRequest) and "message is not modified" in problem.message.lower()
