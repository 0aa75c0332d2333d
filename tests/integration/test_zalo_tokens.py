"""The token of an OA, against the sandbox's token host, on both databases."""

import asyncio
from datetime import timedelta
from unittest.mock import AsyncMock, Mock

import pytest
from structlog.testing import capture_logs

from bot.zalo_app import App, code_in
from bot.zalo_tokens import LEASE, NoToken, Refused, Tokens, Unavailable
from db import zalo_tokens as table
from db.zalo_tokens import ZaloToken
from sandbox.zalo_oa.state import APP_ID, APP_SECRET
from tests.zalo_platform import APP, Clock, Platform


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def tokens(database, platform, clock) -> Tokens:
    tokens = Tokens(database, "zalo_oa", APP, platform.http, clock=clock)
    await tokens.consent(await platform.code(), "5757575757")
    return tokens


async def row_of(database) -> ZaloToken:
    async with database.reading() as db:
        return await table.read(db, "zalo_oa")


async def test_consent_brings_a_token_that_the_platform_takes(database, platform, tokens):
    assert await tokens.access() in platform.sandbox.oa.access
    row = await row_of(database)
    assert row.oa_id == "5757575757"
    assert (row.expires_at - row.got_at) == timedelta(hours=25)


async def test_a_code_works_once_and_a_wrong_secret_never(database, platform, tokens):
    code = await platform.code()
    await tokens.consent(code)
    with pytest.raises(Refused):
        await tokens.consent(code)
    wrong = Tokens(database, "zalo_oa", App(APP_ID, "wrong", APP.oauth), platform.http)
    with pytest.raises(Refused):
        await wrong.consent(await platform.code())


async def test_no_token_says_what_to_do(database, platform):
    with pytest.raises(NoToken, match="loa zalo consent"):
        await Tokens(database, "zalo_oa", APP, platform.http).access()


async def test_it_is_renewed_hours_before_its_end(database, platform, tokens, clock):
    first = await tokens.access()
    clock.forward(hours=18)
    await tokens.keep_fresh()
    assert platform.refreshed == 0
    clock.forward(hours=1)
    await tokens.keep_fresh()
    assert platform.refreshed == 1
    assert await tokens.access() != first
    assert (await row_of(database)).expires_at - clock.now == timedelta(hours=25)


async def test_eight_processes_at_once_refresh_once(database, platform, tokens, clock):
    clock.forward(hours=26)
    several = [Tokens(database, "zalo_oa", APP, platform.http, clock=clock) for _ in range(8)]
    got = await asyncio.gather(*(one.access() for one in several))
    assert platform.refreshed == 1
    assert platform.sandbox.oa.stats.answers["refresh refused"] == 0
    assert len(set(got)) == 1


async def test_a_refused_token_is_renewed_once_for_all_who_met_the_refusal(database, platform, tokens, clock):
    old = await tokens.access()
    other = Tokens(database, "zalo_oa", APP, platform.http, clock=clock)
    platform.sandbox.oa.access.clear()
    fresh = await asyncio.gather(*(one.renew(old) for one in (tokens, other, tokens, other)))
    assert platform.refreshed == 1
    assert set(fresh) == set(platform.sandbox.oa.access)


class Death(BaseException):
    """As kill -9: nothing catches it."""


async def test_killed_between_the_arrival_and_the_writing(database, platform, tokens, clock, tmp_path, monkeypatch):
    """Whoever needs the token next on this machine finds the pair on the disk, without waiting for the dead one."""
    clock.forward(hours=26)
    file = tmp_path / "new" / "pair"
    dying, other = (Tokens(database, "zalo_oa", APP, platform.http, copy=file, clock=clock) for _ in range(2))
    with monkeypatch.context() as patched, pytest.raises(Death):
        patched.setattr(table, "replace", Mock(side_effect=Death))
        await dying.access()
    assert file.stat().st_mode & 0o777 == 0o600
    assert await other.access() in platform.sandbox.oa.access and platform.refreshed == 1
    row = await row_of(database)
    assert row.expires_at - clock.now == timedelta(hours=25) and row.lease_until is None and not file.exists()
    clock.forward(hours=26)
    assert await other.access() in platform.sandbox.oa.access and platform.refreshed == 2


@pytest.mark.parametrize("copy", ["", "{", "[]", '{"used": "x"}', '{"used": "USED", "access": "a"}'])
async def test_a_copy_that_cannot_be_read_stops_nobody(database, platform, tokens, clock, tmp_path, copy):
    clock.forward(hours=26)
    file = tmp_path / "pair"
    file.write_text(copy.replace("USED", (await row_of(database)).refresh))
    again = Tokens(database, "zalo_oa", APP, platform.http, copy=file, clock=clock)
    assert await again.access() in platform.sandbox.oa.access and platform.refreshed == 1


