"""After a sending: who did not get it, once more, and those who joined since."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from bot import after_effects
from db.briefs import Brief, BriefState
from db.people import Identity, Person, PersonState
from db.pushes import Delivery, Push, PushState
from network import pushes, releases, sending_again
from network.quiet import NEVER
from network.refusals import Refusal
from tests.briefing import member
from tests.integration.test_brief_chat import chats, written  # noqa: F401


@pytest.fixture
async def ended(chats):  # noqa: F811
    """A brief sent to four: one sent, one unsure, one down, one blocked."""
    author, second = chats[:2]
    number = await written(author)
    async with author.database.transaction() as db:
        for name in ("An", "Bình", "Chi"):
            await member(db, f"Nguyễn {name}", "communicator_commune", author.now)
    await author.press(await author.act(f"b.desk|{number}"), "Trình duyệt")
    approved = await second.press(await second.say("/duyet"), "Duyệt")
    await second.press(approved, "Gửi ngay")
    outcomes = [("sent", None), ("unknown", "answer_lost"), ("failed", "down"), ("failed", "blocked")]
    async with author.database.transaction() as db:
        rows = list(await db.scalars(select(Delivery).order_by(Delivery.id)))
        assert len(rows) == 4
        for row, (state, kind) in zip(rows, outcomes, strict=True):
            row.state, row.kind, row.sent_at = state, kind, author.now if state == "sent" else None
            if kind == "blocked":
                (await db.get_one(Identity, row.identity_id)).unreachable = kind
        await db.flush()
        push = await db.scalar(select(Push))
        assert await pushes.finish_if_empty(db, push.id, author.now)
        await db.refresh(push)
        await releases.settle(db, push, author.now)
    return number


async def states(database):
    async with database.reading() as db:
        return [row.state for row in await db.scalars(select(Delivery).order_by(Delivery.id))]


async def test_who_did_not_get_it_is_named_and_gets_another_try(database, chats, ended):  # noqa: F811
    author = chats[0]
    status = await author.act(f"ap.status|{ended}")
    lost = await author.press(status, "Ai chưa nhận được")
    assert len(lost.text.split("\n")) == 4
    assert "mất phản hồi" in lost.text and "đã chặn bot" in lost.text and "nền tảng không nhận" in lost.text
    asked = await author.press(status, "Gửi lại (2)")
    assert "1 người bị lỗi và 1 người chưa rõ" in asked.text
    assert "2 người" in (await author.press(asked, "Gửi lại cả người chưa rõ")).text
    assert await states(database) == ["sent", "planned", "planned", "failed"]
    async with database.reading() as db:
        assert (await db.scalar(select(Push))).state == PushState.RUNNING
        assert (await db.get_one(Brief, ended)).state == BriefState.SENDING
    assert "Không còn ai" in (await author.press(asked, "Gửi lại người bị lỗi")).toast  # pressed twice


async def test_the_unsure_may_be_left_out(database, chats, ended):  # noqa: F811
    async with database.transaction() as db:
        assert await sending_again.retry(db, ended, chats[0].who, chats[0].now, unsure=False) == 1
    assert await states(database) == ["sent", "unknown", "planned", "failed"]


async def test_who_joined_since_gets_it_and_nobody_twice(database, chats, ended):  # noqa: F811
    author = chats[0]
    assert not [c for c in (await author.act(f"ap.status|{ended}")).choices if "thành viên mới" in c.label]
    async with database.transaction() as db:
        await member(db, "Người mới", "communicator_commune", author.now + timedelta(hours=1))
    asked = await author.press(await author.act(f"ap.status|{ended}"), "Gửi cho thành viên mới (1)")
    assert "1 thành viên" in (await author.press(asked, "Gửi")).text
    assert (await states(database)).count("planned") == 1 and len(await states(database)) == 5
    with pytest.raises(Refusal, match="Không có thành viên mới"):
        async with database.transaction() as db:
            await sending_again.add_new(db, ended, author.who, author.now, NEVER)


async def test_who_may_not_send_may_look_only(database, chats, ended):  # noqa: F811
    receiver = chats[3]
    assert (await receiver.act(f"ap.again2|{ended}")).toast
    assert (await receiver.act(f"ap.lost|{ended}")).toast
    assert await states(database) == ["sent", "unknown", "failed", "failed"]


@pytest.fixture
async def stopped(chats):  # noqa: F811
    """A brief on its way to four, stopped after one got it and one met a fault; nobody has marked the rest yet."""
    author, second = chats[:2]
    number = await written(author)
    async with author.database.transaction() as db:
        for name in ("An", "Bình", "Chi"):
            await member(db, f"Nguyễn {name}", "communicator_commune", author.now)
    await author.press(await author.act(f"b.desk|{number}"), "Trình duyệt")
    approved = await second.press(await second.say("/duyet"), "Duyệt")
    await second.press(approved, "Gửi ngay")
    async with author.database.transaction() as db:
        rows = list(await db.scalars(select(Delivery).order_by(Delivery.id)))
        for row, (state, kind) in zip(rows, [("sent", None), ("failed", "down")], strict=False):
            row.state, row.kind = state, kind
        await releases.stop(db, number, author.who, author.now)
    return number


async def test_while_a_stop_is_carried_out_nothing_goes_again(database, chats, stopped):  # noqa: F811
    author = chats[0]
    labels = {c.label for c in (await author.act(f"ap.status|{stopped}")).choices}
    assert not [label for label in labels if label.startswith(("Gửi lại", "Gửi nốt"))]
    assert "Việc dừng gửi đang được hoàn tất" in (await author.act(f"ap.again2|{stopped}")).toast
    assert "Việc dừng gửi đang được hoàn tất" in (await author.act(f"ap.rest2|{stopped}")).toast
    async with database.reading() as db:
        assert (await db.scalar(select(Push))).state == PushState.STOPPED
    assert await states(database) == ["sent", "failed", "planned", "planned"]
    async with database.transaction() as db:
        await after_effects.tidy(db, author.now)
    assert await states(database) == ["sent", "failed", "stopped", "stopped"]
    assert "1 người" in (await author.act(f"ap.again2|{stopped}")).text  # of the failed; the rest stays as it is
    assert await states(database) == ["sent", "planned", "stopped", "stopped"]


async def test_whom_a_stop_left_without_may_get_it_after_all(database, chats, stopped):  # noqa: F811
    author = chats[0]
    async with database.transaction() as db:
        await after_effects.tidy(db, author.now)
        last = await db.scalar(select(Delivery.person_id).order_by(Delivery.id.desc()).limit(1))
        (await db.get_one(Person, last)).state = PersonState.LEFT  # meanwhile
    asked = await author.press(await author.act(f"ap.status|{stopped}"), "Gửi nốt (1)")
    assert "1 người chưa được gửi" in asked.text
    assert "1 người" in (await author.press(asked, "Gửi nốt")).text
    assert await states(database) == ["sent", "failed", "planned", "stopped"]
    async with database.reading() as db:
        push = await db.scalar(select(Push))
        assert (push.state, push.finished_at) == (PushState.RUNNING, None)
        assert (await db.get_one(Brief, stopped)).state == BriefState.SENDING
    assert "Không còn ai" in (await author.press(asked, "Gửi nốt")).toast  # pressed twice


async def test_a_paused_sending_is_not_resumed_by_sending_again(database, chats, ended):  # noqa: F811
    async with database.transaction() as db:
        await sending_again.retry(db, ended, chats[0].who, chats[0].now)
        (await db.scalar(select(Delivery).where(Delivery.state == "planned").limit(1))).state = "unknown"
        await releases.pause(db, ended, chats[0].who, chats[0].now)
    with pytest.raises(Refusal, match="đang tạm dừng"):
        async with database.transaction() as db:
            await sending_again.retry(db, ended, chats[0].who, chats[0].now)
    async with database.reading() as db:
        assert (await db.scalar(select(Push))).state == PushState.PAUSED


async def test_who_came_back_gets_it_too(database, chats, ended):  # noqa: F811
    author = chats[0]
    async with database.transaction() as db:
        await db.execute(update(Identity).where(Identity.unreachable == "blocked").values(unreachable=None))
    status = await author.act(f"ap.status|{ended}")
    asked = await author.press(status, "Gửi lại (3)")
    assert "3 người" in (await author.press(asked, "Gửi lại cả người chưa rõ")).text
    assert await states(database) == ["sent", "planned", "planned", "planned"]


async def test_behind_a_closed_window_only_who_spoke_since(database, chats, ended):  # noqa: F811
    author = chats[0]
    async with database.transaction() as db:
        await db.execute(update(Delivery).where(Delivery.kind == "blocked").values(kind="closed"))
        closed = select(Delivery.identity_id).where(Delivery.kind == "closed").scalar_subquery()
        mine = update(Identity).where(Identity.id == closed)
        await db.execute(mine.values(unreachable=None, last_interaction_at=author.now - timedelta(days=9)))
    assert "Gửi lại (2)" in str((await author.act(f"ap.status|{ended}")).choices)
    async with database.transaction() as db:
        await db.execute(mine.values(last_interaction_at=author.now + timedelta(minutes=1)))
    assert "Gửi lại (3)" in str((await author.act(f"ap.status|{ended}")).choices)


NIGHT = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # 22:30 in Hà Nội
UNTIL_SIX = "người đang trong giờ nghỉ, sẽ nhận từ 06:00 ngày 25/11/2026"


async def test_at_night_it_is_said_when_they_hear_of_it(database, chats, ended):  # noqa: F811
    author = chats[0]
    author.now = NIGHT
    assert f"2 {UNTIL_SIX}" in (await author.act(f"ap.again2|{ended}")).text
    await author.act(f"ap.pause|{ended}")
    async with database.transaction() as db:
        await db.execute(update(Delivery).where(Delivery.state == "planned").values(not_before=None))
    assert f"2 {UNTIL_SIX}" in (await author.act(f"ap.resume|{ended}")).text


async def test_sending_the_rest_at_night_says_when(database, chats, stopped):  # noqa: F811
    author = chats[0]
    async with database.transaction() as db:
        await after_effects.tidy(db, author.now)
    author.now = NIGHT
    assert f"2 {UNTIL_SIX}" in (await author.act(f"ap.rest2|{stopped}")).text
