"""Suggested phrasings in the chat: one after the other, taken up or refused with one press."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import phrasings as rows
from db.knowledge import Entry, SuggestedPhrasing
from handlers import editing, entry_scope
from handlers.refusing import politely
from handlers.reply import Action, Choice, Reply
from knowledge import suggestions
from knowledge.catalogue import Catalogue
from network import audit, markup
from network.people import Speaker

NONE = "Không còn cách hỏi nào chờ xem."


@politely
async def show(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    editing.may_write(who)
    return await _next(db, "")


async def _next(db: AsyncSession, done: str) -> Reply:
    found = await rows.waiting(db, 1)
    if not found:
        return Reply("\n\n".join(filter(None, (done, NONE))), replace=bool(done))
    ((suggestion, entry),) = found
    left = await rows.how_many(db)
    asked = f"*{suggestion.count} lần hỏi, còn {left} gợi ý*"
    entry_name = markup.escape(entry.question)
    said, where = "Người hỏi viết", f"và được trả lời bằng mục *{entry_name}*"
    if suggestion.machine:
        said, where = "🤖 Máy đề xuất, chưa ai hỏi như vậy", f"cho mục *{entry_name}*"
        asked = f"*Còn {left} gợi ý*"
    text = f"{said}:\n> {markup.escape(suggestion.text)}\n\n{where}. Nhận làm cách hỏi của mục này?\n{asked}"
    number = str(suggestion.id)
    choices = (
        Choice("Nhận", Action("phrase.accept", number)), Choice("Bỏ qua", Action("phrase.refuse", number)),
        Choice("Mở mục", Action("entry.open", str(entry.id))),
    )
    return Reply("\n\n".join(filter(None, (done, text))), choices, replace=bool(done), columns=2)


@politely
async def accept(db: AsyncSession, who: Speaker, action: Action, now: datetime, index: Catalogue) -> Reply:
    editing.may_write(who)
    suggestion = await db.get(SuggestedPhrasing, _number(action))
    entry = await db.get(Entry, suggestion.entry_id) if suggestion else None
    reviews = await entry_scope.decides_here(db, who, entry)
    taken = await suggestions.accept(db, _number(action), who.person_id, now, index.snapshot, reviews=reviews)
    subject = f"entry:{taken.entry.key}"
    await audit.record(db, now, "phrasing.accepted", actor=who.person_id, subject=subject, detail={"live": taken.live})
    return await _next(db, "✓ Đã nhận." if taken.live else "✓ Đã nhận, chờ người thứ hai duyệt.")


@politely
async def refuse(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    editing.may_write(who)
    await suggestions.refuse(db, _number(action), who.person_id, now)
    return await _next(db, "✓ Đã bỏ qua.")


def _number(action: Action) -> int:
    return int(action.subject) if action.subject.isdigit() else 0


ACTIONS = {"phrase.list": show, "phrase.accept": accept, "phrase.refuse": refuse}
