"""The web side: health, and a webhook that believes nobody without the secret and stores before it answers."""

import json

import httpx
import pytest
from sqlalchemy import func, select

from bot import web
from bot.settings import Settings
from db.session import Database
from db.updates import Update


class Inbox:
    def __init__(self) -> None:
        self.arrived = []

    async def receive(self, arrived) -> None:
        self.arrived += arrived


@pytest.fixture
def settings() -> Settings:
    return Settings(_env_file=None, telegram_webhook_secret="s3cret", update_body_limit=500)


@pytest.fixture
async def client(settings, database):
    inbox = Inbox()
    app = web.build(settings, database, inbox)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://loa") as client:
        client.inbox = inbox
        yield client


async def post(client, body: str | bytes, secret: str = "s3cret") -> httpx.Response:
    return await client.post("/telegram", content=body, headers={"X-Telegram-Bot-Api-Secret-Token": secret})


async def test_health_tells_of_the_database(client, settings):
    assert (await client.get("/health")).json()["ok"] is True
    broken = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    transport = httpx.ASGITransport(web.build(settings, broken))
    async with httpx.AsyncClient(transport=transport, base_url="http://loa") as other:
        assert (await other.get("/health")).status_code == 503
    await broken.close()


async def test_an_update_with_the_secret_is_stored(client):
    assert (await post(client, json.dumps({"update_id": 5, "message": {}}))).status_code == 200
    assert client.inbox.arrived == [("5", {"update_id": 5, "message": {}})]


@pytest.mark.parametrize("secret", ["", "wrong", "s3cre", "s3cret2", "\x7f"])
async def test_a_wrong_secret_is_refused(client, secret):
    assert (await post(client, "{}", secret)).status_code == 403
    assert client.inbox.arrived == []


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"update_id": "x"}', "null", b"\xff\xfe"])
async def test_what_is_not_an_update_is_refused(client, body):
    assert (await post(client, body)).status_code == 400


async def test_a_body_over_the_limit_is_refused(client):
    assert (await post(client, json.dumps({"update_id": 1, "x": "y" * 600}))).status_code == 413


async def test_without_a_secret_in_the_settings_nothing_is_accepted(database):
    app = web.build(Settings(_env_file=None), database, Inbox())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://loa") as client:
        assert (await post(client, '{"update_id": 1}', "")).status_code == 403


async def test_nothing_of_a_refused_call_reaches_the_database(client, database):
    await post(client, '{"update_id": 1}', "wrong")
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Update)) == 0
