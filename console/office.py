"""The way through the office's own sign-in: out to it, and back from it, to enter or to link one's account.

How it is spoken with is in console/openid.py, which needs the extra `oidc`.
"""

import hmac
from dataclasses import dataclass

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console import rendering
from console.visit import COOKIE, Needs, Visit, signed_in
from network import console_access, office_accounts
from network.refusals import Refusal

log = structlog.get_logger()
KEPT = "loa_office"  # cookie
LASTS = 600  # seconds a person may take there
NONE = "Nơi này không dùng tài khoản cơ quan. Vui lòng vào bằng liên kết trong khung chat."
UNPROVEN = "Hệ thống tài khoản của cơ quan không xác nhận lần đăng nhập này. Vui lòng thử lại từ đầu."
ENTER, LINK = "enter", "link"


@dataclass(frozen=True, slots=True)
class Started:
    """What the browser keeps between leaving for the provider and coming back."""

    state: str
    nonce: str
    verifier: str

    def packed(self) -> str:
        return f"{self.state}.{self.nonce}.{self.verifier}"

    @classmethod
    def unpacked(cls, text: str) -> "Started | None":
        parts = text.split(".")
        return cls(*parts) if len(parts) == 3 and all(parts) else None


@dataclass(frozen=True)
class Account:
    """At the office's sign-in. `name`: how people there call it."""

    issuer: str
    client_id: str
    client_secret: str
    name: str


class Office:
    """`out` leads to the provider; `back` is where it sends the browser to."""

    def __init__(self, needs: Needs) -> None:
        self.needs = needs

    async def out(self, request: Request) -> Response:
        try:
            return await leave_for(self.needs, request, ENTER)
        except Refusal as refusal:
            return rendering.door(request, refusal.text, 403)

    async def back(self, request: Request) -> Response:
        try:
            answer = await self._came_back(request)
        except Refusal as refusal:
            log.warning("console entrance refused", cause=refusal.text)
            answer = rendering.door(request, refusal.text, 403)
        answer.delete_cookie(KEPT, path=_path(request))
        return answer

    async def _came_back(self, request: Request) -> Response:
        provider, now, asked = self.needs.office, self.needs.clock(), request.query_params
        purpose, _, kept = request.cookies.get(KEPT, "").partition(".")
        started = Started.unpacked(kept)
        if provider is None or started is None or not asked.get("code"):
            raise Refusal(UNPROVEN if provider else NONE)
        if not hmac.compare_digest(asked.get("state", "").encode(), started.state.encode()):
            raise Refusal(UNPROVEN)
        subject, issuer = await provider.subject(asked["code"], started, now), provider.account.issuer
        async with self.needs.database.transaction() as db:
            if purpose != LINK:
                browser = request.headers.get("user-agent", "")
                return signed_in(request, self.needs, await office_accounts.enter(db, issuer, subject, browser, now))
            who = await console_access.visitor(db, request.cookies.get(COOKIE, ""), now)
            if who is None:
                raise Refusal(UNPROVEN)
            await office_accounts.link(db, who.person_id, issuer, subject, now)
        return RedirectResponse(f"{request.scope['root_path']}/account?xong=noitk", 303)


async def leave_for(needs: Needs, request: Request, purpose: str) -> Response:
    if needs.office is None:
        raise Refusal(NONE)
    address, started = await needs.office.begin(needs.clock())
    answer = RedirectResponse(address, 303)
    answer.set_cookie(
        KEPT, f"{purpose}.{started.packed()}", max_age=LASTS, path=_path(request), secure=needs.secure, httponly=True,
        samesite="lax",
    )
    return answer


async def link(visit: Visit) -> Response:
    return await leave_for(visit.needs, visit.request, LINK)


async def unlink(visit: Visit) -> Response:
    if visit.needs.office:
        issuer = visit.needs.office.account.issuer
        await office_accounts.unlink(visit.db, visit.who.person_id, issuer, visit.now)
    return visit.to("/account", "botk")


def _path(request: Request) -> str:
    return f"{request.scope['root_path']}/door"
