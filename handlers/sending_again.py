"""From the status of a sent brief: who did not get it for certain, once more to them, and to those who joined since."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import corrections
from db.briefs import BriefState
from db.pushes import DeliveryState, Push
from handlers import lane_news
from handlers.desk import Spot
from handlers.refusing import politely
from handlers.reply import Action, Choice, Reply
from network import briefs, failures, markup, pushes, releases, sending_again
from network.briefs import Draft
from network.people import Speaker
from network.pushes import DEFAULT_QUIET
from network.quiet import Quiet
from network.refusals import Refusal
from network.roles import Permission

LISTED = 30  # names in one message
STATES = (DeliveryState.UNKNOWN, DeliveryState.FAILED, DeliveryState.SKIPPED)


async def choices(db: AsyncSession, who: Speaker, draft: Draft, push: Push) -> list[Choice]:
    """Buttons for the status page of a brief whose sending has ended."""
    subject = str(draft.id)
    found = await sending_again.chance(db, draft, push)
    shown = [Choice("Ai chưa nhận được", Action("ap.lost", subject))]
    if await corrections.successor(db, draft.id):  # from here on it is the correction that is sent
        return shown
    if Permission.SEND not in who.permissions or draft.state not in (BriefState.DONE, BriefState.STOPPED):
        return shown
    if pushes.stopping(push):
        return shown
    if found.stopped:
        shown.append(Choice(f"Gửi nốt ({found.stopped})", Action("ap.rest", subject)))
    if found.failed or found.unsure:
        shown.append(Choice(f"Gửi lại ({found.failed + found.unsure})", Action("ap.again", subject)))
    if found.new and draft.state == BriefState.DONE:
        shown.append(Choice(f"Gửi cho thành viên mới ({found.new})", Action("ap.new", subject)))
    return shown


@politely
async def lost(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    if not {Permission.VIEW, Permission.SEND} & who.permissions:
        briefs.need(who, Permission.VIEW, "xem tình hình gửi")
    brief_id, push = await _push(db, action)
    rows = await sending_again.rows(db, push.id, list(STATES), LISTED + 1)
    if not rows:
        return Reply("Không có ai chưa nhận được bản tin này.")
    lines = [
        f"- {markup.escape(row.name or f'Người số {row.person_id}')}"
        + (f", {markup.escape(row.agency)}" if row.agency else "")
        + f": {failures.of(row.state, row.kind).said}"
        for row in rows[:LISTED]
    ]
    if len(rows) > LISTED:
        lines.append(f"… Danh sách đầy đủ: loa brief deliveries {brief_id} --csv")
    return Reply("**Chưa chắc đã nhận được**\n" + "\n".join(lines))


@politely
async def ask_again(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    briefs.need(who, Permission.SEND, "gửi lại bản tin")
    brief_id, push = await _push(db, action)
    found = await sending_again.chance(db, await briefs.load(db, brief_id), push)
    subject = str(brief_id)
    text = f"Gửi lại cho {found.failed} người bị lỗi"
    options = [Choice("Gửi lại người bị lỗi", Action("ap.again1", subject))] if found.failed else []
    if found.unsure:
        text += f" và {found.unsure} người chưa rõ đã nhận hay chưa (có thể nhận hai lần)"
        options.append(Choice("Gửi lại cả người chưa rõ", Action("ap.again2", subject)))
    return Reply(f"{text}?", (*options, Choice("Không", Action("ap.status", subject))))


@politely
async def again(
    db: AsyncSession, who: Speaker, action: Action, now: datetime, quiet: Quiet = DEFAULT_QUIET
) -> Reply:
    brief_id = Spot.unpack(action.subject).brief_id
    count = await sending_again.retry(db, brief_id, who, now, unsure=action.name == "ap.again2", quiet=quiet)
    return await _started(db, f"Đang gửi lại cho {count} người.", action, now)


@politely
async def ask_rest(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    briefs.need(who, Permission.SEND, "gửi bản tin")
    brief_id, push = await _push(db, action)
    found = await sending_again.chance(db, await briefs.load(db, brief_id), push)
    subject = str(brief_id)
    return Reply(
        f"Việc gửi đã dừng khi {found.stopped} người chưa được gửi. Gửi nốt cho những người này?",
        (Choice("Gửi nốt", Action("ap.rest2", subject)), Choice("Không", Action("ap.status", subject))),
    )


@politely
async def rest(
    db: AsyncSession, who: Speaker, action: Action, now: datetime, quiet: Quiet = DEFAULT_QUIET
) -> Reply:
    count = await sending_again.send_rest(db, Spot.unpack(action.subject).brief_id, who, now, quiet=quiet)
    return await _started(db, f"Đang gửi nốt cho {count} người.", action, now)


@politely
async def ask_new(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    briefs.need(who, Permission.SEND, "gửi bản tin")
    brief_id, push = await _push(db, action)
    found = await sending_again.chance(db, await briefs.load(db, brief_id), push)
    subject = str(brief_id)
    return Reply(
        f"Gửi bản tin này cho {found.new} thành viên tham gia sau? Người đã nhận không nhận lại.",
        (Choice("Gửi", Action("ap.new2", subject)), Choice("Không", Action("ap.status", subject))),
    )


@politely
async def new(
    db: AsyncSession, who: Speaker, action: Action, now: datetime, quiet: Quiet = DEFAULT_QUIET
) -> Reply:
    brief_id = Spot.unpack(action.subject).brief_id
    count = await sending_again.add_new(db, brief_id, who, now, quiet)
    return await _started(db, f"Đang gửi cho {count} thành viên mới.", action, now)


async def _started(db: AsyncSession, said: str, action: Action, now: datetime) -> Reply:
    brief_id, push = await _push(db, action)
    asleep = await lane_news.asleep(db, push.id, now)
    return Reply(
        said + (f"\n{asleep}" if asleep else ""), (Choice("Tình hình gửi", Action("ap.status", str(brief_id))),)
    )


async def _push(db: AsyncSession, action: Action) -> tuple[int, Push]:
    brief_id = Spot.unpack(action.subject).brief_id
    push = await releases.push_of(db, brief_id)
    if push is None:
        raise Refusal("Bản tin này chưa gửi.")
    return brief_id, push


ACTIONS = {
    "ap.lost": lost, "ap.again": ask_again, "ap.again1": again, "ap.again2": again, "ap.new": ask_new, "ap.new2": new,
    "ap.rest": ask_rest, "ap.rest2": rest,
}
