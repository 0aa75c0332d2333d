"""The three hosts of Zalo OA over HTTP, under `/zalo/openapi`, `/zalo/business` and `/zalo/oauth`."""

import asyncio
import hashlib
import hmac
import json
import mimetypes
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.cutting import cut
from sandbox.faults import always_blocked
from sandbox.faulty import Unavailable, with_faults
from sandbox.zalo_oa import articles, messages, oauth, quotas, templates, uploads, users
from sandbox.zalo_oa.errors import ZaloError
from sandbox.zalo_oa.state import APP_SECRET, Oa

Call = Callable[[Oa, dict[str, Any]], Awaitable[Any]]
LARGEST = 6 << 20  # bytes of a request
MINUTE = 60.0

GETS: dict[str, Call] = {
    "openapi/v3.0/oa/user/getlist": users.getlist, "openapi/v3.0/oa/user/detail": users.detail,
    "openapi/v2.0/oa/getoa": users.getoa, "openapi/v2.0/oa/tag/gettagsofoa": users.tags,
    "openapi/v2.0/article/getdetail": articles.detail, "openapi/v2.0/article/getslice": articles.getslice,
    "business/message/status": templates.status, "business/message/quota": templates.quota,
    "business/template/all": templates.listed, "business/template/info/v2": templates.info,
}


async def _v2_message(oa: Oa, body: dict[str, Any]) -> Any:
    if "sender_action" in body:
        return await messages.react(oa, body)
    if isinstance(body.get("recipient"), dict) and "target" in body["recipient"]:
        return await articles.broadcast(oa, body)
    raise ZaloError(-240)


POSTS: dict[str, Call] = {
    "openapi/v3.0/oa/message/cs": messages.send, "openapi/v3.0/oa/message/template": templates.by_user,
    "openapi/v2.0/oa/message": _v2_message, "openapi/v2.0/oa/message/cs": messages.closed,
    "openapi/v3.0/oa/quota/message": quotas.message, "openapi/v2.0/oa/quota/message": quotas.of_message,
    "openapi/v2.0/oa/tag/tagfollower": users.tag, "openapi/v2.0/oa/tag/rmfollowerfromtag": users.untag,
    "openapi/v2.0/oa/tag/rmtag": users.drop_tag, "openapi/v2.0/article/create": articles.create,
    "openapi/v2.0/article/verify": articles.verify, "openapi/v2.0/article/update": articles.update,
    "openapi/v2.0/article/remove": articles.remove, "business/message/template": templates.by_phone,
}
UPLOADS = {f"openapi/v{v}.0/oa/upload/{kind}": kind for v in (2, 3) for kind in ("image", "gif", "file")}
SENDS = ("openapi/v3.0/oa/message/cs", "openapi/v3.0/oa/message/template")


class OaApi:
    def __init__(self, oa: Oa) -> None:
        self.oa = oa

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope["path"][len(scope.get("root_path", "")) :].removeprefix("/zalo/")
        self.oa.stats.in_flight += 1
        try:
            answer = await with_faults(self.oa.ground, "zalo_oa", lambda: self._answer(path, request))
        except Unavailable:
            self.oa.stats.answers["502"] += 1
            answer = Response("Bad Gateway", 502)
        except ConnectionAbortedError:
            self.oa.stats.answers["lost"] += 1
            return await cut(dict(scope), send)
        finally:
            self.oa.stats.in_flight -= 1
        await answer(scope, receive, send)

    async def _answer(self, path: str, request: Request) -> Response:
        code, headers = 0, {}
        try:
            if path.startswith("oauth/"):
                return await self._oauth(path, request)
            if not path.startswith("business/"):
                headers = self._ceiling(path)
            token = request.headers.get("access_token")
            oauth.check(self.oa, token)
            self._proof(token or "", request)
            answer = {"error": 0, "message": "Success", "data": await self._call(path, request)}
        except ZaloError as refused:
            answer, code = refused.plain(), refused.code
        self.oa.stats.answers[str(code)] += 1
        return JSONResponse(answer, headers=headers)

    async def _oauth(self, path: str, request: Request) -> Response:
        if path == "oauth/v4/oa/permission" and request.method == "GET":
            return await oauth.permission(self.oa, request)
        if path == "oauth/v4/oa/access_token" and request.method == "POST":
            return await oauth.access_token(self.oa, request)
        return Response("Not Found", 404)

    def _ceiling(self, path: str) -> dict[str, str]:
        """So many calls in any minute, articles counted apart. Raises -32."""
        rules = self.oa.rules
        kind = "article" if "/article/" in path else "oa"
        most = rules.per_minute_articles if kind == "article" else rules.per_minute
        if not most:
            return {}
        now, calls = asyncio.get_running_loop().time(), self.oa.calls.setdefault(kind, deque())
        while calls and calls[0] <= now - MINUTE:
            calls.popleft()
        if len(calls) >= most:
            raise ZaloError(-32)
        calls.append(now)
        return {"X-RateLimit-Limit": str(most), "X-RateLimit-Remain": str(most - len(calls))}

    def _proof(self, token: str, request: Request) -> None:
        if self.oa.rules.proof:
            wanted = hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
            given = request.headers.get("appsecret_proof") or request.query_params.get("appsecret_proof") or ""
            if not hmac.compare_digest(wanted, given):
                raise ZaloError(-242)

    async def _call(self, path: str, request: Request) -> Any:
        if request.method == "POST" and (kind := UPLOADS.get(path)):
            return await self._upload(kind, request)
        call = (GETS if request.method == "GET" else POSTS).get(path)
        if call is None:
            raise ZaloError(-212, path)
        given = self._query(request) if request.method == "GET" else await _json(request)
        self._faults(path, given)
        return await call(self.oa, given)

    def _faults(self, path: str, given: dict[str, Any]) -> None:
        faults, dice = self.oa.ground.faults.on("zalo_oa"), self.oa.ground.dice
        for code, share in faults.codes.items():
            if dice.hits(share):
                raise ZaloError(int(code))
        if faults.pblocked and path in SENDS:
            user = given.get("user_id") or (given.get("recipient") or {}).get("user_id") or 0
            if str(user).isdigit() and always_blocked(int(user), faults.pblocked):
                raise ZaloError(-213)

    def _query(self, request: Request) -> dict[str, Any]:
        rule, plain = self.oa.rules.list_query, dict(request.query_params)
        packed = plain.pop("data", None)
        if packed is not None and rule != "plain":
            try:
                data = json.loads(packed)
            except ValueError:
                raise ZaloError(-201, "data is no JSON") from None
            if isinstance(data, dict):
                return data
            raise ZaloError(-201, "data is no object")
        if plain and rule == "data" and request.url.path.endswith(("getlist", "/user/detail")):
            raise ZaloError(-201, "data is missing")
        return plain

    async def _upload(self, kind: str, request: Request) -> Any:
        if int(request.headers.get("content-length") or 0) > LARGEST:
            raise ZaloError(-210, "the file is too large")
        async with request.form(max_part_size=LARGEST) as form:
            file = form.get("file")
            if file is None or isinstance(file, str):
                raise ZaloError(-201, "file is missing")
            name = file.filename or "tep"
            mime = file.content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
            return uploads.take(self.oa, kind, name, mime, await file.read())


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise ZaloError(-201, "the body is no JSON") from None
    if not isinstance(body, dict):
        raise ZaloError(-201, "the body is no object")
    return body
