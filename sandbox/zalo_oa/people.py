"""What a person does on a Zalo phone that talks with the OA: writes, presses, follows, leaves, looks at messages."""

import hashlib
from typing import Any

from sandbox.ground import Refused
from sandbox.showing import picture_size
from sandbox.zalo_oa.state import OA_ID, Oa
from sandbox.zalo_phones import Message, Phone

TEXT = 2000


def _about(phone: Phone) -> dict[str, Any]:
    """The fields of every event that comes from a person."""
    return {
        "user_id_by_app": str(int(phone.id) + 10**15), "sender": {"id": phone.id}, "recipient": {"id": OA_ID},
    }


def _say(oa: Oa, phone: Phone, event: str, content: dict[str, Any], **parts: Any) -> Message:
    if phone.inactive:
        raise Refused("this account is inactive", "deactivated")
    message = oa.message(mine=True, **parts)
    phone.wrote = True
    oa.interact(phone)
    phone.add(message)
    oa.show.announce_message(phone, message)
    oa.show.announce_phone(phone)
    original = phone.messages.get(message.reply_to or 0)
    quoted = {"quote_msg_id": original.wire_id} if original else {}
    oa.tell(event, **_about(phone), message={"msg_id": message.wire_id, **quoted, **content})
    return message


def text(oa: Oa, phone: Phone, words: str, reply_to: int | None = None) -> Message:
    words = words.strip()
    if not 1 <= len(words) <= TEXT:
        raise Refused(f"a message has 1 to {TEXT} characters", "length-zalo", 400)
    return _say(oa, phone, "user_send_text", {"text": words}, text=words, reply_to=reply_to)


def press(oa: Oa, phone: Phone, message_id: int, data: str) -> str:
    """A query button: its payload comes back as if the person had written it. There is no event of its own."""
    message = phone.messages.get(message_id)
    if message is None:
        raise Refused("there is no such message", "no-message", 404)
    buttons = [b for row in message.keyboard or [] for b in row]
    if any(b.get("data") == data and b.get("shown") for b in buttons):
        sent = _say(oa, phone, "user_send_text", {"text": data}, text=data)
    else:
        sent = oa.message(mine=True)
        oa.interact(phone)
        phone.wrote = True
        oa.tell("user_send_text", **_about(phone), message={"msg_id": sent.wire_id, "text": data})
        oa.show.announce_phone(phone)
    oa.show.announce("toast", phone, callback_id=sent.wire_id, text="", alert=False, url=None)
    return sent.wire_id


def file(oa: Oa, phone: Phone, given: dict[str, Any]) -> Message:
    """given: kind, name, mime, data, caption, base (of addresses under which the app fetches it)."""
    data: bytes = given["data"]
    size = picture_size(data)
    if given["kind"] == "photo" and size is None:
        raise Refused("this is not a picture", "not-a-picture", 400)
    stored = oa.ground.add_file(given["kind"], given["name"], given["mime"], data, size or (0, 0))
    url = f"{given['base']}/sandbox/files/{stored.id}"
    if given["kind"] == "photo":
        kind, payload = "image", {"thumbnail": url, "url": url}
    else:
        checksum = hashlib.md5(data, usedforsecurity=False).hexdigest()
        kind, payload = "file", {
            "name": given["name"], "size": str(len(data)), "checksum": checksum, "type": given["mime"], "url": url,
        }
    content: dict[str, Any] = {"attachments": [{"type": kind, "payload": payload}]}
    if given["caption"]:
        content["text"] = given["caption"]
    return _say(oa, phone, f"user_send_{kind}", content, file=stored, text=given["caption"])


def location(oa: Oa, phone: Phone, latitude: float, longitude: float) -> Message:
    coordinates = {"latitude": str(latitude), "longitude": str(longitude)}
    content = {"attachments": [{"type": "location", "payload": {"coordinates": coordinates}}], "text": ""}
    return _say(oa, phone, "user_send_location", content, text=f"📍 {latitude}, {longitude}")


def follow(oa: Oa, phone: Phone) -> None:
    if phone.follower:
        return
    phone.follower, phone.left = True, False
    oa.interact(phone)
    oa.show.announce_phone(phone, "blocked")
    oa.tell("follow", oa_id=OA_ID, follower={"id": phone.id}, source="oa_profile", **_app_user(phone))


def unfollow(oa: Oa, phone: Phone) -> None:
    if phone.left:
        return
    phone.follower, phone.left = False, True
    oa.show.announce_phone(phone, "blocked")
    oa.tell("unfollow", oa_id=OA_ID, follower={"id": phone.id}, source="oa_profile", **_app_user(phone))


def _app_user(phone: Phone) -> dict[str, str]:
    return {"user_id_by_app": _about(phone)["user_id_by_app"]}


def chatnow(oa: Oa, phone: Phone) -> None:
    """Once per person, and only before anything was written."""
    if phone.wrote or phone.chatnow:
        raise Refused("this person has begun to chat already", "chatting")
    phone.chatnow = True
    oa.tell("user_click_chatnow", oa_id=OA_ID, user_id=phone.id, **_app_user(phone))


def submit(oa: Oa, phone: Phone, given: dict[str, Any]) -> None:
    """The form that request_user_info shows."""
    info = {
        "name": given.get("name") or phone.name, "phone": (given.get("phone") or phone.phone_number).removeprefix("+"),
        "user_dob": given.get("user_dob", ""), "gender": given.get("gender", ""),
        "full_address": given.get("full_address", ""),
    }
    oa.interact(phone)
    oa.tell("user_submit_info", **_about(phone), info=info)
    oa.show.announce_phone(phone)


def withdraw(oa: Oa, phone: Phone) -> None:
    """The person demands that the app deletes what it holds."""
    oa.tell("user_withdraw", **_about(phone))


def react(oa: Oa, phone: Phone, message_id: int, emoji: str) -> Message:
    message = phone.messages.get(message_id)
    if message is None:
        raise Refused("there is no such message", "no-message", 404)
    message.reactions.pop("me", None)
    if emoji:
        message.reactions["me"] = emoji
    phone.touch(message)
    oa.show.announce_message(phone, message, "edited")
    oa.tell("user_reacted_message", **_about(phone), message={"msg_id": message.wire_id, "react_icon": emoji})
    return message


def read(oa: Oa, phone: Phone) -> None:
    """The person looks at the chat: seen ticks on everything that came."""
    unseen = [m for m in phone.messages.values() if not m.mine and m.receipt != "seen"]
    for message in unseen:
        oa.arrived(phone, message)
        message.receipt = "seen"
        phone.touch(message)
        oa.show.announce_message(phone, message, "edited")
    if unseen and oa.rules.receipts:
        oa.tell(
            "user_seen_message", sender={"id": OA_ID}, recipient={"id": phone.id},
            message={"msg_ids": [m.wire_id for m in unseen]},
        )
    if phone.unread:
        phone.unread = 0
        oa.show.announce_phone(phone)


def switch(oa: Oa, phone: Phone, online: bool) -> None:
    """A phone that is off gets its messages when it is on again."""
    phone.online = online
    if online:
        for message in [m for m in phone.messages.values() if not m.mine]:
            oa.arrived(phone, message)
    oa.show.announce_phone(phone)


def forget(oa: Oa, phone: Phone) -> None:
    phone.messages.clear()
    phone.unread = 0
    phone.version += 1
    oa.show.announce_phone(phone)
