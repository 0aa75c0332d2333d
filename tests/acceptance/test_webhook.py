"""Going live by webhook: the same conversation, the secret checked, nothing lost while Loa is away."""

import asyncio
import secrets
from collections.abc import Iterator

import httpx
import pytest

from tests.acceptance.conftest import Loa

SECRET = secrets.token_urlsafe(24)


@pytest.fixture(scope="module")
def loa(telegram: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loa]:
    loa = Loa(telegram, tmp_path_factory.mktemp("webhook"))
    loa.environment |= {
        "LOA_TELEGRAM_WEBHOOK": f"http://127.0.0.1:{loa.port}/telegram", "LOA_TELEGRAM_WEBHOOK_SECRET": SECRET,
    }
    loa.start()
    yield loa
    assert loa.stop() == 0, loa.log()


async def test_updates_come_by_webhook_and_wait_while_loa_is_away(loa, phone):
    stranger = await phone("91", "Người lạ")
    await stranger.say("xin chào", "mở liên kết mời")
    await asyncio.to_thread(loa.kill)
    before = await stranger.version()
    await stranger.tell("/start khong-co-ma-nay")
    await asyncio.to_thread(loa.start)
    await stranger.wait_for("Mã mời này không đúng", before)


async def test_who_does_not_know_the_secret_is_refused(loa):
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{loa.port}", timeout=10) as client:
        for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guess"}):
            answer = await client.post("/telegram", json={"update_id": 1}, headers=headers)
            assert (answer.status_code, answer.text) == (403, "wrong secret")
        known = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        assert (await client.post("/telegram", content=b"{", headers=known)).status_code == 400
        assert (await client.post("/telegram", content=b" " * 1_100_000, headers=known)).status_code == 413
        assert (await client.get("/health")).json()["ok"] is True
