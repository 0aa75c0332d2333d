"""A desk whose knowledge base has some of the starter's entries, with their golden questions."""

import pytest

from console.app import build
from console.visit import Needs
from knowledge import content, entry, golden
from knowledge.catalogue import Catalogue
from network import starter
from network.case_times import CaseRules
from network.quiet import NEVER
from tests.briefing import member
from tests.integration.test_console import Desk

ENTRIES = 25  # enough for thresholds of their own


@pytest.fixture
async def full_desk(database, now):
    """full_desk(name, role, agency_id=None) → a browser that has entered. `.catalogue` is the base."""
    clock = type("Clock", (), {"now": now})()
    async with database.transaction() as db:
        await starter.load_starter(db, now)
        for file in content.entries()[:ENTRIES]:
            await entry.put(db, file, now)
        await golden.load_starter(db, now)
    catalogue = await Catalogue.open(database)
    app = build(Needs(database, catalogue, NEVER, CaseRules(), clock=lambda: clock.now))
    opened = []

    async def enter(name: str, role: str, agency_id: int | None = None) -> Desk:
        async with database.transaction() as db:
            who = await member(db, name, role, now, agency_id=agency_id)
        found = Desk(app, database, who, lambda: clock.now)
        found.time, found.catalogue = clock, catalogue
        opened.append(found)
        return await found.enter()

    yield enter
    for found in opened:
        await found.client.aclose()
