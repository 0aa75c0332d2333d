"""How long a push takes, as it is told before and while it goes."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from benchmarks import crowd
from bot.channels import File, Letter
from bot.channels.telegram import TelegramChannel
from bot.lanes import Lane
from db import lanes
from db.pushes import Delivery
from network import audiences, sending_time
from network.letters import letter_text

LONG = replace(crowd.CONTENT, body="\n\n".join(["Một đoạn văn dài của bản tin. " * 20] * 12), attachments=(1, 2, 3))


@pytest.mark.parametrize("content", [crowd.CONTENT, LONG])
async def test_it_counts_calls_as_the_channel_does(content):
    channel = TelegramChannel("telegram", "1:x", "http://127.0.0.1:1", Lane("telegram", 30))
    files = tuple(File(i, "a.pdf", "application/pdf", file_id="x") for i in content.attachments)
    assert sending_time.calls(content) == channel.calls(Letter("1", letter_text(content), files=files))
    await channel.close()


@given(st.floats(0, 1e7))
def test_what_is_said_is_never_too_short(took):
    said = sending_time.said(took)
    numbers = [int(word) for word in said.split() if word.isdigit()]
    hours, minutes = (numbers[0], numbers[1:]) if "giờ" in said else (0, numbers)
    assert (hours * 60 + sum(minutes)) * 60 >= math.floor(took)


async def test_an_audience_is_estimated_by_the_rate_of_its_channel(database):
    await crowd.people(database, 60)
    chosen = audiences.recipients(audiences.Audience(everybody=True))
    async with database.transaction() as db:
        assert await sending_time.of(db, chosen, crowd.CONTENT) == 0.0  # no worker has said its rate yet
        await lanes.ensure(db, "telegram")
        await lanes.set_rate(db, "telegram", 0.5)
        assert await sending_time.of(db, chosen, crowd.CONTENT) == pytest.approx(60 / 0.48)
        await lanes.set_rate(db, "telegram", math.inf)
        assert await sending_time.of(db, chosen, LONG) == 0.0


async def test_what_is_left_takes_as_long_as_the_slowest_channel(database, now):
    await crowd.people(database, 60)
    await crowd.people(database, 20, channel="zalo_oa", first=5_000_000)
    push = await crowd.push(database, now=now)
    soon = now + timedelta(minutes=10)
    async with database.transaction() as db:
        await lanes.ensure(db, "telegram")
        await lanes.ensure(db, "zalo_oa")
        assert await sending_time.of_rest(db, push.id, crowd.CONTENT, soon) == 0.0
        await lanes.set_rate(db, "telegram", 5)
        await lanes.set_rate(db, "zalo_oa", 0.5)
        assert await sending_time.of_rest(db, push.id, crowd.CONTENT, soon) == pytest.approx(20 / 0.48)
        zalo = update(Delivery).where(Delivery.channel == "zalo_oa")
        await db.execute(zalo.values(not_before=now + timedelta(hours=8)))
        assert await sending_time.of_rest(db, push.id, crowd.CONTENT, soon) == pytest.approx(60 / 4.8)
        await db.execute(zalo.values(not_before=now + timedelta(minutes=1)))
        assert await sending_time.of_rest(db, push.id, crowd.CONTENT, soon) == pytest.approx(20 / 0.48)


def test_a_brief_for_ten_thousand_at_thirty_a_second():
    assert sending_time.said(sending_time.seconds(10_000, 1, 30)) == "khoảng 6 phút"
    assert sending_time.said(sending_time.seconds(1_000_000, 1, 30)) == "khoảng 9 giờ 39 phút"
