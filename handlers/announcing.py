"""Writing a brief in the chat. The draft is the row: it survives restarts, and every part can be changed at any time.

/soan → one message (title, summary, body) → mức độ → chủ đề → giai đoạn → xác nhận → người nhận → bàn soạn.
A button's stamp is the edition's number: after submission the buttons of the old desk change nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.briefs import BriefState
from db.people import Prompt
from handlers import audience_desk, brief_fields, drafting, prompts
from handlers import briefs as receiving
from handlers.brief_fields import HOW
from handlers.desk import Spot, button, desk, editable, open_draft
from handlers.refusing import politely
from handlers.reply import Action, Choice, Incoming, Reply
from network import briefs, embargo, markup, topics
from network.brief_content import STAGES, Priority
from network.briefs import STATE_NAMES, Content, Draft
from network.people import Speaker
from network.refusals import Refusal
from network.roles import Permission

NEW, TEXT = "brief.new", "brief.text"
STEPS = ("priority", "topics", "stage", "ack", "audience")
ACK_HOURS = (0, 2, 4, 24, 48, 72)
WELCOME = (
    "**Soạn bản tin mới**\n\nAnh/chị gửi bản tin trong một tin nhắn: **dòng đầu là tiêu đề**, đoạn sau là tóm tắt, "
    "rồi đến nội dung. Cũng có thể chỉ gửi tiêu đề trước. Ảnh và tệp PDF gửi sau."
)


@politely
async def start(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    author = briefs.need(who, Permission.WRITE_BRIEF, "soạn bản tin")
    if args.strip():
        return await _create(db, who, args, now)
    await prompts.wait_for(db, who, NEW, None, now)
    unfinished = await briefs.listed(db, states=[BriefState.DRAFT], author_id=author, limit=3)
    choices = [Choice(f"Tiếp tục: {_short(d)}", Action("b.desk", str(d.id))) for d in unfinished]
    return Reply(WELCOME, tuple(choices))


@politely
async def begin(db: AsyncSession, who: Speaker, prompt: Prompt, message: Incoming, now: datetime) -> Reply:
    if not message.text.strip():
        return Reply("Anh/chị vui lòng gửi tiêu đề bằng chữ trước, rồi gửi ảnh hoặc tệp sau.")
    return await _create(db, who, message.text, now)


async def _create(db: AsyncSession, who: Speaker, typed: str, now: datetime) -> Reply:
    draft = await briefs.create(db, brief_fields.whole(typed), who, now)
    if draft.content.title and not (draft.content.body or draft.content.summary):
        await prompts.wait_for(db, who, TEXT, draft.id, now)
        return Reply(f"Đã ghi tiêu đề. {markup.escape(HOW['body'])}")
    await prompts.wait_for(db, who, "brief.set.files", draft.id, now)
    return _step(draft, "priority", in_turn=True)


@politely
async def add_text(db: AsyncSession, who: Speaker, prompt: Prompt, message: Incoming, now: datetime) -> Reply:
    """The body after a title sent alone."""
    draft = await open_draft(db, who, prompt.subject_id)
    if message.photo or message.document:
        return await drafting.attach(db, who, draft, message, now)
    content = brief_fields.with_body(draft.content, message.text)
    draft = await briefs.edit(db, draft.id, who, now, content=content)
    await prompts.wait_for(db, who, "brief.set.files", draft.id, now)
    return _step(draft, "priority", in_turn=True)


# The steps with buttons


def _step(draft: Draft, step: str, *, in_turn: bool, replace_message: bool = False) -> Reply:
    text, choices, columns = {"priority": _priorities, "topics": _topics, "stage": _stages, "ack": _acks}[step](
        draft, in_turn
    )
    return Reply(text, tuple(choices), columns=columns, replace=replace_message)


def _priorities(draft: Draft, turn: bool) -> tuple[str, list[Choice], int]:
    notes = {"thuong": "gửi theo thứ tự", "khan": "gửi trước tin thường", "hoa_toc": "gửi ngay, cả ban đêm"}
    choices = [
        button(f"{_mark(p == draft.content.priority)}{p.label} – {notes[p]}", "b.prio", draft, p, turn=turn)
        for p in reversed(Priority)
    ]
    return "**Mức độ** của bản tin?", choices, 1


def _topics(draft: Draft, turn: bool, whole: bool = False) -> tuple[str, list[Choice], int]:
    """Those the text speaks of come first; thirty buttons at once help nobody."""
    chosen = draft.content.topics
    content = draft.content
    near = topics.suggest(f"{content.title}\n{content.summary}\n{content.body}")
    shown = list(topics.topics()) if whole or not (chosen or near) else list(dict.fromkeys((*chosen, *near)))
    choices = [
        button(_mark(code in chosen) + topics.name_of(code), "b.topic", draft, code, turn=turn) for code in shown
    ]
    if len(shown) < len(topics.topics()):
        choices.append(button("Chủ đề khác…", "b.topics", draft, "", turn=turn))
    done = Choice("Xong", Action("b.next", Spot(draft.id, "topics", turn).pack(), str(draft.number)))
    return f"**Chủ đề** (chọn một hoặc nhiều): {_chosen_topics(chosen)}", [*choices, done], 2


def _chosen_topics(codes: Iterable[str]) -> str:
    return markup.escape(topics.list_names(codes)) or "chưa chọn"


def _stages(draft: Draft, turn: bool) -> tuple[str, list[Choice], int]:
    choices = [
        button(_mark(code == draft.content.stage) + name, "b.stage", draft, code, turn=turn)
        for code, name in STAGES.items()
    ]
    return "Bản tin thuộc **giai đoạn** nào của chính sách?", choices, 1


def _acks(draft: Draft, turn: bool) -> tuple[str, list[Choice], int]:
    present = draft.content.ack_hours if draft.content.ack else 0
    names = {0: "Không yêu cầu", 24: "Trong 1 ngày", 48: "Trong 2 ngày", 72: "Trong 3 ngày"}
    choices = [
        button(_mark(h == present) + names.get(h, f"Trong {h} giờ"), "b.ack", draft, str(h), turn=turn)
        for h in ACK_HOURS
    ]
    return "Yêu cầu người nhận bấm **“Đã nhận”**?", choices, 2


def _mark(chosen: bool) -> str:
    return "✓ " if chosen else ""


@politely
async def choose(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """One of the steps' buttons: priority, topic, stage, acknowledgement."""
    spot = Spot.unpack(action.subject)
    draft = await editable(db, who, action)
    content = _with(draft.content, action.name, spot.value)
    draft = await briefs.edit(db, draft.id, who, now, content=content)
    step = {"b.prio": "priority", "b.topic": "topics", "b.stage": "stage", "b.ack": "ack"}[action.name]
    if step == "topics":  # several may be chosen
        return _step(draft, "topics", in_turn=spot.turn, replace_message=True)
    return await _after(db, who, draft, step, spot.turn, now)


