"""The ways out of this process: a channel for each platform that is configured, each with the lane of its token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.channels import Channel
from bot.lanes import Lane
from bot.settings import Settings
from db import lanes
from db.session import Database

if TYPE_CHECKING:
    from bot.channels.telegram import TelegramChannel


async def lane_of(settings: Settings, database: Database, name: str, rate: float, *, alone: bool) -> Lane:
    """The token's budget. `alone`: no other process sends with this token, so nobody needs to be asked."""
    if alone:
        return Lane(name, rate, reply_share=settings.reply_share)
    async with database.transaction() as db:
        await lanes.ensure(db, name)
    return Lane.shared(database, name, rate, reply_share=settings.reply_share)


@asynccontextmanager
async def telegram(settings: Settings, database: Database, *, alone: bool) -> AsyncIterator["TelegramChannel"]:
    from bot.channels.telegram import TelegramChannel

    name = settings.telegram_channel
    lane = await lane_of(settings, database, name, settings.telegram_rate, alone=alone)
    channel = TelegramChannel(name, settings.token, settings.api_base, lane, settings.telegram_proxy or None)
    try:
        yield channel
    finally:
        await channel.close()


@asynccontextmanager
async def zalo(settings: Settings, database: Database, *, alone: bool) -> AsyncIterator[dict[str, Channel]]:
    """By name; none so far."""
    yield {}
