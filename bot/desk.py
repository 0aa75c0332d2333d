"""The web console and the API inside our processes: served at once, answering as soon as the base is read."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import PlainTextResponse

from bot.settings import Settings
from db.session import Database
from knowledge.catalogue import Catalogue


class Late:
    """Answers “in a moment” until it has its application."""

    def __init__(self) -> None:
        self.app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        soon = PlainTextResponse("Loa đang khởi động, vui lòng tải lại trang sau ít giây.", 503, {"retry-after": "2"})
        await (self.app or soon)(scope, receive, send)


class LateConsole:
    """`pages` for people, `api` for programmes."""

    def __init__(self) -> None:
        self.pages, self.api = Late(), Late()
        self.ways_in: dict[str, str] = {}

    def knows(self, needs: Mapping[str, Any]) -> None:
        """How people come in, as soon as the platforms have told our names."""
        self.ways_in.update({name: needs[name] for name in ("bot_name", "zalo_oa", "zalo_bot")})

    def open(self, settings: Settings, database: Database, catalogue: Catalogue) -> None:
        from console import app
        from console.api import app as api
        from console.visit import Needs

        secure = settings.console_url.startswith("https://")
        token = settings.telegram_token  # the sandbox's is known to everybody: no entrance by it
        telegram = (token.get_secret_value(), settings.telegram_channel) if token else None
        needs = Needs(
            database, catalogue, settings.quiet, settings.cases, secure=secure, telegram=telegram,
            office=_office(settings), ways_in=self.ways_in,
        )
        self.pages.app, self.api.app = app.build(needs), api.build(needs)


def _office(settings: Settings) -> Any:
    """The office's own sign-in, where it has one."""
    if not settings.oidc_issuer:
        return None
    from console.office import Account
    from console.openid import Provider

    secret = settings.oidc_client_secret.get_secret_value()
    account = Account(settings.oidc_issuer, settings.oidc_client_id, secret, settings.oidc_name)
    return Provider(account, f"{settings.console_url}/door/office/back")
