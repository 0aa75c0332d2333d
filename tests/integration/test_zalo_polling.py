"""A Zalo bot without a public address: asked again and again, each word worked once, the platform's moods outlived."""

import asyncio

import httpx
import pytest

from bot import zalo_polling
from bot.fatal import Fatal
from bot.zalo_ear import Ear
from bot.zalo_polling import BotApi, NoAnswer, poll
from handlers import zalo
from sandbox import embedded
from sandbox.zalo_bot.state import TOKEN
from tests.postman import Postman, until

PERSON = "6ede9afa66b88fe6d6a9"


@pytest.fixture
async def base():
    async with embedded.serve() as base, httpx.AsyncClient(base_url=base) as http:
        phone = {"id": PERSON, "platform": "zalo_bot", "name": "Người lạ"}
        (await http.post("/sandbox/phones", json=phone)).raise_for_status()
        yield base


@pytest.fixture
async def ear(database):
    post = Postman(zalo.BOT)
    post.platform = zalo.BOT
    ear = Ear(database, post, zalo.read_bot, {"bot_name": ""})
    ear.ready.set()
    return ear


async def act(base: str, path: str, method: str = "POST", **body) -> None:
    async with httpx.AsyncClient(base_url=base) as http:
        (await http.request(method, path, json=body)).raise_for_status()


async def test_each_word_is_answered_once_though_the_platform_repeats_itself(base, ear):
    api, stop = BotApi(f"{base}/zalo/bot", TOKEN), asyncio.Event()
    await act(base, "/sandbox/zalo/bot/rules", "PUT", replays=2)
    polling = asyncio.create_task(poll(api, ear.inbox, stop, between=0.01))
    for text in ("xin chào", "mã-không-có"):
        await act(base, f"/sandbox/phones/{PERSON}/text", text=text)
    said = ear.channel.letters
    await until(lambda: len(said) == 2)
    await asyncio.sleep(0.1)
    stop.set()
    await polling
    await api.close()
    assert len(said) == 2 and "mã mời" in said[0].text


@pytest.mark.parametrize("way", ["http", "body"])
async def test_silence_is_no_error(base, way, monkeypatch):
    monkeypatch.setattr(zalo_polling, "POLL_SECONDS", 0.05)
    await act(base, "/sandbox/zalo/bot/rules", "PUT", poll_timeout=way)
    api = BotApi(f"{base}/zalo/bot", TOKEN)
    assert await api.next_event() is None
    await api.close()


async def test_a_webhook_left_by_another_life_is_taken_away_and_can_be_set(base):
    api = BotApi(f"{base}/zalo/bot", TOKEN)
    assert (await api.name()).startswith("bot")
    await api.use_webhook("http://127.0.0.1:9/webhooks/zalo/bot", "tám-ký-tự-trở-lên"[:16])
    with pytest.raises(NoAnswer):
        await api.next_event()
    await api.leave_webhook()
    await api.close()


async def test_a_wrong_token_ends_it_with_a_sentence(base):
    api = BotApi(f"{base}/zalo/bot", "1:sai")
    with pytest.raises(Fatal, match="LOA_ZALO_BOT_TOKEN"):
        await api.name()
    await api.close()


async def test_an_absent_platform_is_asked_again_until_it_is_there(ear, monkeypatch):
    tried = []

    class Absent:
        async def leave_webhook(self) -> None:
            tried.append(1)
            raise NoAnswer("deleteWebhook: ConnectError")

    stop = asyncio.Event()
    polling = asyncio.create_task(poll(Absent(), ear.inbox, stop, between=0.001))
    await until(lambda: len(tried) >= 3)
    stop.set()
    await polling


async def test_a_download_stops_at_its_limit(base):
    async with httpx.AsyncClient() as http:
        with pytest.raises(ValueError, match="bytes"):
            await zalo_polling.download(http, f"{base}/sandbox/stats", 10)
        assert await zalo_polling.download(http, f"{base}/sandbox/stats", 1 << 20)
