"""What people write without us: `python -m benchmarks.baselines NAME API_BASE FIRST COUNT RATE`.

ptb: python-telegram-bot's Bot in a loop that sleeps 1/rate. aiogram: the loop its documentation shows, which sleeps
a twentieth of a second and repeats after a 429. ptb-limiter: ExtBot with PTB's own AIORateLimiter, everybody at once.
aiogram-broadcaster: that package, where somebody has installed it.
"""

import argparse
import asyncio
import json
import resource
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

TOKEN = "424242:loa-sandbox-token"
TEXT = "<b>Cảnh báo mưa lũ tại các tỉnh miền Trung</b>\nDi dời trước 17 giờ. Gọi 112 khi cần cứu nạn."


async def ptb(base: str, chats: range, rate: float) -> None:
    from telegram import Bot
    from telegram.error import RetryAfter, TelegramError

    async with Bot(TOKEN, base_url=f"{base}/bot") as bot:
        for chat in chats:
            try:
                await bot.send_message(chat, TEXT, parse_mode="HTML")
            except RetryAfter as flood:
                await asyncio.sleep(_seconds(flood.retry_after))
                await bot.send_message(chat, TEXT, parse_mode="HTML")
            except TelegramError:
                pass
            await asyncio.sleep(1 / rate)


async def ptb_limiter(base: str, chats: range, rate: float) -> None:
    from telegram.error import TelegramError
    from telegram.ext import AIORateLimiter, ExtBot
    from telegram.request import HTTPXRequest

    limiter = AIORateLimiter(overall_max_rate=rate, overall_time_period=1, max_retries=3)
    request = HTTPXRequest(connection_pool_size=64, pool_timeout=600)
    async with ExtBot(TOKEN, base_url=f"{base}/bot", request=request, rate_limiter=limiter) as bot:

        async def send(chat: int) -> None:
            with suppress(TelegramError):
                await bot.send_message(chat, TEXT, parse_mode="HTML")

        await asyncio.gather(*(send(chat) for chat in chats))


async def aiogram(base: str, chats: range, rate: float) -> None:
    from aiogram import Bot
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.exceptions import TelegramAPIError, TelegramRetryAfter

    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(base)))

    async def send(chat: int) -> None:
        try:
            await bot.send_message(chat, TEXT, parse_mode="HTML")
        except TelegramRetryAfter as flood:
            await asyncio.sleep(flood.retry_after)
            await send(chat)
        except TelegramAPIError:
            pass

    for chat in chats:
        await send(chat)
        await asyncio.sleep(0.05)
    await bot.session.close()


async def aiogram_broadcaster(base: str, chats: range, rate: float) -> None:
    from aiogram import Bot
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram_broadcaster import Broadcaster
    from aiogram_broadcaster.contents import TextContent
    from aiogram_broadcaster.intervals import SimpleInterval

    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(base)))
    content, interval = TextContent(text=TEXT, parse_mode="HTML"), SimpleInterval(interval=1 / rate)
    mailer = await Broadcaster(bot).create_mailer(chats=list(chats), content=content, interval=interval)
    await mailer.start()
    await bot.session.close()


def _seconds(wait: object) -> float:
    return wait.total_seconds() if hasattr(wait, "total_seconds") else float(wait)  # type: ignore[arg-type]


WAYS: dict[str, Callable[[str, range, float], Awaitable[None]]] = {
    "ptb": ptb, "ptb-limiter": ptb_limiter, "aiogram": aiogram, "aiogram-broadcaster": aiogram_broadcaster,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=WAYS)
    parser.add_argument("base")
    parser.add_argument("first", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("rate", type=float)
    wanted = parser.parse_args()
    print("ready", flush=True)
    begun = time.process_time()
    chats = range(wanted.first, wanted.first + wanted.count)
    asyncio.run(WAYS[wanted.name](wanted.base, chats, wanted.rate))  # type: ignore[arg-type]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": time.process_time() - begun, "peak_mb": round(peak, 1)}), flush=True)


if __name__ == "__main__":
    main()
