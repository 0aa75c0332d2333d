"""After the deadline: the lead of each agency hears the names, the author the sum, once."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from bot import schedule
from bot.commands import people
from bot.settings import Settings
from db import matrix
from db.agencies import Agency
from db.followups import Escalation, FollowUp
from db.people import Person
from db.pushes import Delivery, DeliveryState, Notice
from db.session import Database
from handlers import escalating, matrix_page
from handlers.reply import Reply
from network import acknowledgements, approvals, audit, briefs, leads, pushes, releases
from network.brief_content import Priority
from network.quiet import Quiet
from network.refusals import Refusal
from tests.briefing import CONTENT, EVERYBODY, Chat, member, shown

HOUR = timedelta(hours=1)


class Region:
    """A province with two communes: the first has a head, the second nobody but the province above it."""

    def __init__(self, database, now) -> None:
        self.database, self.now, self.settings = database, now, Settings(_env_file=None, quiet_from=21)
        self.people: dict[str, list[int]] = {}
        self.brief_id = 0

    async def furnish(self, **content) -> None:
        now = self.now
        async with self.database.transaction() as db:
            for number, (code, parent) in enumerate([("TINH", None), ("XA1", 1), ("XA2", 1)], 1):
                path = f"/{number}/" if parent is None else f"/1/{number}/"
                db.add(Agency(id=number, code=code, name=f"UBND {code}", folded="", level="commune", parent_id=parent,
                              path=path))
                await db.flush()
            self.author = await member(db, "Bình", "super_admin", now)
            second = await member(db, "Lan", "super_admin", now)
            self.chief = await member(db, "Chủ tịch tỉnh", "leader", now, agency_id=1)
            self.head = await member(db, "Chủ tịch xã", "leader", now, agency_id=2)
            for agency in (2, 3, None):
                found = [
                    await member(db, f"Cán bộ {agency}.{n}", "communicator_commune", now, agency_id=agency)
                    for n in range(3)
                ]
                self.people[str(agency)] = [who.person_id for who in found]
            draft = await briefs.create(db, replace(CONTENT, **content), self.author, now, audience=EVERYBODY)
            draft = await briefs.submit(db, draft.id, self.author, now, stamp=draft.stamp)
            await approvals.approve(db, draft.id, second, now, stamp=draft.stamp)
            await releases.send(db, draft.id, second, now, stamp=draft.stamp, quiet=Quiet())
            self.brief_id = draft.id

    async def arrive(self, at: datetime, **lost: int) -> None:
        async with self.database.transaction() as db:
            for state, person in lost.items():
                mine = update(Delivery).where(Delivery.person_id == person)
                await db.execute(mine.values(state=state, kind="blocked"))
            rest = update(Delivery).where(Delivery.state == "planned")
            await db.execute(rest.values(state=DeliveryState.SENT, sent_at=at, message_ids="5"))
            for push_id, _ in await pushes.unfinished(db):
                await pushes.finish_if_empty(db, push_id, at)

    async def press(self, *people: int) -> None:
        async with self.database.transaction() as db:
            for person in people:
                await acknowledgements.acknowledge(db, self.brief_id, person, self.now + HOUR)

    async def look(self, after: timedelta) -> None:
        await schedule.look(self.settings, self.database, self.now + after)

    async def told(self, who) -> list[Reply]:
        async with self.database.reading() as db:
            rows = select(Notice).where(Notice.address == who.address).order_by(Notice.id)
            found = [Reply.from_plain(row.reply) for row in await db.scalars(rows)]
        return [shown(reply) for reply in found if "hạn xác nhận" in reply.text]


@pytest.fixture
async def region(database, now) -> Region:
    region = Region(database, now)
    await region.furnish(ack_hours=4)
    return region


async def test_leads_hear_the_names_and_the_author_the_sum(region, now):
    await region.look(timedelta())
    await region.arrive(now, failed=region.people["2"][2])
    await region.press(region.people["2"][0], *region.people["3"][:2])
    await region.look(4 * HOUR - timedelta(minutes=1))
    assert await region.told(region.head) == []
    await region.look(4 * HOUR)
    (head,), (chief,), (author,) = [await region.told(w) for w in (region.head, region.chief, region.author)]
    assert "Chưa xác nhận (1 người)**\n- Cán bộ 2.1" in head.text and "Chưa nhận được tin (1 người)" in head.text
    assert "Cán bộ 2.2" in head.text and "Cán bộ 2.0" not in head.text and "UBND XA1" in head.text
    assert "UBND XA2" in chief.text and "- Cán bộ 3.2" in chief.text and "Cán bộ 2" not in chief.text
    assert "Đã xác nhận: 3/8" in author.text and "Chưa xác nhận: 5 người" in author.text
    assert "Đã báo 2 người phụ trách của 3 cơ quan" in author.text
    assert "Chưa có người phụ trách để báo: Chưa rõ cơ quan" in author.text
    await region.look(5 * HOUR)
    assert len(await region.told(region.head)) == 1
    async with region.database.reading() as db:
        assert await audit.verify(db) is None
        rows = [tuple(r) for r in await db.execute(
            select(Escalation.agency_id, Escalation.people, Escalation.lead_id).order_by(Escalation.agency_id))]
        assert rows == [(0, 3, None), (2, 2, region.head.person_id), (3, 1, region.chief.person_id)]


async def test_several_processes_and_small_parts_tell_once(region, now, monkeypatch):
    monkeypatch.setattr(escalating, "PART", 1)
    await region.look(timedelta())
    await region.arrive(now)
    await asyncio.gather(*(region.look(4 * HOUR) for _ in range(4)))
    for who in (region.head, region.chief, region.author):
        assert len(await region.told(who)) == 1


async def test_everybody_answered_only_the_author_hears(region, now):
    await region.look(timedelta())
    await region.arrive(now)
    await region.press(*(person for group in region.people.values() for person in group))
    await region.look(4 * HOUR)
    assert await region.told(region.head) == []
    (author,) = await region.told(region.author)
    assert "Đã xác nhận: 9/9" in author.text and "Đã báo" not in author.text


async def test_the_last_ones_time_counts_and_a_running_push_is_waited_for(region, now):
    await region.look(timedelta())
    async with region.database.transaction() as db:
        some = update(Delivery).where(Delivery.person_id.in_(region.people["2"]))
        await db.execute(some.values(state=DeliveryState.SENT, sent_at=now, message_ids="5"))
    await region.look(4 * HOUR)
    assert await region.told(region.head) == []
    await region.arrive(now + 3 * HOUR)
    await region.look(5 * HOUR)
    assert await region.told(region.head) == []
    await region.look(7 * HOUR)
    assert len(await region.told(region.head)) == 1


async def test_nobody_is_told_at_night(database, now):
    region = Region(database, now)
    await region.furnish(ack_hours=12)
    await region.look(timedelta())
    await region.arrive(now + HOUR)  # the deadline is 22:00
    await region.look(13 * HOUR)
    assert await region.told(region.head) == []
    await region.look(21 * HOUR)
    assert len(await region.told(region.head)) == 1


async def test_a_flash_brief_is_told_at_night(database, now):
    region = Region(database, now)
    await region.furnish(ack_hours=12, priority=Priority.FLASH)
    await region.look(timedelta())
    await region.arrive(now + HOUR)
    await region.look(13 * HOUR)
    assert len(await region.told(region.head)) == 1


async def test_a_lead_may_be_named_and_falls_back(region, now):
    deputy = region.people["3"][0]
    async with region.database.transaction() as db:
        await leads.name(db, "XA2", deputy, now)
        assert await leads.lead_of(db, 3) == deputy
        with pytest.raises(Refusal, match="Không có người"):
            await leads.name(db, "XA2", 999_999, now)
        with pytest.raises(Refusal, match="Không có cơ quan"):
            await leads.name(db, "XA9", deputy, now)
        await db.execute(update(Person).where(Person.id == deputy).values(state="left"))
        assert await leads.lead_of(db, 3) == region.chief.person_id
        await db.execute(update(Person).where(Person.id == region.chief.person_id).values(state="left"))
        assert await leads.lead_of(db, 3) is None and await leads.lead_of(db, None) is None


async def test_a_stopped_brief_is_not_escalated(region, now):
    await region.look(timedelta())
    await region.arrive(now)
    async with region.database.transaction() as db:
        draft = await briefs.load(db, region.brief_id)
        await briefs.move(db, draft, briefs.BriefState.STOPPED, now, "brief.stopped", None)
    await region.look(4 * HOUR)
    assert await region.told(region.author) == []
    async with region.database.reading() as db:
        assert set(await db.scalars(select(FollowUp.next_at))) == {None}


async def test_the_matrix_counts_every_state(region, now):
    two, three = region.people["2"], region.people["3"]
    await region.look(timedelta())
    await region.arrive(now, failed=two[2], unknown=three[0], skipped=three[1])
    await region.press(two[0])
    await region.look(2 * HOUR)
    await region.arrive(now + 2 * HOUR)
    await region.look(4 * HOUR)
    async with region.database.reading() as db:
        first, second, nobody = await matrix.by_agency(db, region.brief_id)
        assert await matrix.agencies(db, region.brief_id) == 3
        assert [row.agency for row in await matrix.by_agency(db, region.brief_id, limit=1, offset=1)] == ["UBND XA2"]
    assert (first.agency, first.people, first.sent, first.failed, first.acknowledged, first.silent, first.reminded) == (
        "UBND XA1", 3, 2, 1, 1, 1, 1)
    assert (second.sent, second.unknown, second.skipped, second.silent, second.lead) == (1, 1, 1, 1, "Chủ tịch tỉnh")
    assert (nobody.agency, nobody.agency_id, nobody.silent, nobody.lead) == (None, 0, 3, None)
    assert first.escalated_at == now + 4 * HOUR


async def test_the_matrix_in_the_chat_is_paged(region, now, monkeypatch):
    monkeypatch.setattr(matrix_page, "PAGE", 2)
    await region.look(timedelta())
    await region.arrive(now)
    await region.press(region.people["2"][0])
    await region.look(4 * HOUR)
    chat = Chat(region.database, region.author, now)
    (told,) = await region.told(region.author)
    first = await chat.press(told, "Theo cơ quan")
    assert "trang 1/2" in first.text and "Chưa rõ cơ quan" not in first.text
    assert "**UBND XA1**: đã gửi 3/3, xác nhận 1, chưa xác nhận 2, đã báo Chủ tịch xã 13:00 ngày 24/11" in first.text
    second = await chat.press(first, "Trang sau")
    assert "trang 2/2" in second.text and "chưa có người phụ trách để báo" in second.text
    assert "UBND XA1" in (await chat.press(second, "‹ Trang trước")).text
    status = await chat.press(second, "Tình hình gửi")
    assert [c.label for c in status.choices].count("Theo cơ quan") == 1
    (head,) = await region.told(region.head)
    assert head.choices and (await Chat(region.database, region.head, now).press(head, "Theo cơ quan")).text
    stranger = await Chat(region.database, await _receiver(region, now), now).act("ap.matrix|1")
    assert "không có quyền" in stranger.toast


def test_the_command_line_names_a_lead(database_url, monkeypatch, now):
    monkeypatch.setenv("DATABASE_URL", database_url)

    async def furnish() -> int:
        database = Database(database_url)
        region = Region(database, now)
        await region.furnish(ack_hours=4)
        await database.close()
        return region.people["3"][0]

    deputy = asyncio.run(furnish())

    def lead(*words: object) -> tuple[int, str]:
        result = CliRunner().invoke(people.app, ["lead", *map(str, words)])
        return result.exit_code, result.output

    assert lead("XA2", deputy) == (0, "UBND XA2: người phụ trách là Cán bộ 3.0.\n")
    assert lead("XA2") == (0, "UBND XA2: người phụ trách là Chủ tịch tỉnh.\n")
    code, said = lead("XA2", 999_999)
    assert code == 1 and "Không có người" in said


async def _receiver(region, now):
    async with region.database.transaction() as db:
        return await member(db, "Người nhận", "communicator_commune", now)
