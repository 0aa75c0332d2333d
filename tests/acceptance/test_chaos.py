"""Several worker processes share one token while one of them is killed and the platform misbehaves."""

from contextlib import ExitStack

import pytest

from benchmarks import crowd
from tests.acceptance.test_push import done, faults, platform, stats, worker_process  # noqa: F401 - a fixture
from tests.postman import until

CEILING, PEOPLE = 100, 450


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_killed_worker_among_others_loses_nobody_and_the_ceiling_holds(
    database, database_url, platform  # noqa: F811
):
    await crowd.people(database, PEOPLE)
    push = await crowd.push(database, resend_unsure=True)
    # The platform refuses nothing, so that it counts whatever the three would ask of it.
    faults(platform, latency=0.03, arrival_jitter=0.01, p5xx=0.02, pdrop=0.01, plost=0.005, pblocked=0.02)
    with ExitStack() as others:
        doomed = others.enter_context(worker_process(database_url, platform, CEILING, "--shared"))
        for _ in range(2):
            others.enter_context(worker_process(database_url, platform, CEILING, "--shared"))
        await until(lambda: stats(platform)["delivered"] > 100)
        doomed.kill()
        doomed.wait()  # nobody else reaps it, and a zombie counts as alive
        await until(done(database, push), 60)
    rows, seen = await crowd.states(database, push.id), stats(platform)
    unknown = rows.pop("unknown", 0)  # no answer both times: listed, not sent a third time
    assert rows["sent"] + rows["failed"] + unknown == PEOPLE and rows["failed"] <= 25
    assert rows["sent"] <= seen["chats"] <= rows["sent"] + unknown
    assert seen["worst_second"] <= CEILING
    assert seen["duplicates"] <= await crowd.resent(database, push.id) + unknown
