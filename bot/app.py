"""The composition root: settings go in, running processes come out. Wiring only, no rules."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from bot import migrate, web
from bot.assistants import open_catalogue
from bot.desk import LateConsole
from bot.doorbell import Doorbell, open_doorbell
from bot.fatal import Fatal
from bot.processes import stop_on_signals, together
from bot.serving import serving
from bot.settings import SANDBOX_TOKEN, Settings
from db.session import Database
from network.calendar import BadCalendar

if TYPE_CHECKING:
    from bot.inbox import Inbox
    from bot.lanes import Lane
    from bot.listen import Listener
    from bot.push import Worker
    from knowledge.catalogue import Catalogue

log = structlog.get_logger()
SANDBOX_BOT = ("loa_sandbox_bot", "Loa")
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


def _sandbox(settings: Settings) -> Any:
    from sandbox.app import Sandbox

    return Sandbox({SANDBOX_TOKEN: SANDBOX_BOT}, keep_in=settings.data_dir / "sandbox.json")


@asynccontextmanager
async def _listener(
    settings: Settings, database: Database, catalogue: "Catalogue"
) -> AsyncIterator["Listener"]:
    # aiogram takes seconds to import: in a thread, so that the first page is there before.
    await asyncio.to_thread(__import__, "bot.listen")
    from bot.listen import Listener, open_bot

    needs = {
        "index": catalogue, "settings": settings, "quiet": settings.quiet, "calendar": settings.calendar,
        "bot_name": "", "case_rules": settings.cases, "console_url": settings.console_url,
    }
    listener = Listener(open_bot(settings), database, needs, settings.telegram_channel)
    try:
        await listener.prepare()
        yield listener
    finally:
        await listener.close()


async def _lane(settings: Settings, database: Database, *, alone: bool) -> "Lane":
    """The token's budget. `alone`: no other process sends with this token, so nobody needs to be asked."""
    from bot.lanes import Lane
    from db import lanes

    if alone:
        return Lane(settings.telegram_channel, settings.telegram_rate, reply_share=settings.reply_share)
    async with database.transaction() as db:
        await lanes.ensure(db, settings.telegram_channel)
    return Lane.shared(database, settings.telegram_channel, settings.telegram_rate, reply_share=settings.reply_share)


@asynccontextmanager
async def _worker(
    settings: Settings, database: Database, lane: "Lane", bell: asyncio.Event
) -> AsyncIterator["Worker"]:
    from bot.channels.telegram import TelegramChannel
    from bot.push import Worker

    proxy = settings.telegram_proxy or None
    channel = TelegramChannel(settings.telegram_channel, settings.token, settings.api_base, lane, proxy)
    try:
        yield Worker(database, channel, lane, bell=bell)
    finally:
        await channel.close()


def _share_lane(listener: "Listener", lane: "Lane") -> None:
    """Answers take their place in the same lane as pushes."""
    from bot.lanes import Priority

    async def slot(chat: str) -> None:
        await lane.take(chat, Priority.REPLY, patient=True)

    listener.slot = slot


def _webhook_secret(settings: Settings) -> str:
    if settings.telegram_webhook_secret is None:
        raise Fatal("LOA_TELEGRAM_WEBHOOK cần LOA_TELEGRAM_WEBHOOK_SECRET (chữ, số, _ và -).")
    return settings.telegram_webhook_secret.get_secret_value()


async def run(settings: Settings) -> None:
    """Everything in one process."""
    from bot import schedule, tending

    stop = stop_on_signals()
    async with opened(settings) as (database, doorbell), _kept_sandbox(settings) as sandbox:
        await prepare_database(database)
        inbox, console = LateInbox(), LateConsole()
        application = web.build(
            settings, database, inbox if settings.telegram_webhook else None, sandbox, console=console
        )
        async with serving(settings, application, sandbox.hang_up if sandbox is not None else None):
            _say(f"Loa đang chạy tại {settings.base_url}/ (đang nối với Telegram…)")
            catalogue = await open_catalogue(settings, database)
            console.open(settings, database, catalogue)
            async with _listener(settings, database, catalogue) as listener:
                inbox.inbox = listener.inbox
                listener.after_turn = doorbell.ring
                lane = await _lane(settings, database, alone=database.sqlite)
                async with _worker(settings, database, lane, doorbell.bell()) as worker:
                    _share_lane(listener, lane)
                    hearing = await _hearing(settings, listener, stop)
                    if sandbox is not None:
                        await _furnish(settings, database, listener)
                    _greet(settings, listener)
                    await together(
                        stop, hearing, listener.inbox.sweep(stop), worker.run(stop),
                        schedule.run(settings, database, stop), catalogue.follow(database, stop),
                        tending.run(database, stop, settings.cases),
                        _fetching(database, listener, stop),
                    )


