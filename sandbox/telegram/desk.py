"""Telegram phones as the people's side uses them."""

from collections.abc import Callable
from typing import Any

from sandbox.ground import Refused
from sandbox.telegram import people
from sandbox.telegram.page_view import message_view, phone_view
from sandbox.telegram.state import Message, Phone, World

Act = Callable[[World, Phone, dict[str, Any]], Any]


def _said(phone: Phone, message: Message) -> dict[str, Any]:
    return {"message": message_view(phone, message)}


def _start(world: World, phone: Phone, given: dict[str, Any]) -> Any:
    payload = str(given.get("payload") or "")
    if len(payload) > 64 or (not payload.replace("-", "").replace("_", "").isalnum() and payload):
        raise Refused("a start payload has at most 64 of A-Z a-z 0-9 _ -", "payload", 400)
    return _said(phone, people.start(world, phone, payload))


def _contact(world: World, phone: Phone, given: dict[str, Any]) -> Any:
    number, name = given.get("phone_number") or "+84900000000", given.get("first_name") or "Người khác"
    return _said(phone, people.contact(world, phone, bool(given.get("own", True)), number, name))


def _state(change: Callable[[World, Phone], None]) -> Act:
    def act(world: World, phone: Phone, _given: dict[str, Any]) -> Any:
        change(world, phone)
        return phone_view(world, phone)

    return act


def _deactivate(world: World, phone: Phone, given: dict[str, Any]) -> Any:
    people.deactivate(world, phone, bool(given.get("active", False)))
    return phone_view(world, phone)


ACTS: dict[str, Act] = {
    "text": lambda w, p, g: _said(p, people.text(w, p, str(g["text"]), g.get("reply_to"))),
    "start": _start,
    "press": lambda w, p, g: {"callback_id": people.press(w, p, int(g["message_id"]), str(g["data"]))},
    "contact": _contact,
    "react": lambda w, p, g: _said(p, people.react(w, p, int(g["message_id"]), str(g.get("emoji") or ""))),
    "vote": lambda w, p, g: _said(p, people.vote(w, p, int(g["message_id"]), [int(n) for n in g["options"]])),
    "read": _state(people.read),
    "block": _state(people.block),
    "unblock": _state(people.unblock),
    "deactivate": _deactivate,
    "delete-history": _state(people.forget),
}


class Desk:
    platform = "telegram"

    def __init__(self, world: World) -> None:
        self.world = world

    def phones(self) -> list[Phone]:
        return list(self.world.phones.values())

    def find(self, wanted: str) -> Phone | None:
        return self.world.phones.get(int(wanted)) if wanted.isdigit() else None

    def view(self, phone: Phone) -> dict[str, Any]:
        return phone_view(self.world, phone)

    def put(self, given: dict[str, Any]) -> Phone:
        wanted = str(given.get("id") or 70001 + len(self.world.phones))
        if not wanted.isdigit():
            raise Refused("a Telegram phone's id is a number", "id", 400)
        bots = list(self.world.bots.values())
        bot = next((b for b in bots if b.username == given.get("bot")), bots[0])
        phone = self.world.phones.get(int(wanted))
        if phone is None:
            if given.get("name") is None:
                raise Refused("a new phone needs a name", "name", 400)
            phone = self.world.phones[int(wanted)] = Phone(wanted, int(wanted), bot.id, str(given["name"]))
        for name in ("name", "subtitle", "username", "phone_number", "links", "accent"):
            if given.get(name) is not None:
                setattr(phone, name, given[name])
        self.world.announce_phone(phone)
        return phone

    def messages(self, phone: Phone, after: int) -> dict[str, Any]:
        pinned = [m.id for m in phone.messages.values() if m.pinned]
        return {
            "messages": [message_view(phone, m) for m in phone.messages.values() if m.version > after],
            "version": phone.version, "commands": self.world.bot_of(phone).menu(phone.user_id), "typing": False,
            "reply_keyboard": phone.reply_keyboard, "pinned": pinned[-1] if pinned else None, "toast": None,
        }

    def act(self, name: str, phone: Phone, given: dict[str, Any]) -> Any:
        act = ACTS.get(name)
        if act is None:
            raise Refused(f"a phone cannot {name!r}", "no-act", 404)
        return act(self.world, phone, given)

    def file(self, phone: Phone, given: dict[str, Any]) -> Any:
        parts = (given[name] for name in ("kind", "name", "mime", "data", "caption"))
        return _said(phone, people.file(self.world, phone, *parts))

    def clear(self) -> None:
        self.world.phones.clear()
        self.world.stats.clear()
        for bot in self.world.bots.values():
            bot.updates.clear()
