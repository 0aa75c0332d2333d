"""What the Zalo Bot platform knows of one bot, its people, and what it has yet to hear."""

import asyncio
import secrets
from collections import Counter, deque
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.ground import Ground
from sandbox.stats import Stats
from sandbox.zalo_phones import Message, Phone, Show

TOKEN, ACCOUNT, NAME = "4242:loa-sandbox-zalo-bot", "bot.loasandbox", "Bot Loa"
HANOI = timezone(timedelta(hours=7))
CHOICES = {
    "poll_timeout": ("http", "body"),  # an empty poll ends as HTTP 408, or as HTTP 200 with error_code 408
    "envelope": ("wrapped", "bare"),  # a webhook's body: {ok, result} or the result
    "photo_field": ("photo", "photo_url"),
}


class ApiError(Exception):
    """An answer with ok=false. The platform publishes no codes; these are what clients have met."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code, self.description = code, description


@dataclass(frozen=True, slots=True)
class Rules:
    users: int = 50
    messages_a_month: int = 3000
    quota_code: int = 429  # what is answered when one of the two is used up; undocumented
    replays: int = 1  # how often a poll gets an update again
    poll_timeout: str = "http"
    envelope: str = "wrapped"
    photo_field: str = "photo"
    may_write_first: bool = False  # to somebody who never wrote
    loopback: bool = True  # a webhook there is refused by the real platform

    @classmethod
    def changed(cls, old: "Rules", wanted: dict[str, Any]) -> "Rules":
        """Raises ValueError naming what is unknown."""
        kinds = {f.name: type(f.default) for f in fields(cls)}
        for name, value in wanted.items():
            if name not in kinds:
                raise ValueError(f"unknown rule {name!r}; known: {', '.join(kinds)}")
            if type(value) is not kinds[name] or (name in CHOICES and value not in CHOICES[name]):
                raise ValueError(f"{name} is {' or '.join(CHOICES.get(name, (kinds[name].__name__,)))}")
        return replace(old, **wanted)

    def plain(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Bot:
    ground: Ground
    stats: Stats = field(default_factory=Stats)
    rules: Rules = field(default_factory=Rules)
    phones: dict[str, Phone] = field(default_factory=dict)
    updates: deque[tuple[dict[str, Any], int]] = field(default_factory=deque)  # update, how often to answer it still
    sent: Counter[str] = field(default_factory=Counter)  # month → messages
    webhook: str = ""
    secret: str = ""
    webhook_at: int = 0  # ms

    def __post_init__(self) -> None:
        self.clock = self.ground.clock
        self.show = Show(self.ground, {"id": ACCOUNT, "username": ACCOUNT, "name": NAME})
        self.arrived = asyncio.Event()
        self.post: Any = lambda update: None  # to the webhook; set by updates.Mail

    def month(self) -> str:
        return f"{datetime.fromtimestamp(self.clock.now(), HANOI):%Y-%m}"

    def new_phone(self, wanted: str | None, name: str) -> Phone:
        number = wanted or f"{0xB07_0000 + len(self.phones) + 1:016x}"
        phone = self.phones[number] = Phone(number, "zalo_bot", name)
        return phone

    def open_chat(self, chat_id: Any) -> Phone:
        phone = self.phones.get(str(chat_id or ""))
        if phone is None:
            raise ApiError(400, "Bad Request: chat not found")
        if not phone.wrote and not self.rules.may_write_first:
            raise ApiError(403, "Forbidden: the user has not written to the bot")
        return phone

    def spend(self) -> None:
        if self.sent[self.month()] >= self.rules.messages_a_month:
            raise ApiError(self.rules.quota_code, "Monthly message quota exceeded")
        self.sent[self.month()] += 1

    def admitted(self, phone: Phone) -> bool:
        """A bot has so many people; who comes later is not heard."""
        return phone.wrote or sum(p.wrote for p in self.phones.values()) < self.rules.users

    def hear(self, update: dict[str, Any]) -> None:
        if self.webhook:
            self.post(update)
        else:
            self.updates.append((update, 1 + self.rules.replays))
            self.arrived.set()

    def message(self, *, mine: bool, **parts: Any) -> Message:
        return Message(next(self.ground.numbers), secrets.token_hex(8), self.ground.now(), mine, **parts)

    def deliver(self, phone: Phone, message: Message) -> None:
        self.stats.deliver(int(phone.id, 16), message.text or message.wire_id, self.clock.now())
        phone.add(message)
        self.show.announce_message(phone, message)
        self.show.announce_phone(phone)
