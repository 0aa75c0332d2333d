"""When an appointed brief falls due: it goes out, or those responsible are asked because it is too late or cannot."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from db import notices
from db.pushes import Push
from handlers.reply import Action, Choice, Reply
from network import approvals, briefs, markup, moments, releases
from network.briefs import Draft
from network.pushes import DEFAULT_QUIET
from network.quiet import Quiet
from network.refusals import Refusal

OVERDUE = timedelta(hours=2)  # after a longer standstill, people decide whether the brief still fits


async def fall_due(db: AsyncSession, brief_id: int, now: datetime, quiet: Quiet = DEFAULT_QUIET) -> Push | None:
    """For each id of network.releases.due, in a transaction of its own."""
    draft = await briefs.load(db, brief_id, lock=True)
    if draft.send_at is None or draft.send_at > now:
        return None  # moved or taken back meanwhile
    late = now - draft.send_at
    if late > OVERDUE:
        why = f"Hệ thống không hoạt động vào giờ hẹn {moments.say(draft.send_at)} nên bản tin chưa được gửi."
    else:
        try:
            async with db.begin_nested():
                return await releases.release(db, brief_id, now, quiet)
        except Refusal as refusal:
            why = refusal.text
    held = await releases.hold(db, draft, now, why)
    await _ask(db, held, why, now)
    return None


async def _ask(db: AsyncSession, draft: Draft, why: str, now: datetime) -> None:
    marks = await approvals.signed(db, draft)
    title = markup.escape(draft.content.title)
    text = f"**Chưa gửi bản tin “{title}”.** {markup.escape(why)}\n\nAnh/chị quyết định giúp:"
    subject, stamp = str(draft.id), draft.stamp
    choices = (
        Choice("Gửi ngay", Action("ap.send", subject, stamp)),
        Choice("Hẹn giờ khác", Action("ap.when", subject, stamp)),
        Choice("Xem", Action("ap.open", subject)),
    )
    responsible = [mark.person_id for mark in (marks.approved, marks.sent_alone, marks.submitted) if mark]
    for person in dict.fromkeys([*responsible, draft.author_id]):
        if person is not None:
            await notices.put(db, person, Reply(text, choices, columns=2).plain(), now)
