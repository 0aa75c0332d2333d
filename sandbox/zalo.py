"""`/sandbox/zalo/…`: what an operator does in Zalo's consoles and sees on its bill."""

from dataclasses import asdict, fields
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.ground import Refused
from sandbox.phones import route
from sandbox.zalo_bot.state import Bot
from sandbox.zalo_bot.state import Rules as BotRules
from sandbox.zalo_oa.events import Hooks
from sandbox.zalo_oa.rules import Rules
from sandbox.zalo_oa.state import OA_ID, Oa, Template

STATES = ("PENDING_REVIEW", "ENABLE", "REJECT", "DISABLE")


def routes(oa: Oa, hooks: Hooks, bot: Bot) -> list[Route]:
    console = Console(oa, hooks, bot)
    return [
        route("/zalo/webhook", console.webhook, "GET", "PUT"),
        route("/zalo/bill", console.bill, "GET", "DELETE"),
        route("/zalo/rules", console.rules, "GET", "PUT"),
        route("/zalo/bot/rules", console.bot_rules, "GET", "PUT"),
        route("/zalo/templates", console.templates, "GET"),
        route("/zalo/templates/{id}", console.template, "PUT"),
        route("/zalo/tokens", console.tokens, "GET", "DELETE"),
        route("/zalo/event", console.event, "POST"),
    ]


class Console:
    def __init__(self, oa: Oa, hooks: Hooks, bot: Bot) -> None:
        self._oa, self._hooks, self._bot = oa, hooks, bot

    async def webhook(self, request: Request) -> Response:
        """PUT {url?, granted?}: where events go; switches a cancelled registration on again."""
        oa = self._oa
        if request.method == "PUT":
            given = await request.json()
            if "url" in given:
                oa.webhook = str(given["url"]) if given["url"] else None
            oa.granted = bool(given.get("granted", oa.granted))
            oa.cancelled = False
        state = {"url": oa.webhook, "granted": oa.granted, "cancelled": oa.cancelled, "waiting": self._hooks.waiting}
        return JSONResponse(state)

    async def bill(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._oa.bill.clear()
        shown = {name: self._oa.bill[name] for name in ("free", "paid", "template", "dong")}
        return JSONResponse(shown | {"money": self._oa.rules.money})

    async def rules(self, request: Request) -> Response:
        if request.method == "PUT":
            self._oa.rules = Rules.changed(self._oa.rules, await request.json())
        return JSONResponse(self._oa.rules.plain())

    async def bot_rules(self, request: Request) -> Response:
        if request.method == "PUT":
            self._bot.rules = BotRules.changed(self._bot.rules, await request.json())
        return JSONResponse(self._bot.rules.plain())

    async def templates(self, _request: Request) -> Response:
        return JSONResponse({"templates": [asdict(t) for t in self._oa.templates.values()]})

    async def template(self, request: Request) -> Response:
        """Registers one, or changes the fields given; a change of `status` is told to the app."""
        wanted, given = request.path_params["id"], await request.json()
        if not wanted.isdigit() or set(given) - {f.name for f in fields(Template)} or given.get("id", wanted) != wanted:
            raise Refused("unknown field, or an id that is no number", "template", 400)
        if given.get("status", STATES[0]) not in STATES:
            raise Refused(f"status is one of {', '.join(STATES)}", "status", 400)
        template = self._oa.templates.get(wanted)
        old = template.status if template else ""
        if template is None:
            empty: dict[str, Any] = {"name": "", "title": "", "paragraphs": [], "buttons": [], "params": {}}
            template = self._oa.templates[wanted] = Template(**{**empty, "id": wanted, **given})
        else:
            for name, value in given.items():
                setattr(template, name, value)
        if old and old != template.status:
            status = {"prev_status": old, "new_status": template.status}
            self._oa.tell(
                "change_template_status", oa_id=OA_ID, template_id=wanted, status=status, reason=template.reason
            )
        return JSONResponse(asdict(template))

    async def tokens(self, request: Request) -> Response:
        """DELETE takes all of them away: a human has to consent again."""
        oa = self._oa
        if request.method == "DELETE":
            oa.access.clear()
            oa.refresh.clear()
            oa.granted = False
        now = oa.clock.now()
        return JSONResponse({
            "access": sum(until > now for until in oa.access.values()),
            "refresh": sum(until > now for until in oa.refresh.values()),
            "used": sum(until < 0 for until in oa.refresh.values()),
        })

    async def event(self, request: Request) -> Response:
        """Any event, signed and posted as Zalo's own: {event_name, …}."""
        given = await request.json()
        self._oa.tell(str(given.pop("event_name")), **given)
        return JSONResponse({"ok": True})
