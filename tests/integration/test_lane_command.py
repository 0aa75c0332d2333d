"""A frozen channel is shown with its cause, and sends again on the operator's word."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from bot.commands import lane as command
from db import lanes


@pytest.fixture
async def loa(database, database_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database_url)

    async def run(*words):
        return await asyncio.to_thread(CliRunner().invoke, command.app, list(words))

    return run


async def test_a_frozen_lane_is_shown_and_thawed(database, loa):
    async with database.transaction() as db:
        assert await lanes.freeze(db, "telegram", "401: Unauthorized")
    assert "bị khóa: 401" in (await loa("show")).output
    assert "được gửi lại" in (await loa("thaw", "telegram")).output
    assert json.loads((await loa("show", "--json")).output)[0]["frozen"] is None


async def test_a_channel_nobody_has_is_refused(database, loa):
    refused = await loa("thaw", "zalo")
    assert refused.exit_code == 1 and "Không có kênh zalo" in refused.output
