"""The web console inside our processes: its address is served at once, its pages as soon as the base is read."""

from typing import Any

from starlette.responses import PlainTextResponse

from bot.settings import Settings
from db.session import Database
from knowledge.catalogue import Catalogue


class LateConsole:
    """Answers “in a moment” until `open` is called."""

    def __init__(self) -> None:
        self._app: Any = None

    def open(self, settings: Settings, database: Database, catalogue: Catalogue) -> None:
        from console.app import build
        from console.visit import Needs

        secure = settings.console_url.startswith("https://")
        self._app = build(Needs(database, catalogue, settings.quiet, settings.cases, secure=secure))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        soon = PlainTextResponse("Loa đang khởi động, vui lòng tải lại trang sau ít giây.", 503, {"retry-after": "2"})
        await (self._app or soon)(scope, receive, send)
