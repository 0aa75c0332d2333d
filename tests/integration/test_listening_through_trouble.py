"""A person writes while the database is locked or full: told, and answered afterwards; the process goes on."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from bot.listen import Listener, open_bot
from bot.settings import Settings
from db import updates
from network import people
from sandbox import embedded
from tests.acceptance.phones import Phone


def failing(function, times: int):
    """As `function`, after so many failures."""
    left = iter(range(times))

    async def wrapped(*args, **more):
        if next(left, None) is not None:
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))
        return await function(*args, **more)

    return wrapped


@pytest.fixture
async def stage(database, monkeypatch):
    """A listener that polls a sandbox, and somebody's phone."""
    monkeypatch.setattr("bot.listen.PAUSE", 0.05)
    async with embedded.serve() as base, httpx.AsyncClient(base_url=base, timeout=20) as client:
        settings = Settings(TELEGRAM_TOKEN=embedded.TOKEN, telegram_api=base, quiet_from="0", quiet_to="0")
        needs = {"index": None, "settings": settings, "quiet": settings.quiet, "calendar": settings.calendar}
        listener = Listener(open_bot(settings), database, needs)
        await listener.prepare()
        stop = asyncio.Event()
        polling = asyncio.create_task(listener.poll(stop))
        await client.post("/sandbox/phones", json={"id": "91", "name": "Người lạ"})
        yield listener, Phone(client, "91")
        stop.set()
        await polling
        await listener.close()


async def test_an_update_that_cannot_be_stored_waits_at_the_platform(stage, monkeypatch):
    _, stranger = stage
    monkeypatch.setattr(updates, "store", failing(updates.store, 3))
    await stranger.say("xin chào", "mở liên kết mời")


async def test_a_turn_that_meets_trouble_is_said_and_worked_later(stage, monkeypatch):
    listener, stranger = stage
    monkeypatch.setattr(people, "meet", failing(people.meet, 1))
    await stranger.say("xin chào", "Hệ thống đang bận")
    await listener.inbox.drain()
    before = await stranger.version()
    await listener.inbox.recover(datetime.now(UTC))
    await stranger.wait_for("mở liên kết mời", before)
