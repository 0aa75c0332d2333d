"""The methods that send, change and remove messages."""

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.telegram.content import file_of, flag, formatted, keyboards, parsed, poll_shown, shown
from sandbox.telegram.page_view import message_view
from sandbox.telegram.state import Bot, Message, Phone, World, bad

DELETE_WITHIN = 48 * 3600
Method = Callable[[World, Bot, dict[str, Any]], Awaitable[Any]]


def _reply_to(params: dict[str, Any]) -> int | None:
    given = parsed(params.get("reply_parameters"))
    target = given.get("message_id") if given else params.get("reply_to_message_id")
    return int(target) if target else None


def _new(world: World, phone: Phone, params: dict[str, Any], **parts: Any) -> Message:
    """A message of the bot in this chat, announced to whoever watches."""
    inline, plain = keyboards(params)
    reply_to = _reply_to(params)
    if reply_to and reply_to not in phone.messages and not flag(
        (parsed(params.get("reply_parameters")) or {}).get("allow_sending_without_reply")
    ):
        raise bad("message to be replied not found")
    message = Message(
        next(world.numbers), world.now(), False, keyboard=inline, reply_keyboard=plain or None, reply_to=reply_to,
        silent=flag(params.get("disable_notification")), protected=flag(params.get("protect_content")), **parts,
    )
    world.stats.deliver(phone.user_id, message.text or (message.file.id if message.file else ""), world.clock.now())
    if world.lean:
        return message
    world.add_message(phone, message)
    if plain is not None:
        phone.reply_keyboard = plain or None
        world.announce("keyboard", phone, reply_keyboard=phone.reply_keyboard)
    world.announce("message", phone, message=message_view(phone, message))
    world.announce_phone(phone)
    return message


