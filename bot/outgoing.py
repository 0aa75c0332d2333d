"""The ways out of this process: a channel for each platform that is configured, each with the lane of its token."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import structlog

from bot.channels import Channel
from bot.lanes import Lane
from bot.settings import Settings
from db import lanes
from db.session import Database
from network.tariff import Tariff

if TYPE_CHECKING:
    from bot.channels.telegram import TelegramChannel
    from bot.zalo_tokens import Tokens

log = structlog.get_logger()
OA, BOT = "zalo_oa", "zalo_bot"
MINUTE = 60.0  # seconds: an app of the OA may make so many calls in each


async def lane_of(
    settings: Settings, database: Database, name: str, rate: float, *, alone: bool, period: float = 1.0
) -> Lane:
    """The token's budget. `alone`: no other process sends with this token, so nobody needs to be asked."""
    if alone:
        return Lane(name, rate, reply_share=settings.reply_share, period=period)
    async with database.transaction() as db:
        await lanes.ensure(db, name)
    return Lane.shared(database, name, rate, reply_share=settings.reply_share, period=period)


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
    """By name."""
    channels: dict[str, Channel] = {}
    stop = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []
    try:
        if OA in settings.platforms:
            channels[OA], tokens = await _official_account(settings, database, alone=alone)
            tasks.append(asyncio.create_task(_keep_token(settings, tokens, stop)))
        if BOT in settings.platforms:
            channels[BOT] = await _zalo_bot(settings, database, alone=alone)
        yield channels
    finally:
        stop.set()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                log.error("keeping the OA's token ended early", cause=repr(ended), remedy="please report the cause")
        for channel in channels.values():
            await channel.close()


async def _official_account(
    settings: Settings, database: Database, *, alone: bool
) -> tuple[Channel, "Tokens"]:
    from bot.channels.zalo_oa import ANSWER_WITHIN, CONNECTIONS, ZaloOaChannel
    from bot.zalo_tokens import Tokens

    limits = httpx.Limits(max_connections=CONNECTIONS)
    http = httpx.AsyncClient(proxy=settings.zalo_proxy or None, limits=limits, timeout=ANSWER_WITHIN)
    tokens = Tokens(database, OA, settings.zalo_app, http, copy=settings.zalo_token_copy)
    lane = await lane_of(settings, database, OA, settings.zalo_oa_rate, alone=alone, period=MINUTE)
    return ZaloOaChannel(
        OA, tokens, lane, tariff(settings), api=settings.zalo_base("openapi", settings.zalo_oa_api),
        template=settings.zalo_template, buttons=settings.zalo_oa_buttons, proof=settings.zalo_oa_proof,
        picture=settings.zalo_picture, http=http,
    ), tokens


async def _zalo_bot(settings: Settings, database: Database, *, alone: bool) -> Channel:
    from bot.channels.zalo_bot import ZaloBotChannel

    lane = await lane_of(settings, database, BOT, settings.zalo_bot_rate, alone=alone)
    api, proxy = settings.zalo_base("bot", settings.zalo_bot_api), settings.zalo_proxy or None
    return ZaloBotChannel(BOT, settings.zalo_bot_key, lane, api=api, proxy=proxy)


def tariff(settings: Settings) -> Tariff:
    """Of the OA."""
    return Tariff(
        free=timedelta(hours=settings.zalo_oa_free_hours), window=timedelta(days=settings.zalo_oa_window_days),
        message=settings.zalo_oa_price_message, template=settings.zalo_oa_price_template,
        has_template=bool(settings.zalo_template), budget=settings.zalo_oa_budget or None,
        as_of=settings.zalo_oa_prices_of,
    )


async def _keep_token(settings: Settings, tokens: "Tokens", stop: asyncio.Event) -> None:
    """On the sandbox its administrator agrees as soon as it answers; it may have forgotten what it gave before."""
    from bot.zalo_tokens import Refused, Unavailable

    while settings.sandboxed and not stop.is_set():
        with suppress(httpx.HTTPError, Refused, Unavailable, ValueError, KeyError):
            await tokens.consent_of_sandbox()
            break
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.2)
    await tokens.run(stop)
