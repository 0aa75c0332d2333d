"""The desk's page for a fixed release time and the people who may read the brief before it."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.people import Prompt
from handlers import prompts
from handlers.desk import button, desk, editable, open_draft
from handlers.refusing import politely
from handlers.reply import Action, Choice, Incoming, Reply
from network import briefs, embargo, markup, moments
from network.briefs import Draft
from network.people import Speaker

AT, WHO = "embargo.at", "embargo.who"


@politely
async def menu(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    return await _page(db, await editable(db, who, action))


async def _page(db: AsyncSession, draft: Draft) -> Reply:
    content = draft.content
    if content.release_moment is None:
        text = "**Giờ phát hành:** không ấn định; gửi lúc nào do người gửi quyết định sau khi duyệt."
        choices = [button("Ấn định giờ", "emb.at", draft, "")]
    else:
        text = (
            f"**Giờ phát hành:** {moments.say(content.release_moment)}. Khi được duyệt, bản tin tự gửi vào giờ này; "
            "trước đó không ai gửi được, hỏi đáp kèm theo chưa hiện.\n"
            f"**Xem trước:** {markup.escape(await embargo.describe(db, content))}"
        )
        choices = [
            button("Đổi giờ", "emb.at", draft, ""), button("Người xem trước", "emb.who", draft, ""),
            button("Bỏ giờ ấn định", "emb.off", draft, ""),
        ]
    return Reply(text, (*choices, Choice("‹ Bàn soạn", Action("b.desk", str(draft.id)))), replace=True)


@politely
async def ask_when(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await editable(db, who, action)
    await prompts.wait_for(db, who, AT, draft.id, now)
    return Reply(f"Bản tin được phát hành đúng lúc nào? {moments.EXAMPLE}")


@politely
async def set_when(db: AsyncSession, who: Speaker, prompt: Prompt, message: Incoming, now: datetime) -> Reply:
    draft = await open_draft(db, who, prompt.subject_id)
    when = moments.read(message.text, now).astimezone(moments.VIETNAM).isoformat(timespec="minutes")
    draft = await briefs.edit(db, draft.id, who, now, content=replace(draft.content, release_at=when))
    await prompts.clear(db, who)
    return await _page(db, draft)


@politely
async def ask_who(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await editable(db, who, action)
    await prompts.wait_for(db, who, WHO, draft.id, now)
    return Reply(
        "Ai được xem trước? Gõ họ tên đầy đủ, mã người hoặc tên danh sách đã lưu, cách nhau bằng dấu phẩy. "
        "Gõ “-” nếu không có ai."
    )


@politely
async def set_who(db: AsyncSession, who: Speaker, prompt: Prompt, message: Incoming, now: datetime) -> Reply:
    draft = await open_draft(db, who, prompt.subject_id)
    people = () if message.text.strip() == "-" else await embargo.understand(db, message.text)
    draft = await briefs.edit(db, draft.id, who, now, content=replace(draft.content, pre_release=people))
    await prompts.clear(db, who)
    return await _page(db, draft)


@politely
async def take_off(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await editable(db, who, action)
    content = replace(draft.content, release_at=None, pre_release=())
    return await desk(db, who, await briefs.edit(db, draft.id, who, now, content=content), replace_message=True)


ACTIONS = {"emb.menu": menu, "emb.at": ask_when, "emb.who": ask_who, "emb.off": take_off}
PROMPTS = {AT: set_when, WHO: set_who}
