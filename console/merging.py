"""Two people changed one brief at a time: what only one of them touched is kept, what both touched is shown twice."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console import comparing
from console.comparing import Change
from network import topics
from network.brief_content import CONFIDENCE, LABELS, LINES, STAGES, Content, Priority

AUDIENCE = "Người nhận"
TAKEN = frozenset({"title", "summary", "body", "note", *LINES})  # fields that one button fills with the other text
Typed = tuple[Content, Mapping[str, Any]]  # content and audience of a brief


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that both changed. The form holds the visitor's text; `theirs` is the saved one, as it would be typed."""

    field: str
    label: str
    theirs: str
    changes: tuple[Change, ...]  # from theirs to the visitor's

    @property
    def can_be_taken(self) -> bool:
        return self.field in TAKEN


@dataclass(frozen=True, slots=True)
class Merged:
    """`taken`: labels of what only the other one had changed; it stands in `content` now."""

    content: Content
    taken: tuple[str, ...]
    clashes: tuple[Clash, ...]


def packed(content: Content, audience: Mapping[str, Any]) -> str:
    """What a form was opened with; it travels with the form."""
    return json.dumps([content.to_json(), dict(audience)], ensure_ascii=False)


def unpacked(carried: str) -> Typed | None:
    """Of what a form carried; None when it is not what we gave it."""
    try:
        content, audience = json.loads(carried)
        return Content.from_json(dict(content)), dict(audience)
    except (ValueError, TypeError):
        return None


def merge(opened: Content, saved: Content, typed: Content) -> Merged:
    """Field by field."""
    before, theirs, mine = (content.to_json() for content in (opened, saved, typed))
    kept, taken, clashes = dict(mine), [], []
    for name, label in LABELS.items():
        was, has, wants = before.get(name), theirs.get(name), mine.get(name)
        if has in (was, wants):
            continue
        if wants == was:
            kept[name] = has
            taken.append(label)
        else:
            shown = as_typed(name, has)
            changes = tuple(comparing.words(shown, as_typed(name, wants)))
            clashes.append(Clash(name, label, shown, changes))
    content = Content.from_json({name: value for name, value in kept.items() if value is not None})
    return Merged(content, tuple(taken), tuple(clashes))


def as_typed(name: str, value: Any) -> str:
    """A field's JSON as it stands in the form, lists one item a line."""
    named = {"stage": STAGES, "confidence": CONFIDENCE, "priority": {each.value: each.label for each in Priority}}
    if not value:
        return ""
    if name == "topics":
        return topics.list_names(value)
    if isinstance(value, list):
        return "\n".join(_record(item) for item in value)
    return "có" if value is True else named.get(name, {}).get(value, _record(value))


def _record(item: Any) -> str:
    return ", ".join(str(part) for part in item.values()) if isinstance(item, dict) else str(item)
