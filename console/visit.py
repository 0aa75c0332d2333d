"""One request at the console: who asks, with an open database session, and what a page may need."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message, Receive

from console import rendering
from console.kept import Kept
from db.session import Database
from db.storable import storable
from knowledge.wrong import Wrong
from network import briefs, console_access, sight
from network.case_times import CaseRules
from network.console_access import Visitor
from network.quiet import Quiet
from network.refusals import Refusal
from network.roles import Permission

log = structlog.get_logger()
COOKIE = "loa_console"
FORM_FIELDS, FORM_FILES = 400, 10
BODY = 250_000_000  # bytes of a form with its files; files have limits of their own, told in a sentence
MOST = 2**62  # numbers any database takes
LEAVES = 7  # digits of a page's number that are too many
MISSING = "Không có trang này. Vui lòng kiểm tra địa chỉ, hoặc về trang tổng quan."
FAILED = "Loa gặp lỗi khi mở trang này; lỗi đã được ghi lại. Vui lòng thử lại sau ít phút."
TOO_LARGE = "Biểu mẫu quá lớn nên chưa được lưu. Vui lòng quay lại trang trước và rút gọn nội dung."
FORM_PART = 300_000  # bytes of one field
OLD = "Trang đã cũ, thao tác chưa được thực hiện. Vui lòng bấm lại, hoặc tải lại trang rồi thực hiện lại."


@dataclass(frozen=True)
class Needs:
    """What the composition root hands in. `catalogue` is the knowledge base, `secure`: served over https."""

    database: Database
    catalogue: Any
    quiet: Quiet
    case_rules: CaseRules
    secure: bool = False
    telegram: tuple[str, str] | None = None  # token and channel of the bot whose Mini App this is
    ways_in: Mapping[str, str] = field(default_factory=dict)  # bot_name, zalo_oa, zalo_bot, for invitations
    office: Any = None  # console.openid.Provider, where the office has a sign-in of its own
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    kept: Kept = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kept", Kept(self.database, self.clock))


@dataclass
class Visit:
    request: Request
    db: AsyncSession
    who: Visitor
    needs: Needs
    now: datetime
    form: FormData = field(default_factory=FormData)
    fault: str = ""  # why what was posted was not done: the page comes back with what was typed

    @property
    def posted(self) -> str:
        """The act of the form that came back, as the last word of its address."""
        return self.request.url.path.rpartition("/")[2] if self.fault else ""

    def may(self, *permissions: Permission) -> bool:
        return bool(self.who.permissions & set(permissions))

    def number(self, name: str) -> int:
        """From the path; the route's convertor made it a whole number. 0, which nothing has, for one too large."""
        value = int(self.request.path_params[name])
        return value if value < MOST else 0

    @property
    def leaf(self) -> int:
        """Which page of a list the address asks for, from 1."""
        typed = self.request.query_params.get("trang", "")
        return max(1, int(typed)) if typed.isdecimal() and len(typed) < LEAVES else 1

    def text(self, name: str) -> str:
        value = self.form.get(name)
        return storable(value) if isinstance(value, str) else ""

    @property
    def in_english(self) -> bool:
        return rendering.in_english(self.request)

    def place(self, path: str) -> str:
        """The address of a page."""
        return f"{self.request.scope['root_path']}{path}"

    def page(self, template: str, status: int = 200, **shown: Any) -> Response:
        return rendering.page(self, template, status, **shown)

    def to(self, path: str, done: str = "") -> Response:
        """After something was done: see other. `done` is a code of rendering.DONE, said at the top of the page."""
        place = self.place(path)
        return RedirectResponse(place + (f"{'&' if '?' in place else '?'}xong={done}" if done else ""), 303)


def signed_in(request: Request, needs: Needs, cookie: str) -> Response:
    """To the first page, with the session."""
    answer = RedirectResponse(f"{request.scope['root_path']}/", 303)
    answer.set_cookie(
        COOKIE, cookie, max_age=int(console_access.LONGEST.total_seconds()), path=request.scope["root_path"] or "/",
        secure=needs.secure, httponly=True, samesite="lax",
    )
    return answer


