"""Pushes on a platform with windows and prices: who is reached how, for how much, and what was said of it before."""

from datetime import UTC, datetime, timedelta
from itertools import cycle

import pytest
from sqlalchemy import select, update

from benchmarks import crowd
from bot import workers
from bot.channels import Gone
from bot.channels.zalo_oa import ZaloOaChannel
from bot.channels.zalo_oa_errors import HANOI
from bot.lanes import Lane
from bot.zalo_tokens import Tokens
from db import lanes
from db.people import Identity, Person, PersonState
from db.pushes import Delivery, Push, PushKind
from network import audiences, pushes, reach
from network.audiences import Audience
from network.brief_content import Content
from network.tariff import Tariff
from tests.postman import Postman, until, working
from tests.zalo_platform import APP, Platform

EVERYBODY = Audience(everybody=True)
CONTENT = Content(title="Lịch tiêm vắc xin", body="Mời bà con đến trạm y tế.", ack=True, ack_hours=24)
FIRST = 7_300_000_000_000_000_000
MENDED = {"money": {"money": 9000}, "template_daily": {"template_daily": 9}, "status": {"status": "ENABLE"}}
AGES = (timedelta(hours=1), timedelta(hours=47), timedelta(days=3), timedelta(days=30), timedelta(days=400), None)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(workers, "EVERY", 0.05)


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
async def tokens(database, platform) -> Tokens:
    tokens = Tokens(database, "zalo_oa", APP, platform.http)
    await tokens.consent(await platform.code())
    return tokens


def oa(platform: Platform, tokens: Tokens, **tariff) -> ZaloOaChannel:
    return ZaloOaChannel(
        "zalo_oa", tokens, Lane("zalo_oa", 2000.0), Tariff(as_of="2026-01", **tariff), api="http://zalo/zalo/openapi",
        template="400100", http=platform.http,
    )


async def person(database, number: int, *at: tuple[str, timedelta | None], now: datetime) -> int:
    """With an address on each of the channels named; the first is preferred."""
    async with database.transaction() as db:
        who = Person(state=PersonState.ACTIVE, full_name=f"Người {number}", topics_chosen=True, created_at=now)
        db.add(who)
        await db.flush()
        for place, (channel, age) in enumerate(at):
            db.add(Identity(
                person_id=who.id, platform=channel, channel=channel, preferred=place == 0, created_at=now,
                address=str(FIRST + number), last_interaction_at=None if age is None else now - age,
            ))
        return who.id


async def phones(platform: Platform, numbers: range, ages: list[timedelta | None], now: datetime) -> None:
    for number, age in zip(numbers, ages, strict=True):
        await platform.phone(str(FIRST + number))
        platform.sandbox.oa.phones[str(FIRST + number)].last_interaction = (
            None if age is None else (now - age).timestamp()
        )
        platform.sandbox.oa.phones[str(FIRST + number)].follower = False


async def told_before(database, channel, *, flash: bool = False, content: Content = CONTENT) -> reach.Reach:
    async with database.transaction() as db:
        await lanes.ensure(db, channel.name)
        await lanes.set_tariff(db, channel.name, channel.tariff.to_json())
    async with database.reading() as db:
        return await reach.of(db, EVERYBODY, content, flash=flash, now=datetime.now(UTC))


async def sent(database, *channels, content: Content = CONTENT, flash: bool = False) -> Push:
    chosen = audiences.recipients(EVERYBODY, flash=flash)
    push = await crowd.push(database, content=content, recipients=chosen)
    return await working_until_over(database, push, *channels)


async def over(database, push: Push) -> bool:
    return (await crowd.push_of(database, push.id)).finished_at is not None


async def working_until_over(database, push: Push, *channels) -> Push:
    async def work(rest) -> None:
        if not rest:
            return await until(lambda: over(database, push))
        async with working(database, rest[0]):
            await work(rest[1:])

    await work(channels)
    return await crowd.push_of(database, push.id)


async def rows(database, push: Push) -> dict[int, list[tuple[str, str, str | None]]]:
    """Person → (channel, state, kind) of each of their rows."""
    found: dict[int, list[tuple[str, str, str | None]]] = {}
    async with database.reading() as db:
        mine = select(Delivery).where(Delivery.push_id == push.id).order_by(Delivery.id)
        for row in await db.scalars(mine):
            found.setdefault(row.person_id, []).append((row.channel, row.state, row.kind))
    return found


