"""What Telegram's server knows: bots, people with one private chat each, messages, files."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.faults import Faults, Gate
from sandbox.ground import File, Ground
from sandbox.stats import Stats
from sandbox.telegram.page_view import phone_view

KEPT = 1000  # messages a chat; older ones are forgotten, as on a phone nobody scrolls


class ApiError(Exception):
    """An answer with ok=false."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def bad(text: str) -> ApiError:
    return ApiError(400, f"Bad Request: {text}")


def forbidden(text: str) -> ApiError:
    return ApiError(403, f"Forbidden: {text}")


@dataclass(slots=True)
class Message:
    id: int
    date: int
    mine: bool  # the person wrote it
    text: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)
    file: File | None = None
    contact: dict[str, Any] | None = None
    keyboard: list[list[dict[str, Any]]] | None = None
    reply_keyboard: dict[str, Any] | None = None
    album: str | None = None
    reply_to: int | None = None
    poll: dict[str, Any] | None = None
    edit_date: int | None = None
    deleted: bool = False
    pinned: bool = False
    silent: bool = False
    protected: bool = False
    reactions: dict[str, str] = field(default_factory=dict)  # who ("me" | "bot") → emoji
    version: int = 0


@dataclass(slots=True)
class Phone:
    id: str
    user_id: int
    bot_id: int
    name: str
    subtitle: str = ""
    username: str = ""
    phone_number: str = ""
    accent: str = ""
    links: list[dict[str, str]] = field(default_factory=list)
    started: bool = False
    blocked: bool = False
    deactivated: bool = False
    unread: int = 0
    version: int = 0
    reply_keyboard: dict[str, Any] | None = None
    messages: dict[int, Message] = field(default_factory=dict)

    def user(self) -> dict[str, Any]:
        first, _, last = self.name.partition(" ")
        person: dict[str, Any] = {"id": self.user_id, "is_bot": False, "first_name": first, "language_code": "vi"}
        if last:
            person["last_name"] = last
        if self.username:
            person["username"] = self.username
        return person

    def chat(self) -> dict[str, Any]:
        user = self.user()
        return {"id": self.user_id, "type": "private", **{k: user[k] for k in user if k.endswith(("name",))}}


@dataclass(slots=True)
class Webhook:
    url: str
    secret: str = ""
    max_connections: int = 40
    last_error_date: int | None = None
    last_error_message: str | None = None


@dataclass(slots=True)
class Bot:
    id: int
    token: str
    username: str
    name: str
    gate: Gate = field(default_factory=Gate)
    chat_gates: dict[int, Gate] = field(default_factory=dict)
    commands: dict[str, list[dict[str, str]]] = field(default_factory=dict)  # scope|language → commands
    updates: deque[dict[str, Any]] = field(default_factory=deque)  # each with "_at", its date
    next_update: int = 1
    allowed: list[str] | None = None
    webhook: Webhook | None = None
    webhook_set_at: float = 0.0

    def menu(self, chat: int) -> list[dict[str, str]]:
        """What a private chat shows: its own commands, else those of private chats, else the common ones."""
        scopes = (f"chat{chat}|", "all_private_chats|", "default|")
        return next((found for scope in scopes if (found := self.commands.get(scope))), [])

    def user(self) -> dict[str, Any]:
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}


class World:
    """Everything on this sandboxed Telegram."""

    def __init__(self, ground: Ground, stats: Stats) -> None:
        self.ground, self.stats, self.lean = ground, stats, ground.lean
        self.clock, self.feed, self.dice = ground.clock, ground.feed, ground.dice
        self.now, self.add_file = ground.now, ground.add_file
        self.bots: dict[str, Bot] = {}
        self.phones: dict[int, Phone] = {}
        self.callbacks: dict[str, tuple[int, float]] = {}  # id → phone, when pressed
        self.pending_links: dict[str, str] = {}
        self.on_update: Any = lambda bot: None  # told when an update waits

    @property
    def faults(self) -> Faults:
        return self.ground.faults.on("telegram")

    @property
    def files(self) -> dict[str, File]:
        return self.ground.files

    @property
    def numbers(self) -> Iterator[int]:
        return self.ground.numbers

    def add_bot(self, token: str, username: str, name: str) -> Bot:
        bot = Bot(int(token.partition(":")[0]), token, username, name)
        self.bots[token] = bot
        return bot

    def bot_of(self, phone: Phone) -> Bot:
        return next(b for b in self.bots.values() if b.id == phone.bot_id)

    def phone(self, bot: Bot, chat_id: Any) -> Phone:
        """The chat a bot means. Raises what Telegram answers for chats that are not there or not open to it."""
        try:
            number = int(chat_id)
        except (TypeError, ValueError):
            raise bad("chat not found") from None
        phone = self.phones.get(number)
        if phone is None:
            if not self.lean:
                raise bad("chat not found")
            phone = self.phones[number] = Phone(str(number), number, bot.id, "", started=True)
        if phone.bot_id != bot.id:
            raise bad("chat not found")
        return phone

    def open_chat(self, bot: Bot, chat_id: Any) -> Phone:
        """A chat the bot may write to just now."""
        phone = self.phone(bot, chat_id)
        if phone.deactivated:
            raise forbidden("user is deactivated")
        if phone.blocked:
            raise forbidden("bot was blocked by the user")
        if not phone.started:
            raise forbidden("bot can't initiate conversation with a user")
        return phone

    def message(self, phone: Phone, message_id: Any, what: str) -> Message:
        try:
            found = phone.messages.get(int(message_id))
        except (TypeError, ValueError):
            found = None
        if found is None or found.deleted:
            raise bad(f"message to {what} not found")
        return found

    def add_message(self, phone: Phone, message: Message) -> Message:
        message.version = phone.version = phone.version + 1
        phone.messages[message.id] = message
        if len(phone.messages) > KEPT:
            del phone.messages[next(iter(phone.messages))]
        if not message.mine:
            phone.unread += 1
        return message

    def touch(self, phone: Phone, message: Message) -> None:
        message.version = phone.version = phone.version + 1

    def enqueue(self, bot: Bot, kind: str, body: dict[str, Any]) -> None:
        """An update for the bot, unless it asked not to hear of this kind."""
        if bot.allowed and kind not in bot.allowed:
            return
        update = {"update_id": bot.next_update, kind: body, "_at": self.clock.now()}
        bot.next_update += 1
        bot.updates.append(update)
        self.on_update(bot)

    def announce(self, event: str, phone: Phone, **data: Any) -> None:
        if not self.lean:
            self.feed.publish(event, phone.id, **data)

    def announce_phone(self, phone: Phone, event: str = "phone") -> None:
        self.announce(event, phone, info=phone_view(self, phone))