async def send_message(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    phone = world.open_chat(bot, params.get("chat_id"))
    text, entities = formatted(params, "text")
    return shown(bot, phone, _new(world, phone, params, text=text, entities=entities))


async def _send_file(world: World, bot: Bot, params: dict[str, Any], kind: str) -> Any:
    phone = world.open_chat(bot, params.get("chat_id"))
    text, entities = formatted(params, "caption")
    file = file_of(world, params, kind, kind)
    return shown(bot, phone, _new(world, phone, params, text=text, entities=entities, file=file))


async def send_photo(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    return await _send_file(world, bot, params, "photo")


async def send_document(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    return await _send_file(world, bot, params, "document")


async def send_media_group(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    phone = world.open_chat(bot, params.get("chat_id"))
    items = parsed(params.get("media")) or []
    if not 2 <= len(items) <= 10:
        raise bad("there must be 2 to 10 media in an album")
    kinds = {item.get("type") for item in items}
    if (len(kinds & {"document"}) and len(kinds) > 1) or not kinds <= {"photo", "document"}:
        raise bad("Can't use the media of the specified type in the album")
    album = str(next(world.numbers))
    ready = []
    for item in items:
        text, entities = formatted({**item, "parse_mode": item.get("parse_mode")}, "caption")
        file = file_of(world, {**params, "media": item["media"]}, "media", item["type"])
        ready.append((text, entities, file))
    bare = {k: v for k, v in params.items() if k != "reply_markup"}
    return [
        shown(bot, phone, _new(world, phone, bare, text=text, entities=entities, file=file, album=album))
        for text, entities, file in ready
    ]


async def send_poll(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    phone = world.open_chat(bot, params.get("chat_id"))
    question = str(params.get("question") or "")
    options = [o if isinstance(o, str) else o.get("text", "") for o in parsed(params.get("options")) or []]
    if not 1 <= len(question) <= 300:
        raise bad("poll question must be non-empty" if not question else "poll question length must not exceed 300")
    if not 1 <= len(options) <= 12 or not all(1 <= len(o) <= 100 for o in options):
        raise bad("poll must have between 1 and 12 options of 1 to 100 characters")
    poll = {
        "question": question, "options": [{"text": o, "votes": 0, "mine": False} for o in options], "closed": False,
        "multiple": flag(params.get("allows_multiple_answers")), "total": 0,
        "anonymous": params.get("is_anonymous") is None or flag(params["is_anonymous"]),
    }
    return shown(bot, phone, _new(world, phone, params, poll=poll))


async def stop_poll(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    phone = world.phone(bot, params.get("chat_id"))
    message = world.message(phone, params.get("message_id"), "stop poll")
    if not message.poll or message.mine:
        raise bad("message is not a poll")
    if message.poll["closed"]:
        raise bad("poll has already been closed")
    message.poll["closed"] = True
    _changed(world, phone, message)
    return poll_shown(message)


async def copy_message(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    phone = world.open_chat(bot, params.get("chat_id"))
    source = world.message(world.phone(bot, params.get("from_chat_id")), params.get("message_id"), "copy")
    text, entities = source.text, source.entities
    if params.get("caption") is not None and source.file:
        text, entities = formatted(params, "caption")
    message = _new(world, phone, params, text=text, entities=entities, file=source.file, poll=source.poll)
    return {"message_id": message.id}


def _own(world: World, bot: Bot, params: dict[str, Any], what: str = "edit") -> tuple[Phone, Message]:
    phone = world.open_chat(bot, params.get("chat_id"))
    message = world.message(phone, params.get("message_id"), what)
    if message.mine or message.reply_keyboard:
        raise bad(f"message can't be {what}ed")
    return phone, message


def _changed(world: World, phone: Phone, message: Message) -> None:
    world.touch(phone, message)
    world.announce("edited", phone, message=message_view(phone, message))


async def _edit(world: World, bot: Bot, params: dict[str, Any], field: str | None) -> Any:
    phone, message = _own(world, bot, params)
    if (field == "text" and message.file) or (field == "caption" and not message.file):
        raise bad("there is no text in the message to edit" if message.file else "there is no caption to edit")
    text, entities = formatted(params, field) if field else (message.text, message.entities)
    inline, _ = keyboards(params)
    if (text, entities, inline) == (message.text, message.entities, message.keyboard):
        raise bad(
            "message is not modified: specified new message content and reply markup are exactly the same as a current "
            "content and reply markup of the message"
        )
    message.text, message.entities, message.keyboard = text, entities, inline
    if field:
        message.edit_date = world.now()
    _changed(world, phone, message)
    return shown(bot, phone, message)


async def edit_text(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    return await _edit(world, bot, params, "text")


async def edit_caption(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    return await _edit(world, bot, params, "caption")


async def edit_markup(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    return await _edit(world, bot, params, None)


def _delete(world: World, phone: Phone, message: Message) -> None:
    if world.clock.now() - message.date > DELETE_WITHIN:
        raise bad("message can't be deleted for everyone")
    message.deleted, message.text, message.entities = True, "", []
    message.file = message.keyboard = message.poll = message.contact = None
    world.touch(phone, message)
    world.announce("deleted", phone, message=message_view(phone, message))


async def delete_message(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    phone = world.phone(bot, params.get("chat_id"))
    _delete(world, phone, world.message(phone, params.get("message_id"), "delete"))
    return True


async def delete_messages(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    """Those that are missing are skipped; one that is too old refuses the call before anything is removed."""
    phone = world.phone(bot, params.get("chat_id"))
    wanted = parsed(params.get("message_ids")) or []
    if not 1 <= len(wanted) <= 100:
        raise bad("there must be 1 to 100 message identifiers")
    there = [m for i in wanted if (m := phone.messages.get(int(i))) and not m.deleted]
    if any(world.clock.now() - m.date > DELETE_WITHIN for m in there):
        raise bad("message can't be deleted for everyone")
    for message in there:
        _delete(world, phone, message)
    return True


async def pin(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    phone = world.open_chat(bot, params.get("chat_id"))
    message = world.message(phone, params.get("message_id"), "pin")
    message.pinned = True
    _changed(world, phone, message)
    return True


async def unpin(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    phone = world.open_chat(bot, params.get("chat_id"))
    pinned = [m for m in phone.messages.values() if m.pinned]
    chosen = [world.message(phone, params["message_id"], "unpin")] if params.get("message_id") else pinned[-1:]
    for message in chosen:
        message.pinned = False
        _changed(world, phone, message)
    return True


async def react(world: World, bot: Bot, params: dict[str, Any]) -> Any:
    phone = world.open_chat(bot, params.get("chat_id"))
    message = world.message(phone, params.get("message_id"), "react to")
    wanted = parsed(params.get("reaction")) or []
    if len(wanted) > 1:
        raise bad("REACTIONS_TOO_MANY")
    if wanted and wanted[0].get("type") != "emoji":
        raise bad("REACTION_INVALID")
    message.reactions.pop("bot", None)
    if wanted:
        message.reactions["bot"] = wanted[0]["emoji"]
    _changed(world, phone, message)
    return True


METHODS: dict[str, Method] = {
    "sendmessage": send_message, "sendphoto": send_photo, "senddocument": send_document,
    "sendmediagroup": send_media_group, "sendpoll": send_poll, "stoppoll": stop_poll, "copymessage": copy_message,
    "editmessagetext": edit_text, "editmessagecaption": edit_caption, "editmessagereplymarkup": edit_markup,
    "deletemessage": delete_message, "deletemessages": delete_messages, "pinchatmessage": pin,
    "unpinchatmessage": unpin, "setmessagereaction": react,
}
