"""The sandbox's memory across restarts: phones, messages and files as one JSON file, written whole or not at all."""

import base64
import json
from dataclasses import asdict, fields
from itertools import count
from pathlib import Path
from typing import Any

from sandbox.telegram.state import File, Message, Phone, World


def save(world: World, path: Path) -> None:
    state = {
        "next": next(world.numbers),
        "offset": world.clock.offset,
        "bots": {
            token: {"commands": bot.commands, "next_update": bot.next_update,
                    "updates": [{k: v for k, v in u.items() if k != "_posted"} for u in bot.updates]}
            for token, bot in world.bots.items()
        },
        "files": [{**asdict(f), "data": base64.b64encode(f.data).decode()} for f in world.files.values()],
        "phones": [_phone(phone) for phone in world.phones.values()],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
    fresh.replace(path)


def load(world: World, path: Path) -> bool:
    """False when there is nothing to load, or nothing that this version understands (it is then left alone)."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        files = {f["id"]: File(**{**f, "data": base64.b64decode(f["data"])}) for f in state["files"]}
        phones = {p["user_id"]: _read_phone(p, files) for p in state["phones"]}
        start, offset, bots = int(state["next"]), float(state["offset"]), state["bots"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    world.files, world.phones, world.numbers, world.clock.offset = files, phones, count(start), offset
    for token, kept in bots.items():
        if bot := world.bots.get(token):
            bot.commands, bot.next_update = kept["commands"], kept["next_update"]
            bot.updates.extend(kept["updates"])
    return True


def _phone(phone: Phone) -> dict[str, Any]:
    out = {f.name: getattr(phone, f.name) for f in fields(phone) if f.name != "messages"}
    out["messages"] = [
        {**{f.name: getattr(m, f.name) for f in fields(m)}, "file": m.file.id if m.file else None}
        for m in phone.messages.values()
    ]
    return out


def _read_phone(state: dict[str, Any], files: dict[str, File]) -> Phone:
    messages = [Message(**{**m, "file": files.get(m["file"])}) for m in state.pop("messages")]
    return Phone(**state, messages={m.id: m for m in messages})
