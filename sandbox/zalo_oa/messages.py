"""POST /v3.0/oa/message/cs: who may get a consultation message now, what it may hold, and who pays for it."""

from typing import Any
from urllib.parse import urlsplit

from sandbox.zalo_oa import uploads
from sandbox.zalo_oa.errors import ZaloError
from sandbox.zalo_oa.quotas import expires
from sandbox.zalo_oa.state import Oa
from sandbox.zalo_phones import Message, Phone

TEXT, TITLE, SUBTITLE, PAYLOAD, BUTTONS, SMS = 2000, 100, 500, 1000, 5, 160
BUTTON_TYPES = ("oa.open.url", "oa.query.show", "oa.query.hide", "oa.open.phone", "oa.open.sms")


async def send(oa: Oa, body: dict[str, Any]) -> dict[str, Any]:
    """The content is looked at first, so that a refused message costs nothing."""
    phone = _recipient(oa, body.get("recipient"))
    message = _part(body, "message")
    parts = await _content(oa, message)
    if quoted := message.get("quote_message_id"):
        original = phone.by_wire(str(quoted))
        parts["reply_to"] = original.id if original else None
    kind, quota = _window(oa, phone)
    sent = oa.message(mine=False, billed=kind, **parts)
    oa.deliver(phone, sent)
    data: dict[str, Any] = {"message_id": sent.wire_id, "user_id": phone.id, "sent_time": str(oa.ground.now_ms())}
    return data | ({"quota": quota} if quota else {})


def _part(body: Any, name: str) -> dict[str, Any]:
    part = body.get(name) if isinstance(body, dict) else None
    if not isinstance(part, dict):
        raise ZaloError(-201, f"{name} is missing")
    return part


def _recipient(oa: Oa, recipient: Any) -> Phone:
    if not isinstance(recipient, dict):
        raise ZaloError(-201, "recipient is missing")
    if wire_id := recipient.get("message_id"):
        for phone in oa.phones.values():
            if (message := phone.by_wire(str(wire_id))) and message.mine:
                return oa.person(phone.id)
        raise ZaloError(-201, "message_id is invalid")
    return oa.person(recipient.get("user_id"))


def _window(oa: Oa, phone: Phone) -> tuple[str, dict[str, Any] | None]:
    """How it is billed, and the quota object that says so. Counts and pays."""
    rules = oa.rules
    if phone.left and rules.unfollowed == "refuse":
        raise ZaloError(-213)
    if phone.last_interaction is None:
        if phone.chatnow or (phone.follower and phone.welcomed < 3):
            phone.welcomed += not phone.chatnow
            phone.chatnow = False
            oa.bill["free"] += 1
            return "free", {"quota_type": "welcome_msg", "remain": 3 - phone.welcomed, "total": 3}
        raise ZaloError(-230)
    age = oa.clock.now() - phone.last_interaction
    if age > rules.window_days * 86_400:
        raise ZaloError(-230)
    if age <= rules.free_hours * 3600 and not (rules.free_quota == "counted" and phone.since_free >= 8):
        phone.since_free += 1
        oa.bill["free"] += 1
        return "free", _free_quota(rules.free_quota, phone)
    if oa.sub_used < rules.package_messages:
        oa.sub_used += 1
        oa.bill["free"] += 1
        left = rules.package_messages - oa.sub_used
        quota = {"quota_type": "sub_quota", "remain": left, "total": rules.package_messages, "owner_type": "OA"}
        return "free", quota | {"expired_date": expires(oa)}
    oa.pay("paid", rules.price_message)
    return "paid", None


def _free_quota(variant: str, phone: Phone) -> dict[str, Any] | None:
    """Before 2026 eight messages were counted; then a constant 8 was answered, then only the type."""
    if variant == "none":
        return None
    remain = {"constant": 8, "counted": 8 - phone.since_free}.get(variant)
    return {"quota_type": "reply", **({} if remain is None else {"remain": remain, "total": 8})}


async def _content(oa: Oa, message: dict[str, Any]) -> dict[str, Any]:
    """The parts of a Message."""
    text, attachment = message.get("text"), message.get("attachment")
    if text is not None and not isinstance(text, str):
        raise ZaloError(-201, "text is not a string")
    if attachment is None:
        return {"text": _text(text)}
    if not isinstance(attachment, dict):
        raise ZaloError(-201, "attachment is invalid")
    payload = _part(attachment, "payload")
    if attachment.get("type") == "file":
        return {"file": uploads.used(oa, payload.get("token"), "file"), "text": ""}
    if attachment.get("type") != "template":
        raise ZaloError(-233)
    kind = payload.get("template_type")
    if kind == "media":
        return await _media(oa, payload, text)
    if kind == "request_user_info":
        return _request(payload)
    if kind in (None, "button"):
        return _with_buttons(oa, payload, text, kind)
    raise ZaloError(-233, str(kind))


def _text(text: Any) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ZaloError(-201, "text is empty")
    if len(text) > TEXT:
        raise ZaloError(-210, f"text has at most {TEXT} characters")
    return text


