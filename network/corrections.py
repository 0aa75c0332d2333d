"""Writing a correction: a brief of its own that says what was wrong and what is right, signed like any other."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import corrections as table
from db.briefs import Brief, BriefState
from db.pushes import DeliveryState, Push
from network import briefs, correction_text, releases
from network.brief_content import Content, Correction, clean
from network.briefs import STATE_NAMES, Acting, Draft
from network.refusals import Refusal
from network.roles import Permission

EDITED, TOLD = "edited", "told"  # kinds of a sent row: the old message was changed, or only the correction came


@dataclass(frozen=True, slots=True)
class Result:
    """Of a correction's push so far."""

    edited: int
    told: int
    whole: int  # had nothing yet, got the corrected brief
    missed: int


async def begin(
    db: AsyncSession, brief_id: int, who: Acting, now: datetime, *, wrong: str = "", right: str = "",
    content: Content | None = None,
) -> Draft:
    """A draft with the words that were sent, or `content`; the next step is to change what was wrong in them."""
    briefs.need(who, Permission.WRITE_BRIEF, "soạn đính chính")
    draft = await briefs.load(db, brief_id, lock=True)
    push = await releases.push_of(db, brief_id)
    if push is None or draft.state not in releases.SENT:
        raise Refusal(f"{briefs.stands(draft.state)} nên chưa có gì để đính chính.", over=True)
    if newer := await table.successor(db, brief_id):
        said = f"Bản tin này đã được đính chính bằng bản tin {newer}. Vui lòng đính chính từ bản tin {newer}."
        raise Refusal(said, over=True)
    if other := await table.being_written(db, brief_id):
        name = STATE_NAMES[BriefState(other[1])]
        said = f"Đã có bản đính chính {other[0]} ({name}) cho bản tin này. Vui lòng mở bản đính chính đó."
        raise Refusal(said, over=True)
    said = Correction(brief_id, push.edition_id, clean(wrong).strip(), clean(right).strip())
    correction_text.check(said, await correction_text.sent_text(db, said))
    text = replace(
        content or draft.content, release_at=None, pre_release=(), note="", priority=draft.content.priority,
        corrects=said,
    )
    made = await briefs.create(db, text, who, now, audience=draft.audience)
    (await db.get_one(Brief, made.id)).corrects_id = brief_id
    await db.flush()
    return made


async def explain(
    db: AsyncSession, brief_id: int, who: Acting, now: datetime, *, wrong: str | None = None,
    right: str | None = None, apply: bool = False,
) -> Draft:
    """What was wrong, what is right; a draft is changed like any other. `apply`: also in a text not changed yet."""
    draft = await briefs.load(db, brief_id, lock=True)
    if draft.content.corrects is None:
        raise Refusal("Bản tin này không phải bản đính chính.", over=True)
    said = draft.content.corrects
    said = replace(said, wrong=said.wrong if wrong is None else clean(wrong).strip())
    said = replace(said, right=said.right if right is None else clean(right).strip())
    sent = await correction_text.sent_text(db, said)
    correction_text.check(said, sent)
    content = replace(draft.content, corrects=said)
    if apply and correction_text.same(content, sent):
        content = correction_text.put_right(content)
    return await briefs.edit(db, brief_id, who, now, content=content)


async def result(db: AsyncSession, push: Push) -> Result:
    found = await table.by_kind(db, push.id)
    sent = {kind: count for (state, kind), count in found.items() if state == DeliveryState.SENT}
    edited = sent.get(EDITED, 0)
    told = sum(count for kind, count in sent.items() if kind.startswith(TOLD))
    ended = (DeliveryState.FAILED, DeliveryState.SKIPPED, DeliveryState.UNKNOWN)
    missed = sum(count for (state, _), count in found.items() if state in ended)
    return Result(edited, told, sum(sent.values()) - edited - told, missed)
