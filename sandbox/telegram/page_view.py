"""Telegram phones and messages as the people's side shows them."""

from typing import TYPE_CHECKING, Any

from sandbox.showing import file_view, to_html

if TYPE_CHECKING:
    from sandbox.telegram.state import Message, Phone, World

EXCERPT = 80


def phone_view(world: "World", phone: "Phone") -> dict[str, Any]:
    bot = world.bot_of(phone)
    return {
        "id": phone.id, "user_id": phone.user_id, "name": phone.name, "subtitle": phone.subtitle,
        "username": phone.username, "phone_number": phone.phone_number, "platform": "telegram",
        "bot": {"id": bot.id, "username": bot.username, "name": bot.name},
        "started": phone.started, "blocked": phone.blocked, "deactivated": phone.deactivated, "unread": phone.unread,
        "accent": phone.accent, "links": phone.links, "commands": bot.menu(phone.user_id), "typing": False,
        "last_id": max(phone.messages, default=0),
    }


def message_view(phone: "Phone", message: "Message") -> dict[str, Any]:
    return {
        "id": message.id, "version": message.version, "from": "me" if message.mine else "bot", "date": message.date,
        "edit_date": message.edit_date, "deleted": message.deleted, "text": message.text, "entities": message.entities,
        "html": to_html(message.text, message.entities),
        **file_view(message.file),
        "contact": message.contact, "album": message.album, "reply_to": _reply(phone, message.reply_to),
        "keyboard": message.keyboard, "reply_keyboard": message.reply_keyboard, "pinned": message.pinned,
        "reactions": [{"emoji": emoji, "from": who} for who, emoji in message.reactions.items()],
        "poll": message.poll, "silent": message.silent, "protected": message.protected,
    }


def _reply(phone: "Phone", message_id: int | None) -> dict[str, Any] | None:
    if message_id is None:
        return None
    original = phone.messages.get(message_id)
    text = " ".join(original.text.split()) if original and not original.deleted else ""
    return {"id": message_id, "excerpt": text[:EXCERPT] or "Tin nhắn"}
