"""The sandbox's memory across restarts: phones, messages and files as one JSON file, written whole or not at all."""

import base64
import json
from collections import Counter
from dataclasses import asdict, fields
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.ground import File
from sandbox.telegram.state import Message, Phone, World
from sandbox.zalo_bot.state import Bot
from sandbox.zalo_oa.rules import Rules
from sandbox.zalo_oa.state import Oa, Template, Upload
from sandbox.zalo_phones import Message as ZaloMessage
from sandbox.zalo_phones import Phone as ZaloPhone

if TYPE_CHECKING:
    from sandbox.app import Sandbox

OA_PLAIN = ("access", "refresh", "articles", "deliveries", "sub_used", "webhook", "cancelled", "granted")
OA_COUNTS = ("uploaded", "broadcasts", "sent_templates", "bill")


def save(sandbox: "Sandbox", path: Path) -> None:
    ground, world = sandbox.world.ground, sandbox.world
    state = {
        "next": next(ground.numbers),
        "offset": ground.clock.offset,
        "bots": {
            token: {"commands": bot.commands, "next_update": bot.next_update,
                    "updates": [{k: v for k, v in u.items() if k != "_posted"} for u in bot.updates]}
            for token, bot in world.bots.items()
        },
        "files": [{**asdict(f), "data": base64.b64encode(f.data).decode()} for f in ground.files.values()],
        "phones": [_phone(phone) for phone in world.phones.values()],
        "zalo_oa": _oa(sandbox.oa),
        "zalo_bot": {
            "phones": [_phone(phone) for phone in sandbox.zalo_bot.phones.values()],
            "updates": list(sandbox.zalo_bot.updates), "sent": sandbox.zalo_bot.sent,
            "webhook": sandbox.zalo_bot.webhook, "secret": sandbox.zalo_bot.secret,
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
    fresh.replace(path)


def load(sandbox: "Sandbox", path: Path) -> bool:
    """False when there is nothing to load, or nothing that this version understands (it is then left alone)."""
    world = sandbox.world
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        files = {f["id"]: File(**{**f, "data": base64.b64decode(f["data"])}) for f in state["files"]}
        phones = {p["user_id"]: _read_phone(p, files) for p in state["phones"]}
        start, offset, bots = int(state["next"]), float(state["offset"]), state["bots"]
        zalo = [_read_zalo(state.get(name, {}).get("phones", []), files) for name in ("zalo_oa", "zalo_bot")]
        oa = _read_oa(state.get("zalo_oa", {}), files)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    world.ground.files.update(files)
    world.phones, world.ground.numbers, world.clock.offset = phones, count(start), offset
    sandbox.oa.phones, sandbox.zalo_bot.phones = zalo
    for name, value in oa.items():
        setattr(sandbox.oa, name, value)
    _restore_bots(world, bots)
    _restore_zalo_bot(sandbox.zalo_bot, state.get("zalo_bot", {}))
    return True


def _restore_bots(world: World, bots: dict[str, Any]) -> None:
    for token, kept in bots.items():
        if bot := world.bots.get(token):
            bot.commands, bot.next_update = kept["commands"], kept["next_update"]
            bot.updates.extend(kept["updates"])


def _restore_zalo_bot(bot: Bot, kept: dict[str, Any]) -> None:
    bot.sent = Counter(kept.get("sent", {}))
    bot.webhook, bot.secret = kept.get("webhook", ""), kept.get("secret", "")
    bot.updates.extend((update, left) for update, left in kept.get("updates", []))


def _oa(oa: Oa) -> dict[str, Any]:
    return {
        **{name: getattr(oa, name) for name in (*OA_PLAIN, *OA_COUNTS)}, "rules": oa.rules.plain(),
        "templates": [asdict(t) for t in oa.templates.values()],
        "uploads": {token: [u.file.id, u.kind, u.at] for token, u in oa.uploads.items()},
        "phones": [_phone(phone) for phone in oa.phones.values()],
    }


def _read_oa(state: dict[str, Any], files: dict[str, File]) -> dict[str, Any]:
    """Attributes of an Oa."""
    if not state:
        return {}
    return {
        **{name: state[name] for name in OA_PLAIN}, **{name: Counter(state[name]) for name in OA_COUNTS},
        "rules": Rules(**state["rules"]), "templates": {t["id"]: Template(**t) for t in state["templates"]},
        "uploads": {token: Upload(files[u[0]], u[1], u[2]) for token, u in state["uploads"].items()},
    }


def _phone(phone: Any) -> dict[str, Any]:
    out = {f.name: getattr(phone, f.name) for f in fields(phone) if f.name != "messages"}
    out["messages"] = [
        {**{f.name: getattr(m, f.name) for f in fields(m)}, "file": m.file.id if m.file else None}
        for m in phone.messages.values()
    ]
    return out


def _read_phone(state: dict[str, Any], files: dict[str, File]) -> Phone:
    messages = [Message(**{**m, "file": files.get(m["file"])}) for m in state.pop("messages")]
    return Phone(**state, messages={m.id: m for m in messages})


def _read_zalo(states: list[dict[str, Any]], files: dict[str, File]) -> dict[str, ZaloPhone]:
    found = {}
    for state in states:
        messages = [ZaloMessage(**{**m, "file": files.get(m["file"])}) for m in state.pop("messages")]
        found[state["id"]] = ZaloPhone(**state, messages={m.id: m for m in messages})
    return found
