"""The console at the size of a country: how long the server takes for each page, on SQLite."""

import re
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from starlette.applications import Starlette

from bot import migrate
from console.app import build
from console.visit import Needs
from db.people import Person
from db.session import Database
from knowledge.catalogue import Catalogue
from network import console_access, starter
from network.case_times import CaseRules
from network.quiet import NEVER

PAGES = (
    "", "briefs", "briefs?trang=6", "briefs/1", "briefs/200", "briefs/200/push", "briefs/1/push", "approvals", "inbox",
    "inbox?xem=qua-han", "inbox/77", "knowledge", "knowledge?xep=moi&trang=150", "knowledge/due", "knowledge/missing",
    "knowledge/new", "knowledge?tim=quy+%C4%91%E1%BB%8Bnh+77", "knowledge?hoi=muc+thu+ra+sao", "knowledge/77",
    "statistics?ky=7", "statistics?ky=365", "statistics?ky=365&tinh=79", "people", "people?xep=ten&trang=40",
    "people/77", "people/invitations", "people/agencies", "people?tim=nguy%E1%BB%85n+777",
    "people?vai-tro=staff&trang=900", "trail", "trail?tim=brief%3A77", "trail?loai=duyet&ai=An", "account",
)


@dataclass(frozen=True, slots=True)
class Size:
    people: int = 100_000
    entries: int = 10_000
    briefs: int = 200
    deliveries: int = 1_000_000
    questions: int = 100_000
    looks: int = 20  # at each page


@dataclass(frozen=True, slots=True)
class Took:
    page: str
    first_ms: float  # nothing is counted yet
    p50_ms: float
    p95_ms: float
    kb: float


def _rows(count: int) -> str:
    return f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "


def _filling(size: Size, now: datetime) -> Iterator[str]:
    """In SQL alone: a million rows in seconds. The last brief is being sent, to half of the people."""
    at, text = f"'{now:%Y-%m-%d %H:%M:%S.%f}'", "'Quy định số ' || i || ' về thủ tục hành chính tại xã'"
    past = f"datetime({at}, '-' || (i % 365) || ' days') || '.000000'"
    half, rest = size.people // 2, size.deliveries - size.people // 2
    each = rest // (size.briefs - 1)
    brief = f"(1 + (i - 1) / {each})"
    person = f"(1 + (i * 37 + (i / {each}) * 11) % {size.people})"
    yield _rows(size.people) + f"""INSERT INTO person (id, state, full_name, agency_id, area_done, role, topics_chosen,
        zone, created_at, joined_at, province_code) SELECT i, 'active', 'Nguyễn ' || i || ' Văn An', 1 + i % 60, 1,
        CASE i % 4 WHEN 0 THEN 'staff' ELSE 'communicator_commune' END, 0, 'Asia/Ho_Chi_Minh', {past}, {past}, p.code
        FROM n JOIN (SELECT code, row_number() OVER (ORDER BY code) - 1 AS place FROM province) p
        ON p.place = i / 60 % 34"""
    yield _rows(size.people) + f"""INSERT INTO identity (id, person_id, platform, channel, address, preferred,
        created_at) SELECT i, i, 'telegram', 'telegram', 'a' || i, 1, {at} FROM n"""
    yield _rows(size.entries) + f"""INSERT INTO entry (id, key, state, version, question, variants, answer, citations,
        topic, audiences, check_source, published_at, updated_at, review_due, revision) SELECT i, 'k' || i,
        'published', 1, {text}, '[]',
        {text}, '[]', 'an_sinh', '[]', 0, {at}, {at}, date({at}, '+' || (i % 400) || ' days'), 1 FROM n"""
    yield _rows(size.briefs) + f"""INSERT INTO brief (id, state, author_id, edition_id, created_at, updated_at) SELECT
        i, CASE i WHEN {size.briefs} THEN 'sending' ELSE 'done' END, 1, i, {past}, {past} FROM n"""
    yield _rows(size.briefs) + f"""INSERT INTO edition (id, brief_id, number, content, audience, hash, editor_id,
        created_at, frozen_at) SELECT i, i, 1, json_object('title', {text}, 'summary', {text}, 'ack', json('true'),
        'ack_hours', 24), '{{"everybody": true}}', 'x' || i, 1, {past}, {past} FROM n"""
    yield _rows(size.briefs) + f"""INSERT INTO push (id, edition_id, kind, state, priority, by_night, resend_unsure,
        spent, created_at, finished_at, planned) SELECT i, i, 'brief', CASE i WHEN {size.briefs} THEN 'running'
        ELSE 'done' END, 2, 0, 0, 0, {past}, CASE i WHEN {size.briefs} THEN NULL ELSE {past} END,
        CASE i WHEN {size.briefs} THEN {half} ELSE {each} END FROM n"""
    yield _rows(each * (size.briefs - 1)) + f"""INSERT OR IGNORE INTO delivery (push_id, person_id, identity_id,
        channel, address, priority, state, kind, attempts, cost, sent_at) SELECT {brief}, {person}, {person},
        'telegram', 'a', 2, CASE i % 50 WHEN 0 THEN 'failed' ELSE 'sent' END, CASE i % 50 WHEN 0 THEN 'blocked' END, 1,
        0, datetime({at}, '-' || ({brief} % 365) || ' days') || '.000000' FROM n"""
    yield _rows(half) + f"""INSERT INTO delivery (push_id, person_id, identity_id, channel, address, priority, state,
        attempts, cost, sent_at) SELECT {size.briefs}, i, i, 'telegram', 'a', 2, CASE WHEN i % 2 THEN 'sent'
        ELSE 'planned' END, 1, 0, {at} FROM n"""
    yield """INSERT OR IGNORE INTO acknowledgement (brief_id, person_id, edition_id, at, late) SELECT push_id,
        person_id, push_id, datetime(sent_at, '+' || (id % 3000) || ' minutes') || '.000000', 0 FROM delivery
        WHERE state = 'sent' AND id % 5 < 3"""
    yield _rows(size.questions) + f"""INSERT INTO question (person_id, text, decision, entry_id, chosen, suggested, at)
        SELECT 1 + i % {size.people}, {text}, CASE i % 5 WHEN 0 THEN 'none' ELSE 'answer' END, CASE i % 5 WHEN 0 THEN
        NULL ELSE 1 + i % {size.entries} END, 0, 0, {past} FROM n"""
    yield _rows(20_000) + f"""INSERT INTO audit (at, actor_id, act, subject, previous, hash) SELECT {past}, 1,
        'brief.edited', 'brief:' || (1 + i % {size.briefs}), 'p' || i, 'h' || i FROM n"""
    yield _rows(2_000) + f"""INSERT INTO "case" (state, text, same, step, created_at) SELECT CASE i % 10 WHEN 0 THEN
        'open' ELSE 'answered' END, {text}, 's' || i, 0, {past} FROM n"""


