"""Golden questions of an entry in the chat: shown, added, taken away."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import golden as rows
from db.knowledge import Entry
from db.people import Prompt
from handlers import editing, entry_scope, prompts
from handlers.refusing import politely
from handlers.reply import Action, Choice, Incoming, Reply
from knowledge import golden
from knowledge.catalogue import Catalogue
from knowledge.wrong import Wrong
from network import audit, markup
from network.people import Speaker
from network.roles import Permission

ADD = "golden.add"


async def _entry(db: AsyncSession, who: Speaker, subject: str) -> Entry:
    editing.may_read(who)
    entry = await db.get(Entry, int(subject)) if subject.isdigit() else None
    if entry is None:
        raise Wrong("Không tìm thấy mục tri thức này.", over=True)
    return entry


@politely
async def show(db: AsyncSession, who: Speaker, action: Action, now: datetime, index: Catalogue) -> Reply:
    return await _page(db, who, await _entry(db, who, action.subject), index)


async def _page(db: AsyncSession, who: Speaker, entry: Entry, index: Catalogue) -> Reply:
    found = await rows.of_entry(db, entry.id)
    base = index.snapshot
    checks = golden.asked(base, base.index, [(g.id, g.question, entry.key) for g in found])
    lines = [f"**Câu hỏi mẫu của mục {markup.escape(entry.key)}**"]
    lines.append("Các câu này phải luôn được trả lời bằng mục này; Loa hỏi lại trước mỗi lần công bố.")
    lines += [f"{n}. {'✓' if c.holds else '✗'} {markup.escape(c.question)}" for n, c in enumerate(checks, 1)]
    choices = [Choice("Thêm câu hỏi mẫu", Action("golden.ask", str(entry.id)))]
    if Permission.REVIEW_ENTRIES in who.permissions:
        choices += [Choice(f"Bỏ câu {n}", Action("golden.remove", str(g.id))) for n, g in enumerate(found, 1)]
    return Reply("\n".join(lines), tuple(choices), columns=2)


@politely
async def ask(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    entry = await _entry(db, who, action.subject)
    await prompts.wait_for(db, who, ADD, entry.id, now)
    return Reply(f"Câu hỏi nào phải luôn được trả lời bằng mục “{markup.escape(entry.question)}”? Anh/chị gõ câu đó.")


@politely
async def add(
    db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime, index: Catalogue
) -> Reply:
    entry = await _entry(db, who, str(prompt.subject_id))
    made = await golden.add(db, said.text, entry, who.person_id, now)
    await audit.record(db, now, "golden.added", actor=who.person_id, subject=f"entry:{entry.key}")
    await prompts.clear(db, who)
    base = index.snapshot
    (check,) = golden.asked(base, base.index, [(made.id, made.question, entry.key)])
    page = await _page(db, who, entry, index)
    if check.holds:
        return page
    note = f"⚠️ Hiện nay câu này chưa đạt: {markup.escape(golden.said(check))}. Anh/chị nên thêm cách hỏi cho mục."
    return Reply(f"{note}\n\n{page.text}", page.choices, columns=2)


@politely
async def remove(db: AsyncSession, who: Speaker, action: Action, now: datetime, index: Catalogue) -> Reply:
    entry_scope.may_review(who)
    gone = await golden.remove(db, int(action.subject) if action.subject.isdigit() else 0)
    entry = await db.get_one(Entry, gone.entry_id)
    await entry_scope.may_decide(db, who, entry.owner_agency_id)
    await audit.record(db, now, "golden.removed", actor=who.person_id, subject=f"entry:{entry.key}")
    return await _page(db, who, entry, index)


ACTIONS = {"entry.golden": show, "golden.ask": ask, "golden.remove": remove}
PROMPTS = {ADD: add}
