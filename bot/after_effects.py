"""What an outcome means beyond its own row: unreachable people, a stopped push, a frozen bot, known files."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Closed, Frozen, Gone, Held, Migrated, Outcome, Receipt, Refused
from bot.channels.zalo_oa_errors import NO_MONEY, OUT_OF_QUOTA, TEMPLATE_REFUSED
from bot.purse import OVER_BUDGET
from db import deliveries, fallback, lanes, notices
from db.briefs import Brief, Edition, Upload
from db.deliveries import Claimed
from db.people import Identity
from db.pushes import Delivery, Push, PushState
from db.trouble import passes
from handlers import recalling
from handlers.reply import Action, Choice, Reply
from network import amending, audit, markup, people, pushes, recalls, releases

log = structlog.get_logger()
# Held here, while another address of the person may do.
FALLS_BACK = (NO_MONEY, OUT_OF_QUOTA, TEMPLATE_REFUSED, OVER_BUDGET)
PART = 5000  # rows changed in one transaction
UPLOADS_LIVE = {"zalo_oa": timedelta(days=6)}  # a day less than Zalo keeps a file; elsewhere ids last


async def apply(db: AsyncSession, channel: str, row: Claimed, outcome: Outcome, now: datetime) -> None:
    await apply_to_identity(db, channel, row.identity_id, outcome, now)
    match outcome:
        case Gone() | Closed():
            await fallback.move_on(db, row.id)
        case Held(why) if why in FALLS_BACK:
            await fallback.move_on(db, row.id)
        case Receipt(file_ids=known) if known:
            await _remember_files(db, channel, known, now)
        case Held("attachment_expired"):
            await _forget_files(db, channel, row.push_id)
        case Refused(why):
            await stop(db, row.push_id, why, now)
        case Migrated(address):
            await db.execute(update(Delivery).where(Delivery.id == row.id).values(address=address))


async def apply_to_identity(db: AsyncSession, channel: str, identity_id: int, outcome: Outcome, now: datetime) -> None:
    match outcome:
        case Gone(why):
            await people.set_unreachable(db, identity_id, why, now)
            for planned in await fallback.planned_for(db, identity_id):
                await fallback.move_on(db, planned)
            await deliveries.withdraw(db, why, identity_id=identity_id)
        case Migrated(address):
            await db.execute(update(Identity).where(Identity.id == identity_id).values(address=address))
        case Frozen(why):
            if await lanes.freeze(db, channel, why):
                log.error("the bot may not send: stopped until an operator acts", channel=channel, cause=why,
                          remedy="check the token with `loa doctor`, then `loa lane thaw`")


async def _remember_files(db: AsyncSession, channel: str, known: Iterable[tuple[int, str]], now: datetime) -> None:
    insert: Any = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    until = now + UPLOADS_LIVE[channel] if channel in UPLOADS_LIVE else None
    rows = [
        {"attachment_id": a, "channel": channel, "file_id": f, "uploaded_at": now, "expires_at": until}
        for a, f in known
    ]
    new = insert(Upload).values(rows)
    await db.execute(new.on_conflict_do_update(
        index_elements=[Upload.attachment_id, Upload.channel], where=Upload.expires_at <= now,
        set_={name: new.excluded[name] for name in ("file_id", "uploaded_at", "expires_at")},
    ))


async def _forget_files(db: AsyncSession, channel: str, push_id: int) -> None:
    """The platform does not know its ids any more: whoever sends again uploads again."""
    edition = await db.get_one(Edition, (await db.get_one(Push, push_id)).edition_id)
    gone = delete(Upload).where(Upload.channel == channel)
    await db.execute(gone.where(Upload.attachment_id.in_(edition.content.get("attachments", []))))


async def stop(db: AsyncSession, push_id: int, why: str, now: datetime) -> None:
    """Our content is wrong for everyone: the first refusal stops the push and tells its author."""
    if not await pushes.stop(db, push_id, now, reason=why):
        return
    push = await db.get_one(Push, push_id, populate_existing=True)
    edition = await db.get_one(Edition, push.edition_id)
    brief = await db.get_one(Brief, edition.brief_id)
    log.error("content refused, push stopped", push=push_id, brief=brief.id, cause=why)
    await audit.record(db, now, "push.refused", subject=f"push:{push_id}", detail={"why": why})
    text = (
        f"**Đã dừng gửi bản tin “{markup.escape(edition.content.get('title', ''))}”** vì nền tảng từ chối nội dung:\n"
        f"> {markup.escape(why)}\n\nAnh/chị vui lòng sửa nội dung rồi trình duyệt lại."
    )
    reply = Reply(text, (Choice("Mở bản tin", Action("ap.open", str(brief.id))),))
    for person in {brief.author_id, push.created_by} - {None}:
        await notices.put(db, person, reply.plain(), now)


async def tidy(db: AsyncSession, now: datetime) -> None:
    """Once a second: waiting rows fall due, stopped pushes let go of their rows, empty ones end, and their briefs."""
    for push_id, state in await pushes.unfinished(db):
        try:
            async with db.begin_nested():
                await _tidy(db, push_id, state, now)
        except Exception as problem:
            if passes(problem):
                raise
            log.exception("a push could not be tidied, the others are", push=push_id, remedy="please report the cause")


async def _tidy(db: AsyncSession, push_id: int, state: str, now: datetime) -> None:
    if state == PushState.RUNNING:
        await deliveries.fall_due(db, push_id, now, PART)
    elif state == PushState.STOPPED:
        await deliveries.stop_rest(db, push_id, PART)
    if state == PushState.PAUSED or await deliveries.open_rows(db, push_id):
        return
    await releases.locked(db, push_id)
    if await amending.catch_up(db, push_id, now):
        return
    if await pushes.finish_if_empty(db, push_id, now):
        push = await db.get_one(Push, push_id, populate_existing=True)
        await releases.settle(db, push, now)
        await _tell_of_recall(db, push, now)


async def _tell_of_recall(db: AsyncSession, push: Push, now: datetime) -> None:
    """Whoever took a brief back hears how far that was possible."""
    found = await recalls.ended(db, push)
    if found is None:
        return
    brief_id = (await db.get_one(Edition, push.edition_id)).brief_id
    detail = {"push": push.id, "deleted": found.deleted, "noted": found.noted, "rest": found.rest}
    await audit.record(db, now, "brief.recall_ended", subject=f"brief:{brief_id}", detail=detail)
    if push.created_by is not None:
        await notices.put(db, push.created_by, recalling.ended(brief_id, found).plain(), now)
