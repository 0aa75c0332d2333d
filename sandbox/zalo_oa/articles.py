"""Articles, which are made in the background, and broadcasts, which carry articles to followers."""

import secrets
from typing import Any

from sandbox.zalo_oa.errors import ZaloError
from sandbox.zalo_oa.state import Oa

MAKING = 2.0  # seconds until an article has its id
TITLE, AUTHOR, DESCRIPTION = 150, 50, 300


async def create(oa: Oa, body: dict[str, Any]) -> dict[str, Any]:
    _checked(body)
    token = secrets.token_urlsafe(24)
    oa.articles[token] = {
        "id": secrets.token_hex(12), "at": oa.clock.now(), "title": body["title"], "author": body.get("author", ""),
        "description": body.get("description", ""), "body": body["body"], "status": body.get("status", "hide"),
    }
    return {"token": token}


def _checked(body: dict[str, Any]) -> None:
    if body.get("type") != "normal" or not isinstance(body.get("body"), list) or not body["body"]:
        raise ZaloError(-201, "type and body")
    if not isinstance(body.get("title"), str) or not body["title"].strip():
        raise ZaloError(-201, "title")
    for name, most in (("title", TITLE), ("author", AUTHOR), ("description", DESCRIPTION)):
        if len(str(body.get(name, ""))) > most:
            raise ZaloError(-210, name)
    for part in body["body"]:
        if not isinstance(part, dict) or part.get("type") not in ("text", "image", "video", "product"):
            raise ZaloError(-201, "body")
    if body.get("status", "hide") not in ("show", "hide"):
        raise ZaloError(-201, "status")


async def verify(oa: Oa, body: dict[str, Any]) -> dict[str, Any]:
    """The id, once there is one; -214 before."""
    article = oa.articles.get(str(body.get("token")))
    if article is None:
        raise ZaloError(-201, "token")
    if oa.clock.now() - article["at"] < MAKING:
        raise ZaloError(-214)
    return {"id": article["id"]}


async def detail(oa: Oa, data: dict[str, Any]) -> dict[str, Any]:
    article = _by_id(oa, data.get("id"))
    return {k: article[k] for k in ("id", "title", "author", "description", "body", "status")}


async def getslice(oa: Oa, data: dict[str, Any]) -> dict[str, Any]:
    made = [a for a in oa.articles.values() if oa.clock.now() - a["at"] >= MAKING]
    offset, limit = int(data.get("offset") or 0), min(int(data.get("limit") or 10), 10)
    medias = [{k: a[k] for k in ("id", "title", "status")} for a in made[offset : offset + limit]]
    return {"medias": medias, "total": len(made)}


async def update(oa: Oa, body: dict[str, Any]) -> dict[str, Any]:
    article = _by_id(oa, body.get("id"))
    _checked(body)
    article |= {k: body[k] for k in ("title", "author", "description", "body", "status") if k in body}
    return {"token": next(token for token, a in oa.articles.items() if a is article)}


async def remove(oa: Oa, body: dict[str, Any]) -> dict[str, Any]:
    article = _by_id(oa, body.get("id"))
    oa.articles = {token: a for token, a in oa.articles.items() if a is not article}
    return {}


def _by_id(oa: Oa, wanted: Any) -> dict[str, Any]:
    for article in oa.articles.values():
        if article["id"] == wanted:
            return article
    raise ZaloError(-201, "id")


async def broadcast(oa: Oa, body: dict[str, Any]) -> dict[str, Any]:
    """To every follower; filters are checked for their names only, the sandbox's people have no age."""
    target = body.get("recipient", {}).get("target")
    elements = body.get("message", {}).get("attachment", {}).get("payload", {}).get("elements")
    if not isinstance(target, dict) or set(target) - {"ages", "gender", "locations", "cities", "platform"}:
        raise ZaloError(-201, "target")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 5:
        raise ZaloError(-201, "elements")
    chosen = [_by_id(oa, e.get("attachment_id") if isinstance(e, dict) else None) for e in elements]
    if any(a["status"] != "show" for a in chosen):
        raise ZaloError(-201, "a hidden article cannot be broadcast")
    if oa.night():
        raise ZaloError(-234)
    if oa.broadcasts[oa.month()] >= oa.rules.broadcasts_a_month:
        raise ZaloError(-211)
    oa.broadcasts[oa.month()] += 1
    sent = oa.message(mine=False)
    for phone in [p for p in oa.phones.values() if p.follower and not p.refuses]:
        for article in chosen:
            card = {"kind": "article", "title": article["title"]}
            oa.deliver(phone, oa.message(mine=False, text=article["description"], card=card))
    return {"message_id": sent.wire_id}
