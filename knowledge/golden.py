"""Golden questions: what must stay answered by its entry, asked of the base as it would become before it becomes so."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import golden as rows
from db.knowledge import Entry, EntryState, Golden
from knowledge import content
from knowledge.answer import Kind, decide
from knowledge.catalogue import Snapshot
from knowledge.entry_content import Content, folded
from knowledge.index import Index, Passage
from knowledge.wrong import Wrong


@dataclass(frozen=True, slots=True)
class Check:
    """What a golden question finds. `found` is the key of what would win instead, "" when nothing would."""

    id: int
    question: str
    wanted: str
    found: str
    kind: Kind

    @property
    def holds(self) -> bool:
        return self.kind == Kind.ANSWER and self.found == self.wanted


class Broken(Wrong):
    """Golden questions that a change would break; `checks` says which."""

    def __init__(self, checks: Sequence[Check]) -> None:
        super().__init__("Thay đổi này làm hỏng câu hỏi mẫu:\n" + "\n".join(f"- {said(check)}" for check in checks))
        self.checks = tuple(checks)


def said(check: Check) -> str:
    """The question, and what would be answered instead."""
    if not check.found:
        instead = "không tìm thấy mục nào"
    elif check.found == check.wanted:
        instead = "mục đúng chỉ còn được gợi ý, không được trả lời thẳng"
    else:
        instead = f"sẽ {'trả lời' if check.kind == Kind.ANSWER else 'gợi ý trước'} bằng mục {check.found}"
    return f"“{check.question}” (phải là {check.wanted}): {instead}"


def asked(base: Snapshot, index: Index, questions: Sequence[tuple[int, str, str]]) -> list[Check]:
    """`questions` are (id, question, key). With the thresholds of today: they move by little with one entry."""
    found = []
    for number, question, wanted in questions:
        decision = decide(index, question, content.smalltalk(), (), base.thresholds)
        best = decision.best.id if decision.best and decision.kind != Kind.NONE else ""
        found.append(Check(number, question, wanted, best, decision.kind))
    return found


async def run(db: AsyncSession, base: Snapshot) -> list[Check]:
    """All of them, of the base as it is."""
    questions = await rows.listed(db)
    return await asyncio.to_thread(asked, base, base.index, questions)


async def broken(
    db: AsyncSession, base: Snapshot, changed: Sequence[Passage], removed: Collection[str] = ()
) -> list[Check]:
    """What is answered now and would not be after the change."""
    questions = await rows.listed(db)
    if not questions:
        return []

    def compare() -> list[Check]:
        before = {check.id for check in asked(base, base.index, questions) if check.holds}
        after = asked(base, base.index.changed(changed, removed), questions)
        return [check for check in after if check.id in before and not check.holds]

    return await asyncio.to_thread(compare)


async def guard(
    db: AsyncSession, base: Snapshot, changed: Sequence[Passage], removed: Collection[str], anyway: str
) -> None:
    """Raises Broken unless somebody says why it may happen all the same."""
    if not anyway.strip() and (found := await broken(db, base, changed, removed)):
        raise Broken(found)


def passage(key: str, said: Content) -> Passage:
    return Passage(key, said["question"], said["answer"], tuple(said["variants"]))


async def add(
    db: AsyncSession, question: str, entry: Entry, by: int | None, now: datetime
) -> Golden:
    question = " ".join(question.split())
    if len(folded(question).split()) < 2 or len(question) > 300:
        raise Wrong("Câu hỏi mẫu có ít nhất hai chữ và tối đa 300 ký tự.")
    if entry.state != EntryState.PUBLISHED:
        raise Wrong(f"Mục {entry.key} chưa được công bố nên chưa thể có câu hỏi mẫu.")
    for number, known, key in await rows.listed(db):
        if folded(known) == folded(question):
            raise Wrong(f"Câu hỏi mẫu này đã có (số {number}, mục {key}).")
    golden = Golden(question=question, entry_id=entry.id, set_by=by, at=now)
    db.add(golden)
    await db.flush()
    return golden


async def remove(db: AsyncSession, number: int) -> Golden:
    golden = await db.get(Golden, number)
    if golden is None:
        raise Wrong(f"Không có câu hỏi mẫu số {number}.")
    await db.delete(golden)
    await db.flush()
    return golden


async def load_starter(db: AsyncSession, now: datetime) -> int:
    """The starter's own, once: what somebody took away since stays away."""
    if await rows.ever(db):
        return 0
    keys = await rows.ids_by_key(db)
    new = [Golden(question=q, entry_id=keys[key], at=now) for key, q in content.golden() if key in keys]
    db.add_all(new)
    await db.flush()
    return len(new)
