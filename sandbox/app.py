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

from sandbox import phones, snapshot, zalo
from sandbox.ground import Ground
from sandbox.stats import Stats
from sandbox.telegram.desk import Desk
from sandbox.telegram.server import BotApi
from sandbox.telegram.state import World
from sandbox.telegram.updates import Mail
from sandbox.zalo_bot.server import BotApi as ZaloBotApi
from sandbox.zalo_bot.state import Bot
from sandbox.zalo_bot.updates import Mail as ZaloMail
from sandbox.zalo_desks import BotDesk, OaDesk
from sandbox.zalo_oa.events import Hooks
from sandbox.zalo_oa.server import OaApi
from sandbox.zalo_oa.state import Oa

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
    """ASGI. `bots` maps a Telegram token to (username, name); `zalo_webhook` takes the OA's events."""

    def __init__(
        self, bots: Mapping[str, tuple[str, str]], *, keep_in: Path | None = None, lean: bool = False,
        zalo_webhook: str | None = None,
    ) -> None:
        ground = Ground(lean=lean)
        self.world = World(ground, Stats())
        for token, (username, name) in bots.items():
            self.world.add_bot(token, username, name)
        self.oa, self.zalo_bot = Oa(ground), Bot(ground)
        self.mail, self._hooks, self._zalo_mail = Mail(self.world), Hooks(self.oa), ZaloMail(self.zalo_bot)
        self._keep_in = keep_in
        if keep_in is not None:
            snapshot.load(self, keep_in)
        if zalo_webhook is not None:
            self.oa.webhook = zalo_webhook
        self._bot_api, self._oa_api = BotApi(self.world, self.mail), OaApi(self.oa)
        self._zalo_bot_api = ZaloBotApi(self.zalo_bot, self._zalo_mail)
        self._rest = Starlette(routes=[Mount("/sandbox", routes=self._people()), Mount("/", Page(directory=PAGE))])

    def _people(self) -> list[Any]:
        desks = [Desk(self.world), OaDesk(self.oa), BotDesk(self.zalo_bot)]
        stats = {"telegram": self.world.stats, "zalo_oa": self.oa.stats, "zalo_bot": self.zalo_bot.stats}
        return [
            *zalo.routes(self.oa, self._hooks, self.zalo_bot), *phones.routes(self.world.ground, desks, stats)
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if path.startswith(("/bot", "/file/bot")):
            await self._bot_api(dict(scope), receive, send)
        elif path.startswith("/zalo/bot/"):
            await self._zalo_bot_api(scope, receive, send)
        elif path.startswith("/zalo/"):
            await self._oa_api(scope, receive, send)
        else:
            await self._rest(scope, receive, send)

    def hang_up(self) -> None:
        """Before the server ends: it would wait for pages that listen for ever, and for polls."""
        self.world.feed.hang_up()
        self.zalo_bot.arrived.set()

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
                snapshot.save(self, self._keep_in)
            for mail in (self.mail, self._hooks, self._zalo_mail):
                await mail.close()

    async def _save_now_and_then(self) -> None:
        seen = -1
        while True:
            await asyncio.sleep(SAVE_EVERY)
            everybody = (*self.world.phones.values(), *self.oa.phones.values(), *self.zalo_bot.phones.values())
            state = sum(p.version for p in everybody) + len(self.oa.refresh)
            if state != seen:
                seen = state
                snapshot.save(self, self._keep_in)
