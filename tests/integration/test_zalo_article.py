"""A brief as an article of the OA: only what was signed and sent, only once, and whatever the platform says is told."""

from dataclasses import replace
from unittest.mock import AsyncMock

import pytest

from bot import zalo_articles
from bot.commands import zalo_article
from bot.zalo_articles import Articles, NotDone, Unsure
from bot.zalo_publishing import Publisher
from bot.zalo_tokens import Tokens
from db.articles import Article
from db.briefs import Brief, BriefState
from network import articles as rules
from network import briefs
from network.refusals import Refusal
from tests.briefing import CONTENT, member
from tests.zalo_platform import APP, Platform

HOA = "7200000000000000001"
API = "http://zalo/zalo/openapi"


@pytest.fixture
async def platform(monkeypatch) -> Platform:
    """By day: Zalo broadcasts nothing at night."""
    monkeypatch.setattr(zalo_articles, "WAIT", 0)
    platform = Platform()
    here = platform.sandbox.oa.local()
    await platform.later(hours=(33 - here.hour) % 24)
    await platform.phone(HOA)
    return platform


@pytest.fixture
async def articles(database, platform) -> Articles:
    tokens = Tokens(database, "zalo_oa", APP, platform.http)
    await tokens.consent(await platform.code())
    return Articles(tokens, platform.http, API)


async def brief(database, now, *, state=BriefState.DONE, **content) -> int:
    async with database.transaction() as db:
        who = await member(db, "Phạm Bình", "super_admin", now)
        draft = await briefs.create(db, replace(CONTENT, **content), who, now)
        (await db.get_one(Brief, draft.id)).state = state
    return draft.id


async def told(database, articles, number: int, **wanted: bool) -> str:
    return await zalo_article.carry_out(database, articles, "", str(number), None, **wanted)


async def test_published_and_broadcast_once(database, platform, articles, now):
    number = await brief(database, now)
    with pytest.raises(NotDone, match="chưa làm xong"):
        await told(database, articles, number)
    await platform.later(seconds=5)
    assert "đã là bài viết" in await told(database, articles, number)
    assert "Đã gửi quảng bá" in await told(database, articles, number, broadcast=True)
    assert "không gửi lại" in await told(database, articles, number, broadcast=True)
    (article,) = platform.sandbox.oa.articles.values()
    assert article["title"] == CONTENT.title and "Đã nhận" not in article["body"][0]["content"]
    (shown,) = await platform.messages(HOA)
    assert shown["card"] == {"kind": "article", "title": CONTENT.title}


async def test_the_quota_and_the_night_are_told(database, platform, articles, now):
    number = await brief(database, now)
    await platform.rules(broadcasts_a_month=0)
    with pytest.raises(NotDone):
        await told(database, articles, number)
    await platform.later(seconds=5)
    with pytest.raises(NotDone, match="hết số lần gửi quảng bá"):
        await told(database, articles, number, broadcast=True)
    await platform.later(hours=14)
    with pytest.raises(NotDone, match="ban ngày"):
        await told(database, articles, number, broadcast=True)


@pytest.mark.parametrize("change", [
    {"state": BriefState.DRAFT}, {"state": BriefState.RECALLED}, {"internal_only": True},
])
async def test_what_may_not_be_public(database, articles, now, change):
    number = await brief(database, now, **change)
    with pytest.raises(Refusal):
        await told(database, articles, number)


def test_lengths_are_the_platforms():
    made = rules.article(replace(CONTENT, title="Tin " * 100, summary="Dài " * 200), "Sở Y tế " * 20, "https://a.vn/b")
    assert (len(made["title"]), len(made["author"]), len(made["description"])) == (150, 50, 300)
    assert made["cover"]["photo_url"] == "https://a.vn/b"


class Lost(Exception):
    """The process dies here."""


async def test_a_broadcast_whose_answer_is_lost_is_not_repeated(database, platform, articles, now, monkeypatch):
    number = await brief(database, now)
    with pytest.raises(NotDone):
        await told(database, articles, number)
    await platform.later(seconds=5)
    with monkeypatch.context() as patched:
        patched.setattr(articles, "broadcast", AsyncMock(side_effect=Lost))
        with pytest.raises(Lost):
            await told(database, articles, number, broadcast=True)
    with pytest.raises(Unsure, match="--again"):
        await told(database, articles, number, broadcast=True)
    assert not platform.sandbox.oa.broadcasts
    async with database.reading() as db:
        assert "chưa rõ kết quả" in await rules.standing(db, number)
    assert "Đã gửi quảng bá" in await told(database, articles, number, broadcast=True, again=True)
    async with database.reading() as db:
        assert "Zalo nhận gửi quảng bá" in await rules.standing(db, number)


async def test_an_article_asked_for_before_a_crash_is_found_again(database, platform, articles, now, monkeypatch):
    number = await brief(database, now)
    create = articles.create

    async def dying(article):
        await create(article)
        raise Lost

    with monkeypatch.context() as patched, pytest.raises(Lost):
        patched.setattr(articles, "create", dying)
        await told(database, articles, number)
    await platform.later(seconds=5)
    assert "đã là bài viết" in await told(database, articles, number)
    assert len(platform.sandbox.oa.articles) == 1


async def test_the_article_of_a_recalled_brief_is_taken_away(database, platform, articles, now):
    number = await brief(database, now)
    assert "không có bài viết" in await told(database, articles, number, remove=True)
    with pytest.raises(NotDone):
        await told(database, articles, number)
    await platform.later(seconds=5)
    await told(database, articles, number)
    async with database.transaction() as db:
        (await db.get_one(Brief, number)).state = BriefState.RECALLED
    assert "Đã gỡ" in await told(database, articles, number, remove=True)
    assert not platform.sandbox.oa.articles
    async with database.reading() as db:
        assert "đã gỡ" in await rules.standing(db, number)


async def test_what_is_recalled_while_its_article_is_made_is_not_broadcast(
    database, platform, articles, now, monkeypatch
):
    number = await brief(database, now)
    with pytest.raises(NotDone):
        await told(database, articles, number)
    await platform.later(seconds=5)
    publish = Publisher.publish

    async def meanwhile(publisher: Publisher, picture: str):
        row = await publish(publisher, picture)
        async with database.transaction() as db:
            (await db.get_one(Brief, number)).state = BriefState.RECALLED
        return row

    monkeypatch.setattr(Publisher, "publish", meanwhile)
    with pytest.raises(Refusal, match="chỉ đăng được"):
        await told(database, articles, number, broadcast=True)
    async with database.reading() as db:
        assert (await db.get_one(Article, number)).broadcast_asked_at is None


async def test_a_corrected_brief_is_published_by_its_correction(database, articles, now, monkeypatch):
    number = await brief(database, now)
    monkeypatch.setattr("network.articles.corrections.successor", AsyncMock(return_value=77))
    with pytest.raises(Refusal, match="bản tin 77"):
        await told(database, articles, number)
