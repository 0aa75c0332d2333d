"""What follows when a piece of work ends: the record, and the answer to everybody who asked.

The chat and the command line both go through here.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import work as rows
from db.knowledge import Entry, Work, WorkKind
from handlers.asking import shown
from handlers.case_letters import RULES, tell
from handlers.reply import Reply
from knowledge import suggestions, work
from network import audit, moments
from network.case_times import CaseRules


async def link(
    db: AsyncSession, work_id: int, entry: Entry, by: int, now: datetime, rules: CaseRules = RULES
) -> int:
    """How many people were told."""
    done = await work.link(db, work_id, entry, by, now)
    for question in await rows.questions(db, done.id):
        if not question.follows:
            await suggestions.suggest(db, question, entry.id)
    await audit.record(db, now, "work.linked", actor=by, subject=f"work:{done.id}", detail={"entry": entry.key})
    return await _tell(db, done, entry, now, rules)


async def refuse(db: AsyncSession, work_id: int, by: int, reason: str, now: datetime) -> Work:
    done = await work.refuse(db, work_id, by, reason, now)
    await audit.record(db, now, "work.refused", actor=by, subject=f"work:{done.id}", detail={"reason": reason})
    return done


async def published(
    db: AsyncSession, entry: Entry, by: int | None, now: datetime, rules: CaseRules = RULES
) -> int:
    """How many people were told."""
    told = 0
    for done in await work.published(db, entry, by, now):
        await audit.record(db, now, "work.done", actor=by, subject=f"work:{done.id}", detail={"entry": entry.key})
        told += await _tell(db, done, entry, now, rules)
    return told


async def _tell(db: AsyncSession, done: Work, entry: Entry, now: datetime, rules: CaseRules) -> int:
    if done.kind == WorkKind.WRONG:
        head = "**Câu trả lời anh/chị báo chưa đúng đã được xem lại**"
    else:
        head = "**Câu hỏi của anh/chị nay đã có câu trả lời**"
    reply = Reply(f"{head}\n\n{shown(entry, now.astimezone(moments.VIETNAM).date())}")
    people = await rows.askers(db, done.id)
    for person, identity in people:
        await tell(db, person, reply, now, rules, identity)
    return len(people)
