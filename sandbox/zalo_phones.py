"""A person's Zalo on the sandbox, talking with the OA or with the bot; and what the phones page sees of it."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.ground import File, Ground
from sandbox.showing import file_view, to_html

KEPT = 1000  # messages a chat
INACTIVE = (-222, -227)


@dataclass(slots=True)
class Message:
    id: int
    wire_id: str  # as the platform's API calls it
    date: int
    mine: bool  # the person wrote it
    text: str = ""
    file: File | None = None
    keyboard: list[list[dict[str, Any]]] | None = None
    card: dict[str, Any] | None = None  # {kind: template | article | contact, title, …}
    spans: list[dict[str, Any]] = field(default_factory=list)  # formatting, as Telegram's entities
    receipt: str = "sent"  # sent | received | seen
    billed: str = ""  # "" | free | paid | template
    reply_to: int | None = None
    reactions: dict[str, str] = field(default_factory=dict)
    version: int = 0


@dataclass(slots=True)
class Phone:
    id: str
    platform: str  # zalo_oa | zalo_bot
    name: str
    subtitle: str = ""
    phone_number: str = ""
    accent: str = ""
    links: list[dict[str, str]] = field(default_factory=list)
    follower: bool = False
    left: bool = False  # followed once and went
    wrote: bool = False
    chatnow: bool = False  # pressed "chat" on the OA's page, which allows one message
    last_interaction: float | None = None
    since_free: int = 0  # free messages since the last interaction
    welcomed: int = 0
    refuses: int = 0  # the error code this person's state answers with; 0 = none
    online: bool = True
    tags: list[str] = field(default_factory=list)
    alias: str = ""
    unread: int = 0
    version: int = 0
    messages: dict[int, Message] = field(default_factory=dict)

    @property
    def inactive(self) -> bool:
        """Nobody uses this account any more, so nobody writes on it."""
        return self.platform == "zalo_oa" and self.refuses in INACTIVE

    def by_wire(self, wire_id: str) -> Message | None:
        return next((m for m in reversed(self.messages.values()) if m.wire_id == wire_id), None)

    def add(self, message: Message) -> Message:
        message.version = self.version = self.version + 1
        self.messages[message.id] = message
        if len(self.messages) > KEPT:
            del self.messages[next(iter(self.messages))]
        if not message.mine:
            self.unread += 1
        return message

    def touch(self, message: Message) -> None:
        message.version = self.version = self.version + 1


class Show:
    """Tells the page what happens on the phones of one platform."""

    def __init__(self, ground: Ground, account: dict[str, Any]) -> None:
        self._ground, self._account = ground, account

    def phone(self, phone: Phone) -> dict[str, Any]:
        return {
            "id": phone.id, "user_id": phone.id, "name": phone.name, "subtitle": phone.subtitle, "username": "",
            "phone_number": phone.phone_number, "platform": phone.platform, "bot": self._account,
            "started": phone.wrote or phone.follower, "blocked": phone.left, "deactivated": phone.inactive,
            "unread": phone.unread, "accent": phone.accent, "links": phone.links, "commands": [], "typing": False,
            "last_id": max(phone.messages, default=0), "follower": phone.follower, "online": phone.online,
            "refuses": phone.refuses, "last_interaction": phone.last_interaction, "tags": phone.tags,
        }

    def message(self, phone: Phone, message: Message) -> dict[str, Any]:
        original = phone.messages.get(message.reply_to or 0)
        excerpt = " ".join(original.text.split())[:80] if original else ""
        return {
            "id": message.id, "wire_id": message.wire_id, "version": message.version,
            "from": "me" if message.mine else "bot", "date": message.date, "edit_date": None, "deleted": False,
            "text": message.text, "entities": message.spans, "html": to_html(message.text, message.spans),
            **file_view(message.file), "contact": None, "album": None,
            "reply_to": {"id": message.reply_to, "excerpt": excerpt or "Tin nhắn"} if message.reply_to else None,
            "keyboard": message.keyboard, "reply_keyboard": None, "pinned": False,
            "reactions": [{"emoji": emoji, "from": who} for who, emoji in message.reactions.items()],
            "poll": None, "silent": False, "protected": False, "card": message.card,
            "receipt": None if message.mine or phone.platform == "zalo_bot" else message.receipt,
            "billed": message.billed or None,
        }

    def announce(self, event: str, phone: Phone, **data: Any) -> None:
        if not self._ground.lean:
            self._ground.feed.publish(event, phone.id, **data)

    def announce_phone(self, phone: Phone, event: str = "phone") -> None:
        if not self._ground.lean:
            self.announce(event, phone, info=self.phone(phone))

    def announce_message(self, phone: Phone, message: Message, event: str = "message") -> None:
        if not self._ground.lean:
            self.announce(event, phone, message=self.message(phone, message))
