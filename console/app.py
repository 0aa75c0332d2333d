"""The console as an ASGI application: its route table, its assets, and the headers every answer carries."""

from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from console import (
    amending,
    approvals,
    attaching,
    brief_templates,
    briefs,
    compose,
    desk_pages,
    doors,
    home,
    keys,
    live,
    office,
    pasting,
)
from console.rendering import FOLDER
from console.visit import Edge, Needs, Page, elsewhere
from network.console_access import WORKING
from network.roles import Permission as P

DESK = frozenset(WORKING)
ENTRIES = frozenset({P.EDIT_ENTRIES, P.REVIEW_ENTRIES, P.ANSWER_CASES})
READ = frozenset({P.WRITE_BRIEF, P.APPROVE, P.SEND, P.VIEW})
WRITE, SIGN, SEND = frozenset({P.WRITE_BRIEF}), frozenset({P.APPROVE}), frozenset({P.SEND})

PAGES = (
    Page("/", home.show, DESK),
    Page("/account", doors.account, DESK),
    Page("/account/close", doors.close_session, DESK, "POST", back=doors.account),
    Page("/account/key", keys.show, DESK),
    Page("/account/key", keys.begin, DESK, "POST", back=keys.show),
    Page("/account/key/confirm", keys.confirm, DESK, "POST", back=keys.show),
    Page("/account/key/codes", keys.renew, DESK, "POST", back=keys.show),
    Page("/account/key/remove", keys.give_up, DESK, "POST", back=keys.show),
    Page("/account/office", office.link, DESK),
    Page("/account/office/remove", office.unlink, DESK, "POST", back=doors.account),
    Page("/leave", doors.leave, DESK, "POST"),
    Page("/briefs", briefs.listing, READ),
    Page("/briefs/new", compose.blank, WRITE),
    Page("/briefs/new", compose.create, WRITE, "POST", back=compose.blank),
    Page("/briefs/preview", compose.preview, WRITE, "POST"),
    Page("/briefs/{brief:int}/preview", compose.preview, WRITE, "POST"),
    Page("/briefs/reach", compose.reach, WRITE, "POST"),
    Page("/briefs/templates", brief_templates.listing, WRITE),
    Page("/briefs/templates/{template:int}/drop", brief_templates.drop, WRITE, "POST", back=brief_templates.listing),
    Page("/briefs/{brief:int}/template", brief_templates.keep, WRITE, "POST", back=briefs.show),
    Page("/paste", pasting.paste, WRITE | ENTRIES, "POST"),
    Page("/briefs/{brief:int}", briefs.show, READ),
    Page("/briefs/{brief:int}/edit", compose.edit, WRITE),
    Page("/briefs/{brief:int}/edit", compose.save, WRITE, "POST", back=compose.edit),
    Page("/briefs/{brief:int}/submit", briefs.submit, WRITE, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/try", briefs.try_out, WRITE, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/withdraw", briefs.withdraw, WRITE, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/drop", briefs.drop, WRITE, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/copy", briefs.copy, WRITE, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/approve", approvals.approve, SIGN, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/return", approvals.give_back, SIGN, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/send", briefs.send, SEND, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/schedule", briefs.schedule, SEND, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/unschedule", briefs.unschedule, SEND, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/attach", attaching.attach, WRITE, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/detach", attaching.detach, WRITE, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/correct", amending.correct, WRITE, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/explain", amending.explain, WRITE, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/recall", amending.recall, SEND, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/recall-again", amending.recall_again, SEND, "POST", back=briefs.show),
    Page("/briefs/{brief:int}/push", live.show, READ),
    Page("/briefs/{brief:int}/push/events", live.events, READ),
    Page("/briefs/{brief:int}/push/steer", live.steer, SEND, "POST", back=live.show),
    Page("/approvals", approvals.waiting, SIGN),
    *desk_pages.PAGES,
)
HEADERS = (
    (b"content-security-policy",
     b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
     b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Guarded:
    """Headers on every answer; pages are kept in no cache."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kept = b"no-store" if "/static/" not in scope.get("path", "") else b"max-age=3600"

        async def told(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS, (b"cache-control", kept)]
            await send(message)

        await self.app(scope, receive, told)


def build(needs: Needs) -> Starlette:
    through_office = office.Office(needs)
    routes: list[BaseRoute] = [
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
        Route("/door", doors.Door(needs), methods=["GET", "POST"]),
        Route("/language", doors.language, methods=["POST"]),
        Route("/door/telegram", doors.inside),
        Route("/door/office", through_office.out),
        Route("/door/office/back", through_office.back),
        *(Route(page.path, Edge(needs, page), methods=[page.method]) for page in PAGES),
    ]
    missing: Any = elsewhere(needs)
    application = Starlette(
        routes=routes, middleware=[Middleware(Guarded)], exception_handlers={404: missing, 405: missing}
    )
    application.state.office = needs.office.account.name if needs.office else ""
    return application
