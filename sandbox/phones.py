"""The people's side over HTTP: what the phones page and the tests do with phones. The contract is docs/sandbox.md."""

import mimetypes
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.faults import Faults
from sandbox.ground import Ground, Refused
from sandbox.stats import Stats

TEXT = 200  # characters of what the page shows of a phone


class Desk(Protocol):
    """One platform's phones."""

    platform: str

    def phones(self) -> list[Any]: ...
    def find(self, wanted: str) -> Any: ...
    def view(self, phone: Any) -> dict[str, Any]: ...
    def put(self, given: dict[str, Any]) -> Any: ...
    def messages(self, phone: Any, after: int) -> dict[str, Any]: ...
    def act(self, name: str, phone: Any, given: dict[str, Any]) -> Any: ...
    def file(self, phone: Any, given: dict[str, Any]) -> Any: ...
    def clear(self) -> None: ...


def routes(ground: Ground, desks: Sequence[Desk], stats: dict[str, Stats]) -> list[Route]:
    """`stats` by platform."""
    shop = Shop(ground, desks, stats)
    return [
        route("/phones", shop.list, "GET"),
        route("/phones", shop.put, "POST"),
        route("/phones/{id}", shop.show, "GET"),
        route("/phones/{id}/messages", shop.messages, "GET"),
        route("/phones/{id}/file", shop.file, "POST"),
        route("/phones/{id}/{act}", shop.act, "POST"),
        route("/files/{id}", shop.download, "GET"),
        route("/events", shop.events, "GET"),
        route("/faults", shop.faults, "GET", "PUT"),
        route("/stats", shop.stats, "GET", "DELETE"),
        route("/clock", shop.clock, "GET", "POST"),
        route("/reset", shop.reset, "POST"),
    ]


def route(path: str, handler: Callable[[Request], Awaitable[Response]], *methods: str) -> Route:
    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except Refused as refused:
            return JSONResponse({"error": str(refused), "code": refused.code}, refused.status)
        except (KeyError, TypeError, ValueError) as problem:
            return JSONResponse({"error": f"bad request: {problem}", "code": "bad-request"}, 400)

    return Route(path, guarded, methods=list(methods))


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


class Shop:
    """The requests, one method each."""

    def __init__(self, ground: Ground, desks: Sequence[Desk], stats: dict[str, Stats]) -> None:
        self._ground, self._desks, self._stats = ground, desks, stats

    def _phone(self, request: Request) -> tuple[Desk, Any]:
        wanted = request.path_params["id"]
        for desk in self._desks:
            if (phone := desk.find(wanted)) is not None:
                return desk, phone
        raise Refused(f"there is no phone {wanted}", "no-phone", 404)

    async def list(self, _request: Request) -> Response:
        return JSONResponse({"phones": [desk.view(p) for desk in self._desks for p in desk.phones()]})

    async def show(self, request: Request) -> Response:
        desk, phone = self._phone(request)
        return JSONResponse(desk.view(phone))

    async def put(self, request: Request) -> Response:
        given = await request.json()
        _check_phone(given)
        wanted = given.get("platform")
        if wanted is None:
            known = (d for d in self._desks if given.get("id") and d.find(str(given["id"])) is not None)
            desk: Desk | None = next(known, self._desks[0])
        else:
            desk = next((d for d in self._desks if d.platform == wanted), None)
        if desk is None:
            raise Refused(f"platform is one of {', '.join(d.platform for d in self._desks)}", "platform", 400)
        return JSONResponse(desk.view(desk.put(given)))

    async def messages(self, request: Request) -> Response:
        desk, phone = self._phone(request)
        return JSONResponse(desk.messages(phone, int(request.query_params.get("after") or 0)))

    async def act(self, request: Request) -> Response:
        desk, phone = self._phone(request)
        body = await request.body()
        return JSONResponse(desk.act(request.path_params["act"], phone, await request.json() if body else {}))

    async def file(self, request: Request) -> Response:
        desk, phone = self._phone(request)
        async with request.form(max_part_size=50 << 20) as form:
            upload = form["file"]
            name, data = upload.filename or "tep", await upload.read()
            mime = upload.content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
            kind = str(form.get("kind") or ("photo" if mime in ("image/png", "image/jpeg") else "document"))
            given = {"kind": kind, "name": name, "mime": mime, "data": data, "caption": str(form.get("caption") or "")}
        base = f"{request.url.scheme}://{request.url.netloc}"
        return JSONResponse(desk.file(phone, given | {"base": base}))

    async def download(self, request: Request) -> Response:
        file = self._ground.files.get(request.path_params["id"])
        if file is None:
            raise Refused("there is no such file", "no-file", 404)
        safe = file.mime if file.mime in ("image/png", "image/jpeg", "image/gif", "application/pdf") else ""
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}
        return Response(file.data, media_type=safe or "application/octet-stream", headers=headers)

    async def events(self, request: Request) -> Response:
        last = request.headers.get("last-event-id", "")
        stream = self._ground.feed.stream(int(last) if last.isdigit() else None)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    async def faults(self, request: Request) -> Response:
        if request.method == "PUT":
            self._ground.faults = Faults.changed(self._ground.faults, await request.json())
        return JSONResponse(self._ground.faults.plain())

    async def stats(self, request: Request) -> Response:
        if request.method == "DELETE":
            for stats in self._stats.values():
                stats.clear()
        shown = {
            name: stats.plain() | ({"chats_delivered": stats.chats()} if "chats" in request.query_params else {})
            for name, stats in self._stats.items()
        }
        return JSONResponse(shown.pop("telegram") | shown)

    async def clock(self, request: Request) -> Response:
        if request.method == "POST":
            given = await request.json()
            self._ground.clock.advance(float(given["forward"] if "forward" in given else given["advance"]))
        return JSONResponse({"now": self._ground.clock.now(), "offset": self._ground.clock.offset})

    async def reset(self, _request: Request) -> Response:
        for desk in self._desks:
            desk.clear()
        self._ground.files.clear()
        self._ground.faults = Faults()
        self._ground.feed.publish("reset", None)
        return JSONResponse({"ok": True})
