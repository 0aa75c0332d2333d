"""Writing a brief in the chat. The draft is the row: it survives restarts, and every part can be changed at any time.

/soan → one message (title, summary, body) → mức độ → chủ đề → giai đoạn → xác nhận → người nhận → bàn soạn.
A button's stamp is the edition's number: after submission the buttons of the old desk change nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import briefs as table
from db import notices
from db.briefs import BriefState
from db.people import Prompt
from handlers import approving, audience_desk, brief_fields, prompts
from handlers import briefs as receiving
from handlers.brief_fields import HOW, NAMES
from handlers.desk import Spot, button, desk, editable, open_draft
from handlers.refusing import politely
from handlers.reply import Action, Choice, Incoming, Reply
from network import attachments, briefs, markup, topics
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
        return await _attach(db, who, draft, message, now)
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


def _topics(draft: Draft, turn: bool) -> tuple[str, list[Choice], int]:
    chosen = draft.content.topics
    choices = [
        button(_mark(code in chosen) + name, "b.topic", draft, code, turn=turn) for code, name in topics.topics().items()
    ]
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
    return await _after(db, who, draft, step, spot.turn)


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


async def _after(db: AsyncSession, who: Speaker, draft: Draft, step: str, turn: bool) -> Reply:
    following = STEPS[STEPS.index(step) + 1 :]
    if not turn or not following:
        return await desk(db, who, draft, replace_message=True)
    if following[0] == "audience":
        return await audience_desk.show(db, draft, turn=True, replace_message=True)
    return _step(draft, following[0], in_turn=True, replace_message=True)


@politely
async def go_on(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    spot = Spot.unpack(action.subject)
    return await _after(db, who, await editable(db, who, action), spot.value, spot.turn)


@politely
async def open_step(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    spot = Spot.unpack(action.subject)
    draft = await editable(db, who, action)
    if spot.value == "audience":
        return await audience_desk.show(db, draft, turn=False, replace_message=True)
    if spot.value not in STEPS:
        raise Refusal(briefs.STALE)
    return _step(draft, spot.value, in_turn=False, replace_message=True)


# The parts that are typed, and files


@politely
async def fields_menu(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await editable(db, who, action)
    choices = [button(NAMES[field], "b.field", draft, field) for field in HOW]
    back = Choice("‹ Bàn soạn", Action("b.desk", str(draft.id)))
    return Reply("Anh/chị muốn sửa phần nào?", (*choices, back), columns=2, replace=True)


@politely
async def ask_field(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    field = Spot.unpack(action.subject).value
    if field not in HOW:
        raise Refusal(briefs.STALE)
    draft = await editable(db, who, action)
    await prompts.wait_for(db, who, f"brief.set.{field}", draft.id, now)
    present = brief_fields.typed(draft.content, field) if field != "files" else ""
    shown = f"\n\nHiện tại:\n```\n{present.replace('```', '')}\n```" if present else ""
    empty = "\nGửi “-” để bỏ trống phần này." if field not in ("title", "files") else ""
    back = Choice("‹ Bàn soạn", Action("b.desk", str(draft.id)))
    clear = button("Bỏ hết tệp", "b.unfile", draft, "") if field == "files" and draft.content.attachments else None
    return Reply(f"**{NAMES[field]}.** {markup.escape(HOW[field] + empty)}{shown}", (clear, back) if clear else (back,))


@politely
async def set_field(db: AsyncSession, who: Speaker, prompt: Prompt, message: Incoming, now: datetime) -> Reply:
    draft = await open_draft(db, who, prompt.subject_id)
    field = prompt.kind.removeprefix("brief.set.")
    if message.photo or message.document:
        return await _attach(db, who, draft, message, now)
    if field == "files":  # the desk is open, and text came
        await prompts.clear(db, who)
        shown = await desk(db, who, draft)
        hint = "Để sửa phần nào, anh/chị bấm nút tương ứng; để hỏi, gõ /hoi kèm câu hỏi."
        return replace(shown, text=f"{hint}\n\n{shown.text}")
    content = brief_fields.changed(draft.content, field, message.text)
    draft = await briefs.edit(db, draft.id, who, now, content=content)
    return await _open(db, who, draft, now)


async def _attach(db: AsyncSession, who: Speaker, draft: Draft, message: Incoming, now: datetime) -> Reply:
    file = await attachments.remember(
        db, who.channel, message.photo or message.document or "", message.file_name, message.file_size,
        photo=message.photo is not None, now=now,
    )
    ids = tuple(dict.fromkeys((*draft.content.attachments, file.id)))
    draft = await briefs.edit(db, draft.id, who, now, content=replace(draft.content, attachments=ids))
    back = Choice("‹ Bàn soạn", Action("b.desk", str(draft.id)))
    return Reply(f"Đã đính kèm {markup.escape(file.name)} ({len(ids)} tệp). Gửi tiếp hoặc về bàn soạn.", (back,))


@politely
async def remove_files(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await editable(db, who, action)
    draft = await briefs.edit(db, draft.id, who, now, content=replace(draft.content, attachments=()))
    return await desk(db, who, draft, replace_message=True)


# The desk, the preview, the way to approval


@politely
async def show_desk(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    briefs.need(who, Permission.WRITE_BRIEF, "soạn bản tin")
    return await _open(db, who, await briefs.load(db, _id(action)), now)


async def _open(db: AsyncSession, who: Speaker, draft: Draft, now: datetime, *, replace_message: bool = False) -> Reply:
    """The desk; while it is open, a photo or a PDF sent is attached."""
    if draft.state == BriefState.DRAFT:
        await prompts.wait_for(db, who, "brief.set.files", draft.id, now)
    return await desk(db, who, draft, replace_message=replace_message)


@politely
async def preview(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """The letter as it will arrive, then to how many and to whom, for example."""
    briefs.need(who, Permission.WRITE_BRIEF, "xem bản nháp")
    draft = await briefs.load(db, _id(action))
    letter = receiving.letter(draft.id, draft.content)
    after = "\n\n———\n" + await audience_desk.reach(db, draft)
    choices = (
        Choice("Gửi thử cho tôi", Action("b.test", str(draft.id))),
        Choice("Trình duyệt", Action("b.submit", str(draft.id), draft.stamp)),
        Choice("‹ Bàn soạn", Action("b.desk", str(draft.id))),
    )
    return Reply(letter.text + after, choices, files=letter.files)


@politely
async def test_send(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    person = briefs.need(who, Permission.WRITE_BRIEF, "gửi thử bản tin")
    draft = await briefs.load(db, _id(action))
    if not draft.content.title:
        raise Refusal("Bản tin chưa có tiêu đề nên chưa gửi thử được.")
    if await notices.put(db, person, receiving.letter(draft.id, draft.content).plain(), now) is None:
        raise Refusal("Chưa gửi thử được vì không có địa chỉ nhận tin của anh/chị.")
    return Reply(toast="Đang gửi thử cho anh/chị.")


@politely
async def submit(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await briefs.submit(db, _id(action), who, now, stamp=action.stamp)
    await prompts.clear(db, who)
    asked = await approving.ask_for_signature(db, draft, now)
    if not asked:
        return Reply("Đã trình, nhưng chưa có ai khác có quyền duyệt. Vui lòng nhờ quản trị thêm người duyệt.")
    shown = await desk(db, who, draft)
    return replace(shown, text=f"**Đã trình duyệt**, yêu cầu đã gửi đến {asked} người duyệt.\n\n{shown.text}")


@politely
async def withdraw(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await briefs.withdraw(db, _id(action), who, now, stamp=action.stamp)
    return await _open(db, who, draft, now, replace_message=True)


@politely
async def drop(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await briefs.drop(db, _id(action), who, now, stamp=action.stamp)
    await prompts.clear(db, who)
    return Reply(f"Đã bỏ bản tin {_short(draft)}. Bản tin vẫn được lưu trong nhật ký.", replace=True)


@politely
async def my_list(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    if Permission.WRITE_BRIEF not in who.permissions and Permission.VIEW not in who.permissions:
        return await receiving.my_list(db, who)
    found = await briefs.listed(db, limit=10)
    if not found:
        return Reply("Chưa có bản tin nào. Gõ /soan để soạn bản tin mới.")
    lines = [f"- {markup.escape(_short(d))} – *{STATE_NAMES[d.state]}*" for d in found]
    choices = [Choice(_short(d), Action("b.desk" if d.state == BriefState.DRAFT else "ap.open", str(d.id))) for d in found]
    return Reply("**Bản tin gần đây**\n" + "\n".join(lines), tuple(choices))


def _short(draft: Draft) -> str:
    title = draft.content.title or "(chưa có tiêu đề)"
    return f"{draft.id}. {title if len(title) <= 40 else title[:39] + '…'}"


def _id(action: Action) -> int:
    return Spot.unpack(action.subject).brief_id


COMMANDS = {"soan": start, "bantin": my_list}
ACTIONS = {
    **{name: choose for name in ("b.prio", "b.topic", "b.stage", "b.ack")},
    "b.next": go_on,
    "b.step": open_step,
    "b.fields": fields_menu,
    "b.field": ask_field,
    "b.unfile": remove_files,
    "b.desk": show_desk,
    "b.preview": preview,
    "b.test": test_send,
    "b.submit": submit,
    "b.withdraw": withdraw,
    "b.drop": drop,
    **audience_desk.ACTIONS,
}
PROMPTS = {NEW: begin, TEXT: add_text, **{f"brief.set.{field}": set_field for field in HOW}, **audience_desk.PROMPTS}