@asynccontextmanager
async def _kept_sandbox(settings: Settings) -> AsyncIterator[Any]:
    if not settings.sandboxed:
        yield None
        return
    sandbox = _sandbox(settings)
    async with sandbox.kept():
        yield sandbox


class LateInbox:
    """The webhook's letterbox before the listener is there: the platform is asked to come again."""

    inbox: "Inbox | None" = None

    async def receive(self, arrived: Any) -> None:
        if self.inbox is None:
            raise ConnectionError("not listening yet")
        await self.inbox.receive(arrived)


async def _hearing(settings: Settings, listener: "Listener", stop: asyncio.Event) -> Any:
    if settings.telegram_webhook:
        await listener.use_webhook(settings.telegram_webhook, _webhook_secret(settings))
        return stop.wait()
    return listener.poll(stop)


async def _furnish(settings: Settings, database: Database, listener: "Listener") -> None:
    from bot import demo

    await demo.furnish(settings, database, listener.bot_name, datetime.now(UTC))


def _fetching(database: Database, listener: "Listener", stop: asyncio.Event) -> Any:
    from bot import fetching

    return fetching.run(database, listener.channel, listener.download, stop)


async def listen(settings: Settings) -> None:
    if settings.telegram_webhook:
        raise Fatal("LOA_TELEGRAM_WEBHOOK đã đặt: cập nhật đến qua `loa web`, không cần `loa listen`.")
    if settings.sandboxed and not settings.telegram_api:
        raise Fatal("chưa có TELEGRAM_TOKEN. Hãy đặt token, hoặc chạy `loa run` để dùng nền tảng giả lập.")
    stop = stop_on_signals()
    async with opened(settings) as (database, _):
        await _ready(database)
        catalogue = await open_catalogue(settings, database)
        async with _listener(settings, database, catalogue) as listener:
            _share_lane(listener, await _lane(settings, database, alone=False))
            log.info("listening", bot=listener.bot_name)
            await together(
                stop, listener.poll(stop), listener.inbox.sweep(stop), catalogue.follow(database, stop),
                _fetching(database, listener, stop),
            )


async def push(settings: Settings) -> None:
    from bot import schedule, tending

    if settings.sandboxed and not settings.telegram_api:
        raise Fatal("chưa có TELEGRAM_TOKEN. Hãy đặt token, hoặc chạy `loa run` để dùng nền tảng giả lập.")
    stop = stop_on_signals()
    async with opened(settings) as (database, doorbell):
        await _ready(database)
        lane = await _lane(settings, database, alone=False)
        async with _worker(settings, database, lane, doorbell.bell()) as worker:
            log.info("pushing", worker=worker.name)
            await together(
                stop, worker.run(stop), schedule.run(settings, database, stop),
                tending.run(database, stop, settings.cases),
            )


async def serve(settings: Settings) -> None:
    stop = stop_on_signals()
    async with opened(settings) as (database, _):
        await _ready(database)
        catalogue, console = await open_catalogue(settings, database), LateConsole()
        console.open(settings, database, catalogue)
        if not settings.telegram_webhook:
            async with serving(settings, web.build(settings, database, console=console)):
                log.info("serving", url=settings.base_url)
                await together(stop, catalogue.follow(database, stop))
            return
        async with _listener(settings, database, catalogue) as listener:
            _share_lane(listener, await _lane(settings, database, alone=False))
            async with serving(settings, web.build(settings, database, listener.inbox, console=console)):
                await listener.use_webhook(settings.telegram_webhook, _webhook_secret(settings))
                log.info("serving", url=settings.base_url, webhook=settings.telegram_webhook)
                await together(
                    stop, listener.inbox.sweep(stop), catalogue.follow(database, stop),
                    _fetching(database, listener, stop),
                )


def _say(line: str) -> None:
    print(line, flush=True)


def _greet(settings: Settings, listener: "Listener") -> None:
    if settings.sandboxed:
        _say(
            f"\n  Mở {settings.base_url}/ rồi bấm “Mở liên kết mời” trên điện thoại thứ nhất.\n"
            "  Quản trị viên ở điện thoại thứ tư gõ /soan để soạn bản tin; người duyệt ở điện thoại thứ năm.\n"
            f"  Bảng điều khiển: gõ /banlamviec ở điện thoại thứ tư rồi mở liên kết ({settings.console_url}/).\n"
            "  Hoặc hỏi ngay: .venv/bin/loa ask \"chi thi 07 la gi\". Dừng: Ctrl-C.\n"
        )
    else:
        _say(f"\n  Bot @{listener.bot_name} đang hoạt động.")
        _say(f"  Quản trị viên đầu tiên: loa people invite --role super_admin --bot {listener.bot_name}\n")


ROLES = {"run": run, "listen": listen, "push": push, "web": serve}
