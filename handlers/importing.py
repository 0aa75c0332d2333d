"""Entries from a file: what an import would do with each, and what it does; every one goes past a second person."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db import entries as rows
from db import notices
from db.knowledge import Entry
from handlers import entry_scope
from handlers.reply import Reply
from knowledge import curate, duplicates, golden
from knowledge.catalogue import Snapshot
from knowledge.duplicates import Duplicate
from knowledge.entry_content import folded
from knowledge.entry_files import Candidate
from network import audit, topics


class Fate(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    WRONG = "wrong"


@dataclass(slots=True)
class Planned:
    """`entry`: the one it would change; `twin`: one that answers its question already."""

    where: str
    key: str
    fate: Fate
    content: dict[str, Any]
    wrong: list[str] = field(default_factory=list)
    entry: Entry | None = None
    twin: Duplicate | None = None


async def plan(db: AsyncSession, found: Sequence[Candidate], base: Snapshot, today: date) -> list[Planned]:
    """Nothing is written. An entry of the file is one of the base by its key, else by the very same question."""
    served = {folded(e.question): e.key for e in base.entries.values()}
    planned, seen = [], set[str]()
    for one in found:
        content, wrong = dict(one.content), list(one.wrong)
        if content["topic"]:
            code = _topic(content["topic"])
            if code is None:
                wrong.append(f"không có chủ đề “{content['topic'][:40]}”")
            content["topic"] = code
        key = one.key or served.get(folded(content["question"]), "")
        entry = await rows.by_key(db, key) if key else None
        known = key or folded(content["question"])
        if known in seen:
            wrong.append("mục này đã có ở trên trong tệp")
        seen.add(known)
        if entry is not None:
            content = _onto(curate.BLANK | curate.plain(entry), content)
            same = content == curate.BLANK | curate.plain(entry)
        fate = Fate.NEW if entry is None else Fate.SAME if same else Fate.CHANGED
        if entry is not None and fate == Fate.CHANGED and await rows.pending(db, entry.id):
            wrong.append(f"mục {entry.key} đang có một bản soạn chưa xong")
        twin = None if entry or wrong else duplicates.find(base, curate.BLANK | content, key, today)
        planned.append(Planned(one.where, key, Fate.WRONG if wrong else fate, content, wrong, entry, twin))
    return planned


def _topic(said: str) -> str | None:
    wanted = folded(said)
    return next((c for c, name in topics.topics().items() if wanted in (c, folded(c), folded(name))), None)


def _onto(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """What the file leaves empty stays; phrasings are added to those that are there."""
    given = {name: value for name, value in new.items() if value not in (None, "", [])}
    there = {folded(phrase) for phrase in (old["question"], *old["variants"])}
    more = [phrase for phrase in given.pop("variants", []) if folded(phrase) not in there]
    return old | given | {"variants": [*old["variants"], *more]}


async def broken(db: AsyncSession, planned: Sequence[Planned], base: Snapshot) -> list[str]:
    """Golden questions that would break if all of it were published."""
    changed = [
        golden.passage(p.key or f"new:{n}", curate.BLANK | p.content)
        for n, p in enumerate(planned) if p.fate in (Fate.NEW, Fate.CHANGED)
    ]
    return [golden.said(check) for check in await golden.broken(db, base, changed)] if changed else []


async def write(db: AsyncSession, planned: Sequence[Planned], name: str, by: int, now: datetime) -> int:
    """Each as a version that waits for review; every reviewer hears of the whole file once."""
    why = f"Nhập từ tệp {name}"
    done: list[Entry] = []
    for one in planned:
        if one.fate == Fate.NEW:
            entry, version = await curate.begin(db, one.content, by, now, why=why, key=one.key)
        elif one.fate == Fate.CHANGED and one.entry is not None:
            entry = one.entry
            version = await curate.write(db, entry.id, one.content, by, now, why=why)
        else:
            continue
        await curate.submit(db, version.id, by, why, now)
        done.append(entry)
    if done:
        detail = {"file": name, "entries": [entry.key for entry in done]}
        await audit.record(db, now, "entry.imported", actor=by, detail=detail)
        told = {p.id for e in done for p in await entry_scope.deciders(db, e.owner_agency_id, by)}
        head = f"**{len(done)} mục tri thức nhập từ tệp chờ duyệt**"
        reply = Reply(f"{head}\nXem tất cả: /muctin, hoặc ở bảng điều khiển.")
        for person in sorted(told):
            await notices.put(db, person, reply.plain(), now)
    return len(done)
