"""Two workers send while many hands pause, resume, stop and send again: nobody twice, nobody lost, and it ends."""

import asyncio
import random
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from benchmarks import crowd
from bot import workers
from bot.channels import Down, Held, Receipt
from db.briefs import Brief, BriefState, Edition
from db.pushes import Delivery, Push, PushState
from network import audiences, people, releases, sending_again
from network.quiet import NEVER
from network.refusals import Refusal
from tests.briefing import member
from tests.postman import Postman, until, working

PEOPLE = 150
ACTS = ("pause", "resume", "stop", "retry", "send_rest", "add_new", "leave", "look")


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(workers, "EVERY", 0.05)


class Hand:
    """Does one thing after the other, at random; what is refused is refused."""

    def __init__(self, database, who, brief: int, seed: int) -> None:
        self.database, self.who, self.brief, self.dice = database, who, brief, random.Random(seed)
        self.did: list[str] = []
        self.left: set[int] = set()

    async def act(self, act: str) -> bool:
        now = datetime.now(UTC)
        async with self.database.transaction() as db:
            try:
                async with db.begin_nested():
                    match act:
                        case "pause" | "resume" | "stop":
                            await getattr(releases, act)(db, self.brief, self.who, now)
                        case "retry" | "send_rest":
                            await getattr(sending_again, act)(db, self.brief, self.who, now)
                        case "add_new":
                            await sending_again.add_new(db, self.brief, self.who, now, NEVER)
                        case "leave":
                            person = crowd.FIRST + self.dice.randrange(PEOPLE)
                            await people.leave(db, person, now)
                            self.left.add(person)
            except Refusal:
                return False
        self.did.append(act)
        return True

    async def run(self, times: int) -> None:
        for _ in range(times):
            await self.act(self.dice.choice(ACTS))
            await asyncio.sleep(self.dice.uniform(0, 0.06))


async def furnished(database, now) -> tuple[Push, int, list]:
    await crowd.people(database, PEOPLE)
    async with database.transaction() as db:
        hands = [await member(db, name, "super_admin", now) for name in ("Bình", "Lan")]
    crowd_alone = audiences.Audience(everybody=True, without_people=tuple(hand.person_id for hand in hands))
    push = await crowd.push(database, priority=0, resend_unsure=False, recipients=audiences.recipients(crowd_alone))
    async with database.transaction() as db:
        edition = await db.get_one(Edition, push.edition_id)
        edition.audience = crowd_alone.to_json()
        return push, edition.brief_id, hands


def trouble(seed: int):
    """Some fail for a while, some keep their answer to themselves; whoever has a letter accepted has it."""
    dice = random.Random(seed)

    def answer(letter, number):
        if number > 120:
            return Receipt((str(number),))
        return dice.choices(
            (Receipt((str(number),)), Down("502"), Held("no_rights"), Down("lost", maybe_sent=True)), (90, 3, 4, 3)
        )[0]

    return answer


async def concluded(hand: Hand) -> bool:
    """Whatever is left over goes out, by a hand that knows what it wants."""
    async with hand.database.reading() as db:
        push = await releases.push_of(db, hand.brief)
        states = dict((await db.execute(select(Delivery.state, func.count()).group_by(Delivery.state))).all())
    if push.state == PushState.PAUSED:
        await hand.act("resume")
    elif push.finished_at is not None:
        again = [await hand.act("send_rest"), await hand.act("retry")]
        return not any(again) and not {"planned", "leased"} & set(states)
    return False


@pytest.mark.parametrize("seed", [1, 2])
async def test_many_hands_on_one_push(database, now, seed):
    push, brief, who = await furnished(database, now)
    hands = [Hand(database, one, brief, 10 * seed + n) for n, one in enumerate(who)]
    first, second = [Postman(rate=60, answer=trouble(seed + n)) for n in range(2)]
    for postman in (first, second):
        postman.latency = 0.02
    async with working(database, first, name="a/1/x"), working(database, second, name="b/1/x"):
        await asyncio.gather(*(hand.run(20) for hand in hands))
        await until(lambda: concluded(hands[0]), 40)
    got, left = first.got + second.got, hands[0].left | hands[1].left
    async with database.reading() as db:
        rows = {row.address: row for row in await db.scalars(select(Delivery))}
        ended = await db.get_one(Push, push.id)
        state = (await db.get_one(Brief, brief)).state
    assert (ended.state, state) in {(PushState.DONE, BriefState.DONE), (PushState.STOPPED, BriefState.STOPPED)}
    assert ended.finished_at is not None
    resent = {address for address, row in rows.items() if row.kind == "resent"}
    assert {address for address, times in got.items() if times > 1} <= resent, hands[0].did + hands[1].did
    assert {str(person) for person in range(crowd.FIRST, crowd.FIRST + PEOPLE)} - set(got) <= {str(p) for p in left}
    assert {row.state for row in rows.values()} <= {"sent", "skipped", "stopped", "failed", "unknown"}