def _with(content: Content, action: str, value: str) -> Content:
    if action == "b.prio" and value in list(Priority):
        return replace(content, priority=Priority(value))
    if action == "b.topic" and value in topics.topics():
        kept = tuple(code for code in content.topics if code != value)
        return replace(content, topics=kept if value in content.topics else (*kept, value))
    if action == "b.stage" and value in STAGES:
        return replace(content, stage=value)
    if action == "b.ack" and value.isdigit():
        return replace(content, ack=value != "0", ack_hours=int(value) or None)
    raise Refusal(briefs.STALE)


@politely
async def all_topics(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    text, choices, columns = _topics(await editable(db, who, action), Spot.unpack(action.subject).turn, whole=True)
    return Reply(text, tuple(choices), columns=columns, replace=True)


async def _after(
    db: AsyncSession, who: Speaker, draft: Draft, step: str, turn: bool, now: datetime
) -> Reply:
    following = STEPS[STEPS.index(step) + 1 :]
    if not turn or not following:
        return await desk(db, who, draft, replace_message=True)
    if following[0] == "audience":
        return await audience_desk.show(db, draft, now, replace_message=True)
    return _step(draft, following[0], in_turn=True, replace_message=True)


@politely
async def go_on(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    spot = Spot.unpack(action.subject)
    return await _after(db, who, await editable(db, who, action), spot.value, spot.turn, now)


@politely
async def open_step(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    spot = Spot.unpack(action.subject)
    draft = await editable(db, who, action)
    if spot.value == "audience":
        return await audience_desk.show(db, draft, now, replace_message=True)
    if spot.value not in STEPS:
        raise Refusal(briefs.STALE)
    return _step(draft, spot.value, in_turn=False, replace_message=True)


@politely
async def my_list(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    if Permission.WRITE_BRIEF not in who.permissions and Permission.VIEW not in who.permissions:
        return await receiving.my_list(db, who)
    found = await briefs.listed(db, limit=10)
    if Permission.WRITE_BRIEF not in who.permissions and Permission.APPROVE not in who.permissions:
        found = [d for d in found if not (d.state in briefs.OPEN and embargo.holds(d.content, now))]
    if not found:
        return Reply("Chưa có bản tin nào. Gõ /soan để soạn bản tin mới.")
    lines = [f"- {markup.escape(_short(d))} – *{STATE_NAMES[d.state]}*" for d in found]
    choices = [Choice(_short(d), Action(_opens(d), str(d.id))) for d in found]
    return Reply("**Bản tin gần đây**\n" + "\n".join(lines), tuple(choices))


def _opens(draft: Draft) -> str:
    return "b.desk" if draft.state == BriefState.DRAFT else "ap.open"


def _short(draft: Draft) -> str:
    title = draft.content.title or "(chưa có tiêu đề)"
    return f"{draft.id}. {title if len(title) <= 40 else title[:39] + '…'}"


COMMANDS = {"soan": start, "bantin": my_list}
ACTIONS = {
    **{name: choose for name in ("b.prio", "b.topic", "b.stage", "b.ack")},
    "b.topics": all_topics,
    "b.next": go_on,
    "b.step": open_step,
    **drafting.ACTIONS,
    **audience_desk.ACTIONS,
}
PROMPTS = {NEW: begin, TEXT: add_text, **drafting.PROMPTS, **audience_desk.PROMPTS}
