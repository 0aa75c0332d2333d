"""Messages by approved template (ZBS): to a user id, or to a phone number; always paid."""

import re
from typing import Any

from sandbox.zalo_oa.errors import ZaloError
from sandbox.zalo_oa.messages import button
from sandbox.zalo_oa.state import Oa, Template
from sandbox.zalo_phones import Message, Phone

YEAR = 365 * 86_400
TRACKING = 48
SLOT = re.compile(r"<([a-z_][a-z0-9_]*)>")


async def by_user(oa: Oa, body: dict[str, Any]) -> dict[str, Any]:
    phone = oa.person(body.get("user_id"))
    template = _approved(oa, body)
    if not template.by_uid:
        raise ZaloError(-249)
    if template.tag < 3 and (phone.last_interaction is None or oa.clock.now() - phone.last_interaction > YEAR):
        raise ZaloError(-232)
    sent = _sent(oa, phone, template, body, template.price_uid)
    oa.deliver(phone, sent)
    daily = oa.rules.template_daily
    quota = {"dailyQuota": str(daily), "remainingQuota": str(daily - oa.sent_templates[oa.day()])}
    now = str(oa.ground.now_ms())
    return {"message_id": sent.wire_id, "user_id": phone.id, "sent_time": now, "quota": quota}


async def by_phone(oa: Oa, body: dict[str, Any]) -> dict[str, Any]:
    number = str(body.get("phone", ""))
    if not re.fullmatch(r"84\d{8,11}", number):
        raise ZaloError(-108)
    if len(str(body.get("tracking_id", ""))) > TRACKING:
        raise ZaloError(-1121, "tracking_id")
    template = _approved(oa, body)
    phone = next((p for p in oa.phones.values() if p.phone_number.removeprefix("+") == number), None)
    if phone is None:
        raise ZaloError(-118)
    if phone.refuses:
        raise ZaloError(phone.refuses)
    sent, now = _sent(oa, phone, template, body, template.price_sdt), str(oa.ground.now_ms())
    details = {"delivery_time": now, "tracking_id": str(body.get("tracking_id", ""))}
    oa.deliveries[sent.wire_id] = {"recipient": {"id": number}, "message": details}
    oa.deliver(phone, sent)
    daily = oa.rules.template_daily
    quota = {"dailyQuota": str(daily), "remainingQuota": str(daily - oa.sent_templates[oa.day()])}
    return {"msg_id": sent.wire_id, "sent_time": now, "sending_mode": "1", "quota": quota}


def _approved(oa: Oa, body: dict[str, Any]) -> Template:
    template = oa.templates.get(str(body.get("template_id", "")))
    if template is None:
        raise ZaloError(-109)
    if template.status != "ENABLE":
        raise ZaloError(-131)
    if template.tag == 3 and oa.night():
        raise ZaloError(-234)
    return template


def _sent(oa: Oa, phone: Phone, template: Template, body: dict[str, Any], price: int) -> Message:
    """Filled in, counted and paid."""
    data = body.get("template_data")
    if not isinstance(data, dict):
        raise ZaloError(-1122, "template_data")
    for name, most in template.params.items():
        if name not in data:
            raise ZaloError(-1122, name)
        if not isinstance(data[name], str | int):
            raise ZaloError(-1124, name)
        if len(str(data[name])) > most:
            raise ZaloError(-1121, name)

    def filled(text: str) -> str:
        return SLOT.sub(lambda slot: str(data.get(slot.group(1), slot.group())), text)

    if oa.sent_templates[oa.day()] >= oa.rules.template_daily:
        raise ZaloError(-144)
    oa.pay("template", price)
    oa.sent_templates[oa.day()] += 1
    keyboard = [[button({k: filled(v) for k, v in b.items()})] for b in template.buttons]
    card = {"kind": "template", "title": filled(template.title)}
    text = "\n".join(filled(p) for p in template.paragraphs)
    return oa.message(mine=False, text=text, card=card, keyboard=keyboard or None, billed="template")


async def listed(oa: Oa, data: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"templateId": int(t.id), "templateName": t.name, "status": t.status} for t in oa.templates.values()]


async def info(oa: Oa, data: dict[str, Any]) -> dict[str, Any]:
    template = oa.templates.get(str(data.get("template_id", "")))
    if template is None:
        raise ZaloError(-109)
    params = [
        {"name": name, "require": True, "type": "STRING", "maxLength": most, "minLength": 0, "acceptNull": False}
        for name, most in template.params.items()
    ]
    return {
        "templateId": int(template.id), "templateName": template.name, "status": template.status,
        "reason": template.reason, "listParams": params, "listButtons": template.buttons,
        "templateTag": ("", "TRANSACTION", "CUSTOMER_CARE", "PROMOTION")[template.tag],
        "price": template.price_sdt, "price_sdt": template.price_sdt, "price_uid": template.price_uid,
    }


async def status(oa: Oa, data: dict[str, Any]) -> dict[str, Any]:
    """-1 not known, 0 sent, 1 on the phone."""
    for phone in oa.phones.values():
        if sent := phone.by_wire(str(data.get("message_id"))):
            return {"status": 0 if sent.receipt == "sent" else 1, "message": sent.receipt}
    return {"status": -1, "message": "not found"}


async def quota(oa: Oa, _data: dict[str, Any]) -> dict[str, Any]:
    daily = oa.rules.template_daily
    return {"dailyQuota": str(daily), "remainingQuota": str(daily - oa.sent_templates[oa.day()])}
