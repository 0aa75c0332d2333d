"""The sandbox as one ASGI application: the platforms' APIs, the people's side, and the phones page."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from sandbox import phones, snapshot
from sandbox.clock import Clock
from sandbox.feed import Feed
from sandbox.stats import Stats
from sandbox.telegram.server import BotApi
from sandbox.telegram.state import World
from sandbox.telegram.updates import Mail

PAGE = Path(__file__).parent / "page"
SAVE_EVERY = 5.0  # seconds


class Page(StaticFiles):
    """The page's files, `/` being phones.html; nothing from elsewhere may run in it."""

    async def get_response(self, path: str, scope: Scope) -> Any:
        answer = await super().get_response("phones.html" if path in (".", "") else path, scope)
        answer.headers["Content-Security-Policy"] = "default-src 'self'; img-src 'self' data: blob:"
        answer.headers["Cache-Control"] = "no-cache"
        return answer


class Sandbox:
    """ASGI. `bots` maps a token to (username, name)."""

    def __init__(
        self, bots: Mapping[str, tuple[str, str]], *, keep_in: Path | None = None, lean: bool = False
    ) -> None:
        self.world = World(clock=Clock(), feed=Feed(), stats=Stats(), lean=lean)
        for token, (username, name) in bots.items():
            self.world.add_bot(token, username, name)
        self.mail = Mail(self.world)
        self._keep_in = keep_in
        if keep_in is not None:
            snapshot.load(self.world, keep_in)
        self._bot_api = BotApi(self.world, self.mail)
        self._rest = Starlette(
            routes=[Mount("/sandbox", routes=phones.routes(self.world)), Mount("/", Page(directory=PAGE))]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(("/bot", "/file/bot")):
            await self._bot_api(dict(scope), receive, send)
        else:
            await self._rest(scope, receive, send)

    def hang_up(self) -> None:
        """Before the server ends: it would wait for pages that listen for ever."""
        self.world.feed.hang_up()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """While the block runs the state is saved now and then, and once more at the end."""
        saving = asyncio.create_task(self._save_now_and_then()) if self._keep_in else None
        try:
            yield
        finally:
            if saving:
                saving.cancel()
                with suppress(asyncio.CancelledError):
                    await saving
                snapshot.save(self.world, self._keep_in)
            await self.mail.close()

    async def _save_now_and_then(self) -> None:
        seen = -1
        while True:
            await asyncio.sleep(SAVE_EVERY)
            state = sum(p.version for p in self.world.phones.values())
            if state != seen:
                seen = state
                snapshot.save(self.world, self._keep_in)
