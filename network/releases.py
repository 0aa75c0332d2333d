"""From signed to sent: now or at a time, paused, resumed, stopped, finished. The sending itself is network.pushes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db import briefs as table
from db import webhooks
from db.briefs import BriefState, Edition
from db.corrections import LETTERS
from db.pushes import Push, PushState
from db.webhooks import Event
from network import amending, approvals, audiences, audit, brief_entries, briefs, embargo, moments, pushes, reminders
from network.brief_content import Priority
from network.briefs import Acting, Draft
from network.pushes import DEFAULT_QUIET
from network.quiet import Quiet
from network.refusals import Refusal
from network.roles import Permission

SENT = (BriefState.SENDING, BriefState.DONE, BriefState.STOPPED)


async def send(
    db: AsyncSession, brief_id: int, who: Acting, now: datetime, *, stamp: str, quiet: Quiet = DEFAULT_QUIET
) -> Push:
    """On a person's word."""
    person = briefs.need(who, Permission.SEND, "gửi bản tin")
    return await _release(db, await briefs.load(db, brief_id, lock=True, stamp=stamp), now, person, quiet)


async def release(db: AsyncSession, brief_id: int, now: datetime, quiet: Quiet = DEFAULT_QUIET) -> Push:
    """On the clock's: for what `due` returns."""
    draft = await briefs.load(db, brief_id, lock=True)
    if draft.state != BriefState.SCHEDULED or draft.send_at is None or draft.send_at > now:
        raise Refusal(f"Bản tin {draft.id} không ở trạng thái chờ gửi theo giờ hẹn.")
    return await _release(db, draft, now, None, quiet)


async def _release(
    db: AsyncSession, draft: Draft, now: datetime, person: int | None, quiet: Quiet
) -> Push:
    if draft.state not in (BriefState.APPROVED, BriefState.SCHEDULED):
        raise Refusal(f"{briefs.stands(draft.state)} nên không gửi được.", over=True)
    _respect_embargo(draft, now)
    marks = await approvals.signed(db, draft)
    if not any(mark and mark.hash == draft.hash for mark in (marks.approved, marks.sent_alone)):
        raise Refusal("Bản tin chưa có chữ ký duyệt đúng với nội dung hiện tại. Vui lòng trình duyệt lại.")
    edition = await table.edition(db, draft.edition_id)
    if briefs.digest(edition.content, edition.audience) != draft.hash:
        raise Refusal("Nội dung lưu trữ không khớp với bản đã duyệt. Vui lòng báo ngay quản trị hệ thống.")
    content = draft.content
    push = await _plan(db, edition, draft, now, person, quiet)
    await reminders.begin(db, draft.id, content, now)
    held = await embargo.held_entries(db, draft.id, now)
    live = await brief_entries.publish(db, draft.id, content.entries, now, held)
    await briefs.move(
        db, draft, BriefState.SENDING, now, "brief.released", person,
        detail={"push": push.id, "planned": push.planned, "entries": live},
    )
    return push


async def _plan(
    db: AsyncSession, edition: Edition, draft: Draft, now: datetime, person: int | None, quiet: Quiet
) -> Push:
    content, flash = draft.content, draft.content.priority == Priority.FLASH
    if content.corrects:
        return await amending.plan_correction(
            db, edition, draft, content.corrects, person=person, now=now, quiet=quiet
        )
    return await pushes.plan(
        db, edition,
        recipients=audiences.recipients(audiences.Audience.from_json(draft.audience), flash=flash),
        priority=content.priority.rank,
        resend_unsure=content.ack or content.priority != Priority.NORMAL,
        created_by=person,
        now=now,
        quiet=quiet,
    )


def _respect_embargo(draft: Draft, when: datetime) -> None:
    if embargo.holds(draft.content, when):
        fixed = moments.say(draft.content.release_moment or when)
        raise Refusal(f"Bản tin có giờ phát hành ấn định {fixed}, không gửi trước giờ đó được.")


async def schedule(
    db: AsyncSession, brief_id: int, who: Acting, now: datetime, *, when: datetime, stamp: str
) -> Draft:
    """Also moves an appointment made before."""
    person = briefs.need(who, Permission.SEND, "hẹn giờ gửi bản tin")
    draft = await briefs.load(db, brief_id, lock=True, stamp=stamp)
    if draft.state not in (BriefState.APPROVED, BriefState.SCHEDULED):
        raise Refusal(f"{briefs.stands(draft.state)} nên không hẹn giờ gửi được.", over=True)
    if when <= now:
        raise Refusal("Thời điểm hẹn gửi đã qua. Vui lòng chọn thời điểm khác.")
    _respect_embargo(draft, when)
    detail = {"send_at": when.isoformat()}
    return await briefs.move(
        db, draft, BriefState.SCHEDULED, now, "brief.scheduled", person, send_at=when, detail=detail
    )


