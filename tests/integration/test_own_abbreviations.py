"""An agency's abbreviations: for its people and its entries, and for nobody else."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from db import abbreviations as rows
from db import agencies
from db.agencies import Agency, AgencyAbbreviation
from db.knowledge import Entry
from knowledge import content, entry, own_abbreviations
from knowledge.catalogue import Catalogue
from knowledge.wrong import Wrong
from tests.briefing import member
from tests.talking import Phone

PAIRS = (("QLĐĐ", "quản lý đê điều"), ("QLDD", "quản lý đất đai"), ("BC-ATGT", "báo cáo an toàn giao thông"))


@pytest.fixture
def template() -> str:
    return "stocked"


@pytest.fixture
async def people(database, now):
    """In a ministry with abbreviations, its department and another ministry; one in each."""
    async with database.transaction() as db:
        for number, path, parent in ((1, "/1/", None), (2, "/1/2/", 1), (3, "/3/", None)):
            db.add(Agency(id=number, code=f"A{number}", name=f"Cơ quan {number}", folded="", level="central", path=path,
                          parent_id=parent))
            await db.flush()
        sample = content.entries()[0].model_copy(update={"variants": ()})
        for key, question, answer in (
            ("de-01", "Trực ban quản lý đê điều mùa lũ thế nào?", "Trực 24/24 giờ."),
            ("tat-01", "Chế độ trực của phòng QLĐĐ ra sao?", "Theo lịch của phòng."),
        ):
            await entry.put(db, sample.model_copy(update={"id": key, "question": question, "answer": answer}), now)
        (await db.scalar(select(Entry).where(Entry.key == "tat-01"))).owner_agency_id = 2
        agency = await db.get_one(Agency, 1)
        assert await own_abbreviations.add(db, agency, " QLĐĐ ", "quản lý  đê điều", now + timedelta(seconds=1))
        assert not await own_abbreviations.add(db, agency, "qlđđ", "Quản lý đê điều", now)
        return {n: await member(db, f"Người {n}", "journalist", now, agency_id=n) for n in (1, 2, 3)}


@pytest.fixture
async def world(database, people, now):
    base = await Catalogue.open(database)
    return base, {n: Phone(database, who.address, now, index=base) for n, who in people.items()}


async def test_only_the_agencys_own_people_are_understood(world, database):
    base, phones = world
    for number in (1, 2):
        said = (await phones[number].say("truc ban qldd mua lu the nao")).text
        assert "Trực ban quản lý đê điều" in said, number
    async with database.reading() as db:
        assert await rows.of_person(db, None) == ()
        assert (await rows.by_agency(db)).keys() == {1, 2}
    found = base.decide("trực ban qldd mùa lũ thế nào")
    stranger = (await phones[3].say("trực ban qldd mùa lũ thế nào")).text
    assert found.best is None or found.best.score < 1.0
    assert stranger  # an answer, candidates or none, but as everybody's words say


async def test_the_agencys_entries_are_found_by_the_full_words(world, database, now):
    base, _ = world
    full = "chế độ trực phòng quản lý đê điều"
    with_words = base.snapshot.index.search(full, 1)[0]
    assert with_words.id == "tat-01"
    async with database.transaction() as db:
        assert await own_abbreviations.remove(db, await db.get_one(Agency, 1), "qlđđ", now + timedelta(seconds=2)) == 1
    assert await base.refresh(database)
    without = next((h for h in base.snapshot.index.search(full, 10) if h.id == "tat-01"), None)
    assert without is None or without.score < with_words.score


async def test_the_heir_of_a_merged_agency_keeps_them(people, database):
    async with database.transaction() as db:
        await agencies.succeed(db, 1, 3)
        (kept,) = await db.scalars(select(AgencyAbbreviation))
        assert kept.agency_id == 3


@pytest.mark.parametrize(
    ("short", "long"),
    [("", "a b"), ("hai chữ", "a b c"), ("X" * 40, "a b"), ("ABC", "abc"), ("ABCDEFG", "a b"), ("🙂", "a b")],
)
async def test_what_is_no_abbreviation(people, database, now, short, long):
    async with database.transaction() as db:
        with pytest.raises(Wrong):
            await own_abbreviations.add(db, await db.get_one(Agency, 1), short, long, now)


def test_words_are_written_out_whole_and_by_their_marks():
    out = own_abbreviations.written_out
    assert out("Phòng QLĐĐ và qldd, bc-atgt?", PAIRS) == (
        "Phòng quản lý đê điều và quản lý đê điều, báo cáo an toàn giao thông?"
    )
    assert out("BỐ mẹ", (("BO", "bộ nào đó"),)) == "BỐ mẹ"
    assert out("QLĐĐX", PAIRS) == "QLĐĐX" and out("QLĐĐ", ()) == "QLĐĐ"
