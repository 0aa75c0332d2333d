"""The snapshot all questions are answered from: entries and statutes, swapped whole when they change.

A changed entry is read alone and put into the next snapshot; the base is read whole only at the start.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, cast
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import CursorResult, select, update
from sqlalchemy.dialects import postgresql, sqlite

from db import abbreviations, entries, revisions
from db.abbreviations import Pairs
from db.knowledge import Entry, EntryState, SavedIndex
from db.session import Database
from db.trouble import outlived
from knowledge import content, entry, legal, named, own_abbreviations
from knowledge.answer import OFFERED, Decision, Kind, decide, quotable
from knowledge.calibration import USUAL, Thresholds, calibrate
from knowledge.index import STATUTES, Hit, Index, Passage
from knowledge.legal import Provision
from knowledge.legal_register import Register, Succession
from knowledge.models.drafts import Checker
from knowledge.models.rerank import Reranker
from knowledge.saved import dump, load

log = structlog.get_logger()
SAVED, MOST_SAVED = "entries", 30_000  # above that, reading anew costs less than so large a row
SURE = 0.9  # score of nearly a phrasing's own words: no near miss
LOOK_EVERY = 1.0  # seconds between looks for changed entries
AT_MOST_EVERY = 0.1
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")  # whose midnight brings laws into force
Version = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Statutes:
    """What may be quoted today."""

    index: Index
    provisions: Mapping[str, Provision]
    register: Register
    version: Version = ()

    @classmethod
    def of(cls, provisions: Sequence[Provision], register: Register, version: Version) -> "Statutes":
        passages = [legal.as_passage(p) for p in provisions]
        behind = _background() if passages else ()  # nothing to search needs no words of ours behind it
        index = Index.build(passages, content.abbreviations(), behind, STATUTES)
        return cls(index, {p.id: p for p in provisions}, register, version)


@dataclass(frozen=True, slots=True)
class Snapshot:
    index: Index
    entries: Mapping[str, Entry]  # key → detached row
    version: int  # the revision up to which everything is in
    thresholds: Thresholds = USUAL
    statutes: Statutes = field(default_factory=lambda: Statutes.of((), legal.starter_register(), ()))


class Catalogue:
    """`reranker` and `checker` are optional models; with one of them, questions are read outside the event loop."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.reranker: Reranker | None = None
        self.checker: Checker | None = None

    @classmethod
    async def open(cls, database: Database) -> "Catalogue":
        """With the saved index when it is of these entries; else all are read, and the index is saved."""
        async with database.reading() as db:
            version = await revisions.latest(db)  # before the entries: what comes meanwhile is read again
            rows, short = await entry.published(db), await abbreviations.by_agency(db)
            same = select(SavedIndex).where(SavedIndex.name == SAVED, SavedIndex.version == str(version))
            saved = await db.scalar(same)
        snapshot = await asyncio.to_thread(_loaded, saved, rows, version) if saved else None
        if snapshot is None:
            snapshot = await asyncio.to_thread(_snapshot, rows, version, short)
            await _save(database, snapshot)
        catalogue = cls(snapshot)
        await catalogue._refresh_statutes(database)
        return catalogue

    @classmethod
    def of_starter(cls) -> "Catalogue":
        """From the files alone, for a machine without a database."""
        rows = [Entry(id=n, key=f.id, **entry.fields_of(f)) for n, f in enumerate(content.entries(), 1)]
        return cls(_snapshot(rows, 0))

    def decide(
        self, question: str, brief_id: int | None = None, fits: Callable[[Hit], bool] | None = None
    ) -> Decision:
        """About a brief: its own entries come first. What no entry answers for certain may be quoted from a statute."""
        now = self.snapshot
        about = {e.key for e in now.entries.values() if e.brief_id == brief_id} if brief_id else set()
        decision = decide(now.index, question, content.smalltalk(), about, now.thresholds, fits, self._again(question))
        decision = self._checked(question, decision)
        if brief_id and decision.kind == Kind.ANSWER and decision.best and decision.best.id not in about:
            near = decision.best.score < SURE  # “khi nào có hiệu lực” means this brief, not what resembles the words
            decision = replace(decision, kind=Kind.CANDIDATES) if near else decision
        decision = self._of_its_document(question, decision)
        if decision.kind not in (Kind.NONE, Kind.CANDIDATES):
            return decision
        hits = quotable(now.statutes.index, question)
        offered = decision.best.score if decision.kind == Kind.CANDIDATES and decision.best else 0.0
        return Decision(Kind.QUOTE, hits) if hits and hits[0].score > offered else decision

    def _again(self, question: str) -> Callable[[list[Hit]], list[Hit]] | None:
        reranker, index = self.reranker, self.snapshot.index
        return (lambda hits: reranker.order(question, index.understood(question), hits)) if reranker else None

    def _of_its_document(self, question: str, decision: Decision) -> Decision:
        """Who names a document is not answered with another: entries that mention it are offered first."""
        wanted = named.documents(question) if decision.kind == Kind.ANSWER else frozenset()
        if not wanted:
            return decision
        wanted |= named.of_numbers(ref.number for change in self.outdated(question) for ref in change.new)
        if self._mentions(decision.hits[0], wanted):
            return decision
        first = sorted(decision.hits, key=lambda hit: not self._mentions(hit, wanted))
        return Decision(Kind.CANDIDATES, tuple(first[:OFFERED]))

    def _mentions(self, hit: Hit, wanted: frozenset[named.Named]) -> bool:
        found = self.entry(hit.id)
        if found is None:
            return False
        cited = (str(citation.get("doc") or "") for citation in found.citations)
        held = named.documents("\n".join((found.question, *found.variants, found.answer, *cited)))
        return any(document.fits(other) for document in wanted for other in held)

    def _checked(self, question: str, decision: Decision) -> Decision:
        """A near miss is offered instead of answered."""
        best = decision.best
        if self.checker is None or decision.kind != Kind.ANSWER or best is None or best.score >= SURE:
            return decision
        found = self.entry(best.id)
        missed = found is not None and self.checker.misses(question, found.question, found.answer)
        return replace(decision, kind=Kind.CANDIDATES) if missed else decision

    def entry(self, key: str) -> Entry | None:
        return self.snapshot.entries.get(key)

    def provision(self, id: str) -> Provision | None:
        return self.snapshot.statutes.provisions.get(id)

    def outdated(self, question: str) -> list[Succession]:
        """Documents the question names that are no longer in force, and what took their place."""
        return self.snapshot.statutes.register.outdated(question, _today())

    async def refresh(self, database: Database) -> bool:
        """Swap the snapshot when entries or statutes changed. True when it did."""
        swapped = await self._refresh_statutes(database)
        old = self.snapshot
        async with database.reading() as db:
            version = await revisions.latest(db)
            if version == old.version:
                return swapped
            changed, short = await entries.changed_since(db, old.version), await abbreviations.by_agency(db)
        new = {row.key: row for row in changed if row.state == EntryState.PUBLISHED}
        gone = {row.key for row in changed if row.key in old.entries and row.key not in new}
        index = await asyncio.to_thread(old.index.changed, [passage(row, short) for row in new.values()], gone)
        served = {key: row for key, row in (old.entries | new).items() if key not in gone}
        self.snapshot = replace(self.snapshot, index=index, entries=served, version=version)
        thresholds = await asyncio.to_thread(_calibrated, served, short, index)  # answers meanwhile with the old ones
        self.snapshot = replace(self.snapshot, thresholds=thresholds)
        await _save(database, self.snapshot)
        log.info("entries changed", new=len(new), gone=len(gone), answer=thresholds.answer, offer=thresholds.offer)
        return True

    async def _refresh_statutes(self, database: Database) -> bool:
        async with database.reading() as db:
            version = await legal.version(db, _today())
            if version == self.snapshot.statutes.version:
                return False
            provisions, register = await legal.current_passages(db, _today()), await legal.register(db)
        statutes = await asyncio.to_thread(Statutes.of, provisions, register, version)
        self.snapshot = replace(self.snapshot, statutes=statutes)
        return True

    async def follow(self, database: Database, stop: asyncio.Event, bell: asyncio.Event) -> None:
        """Look when the bell rings, and every so often: a ring may get lost."""
        stopped = asyncio.create_task(stop.wait())
        while not stop.is_set():
            rung = asyncio.create_task(bell.wait())
            await asyncio.wait((stopped, rung), timeout=LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
            rung.cancel()
            bell.clear()
            with outlived("looking for new entries"):
                await self.refresh(database)
            with suppress(TimeoutError):  # it rings at every turn of a conversation, too
                await asyncio.wait_for(asyncio.shield(stopped), AT_MOST_EVERY)


def _loaded(saved: SavedIndex, rows: Sequence[Entry], version: int) -> Snapshot | None:
    index = load(saved.data, content.abbreviations())
    served = {row.key: row for row in rows}
    if index is None or index.ids != set(served):
        return None
    return Snapshot(index, served, version, Thresholds(*saved.thresholds))


async def _save(database: Database, snapshot: Snapshot) -> None:
    """For the next start. Whoever is later wins; the version says what it is of."""
    if snapshot.index.size > MOST_SAVED:
        return
    values = {
        "version": str(snapshot.version), "data": await asyncio.to_thread(dump, snapshot.index),
        "thresholds": [snapshot.thresholds.answer, snapshot.thresholds.offer], "at": datetime.now(UTC),
    }
    async with database.transaction() as db:
        changed = await db.execute(update(SavedIndex).where(SavedIndex.name == SAVED).values(**values))
        if not cast(CursorResult[Any], changed).rowcount:
            insert: Any = sqlite.insert if database.sqlite else postgresql.insert
            await db.execute(insert(SavedIndex).values(name=SAVED, **values).on_conflict_do_nothing())


def passage(row: Entry, short: Mapping[int, Pairs] = MappingProxyType({})) -> Passage:
    """With what its agency's own abbreviations stand for."""
    pairs = short.get(row.owner_agency_id or 0, ())
    more = own_abbreviations.beside((row.question, *row.variants, row.answer), pairs) if pairs else ""
    return Passage(row.key, row.question, f"{row.answer}\n{more}" if more else row.answer, tuple(row.variants))


def _background() -> Sequence[Passage]:
    """Our own words teach small bases how syllables follow each other."""
    return [Passage(e.id, e.question, e.answer, tuple(e.variants)) for e in content.entries()]


def _today() -> date:
    return datetime.now(UTC).astimezone(ZONE).date()


def _calibrated(served: Mapping[str, Entry], short: Mapping[int, Pairs], index: Index) -> Thresholds:
    return calibrate([passage(row, short) for row in served.values()], index)


def _snapshot(
    rows: Sequence[Entry], version: int, short: Mapping[int, Pairs] = MappingProxyType({})
) -> Snapshot:
    passages = [passage(row, short) for row in rows]
    index = Index.build(passages, content.abbreviations(), _background())
    return Snapshot(index, {row.key: row for row in rows}, version, calibrate(passages, index))
