"""Reminders: to the silent only, at the moments set, never at night, exactly once."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from bot import schedule, workers
from bot.settings import Settings
from db import followups
from db.followups import FollowUp
from db.people import Person
from db.pushes import Delivery, DeliveryState, Push, PushKind, PushState
from handlers.briefs import reminder
from network import acknowledgements, approvals, briefs, pushes, recalls, releases, reminders, sending_again
from network.brief_content import Priority
from network.quiet import Quiet
from tests.briefing import CONTENT, EVERYBODY, member, shown
from tests.postman import Postman, until, working

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Network:
    """A brief sent to five people, and the schedule's looks at the database as time goes by."""

    def __init__(self, database, now) -> None:
        self.database, self.now = database, now
        self.settings = Settings(_env_file=None, quiet_from=21)
        self.brief_id = 0
        self.people: list[int] = []

    async def send(self, *, at: datetime | None = None, **content) -> None:
        at = at or self.now
        async with self.database.transaction() as db:
            author = await member(db, "Bình", "super_admin", self.now)
            second = await member(db, "Lan", "super_admin", self.now)
            for name in "ABCDE":
                who = await member(db, f"Người {name}", "communicator_commune", self.now)
                self.people.append(who.person_id)
            draft = await briefs.create(db, replace(CONTENT, **content), author, at, audience=EVERYBODY)
            draft = await briefs.submit(db, draft.id, author, at, stamp=draft.stamp)
            await approvals.approve(db, draft.id, second, at, stamp=draft.stamp)
            await releases.send(db, draft.id, second, at, stamp=draft.stamp, quiet=Quiet())
            self.brief_id = draft.id

    async def arrive(self, at: datetime, *people: int) -> None:
        """As the worker writes it."""
        async with self.database.transaction() as db:
            rows = update(Delivery).where(Delivery.person_id.in_(people or self.people), Delivery.state == "planned")
            ids = func.coalesce(Delivery.target, "") + "7 8"
            await db.execute(rows.values(state=DeliveryState.SENT, sent_at=at, not_before=None, message_ids=ids))
            for push_id, _ in await pushes.unfinished(db):
                await pushes.finish_if_empty(db, push_id, at)

    async def look(self, after: timedelta) -> None:
        await schedule.look(self.settings, self.database, self.now + after)

    async def press(self, person: int, at: datetime) -> None:
        async with self.database.transaction() as db:
            await acknowledgements.acknowledge(db, self.brief_id, person, at)

    async def reminded(self) -> list[tuple[int, str, datetime | None]]:
        rows = (
            select(Delivery.person_id, Delivery.state, Delivery.not_before)
            .join(Push, Push.id == Delivery.push_id).where(Push.kind == PushKind.REMINDER).order_by(Delivery.id)
        )
        async with self.database.reading() as db:
            return [tuple(row) for row in await db.execute(rows)]

    async def count(self) -> int:
        return len(await self.reminded())


@pytest.fixture
def network(database, now) -> Network:
    return Network(database, now)


async def test_only_the_silent_at_half_time_and_before_the_end(network, now):
    await network.send(ack_hours=8)
    await network.look(timedelta())
    await network.arrive(now)
    a, b, c, d, e = network.people
    await network.press(a, now + HOUR)
    await network.look(4 * HOUR - MINUTE)
    assert await network.count() == 0
    await network.look(4 * HOUR + MINUTE)
    assert sorted(await network.reminded()) == [(p, "planned", None) for p in (b, c, d, e)]
    await network.arrive(now + 4 * HOUR + MINUTE, b, c, d, e)
    await network.press(b, now + 5 * HOUR)
    await network.look(6 * HOUR + MINUTE)
    later = [person for person, state, _ in await network.reminded() if state == "planned"]
    assert sorted(later) == [c, d, e]
    await network.look(7 * HOUR)
    assert await network.count() == 7
    async with network.database.reading() as db:
        rows = await followups.of_brief(db, network.brief_id)
        assert [row.number for row in rows] == [0, 1, 2] and [row.next_at for row in rows[1:]] == [None, None]
        kinds = (await db.scalars(select(Push.priority).where(Push.kind == PushKind.REMINDER))).all()
        assert list(kinds) == [3, 3]


