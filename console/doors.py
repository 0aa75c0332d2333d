"""In and out. The link from the chat shows a button first: a preview of the link in the chat must not use it up."""

from collections import deque
from datetime import datetime, timedelta
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console import rendering
from console.visit import COOKIE, Needs, Visit, signed_in
from db import notices
from db.storable import storable
from handlers.reply import Reply
from network import console_access, office_accounts, sign_in_keys
from network.refusals import Refusal

log = structlog.get_logger()
CODE = 64  # characters at most
TRIES, WITHIN = 30, timedelta(minutes=5)  # an office may share one address
ADDRESSES = 10_000  # remembered
YEAR = 365 * 86_400
TOO_MANY = "Có quá nhiều lượt đăng nhập từ địa chỉ này. Vui lòng thử lại sau năm phút."
LOCKED = (
    "Đăng nhập bằng mật khẩu vào bảng điều khiển bị khóa 15 phút vì có người nhập sai năm lần liền. Nếu không phải "
    "anh/chị, vui lòng báo quản trị. Anh/chị vẫn vào được bằng liên kết: gõ /banlamviec."
)


class Turnstile:
    """How often an address may try within a while. In memory: after a restart, and in each process, it begins anew."""

    def __init__(self) -> None:
        self.tried: dict[str, deque[datetime]] = {}

    def passes(self, address: str, now: datetime) -> bool:
        if len(self.tried) > ADDRESSES:
            self.tried = {each: times for each, times in self.tried.items() if times[-1] > now - WITHIN}
        times = self.tried.setdefault(address, deque(maxlen=TRIES))
        if len(times) == TRIES and times[0] > now - WITHIN:
            return False
        times.append(now)
        return True


class Door:
    """Without a session: GET says what to do; POST enters with the code of a link, a key, or Telegram's word."""

    def __init__(self, needs: Needs) -> None:
        self.needs, self.turnstile = needs, Turnstile()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await (await self.answer(Request(scope, receive)))(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        if request.method != "POST":
            return rendering.door(request, code=request.query_params.get("ma", "")[:CODE])
        said: dict[str, str] = {}
        try:
            cookie = await self._entered(request, said)
        except Refusal as refusal:
            log.warning("console entrance refused", cause=refusal.text, address=_address(request))
            status = 429 if refusal.text is TOO_MANY else 403
            return rendering.door(request, refusal.text, status, login=said.get("login", "")[:CODE])
        return signed_in(request, self.needs, cookie)

    async def _entered(self, request: Request, said: dict[str, str]) -> str:
        if not self.turnstile.passes(_address(request), self.needs.clock()):
            raise Refusal(TOO_MANY)
        form = await request.form(max_fields=5, max_files=0)
        said |= {name: value for name, value in form.items() if isinstance(value, str)}
        if "login" in said:
            return await self._with_key(request, said)
        browser, now = request.headers.get("user-agent", ""), self.needs.clock()
        async with self.needs.database.transaction() as db:
            if (opened := said.get("telegram", "")) and self.needs.telegram:
                return await console_access.enter_from_telegram(db, opened, *self.needs.telegram, browser, now)
            return await console_access.enter(db, said.get("ma", "")[:CODE], browser, now)

    async def _with_key(self, request: Request, said: dict[str, str]) -> str:
        database, browser, now = self.needs.database, request.headers.get("user-agent", ""), self.needs.clock()
        async with database.reading() as db:
            key = await sign_in_keys.of_login(db, storable(said["login"])[:CODE])
        good = await sign_in_keys.fits(key, said.get("password", ""))
        async with database.transaction() as db:
            tried = await sign_in_keys.attempt(db, key, good, said.get("code", "")[:CODE], now)
            if tried.person_id is not None:
                return await console_access.open_session(db, tried.person_id, browser, now, "password")
            if key and tried.locked:
                await notices.put(db, key.person_id, Reply(LOCKED).plain(), now)
        raise Refusal(sign_in_keys.WRONG)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


async def inside(request: Request) -> Response:
    """The first page of the Mini App; its script brings what Telegram says to the door."""
    return rendering.inside(request)


async def language(request: Request) -> Response:
    """Another one, and back to where it was asked for: a page of the console."""
    async with request.form(max_fields=3, max_files=0) as form:
        base, place = request.scope["root_path"], str(form.get("place", ""))
        inside_us = place.startswith(f"{base}/") and not place.startswith("//") and place.isprintable()
        answer = RedirectResponse(place if inside_us else f"{base}/", 303)
        chosen = "en" if form.get("to") == "en" else "vi"
    answer.set_cookie(rendering.LANGUAGE, chosen, max_age=YEAR, path=base or "/", httponly=True, samesite="lax")
    return answer


async def leave(visit: Visit) -> Response:
    await console_access.close(visit.db, visit.who.person_id, visit.now, visit.who.session)
    answer = visit.to("/door")
    answer.delete_cookie(COOKIE, path=visit.request.scope["root_path"] or "/")
    return answer


async def account(visit: Visit) -> Response:
    """The ways in, and one's own open sessions."""
    person, office = visit.who.person_id, visit.needs.office
    shown = {
        "sessions": await console_access.sessions(visit.db, person, visit.now),
        "key": await sign_in_keys.of_person(visit.db, person),
        "office": office.account.name if office else "",
        "linked": office and await office_accounts.of_person(visit.db, person, office.account.issuer),
    }
    return visit.page("account.html", **shown)


async def close_session(visit: Visit) -> Response:
    await console_access.close(visit.db, visit.who.person_id, visit.now, visit.text("session") or None)
    return visit.to("/account", "dong")
