"""One request of a programme: its token, its scope, what it sent, one transaction, and the answer kept for a retry."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from console.api import problems
from console.api.problems import Refused
from console.api.shapes import MOST, Nothing
from console.visit import Needs
from db import api
from knowledge.wrong import Wrong
from network import api_tokens
from network.api_tokens import SAID, Caller, Scope
from network.refusals import Refusal

log = structlog.get_logger()
BODY = 300_000  # bytes
KEY = 100  # characters of an Idempotency-Key


@dataclass
class Call:
    request: Request
    db: AsyncSession
    who: Caller
    needs: Needs
    now: datetime
    given: Any  # the endpoint's `takes`

    def number(self, name: str) -> int:
        value = int(self.request.path_params[name])
        if value > MOST:
            raise Refused(404, "Không tìm thấy.")
        return value


@dataclass(frozen=True)
class Endpoint:
    """`takes` is the body of a POST, or the query of a GET. `writes` also for a GET whose look is recorded."""

    method: str
    path: str
    handler: Callable[[Call], Awaitable[BaseModel]]
    scope: Scope
    summary: str
    gives: type[BaseModel]
    takes: type[BaseModel] = Nothing
    status: int = 200
    recorded: bool = False

    @property
    def writes(self) -> bool:
        return self.method != "GET" or self.recorded


class Edge:
    def __init__(self, needs: Needs, endpoint: Endpoint) -> None:
        self.needs, self.endpoint = needs, endpoint

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            answer = await self._answer(Request(scope, receive))
        except Refused as refused:
            answer = problems.of(refused)
        except ValidationError as found:
            answer = problems.of(problems.invalid(found))
        except (Refusal, Wrong) as refusal:
            answer = problems.problem(409, str(refusal))
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        now, database = self.needs.clock(), self.needs.database
        who = await self._caller(request, now)
        body = await _body(request) if self.endpoint.method == "POST" else b""
        given = self._given(request, body)
        if not self.endpoint.writes:
            async with database.reading() as db:
                return _said(self.endpoint, await self.endpoint.handler(Call(request, db, who, self.needs, now, given)))
        key = _key(request) if self.endpoint.method == "POST" else ""
        async with database.transaction() as db:
            kept = await api.begin(db, who.token_id, key, _digest(request, body), now) if key else None
            if kept is not None:
                return _again(kept, request, body)
            answer = _said(
                self.endpoint, await self.endpoint.handler(Call(request, db, who, self.needs, now, given))
            )
            if key:
                mine = await db.get_one(api.KeptAnswer, (who.token_id, key))
                mine.status, mine.body = answer.status_code, bytes(answer.body).decode()
            return answer

    async def _caller(self, request: Request, now: datetime) -> Caller:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        async with self.needs.database.reading() as db:
            who = await api_tokens.caller(db, token.strip(), now) if kind.lower() == "bearer" else None
        if who is None:
            raise Refused(401)
        if who.late:
            async with self.needs.database.transaction() as db:
                await api_tokens.used(db, who.token_id, now)
        if not who.may(self.endpoint.scope):
            log.warning("API call refused", path=self.endpoint.path, token=who.token_id)
            wanted = self.endpoint.scope
            raise Refused(403, f"Mã truy cập này không có phạm vi {wanted.value} ({SAID[wanted]}).")
        return who

    def _given(self, request: Request, body: bytes) -> BaseModel:
        if self.endpoint.method == "GET":
            return self.endpoint.takes.model_validate(dict(request.query_params))
        if self.endpoint.takes is Nothing and not body:
            return Nothing()
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused(415)
        return self.endpoint.takes.model_validate_json(body, strict=True)


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY:
            raise Refused(413)
    return body


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if len(key) > KEY or not key.isprintable():
        raise Refused(422, f"Idempotency-Key có tối đa {KEY} ký tự in được.")
    return key


def _digest(request: Request, body: bytes) -> str:
    try:
        same = json.dumps(json.loads(body or b"null"), sort_keys=True).encode()
    except (ValueError, RecursionError):
        same = body
    return hashlib.sha256(b"\n".join((request.method.encode(), request.url.path.encode(), same))).hexdigest()


def _said(endpoint: Endpoint, answer: BaseModel) -> Response:
    return Response(answer.model_dump_json(), endpoint.status, media_type="application/json")


def _again(kept: api.KeptAnswer, request: Request, body: bytes) -> Response:
    if kept.request != _digest(request, body) or kept.body is None:
        raise Refused(409, "Idempotency-Key này đã dùng cho một yêu cầu khác. Vui lòng dùng khóa mới.")
    return Response(kept.body, kept.status or 200, {"idempotent-replayed": "true"}, "application/json")