async def test_who_acknowledges_meanwhile_gets_none(network, now):
    await network.send(ack_hours=8)
    await network.look(timedelta())
    await network.arrive(now)
    await network.look(4 * HOUR)
    await network.press(network.people[2], now + 4 * HOUR)
    states = {person: state for person, state, _ in await network.reminded()}
    assert states.pop(network.people[2]) == "skipped" and set(states.values()) == {"planned"}


async def test_each_person_has_their_own_time(network, now):
    await network.send(ack_hours=8)
    await network.look(timedelta())
    first, *others = network.people
    await network.arrive(now, first)
    await network.look(4 * HOUR)
    assert [person for person, *_ in await network.reminded()] == [first]
    await network.arrive(now + 4 * HOUR, first)
    await network.arrive(now + 2 * HOUR, *others)  # the lane was slow
    await network.look(4 * HOUR + 11 * MINUTE)
    assert await network.count() == 1
    await network.look(6 * HOUR - MINUTE)
    assert await network.count() == 1
    await network.look(6 * HOUR + 5 * MINUTE)
    found = [person for person, *_ in await network.reminded()]
    assert sorted(found[1:]) == sorted([*others, first])  # the first one's second reminder is due as well
    async with network.database.reading() as db:
        assert len((await db.scalars(select(Push).where(Push.kind == PushKind.REMINDER))).all()) == 2


@pytest.mark.parametrize("repeat", range(2))
async def test_any_number_of_processes_plan_it_once(network, now, repeat):
    await network.send(ack_hours=8)
    await asyncio.gather(*(network.look(timedelta()) for _ in range(4)))
    await network.arrive(now)
    await asyncio.gather(*(network.look(4 * HOUR) for _ in range(4)))
    assert await network.count() == 5


async def test_never_at_night_and_not_after_the_deadline(network, now):
    await network.send(ack_hours=12)
    await network.look(timedelta())
    sent = now + 9 * HOUR  # 18:00: half is 00:00, two hours before the end is 04:00
    await network.arrive(sent)
    for hours in range(10, 20):
        await network.look(hours * HOUR)
    assert await network.count() == 0
    await network.look(21 * HOUR)  # 06:00, the deadline
    assert await network.count() == 0


async def test_a_night_between_moves_it_to_the_morning_once(network, now):
    await network.send(ack_hours=24)
    await network.look(timedelta())
    await network.arrive(now + 3 * HOUR)  # 12:00; half is 00:00, two hours before the end 10:00
    await network.look(15 * HOUR)
    assert await network.count() == 0
    await network.look(21 * HOUR)
    assert {state for _, state, _ in await network.reminded()} == {"planned"} and await network.count() == 5
    await network.arrive(now + 21 * HOUR)
    await network.look(25 * HOUR)
    assert await network.count() == 10


async def test_people_elsewhere_have_their_own_night(network, now):
    await network.send(ack_hours=8)
    async with network.database.transaction() as db:
        far = update(Person).where(Person.id == network.people[0])
        await db.execute(far.values(zone="America/Los_Angeles"))
    await network.look(timedelta())
    await network.arrive(now)
    await network.look(4 * HOUR)
    held = [(person, until) for person, _, until in await network.reminded() if until]
    assert held == [(network.people[0], datetime(2026, 11, 24, 14, 0, tzinfo=UTC))]


async def test_a_flash_brief_reminds_at_night_and_soon(network, now):
    night = now + 14 * HOUR  # 23:00
    network.now = night
    await network.send(at=night, priority=Priority.FLASH, ack_hours=2)
    await network.look(timedelta())
    await network.arrive(night)
    await network.look(14 * MINUTE)
    assert await network.count() == 0
    await network.look(15 * MINUTE)
    assert [until for _, _, until in await network.reminded()] == [None] * 5
    await network.arrive(night + 16 * MINUTE)
    await network.look(46 * MINUTE)
    assert await network.count() == 10
    await network.look(90 * MINUTE)
    assert await network.count() == 10


async def test_a_normal_brief_reminds_on_working_days_only(network, now):
    friday = now + timedelta(days=3, hours=7)  # 16:00
    network.now = friday
    await network.send(at=friday, ack_hours=24)
    await network.look(timedelta())
    await network.arrive(friday)
    for hours in (12, 22, 30, 50, 61):
        await network.look(hours * HOUR)
    assert await network.count() == 0  # Saturday and Sunday, and Monday 05:00
    await network.look(62 * HOUR)  # Monday 06:00; the deadline is Monday 24:00
    assert await network.count() == 5
    async with network.database.transaction() as db:
        done = await acknowledgements.acknowledge(db, network.brief_id, network.people[0], friday + 70 * HOUR)
        assert not done.late and done.deadline == datetime(2026, 11, 30, 17, tzinfo=UTC)


