"""The people's side over HTTP: what the phones page and the tests do with phones. The contract is docs/sandbox.md."""

import mimetypes
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.faults import Faults
from sandbox.telegram import people
from sandbox.telegram.page_view import message_view, phone_view
from sandbox.telegram.people import Refused
from sandbox.telegram.state import Message, Phone, World

TEXT = 200  # characters of what the page shows of a phone
Act = Callable[[World, Phone, dict[str, Any]], Any]


def routes(world: World) -> list[Route]:
    def on(path: str, handler: Callable[[Request], Awaitable[Response]], *methods: str) -> Route:
        return Route(path, _guarded(handler), methods=list(methods))

    shop = Shop(world)
    return [
        on("/phones", shop.list, "GET"),
        on("/phones", shop.put, "POST"),
        on("/phones/{id}", shop.show, "GET"),
        on("/phones/{id}/messages", shop.messages, "GET"),
        on("/phones/{id}/file", shop.file, "POST"),
        on("/phones/{id}/{act}", shop.act, "POST"),
        on("/files/{id}", shop.download, "GET"),
        on("/events", shop.events, "GET"),
        on("/faults", shop.faults, "GET", "PUT"),
        on("/stats", shop.stats, "GET", "DELETE"),
        on("/clock", shop.clock, "GET", "POST"),
        on("/reset", shop.reset, "POST"),
    ]


