"""Reading what a bot wants to send: text, keyboards, files; and showing a message as the Bot API does."""

import json
from typing import Any

from sandbox.showing import picture_size
from sandbox.telegram.markup import ParseError, parse_html, utf16
from sandbox.telegram.state import Bot, File, Message, Phone, World, bad

TEXT_LIMIT, CAPTION_LIMIT, CALLBACK_BYTES = 4096, 1024, 64


def parsed(value: Any) -> Any:
    """A JSON parameter, which clients send as a string or as the value itself."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise bad("can't parse JSON parameter") from None


def flag(value: Any) -> bool:
    return value in (True, 1, "true", "True", "1")


def formatted(params: dict[str, Any], field: str) -> tuple[str, list[dict[str, Any]]]:
    """Text and entities of `text` or `caption`, checked against the limits."""
    source = params.get(field)
    source = "" if source is None else str(source)
    caption = field == "caption"
    mode = str(params.get("parse_mode") or "").lower()
    if not source.strip():
        if caption:
            return "", []
        raise bad("message text is empty" if not source else "text must be non-empty")
    if mode == "html":
        try:
            text, entities = parse_html(source)
        except ParseError as problem:
            raise bad(f"can't parse entities: {problem}") from None
    elif mode in ("", "none"):
        text, entities = source.strip(), list(parsed(params.get(f"{'caption_' if caption else ''}entities")) or [])
    else:
        raise bad("unsupported parse_mode")
    if not text and not caption:
        raise bad("text must be non-empty")
    if len(text) > (CAPTION_LIMIT if caption else TEXT_LIMIT):
        raise bad("message caption is too long" if caption else "message is too long")
    return text, with_commands(text, entities)


def with_commands(text: str, entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Telegram marks /commands itself."""
    found, at = [], 0
    for word in text.split(" "):
        for line in word.split("\n"):
            name = line.rstrip(".,;:!?)–")
            if name.startswith("/") and name[1:].replace("_", "").replace("@", "").isalnum() and name.isascii():
                found.append({"type": "bot_command", "offset": at, "length": utf16(name)})
            at += utf16(line) + 1
    taken = [(e["offset"], e["offset"] + e["length"]) for e in entities]
    free = [f for f in found if all(f["offset"] >= b or f["offset"] + f["length"] <= a for a, b in taken)]
    return sorted([*entities, *free], key=lambda e: (e["offset"], -e["length"]))


def keyboards(params: dict[str, Any]) -> tuple[list[list[dict[str, Any]]] | None, dict[str, Any] | None]:
    """Inline keyboard (for the message) and reply keyboard (for the chat; {} = remove)."""
    markup = parsed(params.get("reply_markup"))
    if not markup:
        return None, None
    if "inline_keyboard" in markup:
        rows = [[_inline(button) for button in row] for row in markup["inline_keyboard"]]
        return ([row for row in rows if row] or None), None
    if "keyboard" in markup:
        rows = [[_plain_button(b) for b in row] for row in markup["keyboard"]]
        return None, {
            "rows": rows, "one_time": flag(markup.get("one_time_keyboard")),
            "placeholder": markup.get("input_field_placeholder"),
        }
    return None, {} if flag(markup.get("remove_keyboard")) else None


def _inline(button: dict[str, Any]) -> dict[str, Any]:
    if not button.get("text"):
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if "callback_data" in button:
        if not 1 <= len(str(button["callback_data"]).encode()) <= CALLBACK_BYTES:
            raise bad("BUTTON_DATA_INVALID")
        return {"text": button["text"], "data": button["callback_data"]}
    if "url" in button:
        if not str(button["url"]).startswith(("http://", "https://", "tg://")):
            raise bad("BUTTON_URL_INVALID")
        return {"text": button["text"], "url": button["url"]}
    if "web_app" in button:
        if not str(button["web_app"]["url"]).startswith("https://"):
            raise bad("BUTTON_URL_INVALID: Only HTTPS links are allowed")
        return {"text": button["text"], "url": button["web_app"]["url"], "app": True}
    if "copy_text" in button:
        return {"text": button["text"], "copy": button["copy_text"]["text"]}
    raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")


