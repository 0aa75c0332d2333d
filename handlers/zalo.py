"""Zalo's routing page, for an Official Account and for a Zalo bot: what an event means, and how a Reply is said there.

The events are docs.zaloplatforms.com's: an OA's come flat, a bot's as {event_name, message}.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.people import Identity, Person, PersonState, Prompt
from handlers import conversation, numbers, onboarding
from handlers.conversation import Needs
from handlers.reply import Action, Choice, Incoming, Picture, Reply
from network import markup, people, zalo_text
from network.people import Speaker
from network.refusals import Refusal

OA, BOT = "zalo_oa", "zalo_bot"
PULL = "nhantin"  # what the template's button says in the person's place
_PRESSED = re.compile(r"[a-z]+(?:\.[a-z0-9]+)?(?:\|[^|\n]*){0,2}")
TYPE_YOUR_PHONE = "Ở đây không có nút đó: anh/chị gõ số điện thoại của mình, ví dụ 0912345678."
_PHONE = re.compile(r"(?:\+?84|0)\d{9}")


class Kind(StrEnum):
    SAID = "said"
    FOLLOWED = "followed"
    UNFOLLOWED = "unfollowed"
    WITHDREW = "withdrew"  # asks that their data be deleted
    RECEIVED = "received"
    SEEN = "seen"
    NOTHING = "nothing"  # known, and nothing to do
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Heard:
    """What an event means. `message_ids` are those a receipt speaks of."""

    kind: Kind
    name: str  # of the event, as the platform calls it
    address: str = ""
    person: str = ""  # display name, where the platform tells
    said: Incoming = field(default_factory=Incoming)
    message_ids: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()  # of a receipt: the OA and the person, in whichever order sources tell them
    at: datetime | None = None


_OF_OA = {
    "follow": Kind.FOLLOWED, "unfollow": Kind.UNFOLLOWED, "user_withdraw": Kind.WITHDREW,
    "user_received_message": Kind.RECEIVED, "user_seen_message": Kind.SEEN, "user_submit_info": Kind.SAID,
    **{
        f"user_send_{what}": Kind.SAID
        for what in ("text", "image", "gif", "link", "audio", "video", "sticker", "location", "business_card", "file")
    },
}
_NOTHING = re.compile(
    r"oa_send_\w+|(?:user|oa)_reacted_message|user_click_chatnow|update_user_info|(?:add_user_to|remove_user_from)_tag"
    r"|remove_tag|anonymous_send_\w+|change_\w+|user_feedback|user_click_response_button|\w*group\w*"
    r"|oa_call_user|user_call_oa|user_reply_consent|widget_\w+|extension_purchased"
)


def read_oa(event: dict[str, Any]) -> Heard:
    """Raises KeyError, TypeError, ValueError where an event lacks what its kind needs, such as the sender."""
    name = str(event["event_name"])
    kind = _OF_OA.get(name, Kind.NOTHING if _NOTHING.fullmatch(name) else Kind.UNKNOWN)
    message = event.get("message") or {}
    heard = Heard(kind, name, _user(event, kind), at=_moment(event.get("timestamp")))
    if kind in (Kind.RECEIVED, Kind.SEEN):
        ids = message.get("msg_ids") or [message["msg_id"]]
        parties = (str((event.get(place) or {}).get("id") or "") for place in ("recipient", "sender"))
        return replace(heard, message_ids=tuple(str(one) for one in ids), parties=tuple(filter(None, parties)))
    if name == "user_submit_info":
        phone = str((event.get("info") or {})["phone"])
        return replace(heard, said=Incoming(phone=phone, phone_is_own=True))
    return replace(heard, said=_said_to_oa(message)) if kind == Kind.SAID else heard


def _user(event: dict[str, Any], kind: Kind) -> str:
    """The user's id; that of an event nobody acts on may be missing."""
    places = {
        Kind.FOLLOWED: ("follower",), Kind.UNFOLLOWED: ("follower",), Kind.WITHDREW: ("sender", "user", "follower"),
        Kind.RECEIVED: ("recipient", "sender"),
    }.get(kind, ("sender",))
    found = (str((event.get(place) or {}).get("id") or "") for place in places)
    address = next(filter(None, found), "") or (str(event.get("user_id") or "") if kind == Kind.WITHDREW else "")
    if not address and kind not in (Kind.NOTHING, Kind.UNKNOWN, Kind.RECEIVED, Kind.SEEN):
        raise KeyError("sender")
    return address[:64]


def _said_to_oa(message: dict[str, Any]) -> Incoming:
    """A photo's or a file's id is its address at Zalo."""
    text = str(message.get("text") or "")
    first = (message.get("attachments") or [{}])[0]
    given, kind = first.get("payload") or {}, first.get("type")
    if kind in ("image", "gif"):
        return Incoming(text=text, photo=str(given["url"]))
    if kind == "file":
        size = int(given.get("size") or 0)
        return Incoming(text=text, document=str(given["url"]), file_name=str(given.get("name") or ""), file_size=size)
    return Incoming(text=text or str(given.get("url") or "") if kind == "link" else text)


_OF_BOT = re.compile(r"message\.(text|image|sticker|voice|unsupported)\.received")


