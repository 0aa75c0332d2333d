"""Taking back what was sent: deleted where the platform still allows it, else replaced by a note, else listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import briefs as briefs_table
from db import corrections as table
from db.briefs import BriefState
from db.pushes import DeliveryState, Push, PushKind, PushState
from network import amending, audit, brief_entries, briefs, pushes, releases, reminders
from network.brief_content import clean
from network.briefs import Acting, Draft
from network.refusals import Refusal
from network.roles import Permission

LEAST, MOST = 5, 500  # characters of a reason
STOPPED = "đã thu hồi"
DELETED, NOTED = "deleted", "noted"  # kinds of a sent row
UNTOLD = "deleted:untold"  # the message is gone, its reader could not be told why
TOLD_ONLY = "told"  # where messages can be neither deleted nor changed: the note was sent after it
REST = (DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.SKIPPED, DeliveryState.STOPPED)


@dataclass(frozen=True, slots=True)
class Recalled:
    """How far a recall is. `untold`: of the deleted, without the reason; `told`: the message stays, the note came
    after it; `rest`: people whose message could neither be deleted nor changed.
    """

    push_id: int
    reason: str
    at: datetime
    by: int | None
    total: int
    deleted: int
    untold: int
    noted: int
    told: int
    waiting: int
    rest: int
    finished_at: datetime | None


async def forecast(db: AsyncSession, brief_id: int) -> tuple[int, int]:
    """(people with a message to take back, letters not sent yet) of the brief and its corrections."""
    sources = await table.pushes_of(db, await table.family(db, brief_id), table.LETTERS)
    counted = [await pushes.progress(db, push.id) for push in sources]
    has_it = max((c.sent + c.unknown for c in counted), default=0)
    return has_it, sum(c.waiting for c in counted if c.state in amending.GOING)


async def recall(db: AsyncSession, brief_id: int, who: Acting, now: datetime, *, reason: str) -> Push:
    """The brief with its corrections and reminders, at once and at any hour. One person may; the log keeps why."""
    person = briefs.need(who, Permission.SEND, "thu hồi bản tin")
    reason = " ".join(clean(reason).split())
    if not LEAST <= len(reason) <= MOST:
        raise Refusal(f"Vui lòng ghi rõ lý do thu hồi ({LEAST}–{MOST} ký tự); người nhận sẽ đọc lý do này.")
    family = await table.family(db, brief_id)
    drafts = [await briefs.load(db, number, lock=True) for number in sorted(family, reverse=True)]
    if await table.recall_of(db, family[0]):
        raise Refusal("Bản tin này đã được thu hồi.", over=True)
    sources = await table.pushes_of(db, family, table.EVERYTHING)
    letters = [push for push in sources if push.kind in table.LETTERS]
    if not letters:
        raise Refusal(f"{briefs.stands(drafts[-1].state)}, chưa có gì được gửi để thu hồi.", over=True)
    await amending.stop_all(db, sources, now, STOPPED)
    for number in family:
        await reminders.cancel(db, number, now)
    push = await pushes.plan(
        db, await briefs_table.edition(db, letters[0].edition_id), recipients=table.everything(family),
        priority=min(push.priority for push in letters), resend_unsure=True, created_by=person, now=now,
        kind=PushKind.RECALL, quiet=None, least=0,
    )
    push.reason = reason
    await _close(db, drafts, sources, push, person, now)
    return push


async def _close(
    db: AsyncSession, drafts: Sequence[Draft], sources: Sequence[Push], push: Push, person: int, now: datetime
) -> None:
    """What was sent is recalled, a correction still being written is dropped; none of it answers questions."""
    released = [source.created_at for source in sources]
    for draft in drafts:
        entries = await brief_entries.retire(db, draft.id, now, keys=draft.content.entries, released=released)
        sent = draft.state in releases.SENT and await releases.push_of(db, draft.id) is not None
        if sent:
            detail = {"push": push.id, "reason": push.reason, "planned": push.planned, "entries": entries}
            await briefs.move(db, draft, BriefState.RECALLED, now, "brief.recalled", person, detail=detail)
        elif draft.state in briefs.OPEN:
            await briefs.move(db, draft, BriefState.STOPPED, now, "brief.dropped", person)


async def again(db: AsyncSession, brief_id: int, who: Acting, now: datetime) -> int:
    """Another try at the messages that may give way now (the platform was down, the bot has its rights back)."""
    person = briefs.need(who, Permission.SEND, "thu hồi bản tin")
    push = await table.recall_of(db, (await table.family(db, brief_id))[0])
    if push is None:
        raise Refusal("Bản tin này chưa bị thu hồi.")
    count = await pushes.retry_failed(db, push.id)
    if not count:
        raise Refusal("Không còn tin nào có thể thử thu hồi lại.")
    detail = {"push": push.id, "again": count}
    await audit.record(db, now, "brief.recalled_again", actor=person, subject=f"brief:{brief_id}", detail=detail)
    return count


async def progress(db: AsyncSession, brief_id: int) -> Recalled | None:
    """Of the family's recall; None when there is none."""
    push = await table.recall_of(db, (await table.family(db, brief_id))[0])
    if push is None:
        return None
    found = await table.by_kind(db, push.id)
    sent = {kind: count for (state, kind), count in found.items() if state == DeliveryState.SENT}
    rest = sum(count for (state, _), count in found.items() if state in REST)
    noted, told, done = sent.get(NOTED, 0), sent.get(TOLD_ONLY, 0), sum(sent.values())
    return Recalled(
        push.id, push.reason or "", push.created_at, push.created_by, push.planned, done - noted - told,
        sent.get(UNTOLD, 0), noted, told, push.planned - done - rest, rest, push.finished_at,
    )


async def ended(db: AsyncSession, push: Push) -> Recalled | None:
    """For the worker: how a recall came out, once its push is finished."""
    if push.kind != PushKind.RECALL or push.state not in (PushState.DONE, PushState.STOPPED):
        return None
    return await progress(db, (await briefs_table.edition(db, push.edition_id)).brief_id)