async def test_the_estimate_is_the_bill_to_the_dong(database, platform, tokens):
    """Six ages of the last interaction; the sandbox decides and bills by its own rules."""
    now, count = datetime.now(UTC), 120
    ages = [age for _, age in zip(range(count), cycle(AGES), strict=False)]
    await phones(platform, range(count), ages, now)
    for number, age in enumerate(ages):
        await person(database, number, ("zalo_oa", age), now=now)
    channel = oa(platform, tokens)
    before = await told_before(database, channel)
    push = await sent(database, channel)
    bill = await platform.bill()
    assert (before.free, before.paid, before.template, before.unreachable) == (40, 20, 20, 40)
    assert (bill["free"], bill["paid"], bill["template"]) == (40, 20, 20)
    assert before.dong == bill["dong"] == push.spent == 20 * 55 + 20 * 84
    assert before.said() == "120 người: 40 miễn phí, 20 trả phí, 20 qua mẫu, 40 không tới được; dự kiến 2.780 đồng"
    states = [row for mine in (await rows(database, push)).values() for row in mine]
    assert states.count(("zalo_oa", "sent", "template")) == 20
    assert states.count(("zalo_oa", "failed", "closed")) == 40


async def test_a_long_letter_costs_each_of_its_messages(database, platform, tokens):
    now = datetime.now(UTC)
    await phones(platform, range(1), [timedelta(days=3)], now)
    await person(database, 0, ("zalo_oa", timedelta(days=3)), now=now)
    content = Content(title="Dài", body="\n\n".join("chữ " * 200 for _ in range(6)))
    channel = oa(platform, tokens)
    before = await told_before(database, channel, content=content)
    await sent(database, channel, content=content)
    assert before.dong == (await platform.bill())["dong"] == 3 * 55


@pytest.mark.parametrize(("refusal", "why"), [(-213, "unfollowed"), (-227, "inactive")])
async def test_who_cannot_be_written_to_here_is_written_to_elsewhere(database, platform, tokens, refusal, why):
    now = datetime.now(UTC)
    await phones(platform, range(2), [timedelta(days=400), timedelta(hours=1)], now)
    late = await person(database, 0, ("zalo_oa", timedelta(days=400)), ("telegram", None), now=now)
    gone = await person(database, 1, ("zalo_oa", timedelta(hours=1)), ("telegram", None), now=now)
    platform.sandbox.oa.phones[str(FIRST + 1)].refuses = refusal
    channel, telegram = oa(platform, tokens), Postman()
    before = await told_before(database, channel)
    push = await sent(database, channel, telegram)
    assert await rows(database, push) == {late: [("telegram", "sent", None)], gone: [("telegram", "sent", None)]}
    assert (before.free, before.unreachable, push.planned) == (2, 0, 2)
    first = select(Identity.unreachable).where(Identity.person_id == gone).order_by(Identity.id).limit(1)
    async with database.reading() as db:
        unreachable = await db.scalar(first)
    assert unreachable == why


async def test_nobody_is_left_when_every_address_fails(database, platform, tokens):
    now = datetime.now(UTC)
    await phones(platform, range(1), [timedelta(hours=1)], now)
    platform.sandbox.oa.phones[str(FIRST)].refuses = -217
    who = await person(database, 0, ("telegram", None), ("zalo_oa", timedelta(hours=1)), now=now)
    push = await sent(database, oa(platform, tokens), Postman(answer=lambda letter, number: Gone("blocked")))
    assert await rows(database, push) == {who: [("zalo_oa", "failed", "blocked")]}


async def test_one_brief_a_person_but_a_flash_brief_on_every_channel(database, platform, tokens):
    now = datetime.now(UTC)
    await phones(platform, range(1), [timedelta(hours=1)], now)
    who = await person(database, 0, ("zalo_oa", timedelta(hours=1)), ("telegram", None), now=now)
    channel, telegram = oa(platform, tokens), Postman()
    push = await sent(database, channel, telegram)
    assert await rows(database, push) == {who: [("zalo_oa", "sent", None)]}
    assert (await told_before(database, channel, flash=True)).people == 1
    flash = await sent(database, channel, telegram, flash=True)
    assert sorted((await rows(database, flash))[who]) == [("telegram", "sent", None), ("zalo_oa", "sent", None)]


