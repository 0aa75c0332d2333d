"""Putting right, or taking back, what went out: who is written to, and what is stopped before. A correction and a
recall are pushes of their own; while what they amend is still landing they stay open and catch up with it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import briefs as table
from db import corrections, deliveries
from db.briefs import BriefState, Edition
from db.pushes import Push, PushKind, PushState
from network import brief_entries, briefs, pushes, reminders
from network.brief_content import Content, Correction
from network.briefs import Draft
from network.quiet import Quiet
from network.refusals import Refusal

AMENDING = (PushKind.CORRECTION, PushKind.RECALL)
GOING = (PushState.RUNNING, PushState.PAUSED)


async def plan_correction(
    db: AsyncSession, edition: Edition, draft: Draft, corrects: Correction, *, person: int | None, now: datetime,
    quiet: Quiet,
) -> Push:
    """To exactly those who have the wrong edition, as urgently as that went; what it still owes goes out corrected."""
    wrong = await briefs.load(db, corrects.brief, lock=True)
    if wrong.state == BriefState.RECALLED:
        raise Refusal(f"Bản tin {wrong.id} đã được thu hồi nên không gửi đính chính nữa.", over=True)
    sources = await corrections.of_edition(db, corrects.edition)
    await stop_all(db, sources, now, corrections.SUPERSEDED)
    if wrong.state == BriefState.SENDING:
        detail = {"corrected_by": draft.id}
        await briefs.move(db, wrong, BriefState.STOPPED, now, "brief.superseded", person, detail=detail)
    await reminders.cancel(db, wrong.id, now)
    await brief_entries.retire(db, wrong.id, now)
    return await pushes.plan(
        db, edition, recipients=corrections.received(corrects.edition),
        priority=min([draft.content.priority.rank, *(push.priority for push in sources)]), resend_unsure=True,
        created_by=person, now=now, kind=PushKind.CORRECTION, quiet=quiet, least=0 if _landing(sources) else 1,
    )


async def stop_all(db: AsyncSession, sources: Sequence[Push], now: datetime, why: str) -> int:
    """How many were running or paused."""
    return sum([await pushes.stop(db, push.id, now, reason=why) for push in sources if push.state in GOING])


def _landing(sources: Sequence[Push]) -> bool:
    """Letters of these may still be in the air."""
    return any(push.finished_at is None for push in sources)


async def catch_up(db: AsyncSession, push_id: int, now: datetime) -> bool:
    """For the worker, about a push that would otherwise be finished: whether a correction or recall has to go on.

    Letters that were in the air when it began have landed since; their people are added.
    """
    push = await db.get_one(Push, push_id, populate_existing=True)
    if push.kind not in AMENDING or push.state != PushState.RUNNING:
        return False
    push = await db.get_one(Push, push_id, with_for_update=True, populate_existing=True)
    if await deliveries.open_rows(db, push_id):
        return True
    edition = await table.edition(db, push.edition_id)
    if push.kind == PushKind.RECALL:
        family = await corrections.family(db, edition.brief_id)
        sources = await corrections.pushes_of(db, family, corrections.EVERYTHING)
        recipients = corrections.everything(family)
    else:
        corrects = Content.from_json(edition.content).corrects or Correction()
        sources = await corrections.of_edition(db, corrects.edition)
        recipients = corrections.received(corrects.edition)
    return _landing(sources) or await pushes.add_members(db, push, recipients, now, quiet=None) > 0