def read_bot(event: dict[str, Any]) -> Heard:
    """Of a private chat; what comes from a group is left alone. A protected sender's content never arrives."""
    name, message = str(event["event_name"]), event.get("message") or {}
    if not _OF_BOT.fullmatch(name):
        return Heard(Kind.UNKNOWN, name)
    sender, chat = message["from"], message.get("chat") or {}
    if chat.get("chat_type", "PRIVATE") != "PRIVATE" or sender.get("is_bot"):
        return Heard(Kind.NOTHING, name)
    text = str(message.get("text") or message.get("caption") or "")
    photo = message.get("photo") or message.get("photo_url")
    own = _PHONE.fullmatch(re.sub(r"[ .\-]", "", text))
    said = Incoming(
        text=text, photo=str(photo) if photo and name == "message.image.received" else None,
        phone=own.group() if own else None, phone_is_own=own is not None,
    )
    return Heard(
        Kind.SAID, name, str(sender["id"])[:64], str(sender.get("display_name") or ""), said,
        at=_moment(message.get("date")),
    )


def _moment(milliseconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


# What is answered


@dataclass(frozen=True, slots=True)
class Page:
    """A Reply as Zalo shows it. `text` is Markdown still; the channel makes it plain and cuts it. `reply` is what it
    shows, for where it cannot be said now."""

    text: str
    buttons: tuple[Choice, ...] = ()
    pictures: tuple[Picture, ...] = ()
    files: tuple[int, ...] = ()
    ask_contact: bool = False
    reply: Reply | None = None


async def answer(db: AsyncSession, who: Speaker, heard: Heard, now: datetime, needs: Needs) -> Page | None:
    """One event's whole turn; None where nothing is said."""
    match heard.kind:
        case Kind.UNFOLLOWED:
            await people.set_unreachable(db, who.identity_id, "unfollowed", now)
            return None
        case Kind.WITHDREW:
            await _forget(db, who, now)
            return None
        case Kind.FOLLOWED:
            reply = await conversation.call(onboarding.start, needs, db, who, "", now)
        case Kind.SAID:
            reply = await _turn(db, who, heard, now, needs)
        case _:
            return None
    return await _shown(db, who, reply, now)


async def _turn(db: AsyncSession, who: Speaker, heard: Heard, now: datetime, needs: Needs) -> Reply:
    said, text = heard.said, heard.said.text.strip()
    if text and not (said.photo or said.document):
        if is_press(text):
            return await conversation.take(db, who, Action.unpack(text), now, needs)
        if text == PULL and who.person_id is not None:
            return await conversation.take(db, who, Action("brief.next"), now, needs)
        prompt = await db.get(Prompt, who.identity_id) if who.identity_id else None
        chosen = await numbers.choice(db, who, text, prompt, min(heard.at or now, now))
        if isinstance(chosen, Action):
            return await conversation.take(db, who, chosen, now, needs)
        if chosen is not None:
            return chosen
    return await conversation.hear(db, who, said, now, needs)


def is_press(text: str) -> bool:
    """A button's data comes back as the person's text; nobody types such a thing by chance."""
    packed = len(text) <= 64 and ("|" in text or "." in text) and _PRESSED.fullmatch(text)
    return bool(packed) and Action.unpack(text).name in conversation.ACTIONS


async def _forget(db: AsyncSession, who: Speaker, now: datetime) -> None:
    """As /xoadulieu. The only administrator stays, or nobody could appoint another; but is not written to there."""
    if who.person_id is None or who.state == PersonState.ERASED:
        return
    try:
        async with db.begin_nested():
            await people.erase(db, who.person_id, now)
    except Refusal:
        await people.set_unreachable(db, who.identity_id, "withdrew", now)


async def _shown(db: AsyncSession, who: Speaker, reply: Reply, now: datetime) -> Page:
    """The choices are kept for a number to be typed; somebody who has just arrived has an identity only now."""
    found = (
        await db.execute(
            select(Identity.id, Person.state)
            .join(Person)
            .where(Identity.channel == who.channel, Identity.address == who.address)
        )
    ).first()
    prompt = await db.get(Prompt, found.id) if found else None
    if found:
        waiting = numbers.awaits_words(found.state, prompt)
        await numbers.remember(db, found.id, reply, now, waiting=waiting)
    return page(reply, who.platform, by_word=prompt is not None and prompt.kind in numbers.NUMBER_IS_THE_ANSWER)


def page(reply: Reply, platform: str, *, by_word: bool = False) -> Page:
    """The toast is the first line; who has no buttons, or too few of them, gets numbers."""
    typed = TYPE_YOUR_PHONE if reply.ask_contact and platform == BOT else ""
    text = "\n\n".join(filter(None, (markup.escape(reply.toast), reply.text, typed, *map(_address, reply.photos))))
    most = zalo_text.BUTTONS if platform == OA else 0
    buttons = reply.choices
    if len(buttons) > most:
        text = zalo_text.numbered(text, [(c.label, c.url) for c in buttons], by_word=by_word)
        buttons = tuple(replace(c, label=f"{number}. {c.label}") for number, c in enumerate(buttons[:most], 1))
    pictures = reply.pictures if platform == OA else ()
    return Page(text, buttons, pictures, reply.files, reply.ask_contact and platform == OA, reply)


def _address(photo: str) -> str:
    """Pictures that came in by Zalo are known by their address."""
    return f"Ảnh: <{photo}>" if markup.is_link(photo) else ""
