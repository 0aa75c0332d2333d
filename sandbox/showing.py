"""What the page needs of messages and files of any platform: HTML that is safe to put into it, and pictures' sizes."""

import html
import re
import struct
from typing import Any

TAGS = {
    "bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "code": "code", "pre": "pre",
    "blockquote": "blockquote",
}
LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")


def file_view(file: Any) -> dict[str, Any]:
    """The message's `photo` and `document`, one of them at most."""
    if file is None:
        return {"photo": None, "document": None}
    common = {"url": f"/sandbox/files/{file.id}", "size": len(file.data)}
    if file.kind == "photo":
        return {"photo": common | {"width": file.width, "height": file.height}, "document": None}
    return {"photo": None, "document": common | {"name": file.name, "mime": file.mime}}


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, JPEG or GIF; None for anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        return struct.unpack(">II", data[16:24])
    if data[:3] == b"GIF" and len(data) >= 10:
        return struct.unpack("<HH", data[6:10])
    at = 2
    while data[:2] == b"\xff\xd8" and at + 9 < len(data):
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None


def to_html(text: str, entities: list[dict[str, Any]]) -> str:
    """Entities of Telegram are nested or apart, never crossing; positions are UTF-16 units."""
    units = text.encode("utf-16-le")

    def part(start: int, end: int) -> str:
        return units[2 * start : 2 * end].decode("utf-16-le", "replace")

    def inside(start: int, end: int, left: list[dict[str, Any]], linked: bool) -> str:
        out, at = [], start
        while left and left[0]["offset"] < end:
            entity = left.pop(0)
            begin, stop = entity["offset"], min(entity["offset"] + entity["length"], end)
            if begin < at:
                continue
            out.append(_plain(part(at, begin), linked))
            opening, closing = _tags(entity, part(begin, stop))
            body = inside(begin, stop, left, linked or opening.startswith("<a") or entity["type"] in ("code", "pre"))
            out.append(f"{opening}{body}{closing}")
            at = stop
        return "".join([*out, _plain(part(at, end), linked)])

    ordered = sorted(entities, key=lambda e: (e["offset"], -e["length"]))
    return inside(0, len(units) // 2, ordered, False)


def _plain(text: str, linked: bool) -> str:
    """Escaped; addresses become links as Telegram's clients make them."""
    if linked:
        return html.escape(text)
    out, at = [], 0
    for match in LINK.finditer(text):
        out += [html.escape(text[at : match.start()]), _anchor(match.group(), html.escape(match.group()))]
        at = match.end()
    return "".join([*out, html.escape(text[at:])])


def _anchor(url: str, body: str) -> str:
    return f'<a href="{html.escape(url)}" rel="noopener noreferrer" target="_blank">{body}</a>'


def _tags(entity: dict[str, Any], text: str) -> tuple[str, str]:
    kind = entity["type"]
    if kind == "text_link":
        return _anchor(entity["url"], "\0").split("\0")[0], "</a>"
    if kind == "expandable_blockquote":
        return '<blockquote class="expandable">', "</blockquote>"
    if kind == "spoiler":
        return '<span class="spoiler">', "</span>"
    if kind == "bot_command":
        return f'<span class="command" data-command="{html.escape(text)}">', "</span>"
    tag = TAGS.get(kind)
    return (f"<{tag}>", f"</{tag}>") if tag else ("", "")