async def test_a_disk_that_takes_no_copy_stops_nobody(database, platform, tokens, clock, tmp_path):
    clock.forward(hours=26)
    (tmp_path / "file").write_text("")
    again = Tokens(database, "zalo_oa", APP, platform.http, copy=tmp_path / "file" / "pair", clock=clock)
    with capture_logs() as logs:
        assert await again.access() in platform.sandbox.oa.access
    assert any("could not be copied" in line["event"] for line in logs if line["log_level"] == "error")


async def test_killed_while_the_platform_answers(database, platform, tokens, clock):
    """The new pair died with the process: the old token goes on while it can, and a human is called."""
    old, row = await tokens.access(), await row_of(database)
    async with database.transaction() as db:
        until = clock.now + LEASE
        assert await table.lease(db, "zalo_oa", row.refresh, "killed", clock.now, until, tried_before=clock.now)
    await platform.http.post(
        "/zalo/oauth/v4/oa/access_token", headers={"secret_key": APP_SECRET},
        data={"app_id": APP_ID, "grant_type": "refresh_token", "refresh_token": row.refresh},
    )
    clock.forward(hours=20)
    with capture_logs() as logs, pytest.raises(NoToken, match="loa zalo consent"):
        await tokens.keep_fresh()
    alarm = [line for line in logs if line["log_level"] == "critical"]
    assert len(alarm) == 1 and "loa zalo consent" in alarm[0]["remedy"]
    assert await tokens.access() == old
    clock.forward(hours=6)
    with pytest.raises(NoToken):
        await tokens.access()
    await tokens.consent(await platform.code())
    assert await tokens.access() in platform.sandbox.oa.access
    assert (await row_of(database)).trouble is None


async def test_refusals_are_not_hammered(database, platform, tokens, clock):
    platform.sandbox.oa.refresh.clear()
    clock.forward(hours=26)
    for _ in range(5):
        with pytest.raises(NoToken):
            await tokens.access()
    assert platform.sandbox.oa.stats.answers["refresh refused"] == 1
    clock.forward(minutes=2)
    with pytest.raises(NoToken):
        await tokens.access()
    assert platform.sandbox.oa.stats.answers["refresh refused"] == 2


async def test_an_unreachable_host_costs_nothing(database, platform, tokens, clock):
    clock.forward(hours=26)
    platform.broken = True
    with pytest.raises(Unavailable):
        await tokens.access()
    row = await row_of(database)
    assert row.trouble is None and row.lease_until is None
    platform.broken = False
    assert await tokens.access() in platform.sandbox.oa.access
    assert platform.refreshed == 1


async def test_cancelled_in_the_middle_the_new_pair_is_written(database, platform, tokens, clock):
    clock.forward(hours=26)
    asking = asyncio.create_task(tokens.access())
    while not tokens._buying:  # noqa: ASYNC110
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await asyncio.gather(*tokens._buying)
    assert platform.refreshed == 1
    assert (await row_of(database)).access in platform.sandbox.oa.access


async def test_nothing_secret_is_shown(database, platform, tokens, clock):
    with capture_logs() as logs:
        clock.forward(hours=26)
        secret = {await tokens.access(), (await row_of(database)).refresh, APP_SECRET}
    shown = f"{logs} {await row_of(database)!r} {tokens.app!r}"
    assert logs and not [one for one in secret if one in shown]


def test_what_an_administrator_may_paste():
    assert code_in(" abc ") == ("abc", None)
    assert code_in("https://loa.example/zalo?oa_id=57&code=abc&state=loa") == ("abc", "57")
    assert len(APP.code_verifier) == 43 and "=" not in APP.consent_link.rpartition("code_challenge=")[2].split("&")[0]


async def test_a_database_that_does_not_answer_in_time_ends_no_renewing(database, platform, tokens, clock, monkeypatch):
    monkeypatch.setattr(tokens, "_current_in_time", AsyncMock(side_effect=TimeoutError))
    with pytest.raises(Unavailable):
        await tokens.keep_fresh()
    monkeypatch.setattr(tokens, "keep_fresh", AsyncMock(side_effect=[ValueError("odd"), *[None] * 999]))
    monkeypatch.setattr("bot.zalo_tokens.LOOK", 0.01)
    stop = asyncio.Event()
    running = asyncio.create_task(tokens.run(stop))
    async with asyncio.timeout(5):
        while tokens.keep_fresh.await_count < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    stop.set()
    await asyncio.gather(running, return_exceptions=True)