def _with_buttons(oa: Oa, payload: dict[str, Any], text: Any, kind: str | None) -> dict[str, Any]:
    shape = "plain" if kind is None else "template"
    if oa.rules.buttons not in ("either", shape):
        raise ZaloError(-201, "attachment payload is invalid")
    words = _text(text if shape == "plain" or text else payload.get("text"))
    buttons = payload.get("buttons")
    if not isinstance(buttons, list) or not buttons:
        raise ZaloError(-201, "buttons is missing")
    if len(buttons) > BUTTONS:
        raise ZaloError(-210, f"at most {BUTTONS} buttons")
    return {"text": words, "keyboard": [[button(b)] for b in buttons]}


def button(given: Any) -> dict[str, Any]:
    """As the phones page shows one: {text, data} for a query, {text, url} for the rest."""
    if not isinstance(given, dict) or given.get("type") not in BUTTON_TYPES:
        raise ZaloError(-201, "button type is invalid")
    title, kind, payload = given.get("title"), given["type"], given.get("payload")
    if not isinstance(title, str) or not title.strip():
        raise ZaloError(-201, "button title is missing")
    if len(title) > TITLE:
        raise ZaloError(-210, f"a button title has at most {TITLE} characters")
    if kind.startswith("oa.query"):
        if not isinstance(payload, str) or not payload:
            raise ZaloError(-201, "button payload is missing")
        if len(payload) > PAYLOAD:
            raise ZaloError(-210, f"a button payload has at most {PAYLOAD} characters")
        return {"text": title, "data": payload, "shown": kind == "oa.query.show"}
    if not isinstance(payload, dict):
        raise ZaloError(-201, "button payload is missing")
    if kind == "oa.open.url":
        if urlsplit(str(payload.get("url"))).scheme not in ("http", "https"):
            raise ZaloError(-201, "button url is invalid")
        return {"text": title, "url": payload["url"]}
    number = str(payload.get("phone_code", ""))
    if not (number.isdigit() and number.startswith("84")):
        raise ZaloError(-201, "phone_code is invalid")
    if kind == "oa.open.sms" and len(str(payload.get("content", ""))) > SMS:
        raise ZaloError(-210, "content is too long")
    return {"text": title, "url": f"{'sms' if kind == 'oa.open.sms' else 'tel'}:+{number}"}


async def _media(oa: Oa, payload: dict[str, Any], text: Any) -> dict[str, Any]:
    elements = payload.get("elements")
    if not isinstance(elements, list) or len(elements) != 1 or not isinstance(elements[0], dict):
        raise ZaloError(-201, "elements has to hold one")
    element = elements[0]
    url, attachment = element.get("url"), element.get("attachment_id")
    if element.get("media_type") not in ("image", "gif", "sticker") or bool(url) == bool(attachment):
        raise ZaloError(-201, "media needs a media_type, and either url or attachment_id")
    if element["media_type"] == "gif" and not (element.get("width") and element.get("height")):
        raise ZaloError(-201, "a gif needs width and height")
    if element["media_type"] == "sticker":
        return {"text": "[Nhãn dán]"}
    words = "" if text is None else _text(text)
    if attachment:
        return {"text": words, "file": uploads.used(oa, attachment, element["media_type"])}
    return {"text": words, "file": await uploads.fetched(oa, str(url))}


def _request(payload: dict[str, Any]) -> dict[str, Any]:
    elements = payload.get("elements")
    if not isinstance(elements, list) or len(elements) != 1 or not isinstance(elements[0], dict):
        raise ZaloError(-201, "elements has to hold one")
    title, subtitle = (str(elements[0].get(name) or "") for name in ("title", "subtitle"))
    if not title or not elements[0].get("image_url"):
        raise ZaloError(-201, "title and image_url are needed")
    if len(title) > TITLE or len(subtitle) > SUBTITLE:
        raise ZaloError(-210)
    return {"text": subtitle, "card": {"kind": "contact", "title": title}}


async def closed(_oa: Oa, body: dict[str, Any]) -> dict[str, Any]:
    """The message interface of version 2, of which only broadcasts and reactions are left."""
    raise ZaloError(-240)


async def react(oa: Oa, body: dict[str, Any]) -> dict[str, Any]:
    phone, action = _recipient(oa, body.get("recipient")), _part(body, "sender_action")
    message: Message | None = phone.by_wire(str(action.get("react_message_id")))
    icon = str(action.get("react_icon") or "")
    if message is None or not icon:
        raise ZaloError(-201, "react_message_id or react_icon is invalid")
    if icon == "/-remove":
        message.reactions.pop("bot", None)
    else:
        message.reactions["bot"] = ICONS.get(icon, icon)
    phone.touch(message)
    oa.show.announce_message(phone, message, "edited")
    return {"message_id": message.wire_id, "user_id": phone.id}


ICONS = {"/-strong": "👍", "/-heart": "❤️", ":>": "😄", ":o": "😮", ":-((": "😢", ":-h": "😡"}
