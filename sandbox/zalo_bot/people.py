"""What a person does on a Zalo phone that talks with the bot: writes, sends a picture, looks."""

from typing import Any

from sandbox.ground import Refused
from sandbox.showing import picture_size
from sandbox.zalo_bot.state import Bot
from sandbox.zalo_phones import Message, Phone

TEXT = 2000


def _say(bot: Bot, phone: Phone, kind: str, content: dict[str, Any], **parts: Any) -> Message:
    message = phone.add(bot.message(mine=True, **parts))
    heard = bot.admitted(phone)
    phone.wrote = phone.wrote or heard
    bot.show.announce_message(phone, message)
    bot.show.announce_phone(phone)
    if phone.refuses:  # a protected sender: children, disabled accounts
        kind, content = "unsupported", {}
    if heard:
        wire = {
            "from": {"id": phone.id, "display_name": phone.name, "is_bot": False},
            "chat": {"id": phone.id, "chat_type": "PRIVATE"}, "message_id": message.wire_id,
            "date": bot.ground.now_ms(), "message_type": f"CHAT_{kind.upper()}", **content,
        }
        bot.hear({"event_name": f"message.{kind}.received", "message": wire})
    return message


def text(bot: Bot, phone: Phone, words: str, reply_to: int | None = None) -> Message:
    words = words.strip()
    if not 1 <= len(words) <= TEXT:
        raise Refused(f"a message has 1 to {TEXT} characters", "length-zalo", 400)
    return _say(bot, phone, "text", {"text": words}, text=words, reply_to=reply_to)


def file(bot: Bot, phone: Phone, given: dict[str, Any]) -> Message:
    """given: kind, name, mime, data, caption, base. A document reaches the bot as "unsupported"."""
    size = picture_size(given["data"])
    if given["kind"] == "photo" and size is None:
        raise Refused("this is not a picture", "not-a-picture", 400)
    stored = bot.ground.add_file(given["kind"], given["name"], given["mime"], given["data"], size or (0, 0))
    if given["kind"] != "photo":
        return _say(bot, phone, "unsupported", {}, file=stored, text=given["caption"])
    content = {bot.rules.photo_field: f"{given['base']}/sandbox/files/{stored.id}"}
    if given["caption"]:
        content["caption"] = given["caption"]
    return _say(bot, phone, "image", content, file=stored, text=given["caption"])


def read(bot: Bot, phone: Phone) -> None:
    if phone.unread:
        phone.unread = 0
        bot.show.announce_phone(phone)


def forget(bot: Bot, phone: Phone) -> None:
    phone.messages.clear()
    phone.unread = 0
    phone.version += 1
    bot.show.announce_phone(phone)
