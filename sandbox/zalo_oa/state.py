"""What Zalo knows of one Official Account: people, tokens, money, uploads, templates, articles."""

import secrets
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.ground import File, Ground
from sandbox.stats import Stats
from sandbox.zalo_oa.errors import ZaloError
from sandbox.zalo_oa.rules import Rules
from sandbox.zalo_phones import Message, Phone, Show

APP_ID, APP_SECRET, OA_SECRET, OA_ID = "4242424242", "loa-sandbox-app-secret", "loa-sandbox-oa-secret", "5757575757"
NAME = "Loa · Tin chính sách"
HANOI = timezone(timedelta(hours=7))
FIRST_ID = 7_200_000_000_000_000_001  # beyond 2^53, as real ids are


@dataclass(slots=True)
class Upload:
    file: File
    kind: str  # image | gif | file
    at: float


@dataclass(slots=True)
class Template:
    id: str
    name: str
    title: str
    paragraphs: list[str]
    buttons: list[dict[str, str]]
    params: dict[str, int]  # name → most characters
    status: str = "ENABLE"  # PENDING_REVIEW | ENABLE | REJECT | DISABLE
    tag: int = 2  # 1 transaction, 2 customer care, 3 promotion
    price_uid: int = 84
    price_sdt: int = 120
    by_uid: bool = True
    reason: str = ""


def first_template() -> Template:
    """The one that Loa needs: somebody outside the window is told of a brief, and reopens the window by its button."""
    return Template(
        "400100", "Bạn có tin chính sách mới", "Bạn có tin chính sách mới",
        ["<co_quan> vừa gửi anh/chị tin: <tieu_de>.", "Hạn xác nhận: <han>. Bấm nút dưới đây để nhận toàn văn."],
        [{"type": "oa.query.hide", "title": "Nhận toàn văn", "payload": "nhantin"}],
        {"co_quan": 100, "tieu_de": 200, "han": 30},
    )


@dataclass
class Oa:
    ground: Ground
    stats: Stats = field(default_factory=Stats)
    rules: Rules = field(default_factory=Rules)
    phones: dict[str, Phone] = field(default_factory=dict)
    codes: dict[str, tuple[float, str]] = field(default_factory=dict)  # consent code → until, challenge
    access: dict[str, float] = field(default_factory=dict)  # token → until
    refresh: dict[str, float] = field(default_factory=dict)  # token → until; -1 when used
    uploads: dict[str, Upload] = field(default_factory=dict)
    uploaded: Counter[str] = field(default_factory=Counter)  # "kind month" → calls
    templates: dict[str, Template] = field(default_factory=dict)
    articles: dict[str, dict[str, Any]] = field(default_factory=dict)  # token → article
    broadcasts: Counter[str] = field(default_factory=Counter)  # month → sent
    sent_templates: Counter[str] = field(default_factory=Counter)  # day → sent
    sub_used: int = 0
    bill: Counter[str] = field(default_factory=Counter)  # free | paid | template | dong
    webhook: str | None = None
    cancelled: bool = False  # the registration, after the last retry failed
    granted: bool = False  # the OA has given the app a token
    deliveries: dict[str, dict[str, Any]] = field(default_factory=dict)  # message id → template's delivery
    calls: dict[str, deque[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = self.ground.clock
        self.show = Show(self.ground, {"id": OA_ID, "username": OA_ID, "name": NAME})
        self.tell: Any = lambda event, **parts: None  # posts an event to the app; set by events.Hooks
        if not self.templates:
            self.templates = {t.id: t for t in (first_template(),)}

    def day(self) -> str:
        return f"{self.local():%Y-%m-%d}"

    def month(self) -> str:
        return f"{self.local():%Y-%m}"

    def local(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), HANOI)

    def night(self) -> bool:
        return self.local().hour >= 22 or self.local().hour < 6

    def person(self, user_id: Any) -> Phone:
        """Raises what a send to somebody unknown or unreachable is answered with."""
        phone = self.phones.get(str(user_id or ""))
        if phone is None:
            if not (self.ground.lean and str(user_id or "").isdigit()):
                raise ZaloError(-201, "user_id is invalid")
            phone = self.phones[str(user_id)] = Phone(str(user_id), "zalo_oa", "", follower=True)
            phone.last_interaction = self.clock.now()
        if phone.refuses:
            raise ZaloError(phone.refuses)
        return phone

    def new_phone(self, wanted: str | None, name: str) -> Phone:
        number = wanted or str(FIRST_ID + len(self.phones))
        phone = self.phones[number] = Phone(number, "zalo_oa", name)
        return phone

    def interact(self, phone: Phone) -> None:
        phone.last_interaction, phone.since_free = self.clock.now(), 0

    def pay(self, kind: str, dong: int) -> None:
        if self.rules.money < dong:
            raise ZaloError(-321)
        self.rules = replace(self.rules, money=self.rules.money - dong)
        self.bill[kind] += 1
        self.bill["dong"] += dong

    def deliver(self, phone: Phone, message: Message) -> None:
        """On the phone; the person's app tells that it came when it is online."""
        words = message.text or message.wire_id
        self.stats.deliver(int(phone.id), words, self.clock.now())
        if self.ground.lean:
            return
        phone.add(message)
        self.show.announce_message(phone, message)
        self.show.announce_phone(phone)
        if phone.online:
            self.arrived(phone, message)

    def arrived(self, phone: Phone, message: Message) -> None:
        if message.receipt != "sent":
            return
        message.receipt = "received"
        phone.touch(message)
        self.show.announce_message(phone, message, "edited")
        if self.rules.receipts:
            delivery = self.deliveries.get(message.wire_id)
            extra = {"recipient": {"id": phone.id}} if delivery is None else delivery
            parts = dict(extra)
            details = {"msg_id": message.wire_id, **parts.pop("message", {})}
            self.tell("user_received_message", sender={"id": OA_ID}, **parts, message=details)

    def message(self, *, mine: bool, **parts: Any) -> Message:
        number = next(self.ground.numbers)
        return Message(number, secrets.token_hex(8) if mine else f"{secrets.randbits(62) + (1 << 62)}",
                       self.ground.now(), mine, **parts)
