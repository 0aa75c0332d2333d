"""Phones and messages as the people's side shows them, with HTML that is safe to put into a page."""

import html
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.telegram.state import Message, Phone, World

TAGS = {
    "bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "code": "code", "pre": "pre",
    "blockquote": "blockquote",
}
EXCERPT = 80
LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")


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


def file_view(file: Any) -> dict[str, Any]:
    """The message's `photo` and `document`, one of them at most."""
    if file is None:
        return {"photo": None, "document": None}
    common = {"url": f"/sandbox/files/{file.id}", "size": len(file.data)}
    if file.kind == "photo":
        return {"photo": common | {"width": file.width, "height": file.height}, "document": None}
    return {"photo": None, "document": common | {"name": file.name, "mime": file.mime}}


def _reply(phone: "Phone", message_id: int | None) -> dict[str, Any] | None:
    if message_id is None:
        return None
    original = phone.messages.get(message_id)
    text = " ".join(original.text.split()) if original and not original.deleted else ""
    return {"id": message_id, "excerpt": text[:EXCERPT] or "Tin nhắn"}


def to_html(text: str, entities: list[dict[str, Any]]) -> str:
    """Entities of Telegram are nested or apart, never crossing; positions are UTF-16 units."""
    units = text.encode("utf-16-le")

    def part(start: int, end: int) -> str:
        return units[2 * start : 2 * end].decode("utf-16-le", "replace")

    def inside(start: int, end: int, left: list[dict[str, Any]], linked: bool) -> str:
        out, at = [], start
        while left and left[0]["offset"] < end:
            entity = left.pop(0)
            begin, stop = entity["offset"], min(entity["offset"] + entity["length"], end)
            if begin < at:
                continue
            out.append(_plain(part(at, begin), linked))
            opening, closing = _tags(entity, part(begin, stop))
            body = inside(begin, stop, left, linked or opening.startswith("<a") or entity["type"] in ("code", "pre"))
            out.append(f"{opening}{body}{closing}")
            at = stop
        return "".join([*out, _plain(part(at, end), linked)])

    ordered = sorted(entities, key=lambda e: (e["offset"], -e["length"]))
    return inside(0, len(units) // 2, ordered, False)


def _plain(text: str, linked: bool) -> str:
    """Escaped; addresses become links as Telegram's clients make them."""
    if linked:
        return html.escape(text)
    out, at = [], 0
    for match in LINK.finditer(text):
        out += [html.escape(text[at : match.start()]), _anchor(match.group(), html.escape(match.group()))]
        at = match.end()
    return "".join([*out, html.escape(text[at:])])


def _anchor(url: str, body: str) -> str:
    return f'<a href="{html.escape(url)}" rel="noopener noreferrer" target="_blank">{body}</a>'


def _tags(entity: dict[str, Any], text: str) -> tuple[str, str]:
    kind = entity["type"]
    if kind == "text_link":
        return _anchor(entity["url"], "\0").split("\0")[0], "</a>"
    if kind == "expandable_blockquote":
        return '<blockquote class="expandable">', "</blockquote>"
    if kind == "spoiler":
        return '<span class="spoiler">', "</span>"
    if kind == "bot_command":
        return f'<span class="command" data-command="{html.escape(text)}">', "</span>"
    tag = TAGS.get(kind)
    return (f"<{tag}>", f"</{tag}>") if tag else ("", "")
