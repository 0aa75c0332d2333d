"""Zalo phones as the people's side uses them: the same acts as on a Telegram phone, where Zalo has them."""

from collections.abc import Callable
from typing import Any

from sandbox.ground import Refused
from sandbox.zalo_bot import people as bot_people
from sandbox.zalo_bot.state import Bot
from sandbox.zalo_oa import people as oa_people
from sandbox.zalo_oa.errors import TEXTS
from sandbox.zalo_oa.state import Oa
from sandbox.zalo_phones import Message, Phone

PLAIN = ("name", "subtitle", "phone_number", "links", "accent", "tags", "refuses", "last_interaction")
INACTIVE = -227


class Desk:
    """What both kinds of Zalo phone do alike."""

    platform = ""

    def __init__(self, place: Oa | Bot) -> None:
        self.place = place
        self.acts: dict[str, Callable[[Phone, dict[str, Any]], Any]] = {}

    def phones(self) -> list[Phone]:
        return list(self.place.phones.values())

    def find(self, wanted: str) -> Phone | None:
        return self.place.phones.get(wanted)

    def view(self, phone: Phone) -> dict[str, Any]:
        return self.place.show.phone(phone)

    def put(self, given: dict[str, Any]) -> Phone:
        """Makes the phone, or changes the fields given."""
        wanted = str(given["id"]) if given.get("id") else None
        phone = self.find(wanted) if wanted else None
        self._check(wanted, given)
        if phone is None:
            if given.get("name") is None:
                raise Refused("a new phone needs a name", "name", 400)
            phone = self.place.new_phone(wanted, str(given["name"]))
        for name in PLAIN:
            if given.get(name) is not None:
                setattr(phone, name, given[name])
        self.place.show.announce_phone(phone)
        return phone

    def _check(self, wanted: str | None, given: dict[str, Any]) -> None:
        if given.get("refuses") and given["refuses"] not in TEXTS:
            raise Refused("refuses is an error code of Zalo", "refuses", 400)
        if not isinstance(given.get("last_interaction", 0.0), int | float):
            raise Refused("last_interaction is in seconds since 1970", "last-interaction", 400)
        if not isinstance(given.get("tags", []), list):
            raise Refused("tags is a list of names", "tags", 400)

    def messages(self, phone: Phone, after: int) -> dict[str, Any]:
        return {
            "messages": [self.place.show.message(phone, m) for m in phone.messages.values() if m.version > after],
            "version": phone.version, "commands": [], "typing": False, "reply_keyboard": None, "pinned": None,
            "toast": None,
        }

    def act(self, name: str, phone: Phone, given: dict[str, Any]) -> Any:
        act = self.acts.get(name)
        if act is None:
            raise Refused(f"a {self.platform} phone cannot {name!r}", "no-act", 404)
        done = act(phone, given)
        if isinstance(done, Message):
            return {"message": self.place.show.message(phone, done)}
        return {"callback_id": done} if isinstance(done, str) else self.view(phone)


class OaDesk(Desk):
    platform = "zalo_oa"

    def __init__(self, oa: Oa) -> None:
        super().__init__(oa)
        self.oa, on = oa, oa_people
        self.acts = {
            "text": lambda p, g: on.text(oa, p, str(g["text"]), g.get("reply_to")),
            "press": lambda p, g: on.press(oa, p, int(g["message_id"]), str(g["data"])),
            "start": lambda p, _: on.follow(oa, p), "follow": lambda p, _: on.follow(oa, p),
            "unfollow": lambda p, _: on.unfollow(oa, p), "block": lambda p, _: on.unfollow(oa, p),
            "unblock": lambda p, _: on.follow(oa, p), "chatnow": lambda p, _: on.chatnow(oa, p),
            "contact": lambda p, g: on.submit(oa, p, g), "withdraw": lambda p, _: on.withdraw(oa, p),
            "react": lambda p, g: on.react(oa, p, int(g["message_id"]), str(g.get("emoji") or "")),
            "location": lambda p, g: on.location(oa, p, float(g["latitude"]), float(g["longitude"])),
            "read": lambda p, _: on.read(oa, p), "online": lambda p, _: on.switch(oa, p, True),
            "offline": lambda p, _: on.switch(oa, p, False), "deactivate": self._deactivate,
            "delete-history": lambda p, _: on.forget(oa, p),
        }

    def _deactivate(self, phone: Phone, given: dict[str, Any]) -> None:
        phone.refuses = 0 if given.get("active") else INACTIVE
        self.oa.show.announce_phone(phone, "blocked")

    def _check(self, wanted: str | None, given: dict[str, Any]) -> None:
        super()._check(wanted, given)
        if wanted is not None and not (wanted.isdigit() and int(wanted) > 2**53):
            raise Refused("a Zalo OA phone's id is a number beyond 2^53", "id", 400)

    def file(self, phone: Phone, given: dict[str, Any]) -> Any:
        return {"message": self.oa.show.message(phone, oa_people.file(self.oa, phone, given))}

    def clear(self) -> None:
        """People and what they were sent; tokens and the webhook stay, the app would need consent again."""
        oa = self.oa
        fresh = Oa(oa.ground)
        oa.phones, oa.rules, oa.templates = {}, fresh.rules, fresh.templates
        counted = (oa.uploaded, oa.broadcasts, oa.sent_templates, oa.bill)
        for kept in (*counted, oa.uploads, oa.articles, oa.deliveries, oa.calls):
            kept.clear()
        oa.sub_used, oa.cancelled = 0, False
        oa.stats.clear()


class BotDesk(Desk):
    platform = "zalo_bot"

    def __init__(self, bot: Bot) -> None:
        super().__init__(bot)
        self.bot, on = bot, bot_people
        self.acts = {
            "text": lambda p, g: on.text(bot, p, str(g["text"]), g.get("reply_to")),
            "start": lambda p, _: on.text(bot, p, "Xin chào"), "read": lambda p, _: on.read(bot, p),
            "delete-history": lambda p, _: on.forget(bot, p),
        }

    def _check(self, wanted: str | None, given: dict[str, Any]) -> None:
        super()._check(wanted, given)
        if wanted is not None:
            try:
                good = len(wanted) >= 12 and int(wanted, 16) >= 0
            except ValueError:
                good = False
            if not good:
                raise Refused("a Zalo Bot phone's id is hexadecimal, 12 digits or more", "id", 400)

    def file(self, phone: Phone, given: dict[str, Any]) -> Any:
        return {"message": self.bot.show.message(phone, bot_people.file(self.bot, phone, given))}

    def clear(self) -> None:
        self.bot.phones.clear()
        self.bot.updates.clear()
        self.bot.sent.clear()
        self.bot.stats.clear()
        self.bot.rules = type(self.bot.rules)()