async def unschedule(db: AsyncSession, brief_id: int, who: Acting, now: datetime, *, stamp: str) -> Draft:
    person = briefs.need(who, Permission.SEND, "bỏ hẹn giờ gửi bản tin")
    draft = await briefs.load(db, brief_id, lock=True, stamp=stamp)
    if draft.state != BriefState.SCHEDULED:
        raise Refusal(f"{briefs.stands(draft.state)} nên không có giờ hẹn để bỏ.", over=True)
    return await briefs.move(db, draft, BriefState.APPROVED, now, "brief.unscheduled", person)


async def hold(db: AsyncSession, draft: Draft, now: datetime, why: str) -> Draft:
    """The appointed time passed without a sending: still approved, somebody has to decide. For a locked draft."""
    return await briefs.move(db, draft, BriefState.APPROVED, now, "brief.held", None, detail={"why": why})


async def due(db: AsyncSession, now: datetime) -> Sequence[int]:
    """Ids of the briefs whose appointed time has come."""
    return [brief.id for brief in await table.due(db, now)]


async def pause(db: AsyncSession, brief_id: int, who: Acting, now: datetime) -> Push:
    return await _steer(db, brief_id, who, now, "pause")


async def resume(db: AsyncSession, brief_id: int, who: Acting, now: datetime, quiet: Quiet | None = None) -> Push:
    push = await _steer(db, brief_id, who, now, "resume")
    await pushes.rest_now(db, push, now, quiet)
    return push


async def stop(db: AsyncSession, brief_id: int, who: Acting, now: datetime) -> Push:
    """What is not sent yet never will be; what is sent stays."""
    return await _steer(db, brief_id, who, now, "stop")


async def _steer(db: AsyncSession, brief_id: int, who: Acting, now: datetime, act: str) -> Push:
    person = briefs.need(who, Permission.SEND, "điều khiển việc gửi bản tin")
    draft = await briefs.load(db, brief_id, lock=True)
    push = await push_of(db, brief_id)
    if push is None or draft.state != BriefState.SENDING:
        raise Refusal(f"{briefs.stands(draft.state)} nên không {STEERING[act]} được.", over=True)
    said = {"pause": (PushState.RUNNING, STEERING["pause"]), "resume": (PushState.PAUSED, STEERING["resume"])}
    if act in said and push.state != said[act][0]:
        raise Refusal(f"Không {said[act][1]} được: việc gửi đang ở trạng thái {PUSH_NAMES[PushState(push.state)]}.")
    await {"pause": pushes.pause, "resume": pushes.resume, "stop": pushes.stop}[act](db, push.id, now)
    if act == "stop":
        await briefs.move(db, draft, BriefState.STOPPED, now, "brief.stopped", person, detail={"push": push.id})
    else:
        await audit.record(db, now, f"brief.{act}d", actor=person, subject=draft.subject, detail={"push": push.id})
    return push


STEERING = {"pause": "tạm dừng", "resume": "gửi tiếp", "stop": "dừng"}
PUSH_NAMES = {
    PushState.RUNNING: "đang gửi",
    PushState.PAUSED: "tạm dừng",
    PushState.STOPPED: "đã dừng hẳn",
    PushState.DONE: "đã gửi xong",
}


async def push_of(db: AsyncSession, brief_id: int) -> Push | None:
    """The newest sending of the brief itself, or of the correction it is (no test, reminder or recall)."""
    mine = select(Push).where(Push.edition_id.in_(table.editions_of(brief_id)), Push.kind.in_(LETTERS))
    return await db.scalar(mine.order_by(Push.id.desc()).limit(1).execution_options(populate_existing=True))


async def push_states(db: AsyncSession, brief_ids: Sequence[int]) -> dict[int, str]:
    """State of the newest sending of each of these briefs that has one."""
    sent = (
        select(Edition.brief_id, Push.state)
        .join(Edition, Edition.id == Push.edition_id)
        .where(Edition.brief_id.in_(brief_ids), Push.kind.in_(LETTERS))
        .order_by(Push.id)
    )
    return {brief_id: state for brief_id, state in await db.execute(sent)}


async def locked(db: AsyncSession, push_id: int) -> Draft:
    """The brief of a push, held before the push itself as whoever steers it does: neither waits for the other."""
    push = await db.get_one(Push, push_id)
    return await briefs.load(db, (await table.edition(db, push.edition_id)).brief_id, lock=True)


async def settle(db: AsyncSession, push: Push, now: datetime) -> None:
    """For the push worker, when a push ends (done, or stopped because the content was refused): so does its brief."""
    brief_id = (await table.edition(db, push.edition_id)).brief_id
    ends = {PushState.DONE: BriefState.DONE, PushState.STOPPED: BriefState.STOPPED}
    state = ends.get(PushState(push.state))
    if push.kind not in LETTERS or state is None:
        return
    draft = await briefs.load(db, brief_id, lock=True)
    if draft.state == BriefState.SENDING:
        detail = {"push": push.id, **({"reason": push.stop_reason} if push.stop_reason else {})}
        await briefs.move(db, draft, state, now, "brief.ended", None, detail=detail)
        if state == BriefState.DONE:
            said = {"brief": brief_id, "push": push.id, "title": draft.content.title, "planned": push.planned}
            await webhooks.happened(db, Event.BRIEF_SENT, said, now)
