"""Telegram's HTML subset: text and entities out of it, with the server's own error texts and byte offsets."""

import re
from dataclasses import dataclass, field
from typing import Any

KINDS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "a": "text_link", "blockquote": "blockquote", "tg-spoiler": "spoiler", "span": "spoiler",
    "tg-emoji": "custom_emoji", "tg-time": "date_time",
}
CHARACTER = re.compile(rb"&(?:#(\d{1,8})|#[xX]([0-9a-fA-F]{1,8})|(lt|gt|amp|quot));?")
NAMED = {b"lt": "<", b"gt": ">", b"amp": "&", b"quot": '"'}
TAG_NAME = re.compile(rb"[a-zA-Z0-9-]*")
ATTRIBUTE = re.compile(rb"\s*([a-zA-Z0-9_-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+)))?")
MOST_ENTITIES = 100


class ParseError(ValueError):
    """The text after "can't parse entities: "."""


@dataclass(slots=True)
class _Open:
    tag: str
    at: int  # UTF-16 units into the text
    found: int  # byte offset of the tag
    attributes: dict[str, str] = field(default_factory=dict)


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def parse_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Plain text and entities (offsets in UTF-16 units). Raises ParseError."""
    data = source.encode()
    pieces: list[str] = []
    entities: list[dict[str, Any]] = []
    stack: list[_Open] = []
    length = pos = 0
    while pos < len(data):
        if data[pos : pos + 1] == b"<":
            closing = data[pos + 1 : pos + 2] == b"/"
            pos = (_close if closing else _open)(data, pos, stack, length, entities)
            continue
        text, pos = _text(data, pos)
        pieces.append(text)
        length += utf16(text)
    if stack:
        raise ParseError(f'Can\'t find end tag corresponding to start tag "{stack[-1].tag}"')
    return _trimmed("".join(pieces), entities)


def _text(data: bytes, pos: int) -> tuple[str, int]:
    if data[pos : pos + 1] == b"&" and (match := CHARACTER.match(data, pos)):
        decimal, hexadecimal, name = match.groups()
        code = int(decimal) if decimal else int(hexadecimal, 16) if hexadecimal else None
        if name:
            return NAMED[name], match.end()
        if code and code < 0x110000 and not 0xD800 <= code < 0xE000:
            return chr(code), match.end()
    ends = [e for e in (data.find(b"<", pos + 1), data.find(b"&", pos + 1)) if e != -1]
    end = min(ends, default=len(data))
    return data[pos:end].decode(), end


def _open(data: bytes, begin: int, stack: list[_Open], length: int, _entities: list[dict[str, Any]]) -> int:
    match = TAG_NAME.match(data, begin + 1)
    tag, pos = match.group().decode().lower(), match.end()
    if pos >= len(data):
        raise ParseError(f"Unclosed start tag at byte offset {begin}")
    if tag not in KINDS:
        raise ParseError(f'Unsupported start tag "{tag}" at byte offset {begin}')
    attributes: dict[str, str] = {}
    while (found := ATTRIBUTE.match(data, pos)) and found.group(1):
        name, *values = found.groups()
        value = next((v for v in values if v is not None), b"")
        attributes[name.decode().lower()] = _decoded(value)
        pos = found.end()
    while data[pos : pos + 1].isspace():
        pos += 1
    if data[pos : pos + 1] != b">":
        raise ParseError(f"Unclosed start tag at byte offset {begin}")
    if tag == "span" and attributes.get("class") != "tg-spoiler":
        raise ParseError(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
    stack.append(_Open(tag, length, begin, attributes))
    return pos + 1


def _decoded(value: bytes) -> str:
    out, pos = [], 0
    while pos < len(value):
        text, pos = _text(value, pos)
        out.append(text)
    return "".join(out)


def _close(data: bytes, begin: int, stack: list[_Open], length: int, entities: list[dict[str, Any]]) -> int:
    if not stack:
        raise ParseError(f"Unexpected end tag at byte offset {begin}")
    match = TAG_NAME.match(data, begin + 2)
    tag, pos = match.group().decode().lower(), match.end()
    while data[pos : pos + 1].isspace():
        pos += 1
    if data[pos : pos + 1] != b">":
        raise ParseError(f"Unclosed end tag at byte offset {begin}")
    opened = stack.pop()
    if tag and tag != opened.tag:
        raise ParseError(
            f'Unmatched end tag at byte offset {begin}, expected "</{opened.tag}>", found "</{tag}>"'
        )
    if length > opened.at and (entity := _entity(opened, length, stack, entities)):
        entities.append(entity)
    return pos + 1


def _entity(
    opened: _Open, length: int, stack: list[_Open], entities: list[dict[str, Any]]
) -> dict[str, Any] | None:
    entity: dict[str, Any] = {"type": KINDS[opened.tag], "offset": opened.at, "length": length - opened.at}
    if opened.tag == "a":
        url = opened.attributes.get("href", "")
        return {**entity, "url": url} if re.match(r"(?i)(https?://|tg://|mailto:|tel:)\S", url) else None
    if opened.tag == "blockquote" and "expandable" in opened.attributes:
        entity["type"] = "expandable_blockquote"
    if opened.tag == "code" and stack and stack[-1].tag == "pre" and stack[-1].at == opened.at:
        language = opened.attributes.get("class", "").removeprefix("language-")
        stack[-1].attributes["language"] = language
        return None
    if opened.tag == "pre" and opened.attributes.get("language"):
        entity["language"] = opened.attributes["language"]
    return entity


def _trimmed(text: str, entities: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """White space at both ends goes, entities shrink with it; the surplus over 100 is ignored."""
    kept = text.rstrip()
    lead = utf16(kept) - utf16(kept.lstrip())
    kept = kept.lstrip()
    size = utf16(kept)
    shifted = []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        end = min(entity["offset"] + entity["length"] - lead, size)
        if end > start:
            shifted.append({**entity, "offset": start, "length": end - start})
    shifted.sort(key=lambda e: (e["offset"], -e["length"]))
    return kept, shifted[:MOST_ENTITIES]
