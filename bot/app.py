"""The composition root: settings go in, running processes come out. Wiring only, no rules."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from bot import migrate, outgoing, telegram_side, web, zalo_hearing
from bot.assistants import open_catalogue
from bot.channels import Channel
from bot.desk import LateConsole
from bot.doorbell import Doorbell, open_doorbell
from bot.fatal import Fatal
from bot.processes import stop_on_signals, together
from bot.serving import serving
from bot.settings import SANDBOX_TOKEN, Settings
from db.session import Database
from network.calendar import BadCalendar
from network.quiet import NEVER

if TYPE_CHECKING:
    from bot.inbox import Inbox
    from bot.listen import Listener
    from bot.push import Worker
    from bot.zalo_hearing import Hearing
    from knowledge.catalogue import Catalogue

log = structlog.get_logger()
SANDBOX_BOT = ("loa_sandbox_bot", "Loa")
NO_QUIET = "  Điện thoại giả lập không có giờ nghỉ ban đêm; muốn thử, đặt LOA_QUIET_FROM=21 và LOA_QUIET_TO=6.\n"
NO_TOKEN = "chưa có token của nền tảng nào. Hãy đặt token, hoặc chạy `loa run` để dùng nền tảng giả lập."
__all__ = ["ROLES", "Fatal"]


async def prepare_database(database: Database) -> None:
    """Newest schema and the starter content; does nothing the second time."""
    from knowledge import entry, golden
    from network import starter

    now = datetime.now(UTC)
    await migrate.upgrade(database)
    async with database.transaction() as db:
        await starter.load_starter(db, now)
        if await entry.load_starter(db, now):
            await golden.load_starter(db, now)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[Database, Doorbell]]:
    try:
        _ = settings.calendar
    except BadCalendar as problem:
        raise Fatal(f"LOA_HOLIDAYS: {problem}") from None
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    doorbell = await open_doorbell(database)
    try:
        yield database, doorbell
    finally:
        await doorbell.close()
        await database.close()


async def _ready(database: Database) -> None:
    """A single role does not migrate: several of them may start at once."""
    if await migrate.current(database) != migrate.newest():
        raise Fatal("cơ sở dữ liệu chưa ở bản mới nhất. Hãy chạy: loa db upgrade")


@dataclass
class Platforms:
    """What this process has of each platform that is configured."""

    channels: dict[str, Channel]
    zalo: "Hearing"
    telegram: "Listener | None" = None


@asynccontextmanager
async def _zalo(settings: Settings, database: Database, *, alone: bool) -> AsyncIterator[Platforms]:
    """Zalo's side is light and comes first: its events are stored from the first second."""
    async with (
        outgoing.zalo(settings, database, alone=alone) as channels,
        zalo_hearing.opened(settings, database, channels) as hearing,
    ):
        yield Platforms(dict(channels), hearing)


async def _telegram(
    stack: AsyncExitStack, settings: Settings, database: Database, platforms: Platforms, needs: dict[str, Any],
    *, alone: bool,
) -> None:
    if "telegram" in settings.platforms:
        channel = await stack.enter_async_context(outgoing.telegram(settings, database, alone=alone))
        heard = telegram_side.listener(settings, database, needs, channel.lane)
        platforms.telegram = await stack.enter_async_context(heard)
        platforms.channels[channel.name] = channel


async def _needs(
    settings: Settings, database: Database, catalogue: "Catalogue", zalo: "Hearing"
) -> dict[str, Any]:
    """What handlers may ask for by name."""
    return {
        "database": database, "index": catalogue, "settings": settings, "quiet": settings.quiet,
        "calendar": settings.calendar,
        "bot_name": "", "case_rules": settings.cases, "console_url": settings.console_url, **await zalo.ways_in(),
    }


def _worker(settings: Settings, database: Database, channel: Channel, doorbell: Doorbell) -> "Worker":
    from bot.push import Worker

    return Worker(database, channel, channel.lane, bell=doorbell.bell(), quiet=settings.quiet)