Handler = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True)
class Page:
    """A route, and who may use it: whoever has one of the permissions. `recorded`: looking at it is written down.

    `back`: the page a form stands on, shown again with what was typed when it is refused.
    """

    path: str
    handler: Handler
    permissions: frozenset[Permission]
    method: str = "GET"
    recorded: bool = False
    back: Handler | None = None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def elsewhere(needs: Needs) -> Callable[[Request, Exception], Awaitable[Response]]:
    """The answer to an address that is no page, in the layout of whoever asks."""

    async def answer(request: Request, _problem: Exception) -> Response:
        async with needs.database.reading() as db:
            who = await console_access.visitor(db, request.cookies.get(COOKIE, ""), needs.clock())
        return rendering.refused(request, who, MISSING, 404)

    return answer


def _limited(receive: Receive) -> Receive:
    """A body that never ends does not fill the disk."""
    taken = 0

    async def some() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > BODY:
            raise HTTPException(413, f"more than {BODY} bytes")
        return message

    return some


class Edge:
    """Around every page: session, permission, forgery, one transaction, refusals as sentences."""

    def __init__(self, needs: Needs, page: Page) -> None:
        self.needs, self.page = needs, page

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, _limited(receive))
        try:
            answer = await self.answer(request)
        except HTTPException as problem:  # a form the parser does not take
            log.warning("console form refused", page=self.page.name, cause=problem.detail)
            answer = rendering.refused(request, None, TOO_LARGE, 413)
        except Exception:
            log.exception("console page failed", page=self.page.name, remedy="please report the cause")
            answer = rendering.refused(request, None, FAILED, 500)
        await answer(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        now = self.needs.clock()
        async with self.needs.database.reading() as db:
            who = await console_access.visitor(db, request.cookies.get(COOKIE, ""), now)
        if who is None:
            return rendering.signed_out(request, self.page.method)
        if not who.permissions & self.page.permissions:
            log.warning("console page refused", page=self.page.name, person=who.person_id)
            return rendering.refused(request, who, "Vai trò của anh/chị không dùng được trang này.", 403)
        if who.late:
            async with self.needs.database.transaction() as db:
                await console_access.seen(db, who.session, now)
        if self.page.method == "GET":
            database = self.needs.database
            async with database.transaction() if self.page.recorded else database.reading() as db:
                return await self._worked(Visit(request, db, who, self.needs, now))
        async with request.form(max_fields=FORM_FIELDS, max_files=FORM_FILES, max_part_size=FORM_PART) as form:
            return await self._posted(request, who, now, form)

    async def _posted(self, request: Request, who: Visitor, now: datetime, form: FormData) -> Response:
        given = request.headers.get("x-csrf") or str(form.get("csrf", ""))
        if not hmac.compare_digest(given.encode(), who.csrf.encode()):
            return await self._back(request, who, now, form, OLD, 403)
        try:
            async with self.needs.database.transaction() as db:
                return await self._handled(Visit(request, db, who, self.needs, now, form))
        except (Refusal, Wrong) as refusal:
            return await self._back(request, who, now, form, str(refusal), 409)

    async def _back(
        self, request: Request, who: Visitor, now: datetime, form: FormData, fault: str, status: int
    ) -> Response:
        """The page of the form, with what was typed and why it was not done; a bare sentence where there is none."""
        if self.page.back and not request.headers.get("accept", "").startswith("text/plain"):
            try:
                async with self.needs.database.reading() as db:
                    visit = Visit(request, db, who, self.needs, now, form, fault)
                    answer = await self._handled(visit, self.page.back)
                    answer.status_code = status
                    return answer
            except (Refusal, Wrong):
                log.info("the page of a refused form cannot be shown", page=self.page.name)
        return rendering.refused(request, who, fault, status)

    async def _handled(self, visit: Visit, handler: Handler | None = None) -> Response:
        """Whatever a page does with a brief, it is one this visitor may see."""
        about_brief = "brief" in visit.request.path_params
        if about_brief and not await sight.of_brief(visit.db, visit.who, visit.number("brief")):
            raise Refusal(briefs.MISSING)
        return await (handler or self.page.handler)(visit)

    async def _worked(self, visit: Visit) -> Response:
        try:
            return await self._handled(visit)
        except (Refusal, Wrong) as refusal:
            return rendering.refused(visit.request, visit.who, str(refusal), 404)
