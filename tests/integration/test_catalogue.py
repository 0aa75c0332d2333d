"""The snapshot follows the database: entries published and retired, statutes imported, laws that no longer hold."""

import asyncio
from datetime import date, timedelta

import pytest

from db import entries, revisions
from db.knowledge import EntryState
from handlers import asking
from knowledge import catalogue as module
from knowledge import content, entry
from knowledge.answer import Kind
from knowledge.catalogue import Catalogue
from knowledge.content import EntryFile
from knowledge.legal_head import Head
from knowledge.legal_import import draft, put
from network.people import Speaker
from tests.postman import until
from tests.statutes import CIRCULAR


@pytest.fixture(autouse=True)
def in_force(monkeypatch):
    monkeypatch.setattr(module, "_today", lambda: date(2031, 6, 1))


@pytest.fixture
def template() -> str:
    return "stocked"


@pytest.fixture
async def base(database):
    return await Catalogue.open(database)


def file(question: str, answer: str) -> EntryFile:
    sample = content.entries()[0]
    return sample.model_copy(update={"id": "moi-01", "question": question, "variants": (), "answer": answer})


async def test_a_published_entry_answers_and_a_retired_one_is_silent(base, database, now):
    question = "Lịch tập huấn truyền thông chính sách quý IV ở đâu?"
    assert not await base.refresh(database)
    async with database.transaction() as db:
        await entry.put(db, file(question, "Tại Đà Nẵng."), now + timedelta(seconds=1))
    assert await base.refresh(database)
    decision = base.decide("lich tap huan truyen thong chinh sach quy 4 o dau")
    assert decision.best.id == "moi-01" and base.entry("moi-01").answer == "Tại Đà Nẵng."
    async with database.transaction() as db:
        (row,) = [e for e in await entry.published(db) if e.key == "moi-01"]
        row.state = EntryState.RETIRED
        await revisions.stamp(db, [row])
    assert await base.refresh(database)
    assert base.entry("moi-01") is None
    assert all(hit.id != "moi-01" for hit in base.decide(question).hits)


async def test_what_was_committed_late_is_not_missed(base, database, now):
    """Its moment lies before the newest change, and as many entries came as went."""
    async with database.transaction() as db:
        await entry.put(db, file("Lịch tập huấn ở đâu?", "Tại Huế."), now + timedelta(hours=1))
    assert await base.refresh(database)
    async with database.transaction() as db:
        late = file("Ai dạy lớp tập huấn?", "Giảng viên.").model_copy(update={"id": "moi-02"})
        await entry.put(db, late, now)
        row = await entries.by_key(db, "ct07-02")
        row.state = EntryState.RETIRED
        await revisions.stamp(db, [row])
    assert await base.refresh(database)
    assert base.entry("moi-02") and base.entry("ct07-02") is None
    assert base.snapshot.index.ids == set(base.snapshot.entries)


async def test_a_ring_brings_the_new_entry_at_once(base, database, now, monkeypatch):
    monkeypatch.setattr(module, "LOOK_EVERY", 3600)
    stop, bell = asyncio.Event(), asyncio.Event()
    following = asyncio.create_task(base.follow(database, stop, bell))
    async with database.transaction() as db:
        await entry.put(db, file("Lịch tập huấn ở đâu?", "Tại Huế."), now)
    bell.set()
    await until(lambda: base.entry("moi-01") is not None)
    stop.set()
    await following


async def test_what_no_entry_answers_is_quoted_from_a_statute_in_force(base, database, now, monkeypatch):
    question = "nguoi treo den co nghia vu gi"
    assert base.decide(question).kind != Kind.QUOTE
    async with database.transaction() as db:
        await put(db, draft("mau.txt", CIRCULAR.encode(), Head(source_url="https://vb")), now)
    assert await base.refresh(database) and not await base.refresh(database)
    decision = base.decide(question)
    assert decision.kind == Kind.QUOTE and decision.best.id.startswith("07/2031/TT-BĐL#")
    async with database.transaction() as db:
        who = Speaker(None, None, "telegram", "telegram", "1", None, frozenset(), None, "")
        reply = await asking.ask(db, who, question, now, base)
    assert "Trích nguyên văn" in reply.text and "Thông tư 07/2031/TT-BĐL" in reply.text
    monkeypatch.setattr(module, "_today", lambda: date(2031, 2, 1))  # before it comes into force
    assert await base.refresh(database)
    assert base.decide(question).kind != Kind.QUOTE


async def test_who_names_a_replaced_decree_hears_its_successor(base, database, now):
    async with database.transaction() as db:
        who = Speaker(None, None, "telegram", "telegram", "1", None, frozenset(), None, "")
        reply = await asking.ask(db, who, "nghị định 72/2013 quy định gì về mạng xã hội", now, base)
    assert "147/2024/NĐ-CP" in reply.text.split("\n")[0]


async def test_the_next_start_takes_the_saved_index_and_its_thresholds(base, database, now, monkeypatch):
    def never(*_):
        raise AssertionError("read anew")

    with monkeypatch.context() as patch:
        patch.setattr(module, "_snapshot", never)
        again = await Catalogue.open(database)
    assert again.snapshot.thresholds == base.snapshot.thresholds
    assert again.decide("chi thi 07 la gi").best == base.decide("chi thi 07 la gi").best
    async with database.transaction() as db:
        await entry.put(db, file("Câu hỏi mới về thủy sản?", "Có."), now + timedelta(seconds=5))
    changed = await Catalogue.open(database)
    assert changed.decide("câu hỏi mới về thủy sản").best.id == "moi-01"
