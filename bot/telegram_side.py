"""Telegram in this process: its ear, and the lane its answers share with its pushes."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from bot import fetching
from bot.fatal import Fatal
from bot.lanes import Lane
from bot.settings import Settings
from db.session import Database

if TYPE_CHECKING:
    from bot.listen import Listener


@asynccontextmanager
async def listener(
    settings: Settings, database: Database, needs: dict[str, Any], lane: Lane
) -> AsyncIterator["Listener"]:
    """`needs` learn the bot's name here."""
    # aiogram takes seconds to import: in a thread, so that the first page is there before.
    await asyncio.to_thread(__import__, "bot.listen")
    from bot.listen import Listener, open_bot

    heard = Listener(open_bot(settings), database, needs, settings.telegram_channel, lane)
    try:
        await heard.prepare()
        yield heard
    finally:
        await heard.close()


async def hearing(settings: Settings, listener: "Listener", stop: asyncio.Event) -> list[Coroutine[Any, Any, Any]]:
    """What runs as long as the process listens: by webhook where there is one, else by polling."""
    if settings.telegram_webhook:
        await listener.use_webhook(settings.telegram_webhook, webhook_secret(settings))
        first: Coroutine[Any, Any, Any] = stop.wait()
    else:
        first = listener.poll(stop)
    fetched = fetching.run(listener.database, listener.channel, listener.download, stop)
    return [first, listener.inbox.sweep(stop), fetched]


def webhook_secret(settings: Settings) -> str:
    if settings.telegram_webhook_secret is None:
        raise Fatal("LOA_TELEGRAM_WEBHOOK cần LOA_TELEGRAM_WEBHOOK_SECRET (chữ, số, _ và -).")
    return settings.telegram_webhook_secret.get_secret_value()