def _guarded(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except Refused as refused:
            return JSONResponse({"error": str(refused), "code": refused.code}, refused.status)
        except (KeyError, TypeError, ValueError) as problem:
            return JSONResponse({"error": f"bad request: {problem}", "code": "bad-request"}, 400)

    return guarded


def _check_phone(given: Any) -> None:
    """What the page shows has to be what it expects; nothing of a phone is made before that is clear."""
    if not isinstance(given, dict):
        raise Refused("a phone is a JSON object", "phone", 400)
    for name in ("name", "subtitle", "username", "phone_number", "accent"):
        value = given.get(name)
        if value is not None and not (isinstance(value, str) and len(value) <= TEXT):
            raise Refused(f"{name} has to be a text of at most {TEXT} characters", name, 400)
    if given.get("name") is not None and not given["name"].strip():
        raise Refused("a phone's name is a text that is not empty", "name", 400)
    links = given.get("links")
    good = isinstance(links, list) and all(
        isinstance(one, dict) and all(isinstance(one.get(part), str) for part in ("label", "url")) for one in links
    )
    if links is not None and not good:
        raise Refused("links is a list of {label, url}", "links", 400)


def _said(phone: Phone, message: Message) -> dict[str, Any]:
    return {"message": message_view(phone, message)}


def _start(world: World, phone: Phone, given: dict[str, Any]) -> Any:
    payload = str(given.get("payload") or "")
    if len(payload) > 64 or (not payload.replace("-", "").replace("_", "").isalnum() and payload):
        raise Refused("a start payload has at most 64 of A-Z a-z 0-9 _ -", "payload", 400)
    return _said(phone, people.start(world, phone, payload))


def _contact(world: World, phone: Phone, given: dict[str, Any]) -> Any:
    number, name = given.get("phone_number") or "+84900000000", given.get("first_name") or "Người khác"
    return _said(phone, people.contact(world, phone, bool(given.get("own", True)), number, name))


def _state(change: Callable[[World, Phone], None]) -> Act:
    def act(world: World, phone: Phone, _given: dict[str, Any]) -> Any:
        change(world, phone)
        return phone_view(world, phone)

    return act


def _deactivate(world: World, phone: Phone, given: dict[str, Any]) -> Any:
    people.deactivate(world, phone, bool(given.get("active", False)))
    return phone_view(world, phone)


ACTS: dict[str, Act] = {
    "text": lambda w, p, g: _said(p, people.text(w, p, str(g["text"]), g.get("reply_to"))),
    "start": _start,
    "press": lambda w, p, g: {"callback_id": people.press(w, p, int(g["message_id"]), str(g["data"]))},
    "contact": _contact,
    "react": lambda w, p, g: _said(p, people.react(w, p, int(g["message_id"]), str(g.get("emoji") or ""))),
    "vote": lambda w, p, g: _said(p, people.vote(w, p, int(g["message_id"]), [int(n) for n in g["options"]])),
    "read": _state(people.read),
    "block": _state(people.block),
    "unblock": _state(people.unblock),
    "deactivate": _deactivate,
    "delete-history": _state(people.forget),
}


class Shop:
    """The requests, one method each."""

    def __init__(self, world: World) -> None:
        self.world = world

    def _phone(self, request: Request) -> Phone:
        wanted = request.path_params["id"]
        phone = next((p for p in (self.world.phones.get(int(wanted)),) if p), None) if wanted.isdigit() else None
        if phone is None:
            raise Refused(f"there is no phone {wanted}", "no-phone", 404)
        return phone

    async def list(self, _request: Request) -> Response:
        return JSONResponse({"phones": [phone_view(self.world, p) for p in self.world.phones.values()]})

    async def show(self, request: Request) -> Response:
        return JSONResponse(phone_view(self.world, self._phone(request)))

    async def put(self, request: Request) -> Response:
        given = await request.json()
        _check_phone(given)
        wanted = str(given.get("id") or 70001 + len(self.world.phones))
        if not wanted.isdigit():
            raise Refused("a Telegram phone's id is a number", "id", 400)
        bots = list(self.world.bots.values())
        bot = next((b for b in bots if b.username == given.get("bot")), bots[0])
        phone = self.world.phones.get(int(wanted))
        if phone is None:
            if given.get("name") is None:
                raise Refused("a new phone needs a name", "name", 400)
            phone = self.world.phones[int(wanted)] = Phone(wanted, int(wanted), bot.id, str(given["name"]))
        for name in ("name", "subtitle", "username", "phone_number", "links", "accent"):
            if given.get(name) is not None:
                setattr(phone, name, given[name])
        self.world.announce_phone(phone)
        return JSONResponse(phone_view(self.world, phone))

    async def messages(self, request: Request) -> Response:
        phone, after = self._phone(request), int(request.query_params.get("after") or 0)
        pinned = [m.id for m in phone.messages.values() if m.pinned]
        return JSONResponse(
            {
                "messages": [message_view(phone, m) for m in phone.messages.values() if m.version > after],
                "version": phone.version, "commands": self.world.bot_of(phone).menu(phone.user_id),
                "typing": False, "reply_keyboard": phone.reply_keyboard, "pinned": pinned[-1] if pinned else None,
                "toast": None,
            }
        )

    async def act(self, request: Request) -> Response:
        act = ACTS.get(request.path_params["act"])
        if act is None:
            raise Refused(f"a phone cannot {request.path_params['act']!r}", "no-act", 404)
        body = await request.body()
        return JSONResponse(act(self.world, self._phone(request), await request.json() if body else {}))

    async def file(self, request: Request) -> Response:
        phone = self._phone(request)
        async with request.form(max_part_size=50 << 20) as form:
            upload = form["file"]
            name, data = upload.filename or "tep", await upload.read()
            mime = upload.content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
            kind = str(form.get("kind") or ("photo" if mime in ("image/png", "image/jpeg") else "document"))
            caption = str(form.get("caption") or "")
        return JSONResponse(_said(phone, people.file(self.world, phone, kind, name, mime, data, caption)))

    async def download(self, request: Request) -> Response:
        file = self.world.files.get(request.path_params["id"])
        if file is None:
            raise Refused("there is no such file", "no-file", 404)
        safe = file.mime if file.mime in ("image/png", "image/jpeg", "image/gif", "application/pdf") else ""
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}
        return Response(file.data, media_type=safe or "application/octet-stream", headers=headers)

    async def events(self, request: Request) -> Response:
        last = request.headers.get("last-event-id", "")
        stream = self.world.feed.stream(int(last) if last.isdigit() else None)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    async def faults(self, request: Request) -> Response:
        if request.method == "PUT":
            self.world.faults = Faults.changed(self.world.faults, await request.json())
        return JSONResponse(self.world.faults.plain())

    async def stats(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.world.stats.clear()
        wanted = {"chats_delivered": self.world.stats.chats()} if "chats" in request.query_params else {}
        return JSONResponse(self.world.stats.plain() | wanted)

    async def clock(self, request: Request) -> Response:
        if request.method == "POST":
            self.world.clock.advance(float((await request.json())["advance"]))
        return JSONResponse({"now": self.world.clock.now(), "offset": self.world.clock.offset})

    async def reset(self, _request: Request) -> Response:
        self.world.phones.clear()
        self.world.files.clear()
        self.world.faults = Faults()
        self.world.stats.clear()
        for bot in self.world.bots.values():
            bot.updates.clear()
        self.world.feed.publish("reset", None)
        return JSONResponse({"ok": True})
