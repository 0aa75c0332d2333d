"""What a person can do on a Telegram phone: write, press, start, block, share a contact, send a file, react, vote."""

import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.ground import Refused
from sandbox.showing import picture_size
from sandbox.telegram.content import shown, with_commands
from sandbox.telegram.markup import utf16
from sandbox.telegram.page_view import message_view
from sandbox.telegram.state import Bot, Message, Phone, World


def _may_write(phone: Phone) -> None:
    if phone.deactivated:
        raise Refused("this account is deactivated", "deactivated")
    if phone.blocked:
        raise Refused("the person has blocked the bot; unblock it first", "blocked")


def _say(world: World, phone: Phone, **parts: Any) -> Message:
    """The person's own message, on the phone and on its way to the bot."""
    _may_write(phone)
    bot = world.bot_of(phone)
    message = world.add_message(phone, Message(next(world.numbers), world.now(), True, **parts))
    phone.started = True
    if phone.reply_keyboard and phone.reply_keyboard.get("one_time"):
        phone.reply_keyboard = None
        world.announce("keyboard", phone, reply_keyboard=None)
    world.announce("message", phone, message=message_view(phone, message))
    world.announce_phone(phone)
    world.enqueue(bot, "message", shown(bot, phone, message))
    return message


def text(world: World, phone: Phone, words: str, reply_to: int | None = None) -> Message:
    words = words.strip()
    if not 1 <= len(words) <= 4096:
        raise Refused("a message has 1 to 4096 characters", "length", 400)
    if (payload := start_link(world.bot_of(phone), words)) is not None:
        return start(world, phone, payload)
    return _say(world, phone, text=words, entities=_entities(words), reply_to=reply_to)


def _entities(words: str) -> list[dict[str, Any]]:
    links = [
        {"type": "url", "offset": utf16(words[: words.find(w)]), "length": utf16(w)}
        for w in set(words.split())
        if w.startswith(("http://", "https://"))
    ]
    return with_commands(words, links)


def start_link(bot: Bot, words: str) -> str | None:
    """The payload of a link to this bot, "" for a link without one, None for anything else."""
    if " " in words or not words.startswith(("https://t.me/", "http://t.me/", "tg://resolve")):
        return None
    parts = urlsplit(words)
    query = parse_qs(parts.query)
    name = parts.path.strip("/") if parts.netloc == "t.me" else query.get("domain", [""])[0]
    return query.get("start", [""])[0] if name.lower() == bot.username.lower() else None


def start(world: World, phone: Phone, payload: str = "") -> Message:
    if phone.blocked:
        unblock(world, phone)
    words = f"/start {payload}".strip()
    return _say(world, phone, text=words, entities=_entities(words))


def press(world: World, phone: Phone, message_id: int, data: str) -> str:
    """Id of the callback; the bot's answer comes as a toast."""
    _may_write(phone)
    message = phone.messages.get(message_id)
    if message is None or message.deleted:
        raise Refused("there is no such message", "no-message", 404)
    bot, callback = world.bot_of(phone), str(secrets.randbits(60))
    world.callbacks[callback] = (phone.user_id, world.clock.now())
    if len(world.callbacks) > 10_000:
        del world.callbacks[next(iter(world.callbacks))]
    world.enqueue(
        bot, "callback_query",
        {
            "id": callback, "from": phone.user(), "message": shown(bot, phone, message),
            "chat_instance": phone.id, "data": data,
        },
    )
    return callback


def contact(world: World, phone: Phone, own: bool, number: str, first_name: str) -> Message:
    card: dict[str, Any] = {"phone_number": phone.phone_number if own else number, "own": own}
    card["first_name"] = phone.user()["first_name"] if own else first_name
    if own:
        card["user_id"] = phone.user_id
    if not card["phone_number"]:
        raise Refused("this phone has no number", "no-number", 400)
    return _say(world, phone, contact=card)


def file(world: World, phone: Phone, kind: str, name: str, mime: str, data: bytes, caption: str) -> Message:
    size = picture_size(data)
    if kind == "photo" and size is None:
        raise Refused("this is not a picture", "not-a-picture", 400)
    stored = world.add_file(kind, name, mime, data, size or (0, 0))
    return _say(world, phone, file=stored, text=caption, entities=_entities(caption))


def _member(world: World, phone: Phone, old: str, new: str) -> None:
    bot = world.bot_of(phone)
    change = {
        "chat": phone.chat(), "from": phone.user(), "date": world.now(),
        "old_chat_member": _status(bot, old), "new_chat_member": _status(bot, new),
    }
    world.announce_phone(phone, "blocked")
    world.enqueue(bot, "my_chat_member", change)


def _status(bot: Bot, status: str) -> dict[str, Any]:
    return {"user": bot.user(), "status": status, **({"until_date": 0} if status == "kicked" else {})}


def block(world: World, phone: Phone) -> None:
    if not phone.blocked:
        phone.blocked = True
        _member(world, phone, "member", "kicked")


def unblock(world: World, phone: Phone) -> None:
    if phone.blocked:
        phone.blocked = False
        _member(world, phone, "kicked", "member")


def deactivate(world: World, phone: Phone, active: bool) -> None:
    phone.deactivated = not active
    world.announce_phone(phone, "blocked")


def react(world: World, phone: Phone, message_id: int, emoji: str) -> Message:
    message = _there(phone, message_id)
    message.reactions.pop("me", None)
    if emoji:
        message.reactions["me"] = emoji
    return _edited(world, phone, message)


def vote(world: World, phone: Phone, message_id: int, options: list[int]) -> Message:
    message = _there(phone, message_id)
    poll = message.poll
    if poll is None or poll["closed"]:
        raise Refused("this poll is closed or none", "no-poll")
    if (len(options) > 1 and not poll["multiple"]) or not all(0 <= n < len(poll["options"]) for n in options):
        raise Refused("these options cannot be chosen", "options", 400)
    for number, option in enumerate(poll["options"]):
        option["votes"] += (number in options) - option["mine"]
        option["mine"] = number in options
    poll["total"] = int(bool(options))
    if not poll["anonymous"]:
        answer = {"poll_id": str(message.id), "user": phone.user(), "option_ids": options,
                  "option_persistent_ids": [str(n) for n in options]}
        world.enqueue(world.bot_of(phone), "poll_answer", answer)
    return _edited(world, phone, message)


def read(world: World, phone: Phone) -> None:
    if phone.unread:
        phone.unread = 0
        world.announce_phone(phone)


def forget(world: World, phone: Phone) -> None:
    phone.messages.clear()
    phone.started, phone.unread, phone.reply_keyboard = False, 0, None
    phone.version += 1
    world.announce_phone(phone)


def _there(phone: Phone, message_id: int) -> Message:
    message = phone.messages.get(message_id)
    if message is None or message.deleted:
        raise Refused("there is no such message", "no-message", 404)
    return message


def _edited(world: World, phone: Phone, message: Message) -> Message:
    world.touch(phone, message)
    world.announce("edited", phone, message=message_view(phone, message))
    return message
