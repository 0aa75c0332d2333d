"""“Đã nhận” typed in words."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from db.briefs import Acknowledgement, Brief
from db.pushes import Delivery, DeliveryState
from handlers import acknowledging
from network import approvals, briefs, releases
from network.quiet import Quiet
from tests.briefing import CONTENT, EVERYBODY, member
from tests.talking import Phone


@pytest.mark.parametrize(
    "text", ["đã nhận", "da nhan", "ok đã nhận", "Dạ em đã nhận được tin rồi ạ", "Đã nhận!", "nhận rồi", "xác nhận"]
)
def test_words_that_say_so(text):
    assert acknowledging.says_received(text)


@pytest.mark.parametrize(
    "text", ["đã nhận chưa?", "xác nhận cư trú ở đâu", "khi nào nhận tiền", "ok", "đã nhận hồ sơ", "nhận", ""]
)
def test_words_that_do_not(text):
    assert not acknowledging.says_received(text)


async def send(db, title: str, author, second, now, **content) -> int:
    draft = await briefs.create(db, replace(CONTENT, title=title, **content), author, now, audience=EVERYBODY)
    draft = await briefs.submit(db, draft.id, author, now, stamp=draft.stamp)
    await approvals.approve(db, draft.id, second, now, stamp=draft.stamp)
    await releases.send(db, draft.id, second, now, stamp=draft.stamp, quiet=Quiet())
    await db.execute(update(Delivery).values(state=DeliveryState.SENT, sent_at=now, message_ids="5"))
    return draft.id


async def test_it_answers_the_newest_brief_that_waits(database, now):
    async with database.transaction() as db:
        author, second = [await member(db, name, "super_admin", now) for name in ("Bình", "Lan")]
        who = await member(db, "Tâm", "communicator_commune", now)
        older = await send(db, "Tin cũ", author, second, now)
        newer = await send(db, "Tin mới", author, second, now)
        await send(db, "Tin không hỏi", author, second, now, ack=False, ack_hours=None)
        gone = await send(db, "Tin thu hồi", author, second, now)
        await db.execute(update(Brief).where(Brief.id == gone).values(state="recalled"))
    phone = Phone.of(database, who, now + timedelta(hours=1))
    first, then, last = [(await phone.say("ok đã nhận")).text for _ in range(3)]
    assert first.startswith("“Tin mới”: Đã ghi nhận") and then.startswith("“Tin cũ”: Đã ghi nhận")
    assert last == acknowledging.NONE_WAITS
    async with database.reading() as db:
        rows = await db.execute(select(Acknowledgement.brief_id, Acknowledgement.person_id))
        assert sorted(rows.all()) == [(older, who.person_id), (newer, who.person_id)]
