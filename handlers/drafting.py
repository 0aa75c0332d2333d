"""A draft on the desk: its typed parts and files, the preview, a trial to oneself, and the way to approval."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import notices
from db.briefs import BriefState
from db.people import Prompt
from handlers import approving, audience_desk, brief_fields, correcting, embargo_desk, embargoed, prompts
from handlers import briefs as receiving
from handlers.brief_fields import HOW, NAMES
from handlers.desk import Spot, button, desk, editable, open_draft
from handlers.refusing import politely
from handlers.reply import Action, Choice, Incoming, Reply
from network import attachments, briefs, markup
from network.briefs import Acting, Draft
from network.people import Speaker
from network.refusals import Refusal
from network.roles import Permission

TRIAL = "*Bản gửi thử, chỉ anh/chị nhận được.*"


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
        return await attach(db, who, draft, message, now)
    if field == "files":  # the desk is open, and text came
        await prompts.clear(db, who)
        shown = await desk(db, who, draft)
        hint = "Để sửa phần nào, anh/chị bấm nút tương ứng; để hỏi, gõ /hoi kèm câu hỏi."
        return replace(shown, text=f"{hint}\n\n{shown.text}")
    content = brief_fields.changed(draft.content, field, message.text)
    draft = await briefs.edit(db, draft.id, who, now, content=content)
    return await _open(db, who, draft, now)


async def attach(db: AsyncSession, who: Speaker, draft: Draft, message: Incoming, now: datetime) -> Reply:
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
    letter = embargoed.marked(receiving.letter(draft.id, draft.content), draft.content, now)
    after = "\n\n———\n" + await audience_desk.reach(db, draft, now)
    choices = (
        Choice("Gửi thử cho tôi", Action("b.test", str(draft.id))),
        Choice("Trình duyệt", Action("b.submit", str(draft.id), draft.stamp)),
        Choice("‹ Bàn soạn", Action("b.desk", str(draft.id))),
    )
    return Reply(correcting.preface(draft) + letter.text + after, choices, files=letter.files)


@politely
async def test_send(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    await send_to_me(db, who, _id(action), now)
    return Reply(toast="Đang gửi thử cho anh/chị.")


async def send_to_me(db: AsyncSession, who: Acting, brief_id: int, now: datetime) -> None:
    """The letter as it will arrive, into the author's own chat; it counts nowhere. Raises Refusal."""
    person = briefs.need(who, Permission.WRITE_BRIEF, "gửi thử bản tin")
    draft = await briefs.load(db, brief_id)
    if not draft.content.title:
        raise Refusal("Bản tin chưa có tiêu đề nên chưa gửi thử được.")
    letter = embargoed.marked(receiving.letter(draft.id, draft.content), draft.content, now)
    if await notices.put(db, person, replace(letter, text=f"{TRIAL}\n\n{letter.text}").plain(), now) is None:
        raise Refusal("Chưa gửi thử được vì không có địa chỉ nhận tin của anh/chị.")


@politely
async def submit(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await briefs.submit(db, _id(action), who, now, stamp=action.stamp)
    await prompts.clear(db, who)
    asked = await approving.ask_for_signature(db, draft, now)
    if not asked:
        return Reply("Đã trình, nhưng chưa có ai khác có quyền duyệt. Vui lòng nhờ quản trị thêm người duyệt.")
    shown = await desk(db, who, draft)
    return replace(shown, text=f"**Đã trình để duyệt**, yêu cầu đã gửi đến {asked} người duyệt.\n\n{shown.text}")


@politely
async def withdraw(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await briefs.withdraw(db, _id(action), who, now, stamp=action.stamp)
    return await _open(db, who, draft, now, replace_message=True)


@politely
async def copy(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    return await _open(db, who, await briefs.copy(db, _id(action), who, now), now)


@politely
async def drop(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await briefs.drop(db, _id(action), who, now, stamp=action.stamp)
    await prompts.clear(db, who)
    title = markup.escape(draft.content.title)
    return Reply(f"Đã bỏ bản tin “{title}”. Bản tin vẫn được lưu trong nhật ký.", replace=True)


def _id(action: Action) -> int:
    return Spot.unpack(action.subject).brief_id


ACTIONS = {
    "b.fields": fields_menu,
    "b.field": ask_field,
    "b.unfile": remove_files,
    "b.desk": show_desk,
    "b.preview": preview,
    "b.test": test_send,
    "b.submit": submit,
    "b.withdraw": withdraw,
    "b.drop": drop,
    "b.copy": copy,
    **embargo_desk.ACTIONS,
}
PROMPTS = {**{f"brief.set.{field}": set_field for field in HOW}, **embargo_desk.PROMPTS}
