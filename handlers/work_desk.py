"""`/viec`: questions without an answer and answers called wrong, as work to take, write, link or refuse."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import work as rows
from db.knowledge import Entry, Work, WorkKind, WorkState
from db.people import Person, Prompt
from handlers import editing, prompts, work_acts
from handlers.case_letters import RULES
from handlers.refusing import politely
from handlers.reply import Action, Choice, Incoming, Reply
from knowledge import work
from knowledge.catalogue import Catalogue
from knowledge.wrong import Wrong
from network import audit, markup, moments, topics
from network.case_times import CaseRules
from network.people import Speaker

REFUSE = "work.refuse"
LISTED, NEAR = 10, 3
STATES = {
    WorkState.OPEN: "chưa làm", WorkState.WRITING: "đang viết mục", WorkState.DONE: "đã có câu trả lời",
    WorkState.REFUSED: "không làm",
}


@politely
async def listing(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    editing.may_write(who)
    found = await rows.listed(db, who.person_id, limit=LISTED)
    if not found:
        return Reply("Không có câu hỏi nào chờ câu trả lời.")
    lines = [f"**Việc của kho tri thức** ({await rows.how_many(db)})"]
    lines += [f"{n}. {line(piece, owner, who.person_id)}" for n, (piece, owner) in enumerate(found, 1)]
    choices = [Choice(f"Mở việc {n}", _at("work.show", piece)) for n, (piece, _) in enumerate(found, 1)]
    return Reply("\n".join(lines), tuple(choices), columns=2)


def line(piece: Work, owner: str | None, person_id: int | None = None) -> str:
    """In one line: how often, what, whose."""
    whose = "của anh/chị" if person_id and piece.owner_id == person_id else owner or "chưa ai nhận"
    kind = "⚠️ Báo chưa đúng: " if piece.kind == WorkKind.WRONG else ""
    state = f", {STATES[WorkState(piece.state)]}" if piece.state != WorkState.OPEN else ""
    return f"{kind}{markup.escape(piece.text[:120])} – {piece.count} lần, {markup.escape(whose)}{state}"


def _at(name: str, piece: Work) -> Action:
    return Action(name, str(piece.id))


@politely
async def show(db: AsyncSession, who: Speaker, action: Action, now: datetime, index: Catalogue) -> Reply:
    editing.may_write(who)
    piece = await work.find(db, _number(action.subject))
    text = await described(db, piece)
    if piece.state not in rows.ACTIVE:
        return Reply(text)
    return Reply(text, tuple(_choices(piece, who, index)), columns=2)


async def described(db: AsyncSession, piece: Work) -> str:
    owner = await db.get(Person, piece.owner_id) if piece.owner_id else None
    entry = await db.get(Entry, piece.entry_id) if piece.entry_id else None
    wrong = piece.kind == WorkKind.WRONG
    lines = [
        f"**Việc {piece.id}: {'câu trả lời bị báo chưa đúng' if wrong else 'câu hỏi chưa có câu trả lời'}**",
        f"*{STATES[WorkState(piece.state)]}, {markup.escape(owner.full_name or '') if owner else 'chưa ai nhận'}*",
        f"> {markup.escape(piece.text)}",
        *(f"- {markup.escape(example)}" for example in piece.examples),
        f"Hỏi {piece.count} lần, từ {moments.say(piece.first_at)} đến {moments.say(piece.last_at)}.",
    ]
    if piece.topic:
        lines.append(f"Chủ đề: {markup.escape(topics.name_of(piece.topic))}")
    if entry:
        lines.append(f"Mục: {markup.escape(entry.question)} ({markup.escape(entry.key)})")
    if piece.reason:
        lines.append(f"Lý do không làm: {markup.escape(piece.reason)}")
    return "\n".join(lines)


def _choices(piece: Work, who: Speaker, index: Catalogue) -> list[Choice]:
    found = []
    if piece.owner_id != who.person_id:
        found.append(Choice("Nhận việc", _at("work.take", piece)))
    if piece.kind == WorkKind.WRONG or piece.state == WorkState.WRITING:
        found.append(Choice("Mở mục", Action("entry.open", str(piece.entry_id))))
    else:
        found.append(Choice("Viết mục", _at("work.write", piece)))
        base = index.snapshot
        hits = [hit for hit in base.index.search(piece.text, NEAR) if hit.score >= base.thresholds.offer]
        near = [e for hit in hits if (e := index.entry(hit.id))]
        found += [Choice(f"Đã có: {e.question[:60]}", Action("work.link", f"{piece.id}:{e.id}")) for e in near]
    return [*found, Choice("Không làm", _at("work.refuse", piece))]


@politely
async def take(db: AsyncSession, who: Speaker, action: Action, now: datetime, index: Catalogue) -> Reply:
    editing.may_write(who)
    piece = await work.take(db, _number(action.subject), who.person_id or 0)
    await audit.record(db, now, "work.taken", actor=who.person_id, subject=f"work:{piece.id}")
    reply = await show(db, who, action, now, index)
    return Reply(reply.text, reply.choices, "Việc này nay là của anh/chị.", replace=True, columns=2)


@politely
async def write(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    editing.may_write(who)
    entry = await work.write(db, _number(action.subject), who.person_id or 0, now)
    return await editing.ask_answer(db, who, entry, now)


@politely
async def link(
    db: AsyncSession, who: Speaker, action: Action, now: datetime, case_rules: CaseRules = RULES
) -> Reply:
    editing.may_write(who)
    number, _, wanted = action.subject.partition(":")
    entry = await db.get(Entry, _number(wanted))
    if entry is None:
        raise Wrong("Không tìm thấy mục tri thức này.", over=True)
    told = await work_acts.link(db, _number(number), entry, who.person_id or 0, now, case_rules)
    return Reply(
        f"Đã gửi câu trả lời của mục {markup.escape(entry.key)} cho {told} người hỏi. Lời của người hỏi nằm trong "
        "“Cách hỏi gợi ý” của /muctin.",
        replace=True,
    )


@politely
async def ask_refuse(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    editing.may_write(who)
    piece = await work.find(db, _number(action.subject))
    await prompts.wait_for(db, who, REFUSE, piece.id, now)
    return Reply(
        f"> {markup.escape(piece.text)}\n\nVì sao không làm? Anh/chị gõ lý do. Câu hỏi giống câu này sẽ không hiện lại."
    )


@politely
async def refuse(db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime) -> Reply:
    editing.may_write(who)
    await work_acts.refuse(db, prompt.subject_id or 0, who.person_id or 0, " ".join(said.text.split())[:500], now)
    await prompts.clear(db, who)
    return Reply("Đã ghi lý do và đóng việc này.")


def _number(digits: str) -> int:
    return int(digits) if digits.isdigit() else 0


COMMANDS = {"viec": listing}
ACTIONS = {
    "work.show": show, "work.take": take, "work.write": write, "work.link": link, "work.refuse": ask_refuse,
}
PROMPTS = {REFUSE: refuse}