def _plain_button(button: Any) -> dict[str, Any]:
    if isinstance(button, str):
        return {"text": button}
    return {"text": button["text"], **({"contact": True} if flag(button.get("request_contact")) else {})}


def file_of(world: World, params: dict[str, Any], field: str, kind: str) -> File:
    """An upload, or a file_id used again."""
    given = params.get(field)
    if isinstance(given, str) and given.startswith("attach://"):
        given = params.get(given.removeprefix("attach://"))
    if isinstance(given, tuple):
        name, mime, data = given
        if not data:
            raise bad("file must be non-empty")
        if kind == "photo":
            size = picture_size(data)
            if size is None:
                raise bad("IMAGE_PROCESS_FAILED")
            if len(data) > 10 << 20 or sum(size) > 10_000 or max(size) > 20 * min(size):
                raise bad("PHOTO_INVALID_DIMENSIONS")
            return world.add_file("photo", name, mime, data, size)
        if len(data) > 50 << 20:
            raise bad("file is too big")
        return world.add_file("document", name, mime, data)
    if not given:
        raise bad(f"there is no {kind} in the request")
    known = world.files.get(str(given))
    if known is None:
        raise bad("wrong file identifier/HTTP URL specified")
    if known.kind != kind:
        raise bad(f"can't use file of type {known.kind.title()} as {kind.title()}")
    return known


def shown(bot: Bot, phone: Phone, message: Message, *, nested: bool = False) -> dict[str, Any]:
    """The Bot API's Message."""
    out: dict[str, Any] = {
        "message_id": message.id, "date": message.date, "chat": phone.chat(),
        "from": phone.user() if message.mine else bot.user(),
    }
    file = message.file
    if file:
        base = {"file_id": file.id, "file_unique_id": file.unique_id, "file_size": len(file.data)}
        if file.kind == "photo":
            out["photo"] = [{**base, "width": file.width, "height": file.height}]
        else:
            out["document"] = {**base, "file_name": file.name, "mime_type": file.mime}
    if message.text:
        out["caption" if file else "text"] = message.text
        if message.entities:
            out["caption_entities" if file else "entities"] = message.entities
    if message.contact:
        out["contact"] = {k: v for k, v in message.contact.items() if k != "own"}
    if message.album:
        out["media_group_id"] = message.album
    if message.edit_date:
        out["edit_date"] = message.edit_date
    if message.keyboard:
        out["reply_markup"] = {"inline_keyboard": [[_button(b) for b in row] for row in message.keyboard]}
    if message.poll:
        out["poll"] = poll_shown(message)
    if message.protected:
        out["has_protected_content"] = True
    if message.reply_to and not nested and (original := phone.messages.get(message.reply_to)):
        out["reply_to_message"] = shown(bot, phone, original, nested=True)
    return out


def _button(button: dict[str, Any]) -> dict[str, Any]:
    if "data" in button:
        return {"text": button["text"], "callback_data": button["data"]}
    if "copy" in button:
        return {"text": button["text"], "copy_text": {"text": button["copy"]}}
    if button.get("app"):
        return {"text": button["text"], "web_app": {"url": button["url"]}}
    return {"text": button["text"], "url": button["url"]}


def poll_shown(message: Message) -> dict[str, Any]:
    poll = message.poll or {}
    options = [
        {"persistent_id": str(n), "text": o["text"], "voter_count": o["votes"]} for n, o in enumerate(poll["options"])
    ]
    return {
        "id": f"{message.id}", "question": poll["question"], "options": options, "total_voter_count": poll["total"],
        "is_closed": poll["closed"], "is_anonymous": poll["anonymous"], "type": "regular",
        "allows_multiple_answers": poll["multiple"], "allows_revoting": True, "members_only": False,
    }
