"""In and out. The link from the chat shows a button first: a preview of the link in the chat must not use it up."""

from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console import rendering
from console.visit import COOKIE, Needs, Visit
from network import console_access
from network.refusals import Refusal

log = structlog.get_logger()
CODE = 64  # characters at most


class Door:
    """Without a session: GET says what to do, POST with the code of a link enters."""

    def __init__(self, needs: Needs) -> None:
        self.needs = needs

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await (await self.answer(Request(scope, receive)))(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        if request.method != "POST":
            return rendering.door(request, code=request.query_params.get("ma", "")[:CODE])
        try:
            cookie = await self._entered(request)
        except Refusal as refusal:
            log.warning("console entrance refused", cause=refusal.text)
            return rendering.door(request, refusal.text, 403)
        answer = RedirectResponse(f"{request.scope['root_path']}/", 303)
        answer.set_cookie(
            COOKIE, cookie, max_age=int(console_access.LONGEST.total_seconds()), path=request.scope["root_path"] or "/",
            secure=self.needs.secure, httponly=True, samesite="lax",
        )
        return answer


    async def _entered(self, request: Request) -> str:
        form = await request.form(max_fields=4, max_files=0)
        browser, now = request.headers.get("user-agent", ""), self.needs.clock()
        async with self.needs.database.transaction() as db:
            if (opened := str(form.get("telegram", ""))) and self.needs.telegram:
                return await console_access.enter_from_telegram(db, opened, *self.needs.telegram, browser, now)
            return await console_access.enter(db, str(form.get("ma", ""))[:CODE], browser, now)


async def inside(request: Request) -> Response:
    """The first page of the Mini App; its script brings what Telegram says to the door."""
    return rendering.inside(request)


async def leave(visit: Visit) -> Response:
    await console_access.close(visit.db, visit.who.person_id, visit.now, visit.who.session)
    answer = visit.to("/door")
    answer.delete_cookie(COOKIE, path=visit.request.scope["root_path"] or "/")
    return answer


async def account(visit: Visit) -> Response:
    """One's own open sessions."""
    opened = await console_access.sessions(visit.db, visit.who.person_id, visit.now)
    return visit.page("account.html", sessions=opened)


async def close_session(visit: Visit) -> Response:
    await console_access.close(visit.db, visit.who.person_id, visit.now, visit.text("session") or None)
    return visit.to("/account", "dong")