async def test_what_was_stopped_is_not_reminded_of(network, now):
    await network.send(ack_hours=8)
    await network.look(timedelta())
    await network.arrive(now)
    await network.look(4 * HOUR)
    async with network.database.transaction() as db:
        draft = await briefs.load(db, network.brief_id)
        await briefs.move(db, draft, briefs.BriefState.STOPPED, now, "brief.stopped", None)
    await network.look(6 * HOUR)
    async with network.database.reading() as db:
        assert (await db.scalars(select(FollowUp.next_at))).all() == [None] * 3
        assert (await db.scalars(select(Push.state).where(Push.kind == PushKind.REMINDER))).all() == [PushState.STOPPED]


async def test_the_operator_says_how_often_and_none_is_possible(network, now):
    network.settings = Settings(_env_file=None, quiet_from=21, reminders="30m,1h,50%,-2h", reminders_most=3)
    await network.send(ack_hours=8)
    await network.look(timedelta())
    async with network.database.reading() as db:
        afters = (await db.scalars(select(FollowUp.after).order_by(FollowUp.number))).all()
    assert afters == [8 * 3600, 1800, 3600, 4 * 3600]
    network.settings = Settings(_env_file=None, quiet_from=21, reminders_most=0)
    assert network.settings.following.plan.moments(CONTENT) == []


async def test_the_reminder_hangs_on_the_letter_and_carries_the_button(network, now, monkeypatch):
    monkeypatch.setattr(workers, "EVERY", 0.1)
    await network.send(ack_hours=8)
    await network.look(timedelta())
    await network.arrive(now)
    await network.look(4 * HOUR)
    postman = Postman()

    async def all_done() -> bool:
        return {state for _, state, _ in await network.reminded()} == {"sent"}

    async with working(network.database, postman):
        await until(all_done)
    letter = postman.letters[0]
    assert "Nhắc xác nhận" in letter.text and letter.reply_to == "8" and letter.priority == 3
    assert letter.buttons[0][0].data == f"ack|{network.brief_id}"
    shown(reminder(1, replace(CONTENT, priority=Priority.FLASH, ack_hours=None)))


async def test_who_gets_the_brief_later_is_reminded_as_well(network, now):
    await network.send(ack_hours=8)
    await network.look(timedelta())
    await network.arrive(now)
    await network.look(4 * HOUR)
    await network.arrive(now + 4 * HOUR)
    await network.look(7 * HOUR)
    async with network.database.transaction() as db:
        row = await db.get_one(FollowUp, (network.brief_id, 1))
        assert row.next_at is None
        draft = await briefs.load(db, network.brief_id)
        await briefs.move(db, draft, briefs.BriefState.DONE, now, "brief.ended", None)
        late = await member(db, "Người mới", "communicator_commune", now)
        second = await member(db, "Hải", "leader", now)
        await sending_again.add_new(db, network.brief_id, second, now + 7 * HOUR, Quiet())
    await network.arrive(now + 7 * HOUR, late.person_id)
    await network.look(7 * HOUR)
    await network.look(11 * HOUR)
    assert [person for person, *_ in await network.reminded()].count(late.person_id) == 1


async def test_who_takes_the_brief_back_silences_its_reminders_also_those_on_their_way(network, now):
    await network.send(ack_hours=8)
    await network.look(timedelta())
    await network.arrive(now)
    await network.look(4 * HOUR)
    assert await network.count() == 5
    async with network.database.transaction() as db:
        taker = await member(db, "Hải", "super_admin", now)
        await recalls.recall(db, network.brief_id, taker, now + 4 * HOUR, reason="Sai số liệu")
    await network.look(4 * HOUR + MINUTE)
    await network.look(7 * HOUR)
    assert await network.count() == 5
    async with network.database.reading() as db:
        assert await db.scalar(select(Push.state).where(Push.kind == PushKind.REMINDER)) == "stopped"


async def test_recall_ends_it(network, now):
    await network.send(ack_hours=8)
    await network.look(timedelta())
    await network.arrive(now)
    async with network.database.transaction() as db:
        await reminders.cancel(db, network.brief_id, now)
    await network.look(4 * HOUR)
    assert await network.count() == 0