async def run(size: Size, folder: Path | None = None) -> list[Took]:
    async with country(size, folder) as (app, code):
        return await _measure(app, code, size.looks)


@asynccontextmanager
async def country(size: Size, folder: Path | None = None) -> AsyncIterator[tuple[Starlette, str]]:
    """The console of such a network, and a code that opens it once. `folder` keeps the database for a second run."""
    if folder is None:
        with tempfile.TemporaryDirectory() as made:
            async with country(size, Path(made)) as found:
                yield found
        return
    path, now = folder / "console.db", datetime.now(UTC)
    fresh = not path.exists()
    database = Database(f"sqlite+aiosqlite:///{path}")
    try:
        if fresh:
            await migrate.upgrade(database)
            async with database.transaction() as db:
                await starter.load_starter(db, now)
            with sqlite3.connect(path) as plain:
                for statement in _filling(size, now):
                    plain.execute(statement)
        async with database.transaction() as db:
            (await db.get_one(Person, 1)).role = "super_admin"
            await console_access.close(db, 1, now - timedelta(hours=2))
            code = await console_access.make_link(db, 1, now)
        catalogue = await Catalogue.open(database)
        yield build(Needs(database, catalogue, NEVER, CaseRules())), code
    finally:
        await database.close()


async def _measure(app: Starlette, code: str, looks: int) -> list[Took]:
    transport = httpx.ASGITransport(app, root_path="/console")
    async with httpx.AsyncClient(transport=transport, base_url="http://loa.test/console/", timeout=300) as client:
        entered = await client.post("door", data={"ma": code})
        assert entered.status_code == 303, entered.text
        found = [await _page(client, page, looks) for page in PAGES]
        csrf = re.search(r'name="csrf" value="([^"]+)"', (await client.get("account")).text)
        form = {"csrf": csrf[1] if csrf else "", "everybody": "on"}
        return [*found, await _page(client, "briefs/reach", looks, form)]


async def _page(client: httpx.AsyncClient, page: str, looks: int, form: dict[str, str] | None = None) -> Took:
    took, size = [], 0
    for _ in range(looks):
        began = time.perf_counter()
        answer = await client.post(page, data=form) if form else await client.get(page)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (page, answer.status_code, answer.text[:300])
        size = len(answer.content)
    first = took[0]
    took.sort()
    late = took[max(0, round(0.95 * len(took)) - 1)]
    return Took(f"/{page}", round(first, 1), round(statistics.median(took), 1), round(late, 1), round(size / 1024, 1))
