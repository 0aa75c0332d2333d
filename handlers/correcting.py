"""Correcting a sent brief: what was wrong, what is right, the corrected text on the desk, then two signatures."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import corrections as table
from db.people import Prompt
from handlers import briefs as receiving
from handlers import desk, prompts
from handlers.desk import Spot
from handlers.refusing import politely
from handlers.reply import Action, Choice, Incoming, Reply
from network import briefs, corrections, markup
from network.brief_check import EXPLANATION
from network.briefs import Draft
from network.people import Speaker
from network.refusals import Refusal
from network.roles import Permission

WRONG, RIGHT, WRONG_AGAIN, RIGHT_AGAIN = "correct.wrong", "correct.right", "correct.wrong2", "correct.right2"
ASK_WRONG = "**Nội dung nào sai?** Anh/chị trích nguyên văn phần sai trong bản tin đã gửi."
ASK_RIGHT = "**Nội dung đúng là gì?** Anh/chị gõ phần thay thế, như người nhận sẽ đọc."


@politely
async def start(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """Nothing is written before the first answer."""
    briefs.need(who, Permission.WRITE_BRIEF, "soạn đính chính")
    draft = await briefs.load(db, Spot.unpack(action.subject).brief_id)
    if other := await table.being_written(db, draft.id):
        return Reply(
            f"Đã có bản đính chính {other[0]} cho bản tin này.",
            (Choice("Mở bản đính chính", Action("b.desk", str(other[0]))),),
        )
    await prompts.wait_for(db, who, WRONG, draft.id, now)
    return Reply(f"**Đính chính bản tin “{markup.escape(draft.content.title)}”**\n\n{ASK_WRONG}")


@politely
async def begin(db: AsyncSession, who: Speaker, prompt: Prompt, message: Incoming, now: datetime) -> Reply:
    draft = await corrections.begin(db, prompt.subject_id or 0, who, now, wrong=_words(message))
    await prompts.wait_for(db, who, RIGHT, draft.id, now)
    return Reply(ASK_RIGHT)


@politely
async def right(db: AsyncSession, who: Speaker, prompt: Prompt, message: Incoming, now: datetime) -> Reply:
    before = (await briefs.load(db, prompt.subject_id or 0)).content
    draft = await corrections.explain(db, prompt.subject_id or 0, who, now, right=_words(message), apply=True)
    await prompts.wait_for(db, who, "brief.set.files", draft.id, now)
    hint = "Anh/chị sửa phần sai trong toàn văn (nút “Nội dung”): tin cũ sẽ được thay bằng toàn văn này."
    if replace(draft.content, corrects=None) != replace(before, corrects=None):
        hint = "Đã thay phần sai trong toàn văn; tin cũ sẽ được thay bằng toàn văn này. Anh/chị xem trước, rồi trình."
    return await _desk(db, who, draft, hint)


@politely
async def ask_again(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await desk.editable(db, who, action)
    kind, text, present = WRONG_AGAIN, ASK_WRONG, draft.content.corrects and draft.content.corrects.wrong
    if action.name == "co.right":
        kind, text, present = RIGHT_AGAIN, ASK_RIGHT, draft.content.corrects and draft.content.corrects.right
    await prompts.wait_for(db, who, kind, draft.id, now)
    shown = f"\n\nHiện tại:\n```\n{present.replace('```', '')}\n```" if present else ""
    return Reply(text + shown, (Choice("‹ Bàn soạn", Action("b.desk", str(draft.id))),))


@politely
async def change(db: AsyncSession, who: Speaker, prompt: Prompt, message: Incoming, now: datetime) -> Reply:
    part = "wrong" if prompt.kind == WRONG_AGAIN else "right"
    draft = await corrections.explain(db, prompt.subject_id or 0, who, now, **{part: _words(message)})
    await prompts.wait_for(db, who, "brief.set.files", draft.id, now)
    return await _desk(db, who, draft, "Đã ghi.")


async def _desk(db: AsyncSession, who: Speaker, draft: Draft, hint: str) -> Reply:
    shown = await desk.desk(db, who, draft)
    return Reply(f"{hint}\n\n{shown.text}", shown.choices, columns=shown.columns)


def _words(message: Incoming) -> str:
    text = message.text.strip()
    if not text:
        raise Refusal("Anh/chị vui lòng gõ bằng chữ.")
    if len(text) > EXPLANATION:
        raise Refusal(f"Nội dung dài {len(text)} ký tự, tối đa {EXPLANATION}. Vui lòng rút gọn.")
    return text


def preface(draft: Draft) -> str:
    """Before the letter in a preview and for the signature: the notice that goes first, as it will arrive."""
    if draft.content.corrects is None:
        return ""
    text = receiving.correction(draft.id, draft.content).text
    return f"{text}\n\n———\n*Tin cũ được thay bằng, nơi nền tảng cho phép:*\n\n"


ACTIONS = {"co.ask": start, "co.wrong": ask_again, "co.right": ask_again}
PROMPTS = {WRONG: begin, RIGHT: right, WRONG_AGAIN: change, RIGHT_AGAIN: change}
