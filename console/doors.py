"""In and out. The link from the chat shows a button first: a preview of the link in the chat must not use it up."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console import rendering
from console.visit import COOKIE, Needs, Visit
from network import console_access
from network.refusals import Refusal

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
        code = str((await request.form(max_fields=4, max_files=0)).get("ma", ""))[:CODE]
        browser = request.headers.get("user-agent", "")
        try:
            async with self.needs.database.transaction() as db:
                cookie = await console_access.enter(db, code, browser, self.needs.clock())
        except Refusal as refusal:
            return rendering.door(request, refusal.text, 403)
        answer = RedirectResponse(f"{request.scope['root_path']}/", 303)
        answer.set_cookie(
            COOKIE, cookie, max_age=int(console_access.LONGEST.total_seconds()), path=request.scope["root_path"] or "/",
            secure=self.needs.secure, httponly=True, samesite="lax",
        )
        return answer


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
