"""Lanes with a clock of their own: who goes first, who steps aside, what a pause does."""

import asyncio

import pytest

from bot.lanes import Lane, Paused, Priority


class Clock:
    """Time that passes only when the test says so; the lane's timers are run by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """Starts calls, moves time, and keeps the order in which calls left."""

    def __init__(self, rate: float = 10.0, **more) -> None:
        self.clock = Clock()
        self.lane = Lane("test", rate, clock=self.clock, **more)
        self.left: list[str] = []
        self.tasks: list[asyncio.Task] = []

    def call(self, name: str, address: str, priority: int = Priority.NORMAL, **more) -> asyncio.Task:
        async def work() -> None:
            await self.lane.take(address, priority, **more)
            self.left.append(name)

        task = asyncio.create_task(work())
        self.tasks.append(task)
        return task

    async def settle(self) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
        self.lane._let_go()
        for _ in range(3):
            await asyncio.sleep(0)

    async def after(self, seconds: float, step: float = 0.02) -> list[str]:
        for _ in range(round(seconds / step)):
            self.clock.now += step
            await self.settle()
        return self.left


@pytest.fixture
async def desk():
    desk = Desk()
    yield desk
    for task in desk.tasks:
        task.cancel()
    await asyncio.gather(*desk.tasks, return_exceptions=True)
    if desk.lane._timer:
        desk.lane._timer.cancel()


async def test_the_most_urgent_goes_first_and_equals_in_their_order(desk):
    for number in range(3):
        desk.call(f"normal{number}", f"n{number}")
    desk.call("reminder", "r", Priority.REMINDER)
    desk.call("flash", "f", Priority.FLASH)
    desk.call("reply", "a", Priority.REPLY)
    left = await desk.after(2)
    assert left == ["reply", "flash", "normal0", "normal1", "normal2", "reminder"]


async def test_never_more_than_the_rate(desk):
    for number in range(50):
        desk.call(str(number), str(number))
    before = 0
    for _ in range(5):
        left = len(await desk.after(1))
        assert left - before <= 10
        before = left
    assert before >= 45


async def test_a_busy_chat_steps_aside_and_holds_up_nobody(desk):
    for number in range(3):
        desk.call(f"same{number}", "42")
    desk.call("other", "43")
    left = await desk.after(0.9)
    assert left == ["same0", "other"]
    left = await desk.after(2.5)
    assert left == ["same0", "other", "same1", "same2"]


async def test_a_pause_gives_impatient_calls_back_and_keeps_patient_ones(desk):
    told = []
    desk.lane.on_pause = lambda seconds, why: told.append((seconds, why))
    push = desk.call("push", "1")
    reply = desk.call("reply", "2", Priority.REPLY, patient=True)
    await asyncio.sleep(0)
    desk.lane.pause(5.0, "429")
    await desk.settle()
    assert told == [(5.0, "429")]
    assert isinstance(push.exception(), Paused) and not reply.done()
    with pytest.raises(Paused):
        await desk.lane.take("3")
    assert await desk.after(4.9) == []
    assert await desk.after(0.3) == ["reply"]


async def test_a_shorter_pause_never_shortens_a_longer_one(desk):
    desk.lane.pause(10_000.0, "429")
    desk.lane.pause(1.0, "429")
    desk.lane.hold(2.0)
    assert desk.lane.paused_for() == pytest.approx(10_000.0)
    desk.lane.resume()
    assert desk.lane.paused_for() == 0


async def test_one_episode_slows_down_once(desk):
    before = desk.lane.budget.effective
    for _ in range(20):  # twenty calls were in flight when the first 429 came
        desk.lane.pause(1.0, "429")
    assert desk.lane.budget.effective == pytest.approx(before * 0.97)


async def test_questions_keep_a_share_but_do_not_starve_a_flash_brief(desk):
    for number in range(100):
        desk.call("reply", f"q{number}", Priority.REPLY)
        desk.call("flash", f"f{number}", Priority.FLASH)
    left = await desk.after(5)
    assert 0.4 <= left.count("reply") / len(left) <= 0.6


async def test_questions_go_before_ordinary_pushes(desk):
    for number in range(30):
        desk.call("push", f"p{number}")
        desk.call("reply", f"q{number}", Priority.REPLY)
    left = await desk.after(2)
    assert set(left) == {"reply"}


async def test_a_cancelled_call_takes_no_place(desk):
    first, second = desk.call("first", "1"), desk.call("second", "2")
    third = desk.call("third", "3")
    await asyncio.sleep(0)
    second.cancel()
    left = await desk.after(1)
    assert left == ["first", "third"] and first.done() and third.done()


async def test_what_waits_can_be_given_back(desk):
    wanted, unwanted = desk.call("wanted", "1"), desk.call("unwanted", "2")
    await asyncio.sleep(0)
    assert desk.lane.queued(Priority.NORMAL) == 2 and desk.lane.queued(Priority.URGENT) == 0
    desk.lane.give_back(lambda waiter: waiter.task is unwanted)
    left = await desk.after(1)
    assert left == ["wanted"] and isinstance(unwanted.exception(), Paused) and wanted.done()


async def test_a_second_call_to_a_chat_leaves_room_for_others_until_it_is_due(desk):
    desk.call("first", "1")
    desk.call("second", "1")
    await desk.after(0.3)
    assert desk.left == ["first"] and desk.lane.queued(Priority.NORMAL) == 0
    await desk.after(0.6)
    assert desk.lane.queued(Priority.NORMAL) == 1
    assert await desk.after(0.4) == ["first", "second"]


async def test_an_album_takes_as_many_places_as_it_has_parts(desk):
    desk.call("album", "1", calls=5)
    for number in range(20):
        desk.call(f"c{number}", f"2{number}")
    desk.call("flash", "3", Priority.FLASH)
    left = await desk.after(2)
    assert left[:2] == ["flash", "album"] and 10 <= len(left) <= 16  # of 10 a second, four without a message
    desk.call("album", "4", calls=10)
    desk.lane.hold(5)
    await desk.settle()
    assert all(task.done() for task in desk.tasks) and "c19" not in desk.left