async def run(settings: Settings) -> None:
    """Everything in one process."""
    from bot import schedule, telling, tending

    stop = stop_on_signals()
    async with AsyncExitStack() as stack:
        database, doorbell = await stack.enter_async_context(opened(settings))
        sandbox = await stack.enter_async_context(_kept_sandbox(settings))
        await prepare_database(database)
        here = await stack.enter_async_context(_zalo(settings, database, alone=database.sqlite))
        inbox, console = LateInbox(), LateConsole()
        application = web.build(
            settings, database, inbox if settings.telegram_webhook else None, sandbox, console=console,
            webhooks=here.zalo.webhooks(),
        )
        await stack.enter_async_context(serving(settings, application, sandbox.hang_up if sandbox else None))
        _say(f"Loa đang chạy tại {settings.base_url}/ (đang nối với các nền tảng…)")
        catalogue = await open_catalogue(settings, database)
        console.open(settings, database, catalogue)
        needs = await _needs(settings, database, catalogue, here.zalo)
        await _telegram(stack, settings, database, here, needs, alone=database.sqlite)
        if here.telegram is not None:
            inbox.inbox, here.telegram.after_turn = here.telegram.inbox, doorbell.ring
        hearing = await _hearing(settings, here, needs, doorbell, stop)
        if sandbox is not None:
            await _furnish(settings, database, needs)
        console.knows(needs)
        _greet(settings, needs)
        workers = [_worker(settings, database, channel, doorbell) for channel in here.channels.values()]
        await together(
            stop, *hearing, *(worker.run(stop) for worker in workers), schedule.run(settings, database, stop),
            catalogue.follow(database, stop, doorbell.bell()), tending.run(database, stop, settings.cases),
            telling.run(database, stop, private=settings.webhook_private),
        )


async def _hearing(
    settings: Settings, here: Platforms, needs: dict[str, Any], doorbell: Doorbell, stop: asyncio.Event
) -> list[Any]:
    """From now on what people say is worked, on every platform."""
    here.zalo.begin(needs, doorbell.ring)
    telegram = await telegram_side.hearing(settings, here.telegram, stop) if here.telegram else []
    return [*telegram, *here.zalo.jobs(stop)]


@asynccontextmanager
async def _kept_sandbox(settings: Settings) -> AsyncIterator[Any]:
    if not settings.sandboxed:
        yield None
        return
    from sandbox.app import Sandbox

    sandbox = Sandbox(
        {SANDBOX_TOKEN: SANDBOX_BOT}, keep_in=settings.data_dir / "sandbox.json",
        zalo_webhook=settings.base_url + zalo_hearing.OA_PATH,
    )
    async with sandbox.kept():
        yield sandbox


class LateInbox:
    """The webhook's letterbox before the listener is there: the platform is asked to come again."""

    inbox: "Inbox | None" = None

    async def receive(self, arrived: Any) -> None:
        if self.inbox is None:
            raise ConnectionError("not listening yet")
        await self.inbox.receive(arrived)


async def _furnish(settings: Settings, database: Database, needs: dict[str, Any]) -> None:
    from bot import demo

    await demo.furnish(settings, database, needs["bot_name"], datetime.now(UTC))


async def listen(settings: Settings) -> None:
    """By polling, where there is no public address."""
    telegram = "telegram" in settings.platforms and not settings.telegram_webhook
    zalo_bot = "zalo_bot" in settings.platforms and not settings.zalo_bot_webhook
    if settings.sandboxed and not settings.telegram_api:
        raise Fatal(NO_TOKEN)
    if not (telegram or zalo_bot):
        raise Fatal("không có gì để hỏi: cập nhật đến bằng webhook, qua `loa web`, không cần `loa listen`.")
    await _in_a_role(settings, telegram=telegram, hears=("zalo_bot",) if zalo_bot else ())


