"""Consent and tokens: codes for ten minutes, access tokens for 25 hours, refresh tokens that work once."""

import base64
import hashlib
import html
import secrets
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from sandbox.zalo_oa.errors import ZaloError
from sandbox.zalo_oa.state import APP_ID, APP_SECRET, NAME, OA_ID, Oa

PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>Cấp quyền cho ứng dụng</title>
<body style="font:16px system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem">
<h1 style="font-size:1.25rem">{name} đã cấp quyền cho ứng dụng</h1>
<p>Mã cấp quyền, dùng được một lần trong 10 phút:</p><p><code style="font-size:1.1rem">{code}</code></p>"""


async def permission(oa: Oa, request: Request) -> Response:
    """The sandbox's OA administrator always agrees. Without `redirect_uri` the code is shown, to be copied."""
    asked = request.query_params
    if asked.get("app_id") != APP_ID:
        return JSONResponse(ZaloError(-14002).plain())
    challenge = asked.get("code_challenge", "")
    if oa.rules.fixed_challenge and challenge != oa.rules.fixed_challenge:
        return JSONResponse(ZaloError(-14003, "code_challenge is not the one saved in the console").plain())
    code = secrets.token_urlsafe(48)
    oa.codes[code] = (oa.clock.now() + oa.rules.code_seconds, challenge)
    back = asked.get("redirect_uri")
    answer = {"code": code, "oa_id": OA_ID, **({"state": asked["state"]} if "state" in asked else {})}
    if back:
        joined = "&" if urlsplit(back).query else "?"
        return RedirectResponse(f"{back}{joined}{urlencode(answer)}", 302)
    if "json" in request.headers.get("accept", ""):
        return JSONResponse(answer)
    return HTMLResponse(PAGE.format(name=html.escape(NAME), code=code))


async def access_token(oa: Oa, request: Request) -> Response:
    async with request.form() as form:
        given = {key: str(value) for key, value in form.items()}
    if request.headers.get("secret_key") != APP_SECRET:
        raise ZaloError(-14004)
    if given.get("app_id") != APP_ID:
        raise ZaloError(-14002)
    kind = given.get("grant_type")
    if kind == "authorization_code":
        _use_code(oa, given)
    elif kind == "refresh_token":
        _use_refresh(oa, given.get("refresh_token", ""))
    else:
        raise ZaloError(-14001)
    oa.granted = True
    return JSONResponse(_new_pair(oa))


def _use_code(oa: Oa, given: dict[str, str]) -> None:
    until, challenge = oa.codes.pop(given.get("code", ""), (0.0, ""))
    if oa.clock.now() > until:
        raise ZaloError(-14012)
    digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
    if challenge and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
        raise ZaloError(-14013)


def _use_refresh(oa: Oa, token: str) -> None:
    until = oa.refresh.get(token, -1)
    if until < 0:
        oa.stats.answers["refresh refused"] += 1
        raise ZaloError(-14014)
    if oa.clock.now() > until:
        raise ZaloError(-14019)
    oa.refresh[token] = -1
    oa.stats.answers["refreshed"] += 1
    if not oa.rules.old_token_lives:
        oa.access.clear()


def _new_pair(oa: Oa) -> dict[str, str]:
    now = oa.clock.now()
    access, refresh = secrets.token_urlsafe(96), secrets.token_urlsafe(96)
    oa.access[access] = now + oa.rules.token_seconds
    oa.refresh[refresh] = now + oa.rules.refresh_seconds
    return {"access_token": access, "refresh_token": refresh, "expires_in": str(oa.rules.token_seconds)}


def check(oa: Oa, token: str | None) -> None:
    """Raises -216 for a token never given, -220 for one that is over."""
    until = oa.access.get(token or "")
    if until is None:
        raise ZaloError(-216)
    if oa.clock.now() > until:
        raise ZaloError(-220)