async def test_the_budget_holds_what_costs_and_lets_the_free_go(database, platform, tokens):
    now = datetime.now(UTC)
    ages = [timedelta(days=3)] * 4 + [timedelta(hours=1)] * 2
    await phones(platform, range(6), ages, now)
    for number, age in enumerate(ages):
        await person(database, number, ("zalo_oa", age), now=now)
    channel = oa(platform, tokens, budget=120)
    before = await told_before(database, channel)
    push = await sent(database, channel)
    assert "vượt hạn mức 120 đồng" in before.said()
    assert push.spent == (await platform.bill())["dong"] == 110
    found = [row for mine in (await rows(database, push)).values() for row in mine]
    assert found.count(("zalo_oa", "failed", "over_budget")) == 2 and len(found) == 6


@pytest.mark.parametrize("trouble", [
    (3, "rules", {"money": 60}), (30, "rules", {"template_daily": 1}), (30, "templates/400100", {"status": "REJECT"}),
])
async def test_money_quota_or_template_gone_on_the_way(database, platform, tokens, trouble):
    """Who has another address is written to there; the others are held, and can be sent to again."""
    now, (days, where, change) = datetime.now(UTC), trouble
    await phones(platform, range(4), [timedelta(days=days)] * 4, now)
    both = [await person(database, n, ("zalo_oa", timedelta(days=days)), ("telegram", None), now=now) for n in (0, 1)]
    alone = [await person(database, n, ("zalo_oa", timedelta(days=days)), now=now) for n in (2, 3)]
    (await platform.http.put(f"/sandbox/zalo/{where}", json=change)).raise_for_status()
    push = await sent(database, oa(platform, tokens), Postman())
    found = await rows(database, push)
    kinds = {"no_money", "out_of_quota", "template_refused"}
    held = [who for who, [(*where, kind), *more] in found.items() if kind in kinds and not more]
    assert {state for who in both for _, state, _ in found[who]} == {"sent"}
    assert set(held) <= set(alone) and len(held) >= 1
    (await platform.http.put(f"/sandbox/zalo/{where}", json=MENDED[next(iter(change))])).raise_for_status()
    async with database.transaction() as db:
        assert await pushes.retry_failed(db, push.id) == len(held)
    again = await working_until_over(database, push, oa(platform, tokens))
    assert {state for mine in (await rows(database, again)).values() for _, state, _ in mine} == {"sent"}


async def test_what_the_platform_does_not_take_at_night_goes_in_the_morning(database, platform, tokens, monkeypatch):
    """-234: a template of the promotion class; the others of the push are not held up."""
    now = datetime.now(UTC)
    ages = [timedelta(days=30), timedelta(hours=1)]
    await phones(platform, range(2), ages, now)
    late, awake = [await person(database, n, ("zalo_oa", age), now=now) for n, age in enumerate(ages)]
    monkeypatch.setattr(platform.sandbox.oa.templates["400100"], "tag", 3)
    monkeypatch.setattr(type(platform.sandbox.oa), "night", lambda oa: True)
    channel = oa(platform, tokens)
    push = await crowd.push(database, content=CONTENT, recipients=audiences.recipients(EVERYBODY, flash=False))

    async def waiting() -> list[Delivery]:
        async with database.reading() as db:
            return list(await db.scalars(select(Delivery).where(Delivery.not_before.is_not(None))))

    async with working(database, channel):
        await until(waiting)
        (row,) = await waiting()
        morning = row.not_before.astimezone(HANOI)
        assert (row.person_id, row.state, row.attempts) == (late, "planned", 0)
        assert (morning.hour, morning.minute) == (6, 0) and timedelta() < row.not_before - now <= timedelta(days=1)
        await until(lambda: arrived(database, push, awake))
        monkeypatch.undo()
        async with database.transaction() as db:
            await db.execute(update(Delivery).values(not_before=now))
        await until(lambda: over(database, push))
    assert (await rows(database, push))[late] == [("zalo_oa", "sent", "template")]


async def arrived(database, push: Push, who: int) -> bool:
    return (await rows(database, push))[who] == [("zalo_oa", "sent", None)]


async def test_a_reminder_outside_the_window_goes_by_template(database, platform, tokens):
    now = datetime.now(UTC)
    await phones(platform, range(1), [timedelta(days=30)], now)
    who = await person(database, 0, ("zalo_oa", timedelta(days=30)), now=now)
    push = await crowd.push(
        database, content=CONTENT, recipients=audiences.recipients(EVERYBODY, flash=False), kind=PushKind.REMINDER
    )
    await working_until_over(database, push, oa(platform, tokens))
    assert (await rows(database, push))[who] == [("zalo_oa", "sent", "template")]