async def serve(settings: Settings) -> None:
    """The web side: pages, and the webhooks of the platforms that have one."""
    hears = tuple(
        name for name, there in (("zalo_oa", True), ("zalo_bot", bool(settings.zalo_bot_webhook)))
        if there and name in settings.platforms and not settings.sandboxed
    )
    await _in_a_role(settings, telegram=bool(settings.telegram_webhook), hears=hears, serves=True)


async def _in_a_role(
    settings: Settings, *, telegram: bool, hears: tuple[str, ...], serves: bool = False
) -> None:
    stop = stop_on_signals()
    async with AsyncExitStack() as stack:
        database, doorbell = await stack.enter_async_context(opened(settings))
        await _ready(database)
        here = await stack.enter_async_context(_zalo(settings, database, alone=False))
        here.zalo.only(hears)
        catalogue = await open_catalogue(settings, database)
        inbox, console = LateInbox() if telegram and serves else None, LateConsole()
        if serves:
            console.open(settings, database, catalogue)
            application = web.build(settings, database, inbox, console=console, webhooks=here.zalo.webhooks())
            await stack.enter_async_context(serving(settings, application))
            log.info("serving", url=settings.base_url)
        needs = await _needs(settings, database, catalogue, here.zalo)
        if telegram:
            await _telegram(stack, settings, database, here, needs, alone=False)
        if inbox is not None and here.telegram is not None:
            inbox.inbox = here.telegram.inbox
        console.knows(needs)
        hearing = await _hearing(settings, here, needs, doorbell, stop)
        log.info("listening", bot=needs["bot_name"], zalo=hears)
        await together(stop, *hearing, catalogue.follow(database, stop, doorbell.bell()))


async def push(settings: Settings) -> None:
    from bot import schedule, telling, tending

    if settings.sandboxed and not settings.telegram_api:
        raise Fatal(NO_TOKEN)
    stop = stop_on_signals()
    async with AsyncExitStack() as stack:
        database, doorbell = await stack.enter_async_context(opened(settings))
        await _ready(database)
        channels = dict(await stack.enter_async_context(outgoing.zalo(settings, database, alone=False)))
        if "telegram" in settings.platforms:
            channel = await stack.enter_async_context(outgoing.telegram(settings, database, alone=False))
            channels[channel.name] = channel
        workers = [_worker(settings, database, channel, doorbell) for channel in channels.values()]
        log.info("pushing", workers=[worker.name for worker in workers])
        await together(
            stop, *(worker.run(stop) for worker in workers), schedule.run(settings, database, stop),
            tending.run(database, stop, settings.cases),
            telling.run(database, stop, private=settings.webhook_private),
        )


def _say(line: str) -> None:
    print(line, flush=True)


def _greet(settings: Settings, needs: dict[str, Any]) -> None:
    if settings.sandboxed:
        _say(
            f"\n  Mở {settings.base_url}/ rồi bấm “Mở liên kết mời” trên điện thoại thứ nhất.\n"
            "  Quản trị viên ở điện thoại thứ tư gõ /soan để soạn bản tin; người duyệt ở điện thoại thứ năm.\n"
            f"  Bảng điều khiển: gõ /banlamviec ở điện thoại thứ tư rồi mở liên kết ({settings.console_url}/).\n"
            f"{NO_QUIET if settings.quiet == NEVER else ''}"
            "  Hoặc hỏi ngay: .venv/bin/loa ask \"chi thi 07 la gi\". Dừng: Ctrl-C.\n"
        )
        return
    name = needs["bot_name"]
    where = {"telegram": f"Bot @{name}", "zalo_oa": "Zalo OA", "zalo_bot": f"Zalo Bot {needs['zalo_bot']}".strip()}
    _say(f"\n  {', '.join(where[platform] for platform in settings.platforms)} đang hoạt động.")
    _say(f"  Quản trị viên đầu tiên: loa people invite --role super_admin{f' --bot {name}' if name else ''}\n")


ROLES = {"run": run, "listen": listen, "push": push, "web": serve}
