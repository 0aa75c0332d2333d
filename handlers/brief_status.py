"""What became of a brief that is being sent: numbers, agencies, and the buttons that steer it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import arrivals, receipts
from db import corrections as table
from db.pushes import Push, PushState
from handlers import correcting, lane_news, matrix_page, recalling, report_list, sending_again
from handlers.desk import Spot
from handlers.refusing import politely
from handlers.reply import Action, Choice, Reply
from network import (
    acknowledgements,
    approvals,
    articles,
    briefs,
    corrections,
    markup,
    moments,
    pushes,
    recalls,
    releases,
    sending_time,
)
from network.briefs import Draft
from network.people import Speaker
from network.pushes import DEFAULT_QUIET
from network.quiet import Quiet
from network.refusals import Refusal
from network.roles import Permission

AGENCIES = 15  # lines of the table in a chat


async def started(db: AsyncSession, brief_id: int, push: Push, now: datetime) -> Reply:
    asleep = await lane_news.asleep(db, push.id, now)
    return Reply(
        f"**Đang gửi** đến {push.planned} địa chỉ nhận." + (f"\n{asleep}" if asleep else ""),
        (Choice("Tình hình gửi", Action("ap.status", str(brief_id))), *_steering(brief_id, push)),
    )


@politely
async def show(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    if not {Permission.VIEW, Permission.WRITE_BRIEF, Permission.SEND} & who.permissions:
        briefs.need(who, Permission.VIEW, "xem tình hình gửi")
    return await status(db, who, Spot.unpack(action.subject).brief_id, now)


async def status(db: AsyncSession, who: Speaker, brief_id: int, now: datetime) -> Reply:
    draft = await briefs.load(db, brief_id)
    push = await releases.push_of(db, brief_id)
    if push is None:
        raise Refusal(f"{briefs.stands(draft.state)}, chưa có gì được gửi.", over=True)
    state = releases.PUSH_NAMES[PushState(push.state)]
    lines = [f"**{markup.escape(draft.content.title)}**", f"*{state}, bắt đầu {moments.say(push.created_at)}*", ""]
    if (await approvals.signed(db, draft)).lacking:
        lines.append(approvals.LACKING)
    if recalled := await recalls.progress(db, brief_id):
        lines += recalling.lines(recalled)
    lines += await _corrections(db, draft, push)
    if published := await articles.standing(db, brief_id):
        lines.append(published)
    if push.stop_reason:
        lines.append(f"Lý do dừng: {markup.escape(push.stop_reason)}")
    if push.state == PushState.RUNNING:
        lines += await lane_news.lines(db, push.id, now)
    lines += await _numbers(db, draft, push, now)
    table = await acknowledgements.by_agency(db, brief_id)
    if table:
        lines += ["", "**Theo cơ quan** (đã gửi/người nhận" + (", đã xác nhận)" if draft.content.ack else ")")]
        lines += [_agency(row, asked=draft.content.ack) for row in table[:AGENCIES]]
    if len(table) > AGENCIES:
        lines.append(f"… và {len(table) - AGENCIES} cơ quan khác")
    choices = [Choice("Làm mới", Action("ap.status", str(brief_id)))]
    choices.append(Choice("Theo cơ quan", Action("ap.matrix", str(brief_id))))
    choices += await report_list.choices(db, brief_id)
    if Permission.SEND in who.permissions:
        choices += _steering(brief_id, push)
    if recalled:
        choices += [recalling.rest_choice(brief_id, recalled)] if recalled.rest else []
    else:
        choices += await sending_again.choices(db, who, draft, push)
        choices += await _amending(db, who, draft)
    return Reply("\n".join(lines), tuple(choices), replace=True, columns=2)


async def _corrections(db: AsyncSession, draft: Draft, push: Push) -> list[str]:
    if newer := await table.successor(db, draft.id):
        return [f"✏️ Đã được đính chính bằng bản tin {newer}."]
    if draft.content.corrects is None:
        return []
    found = await corrections.result(db, push)
    return [
        f"✏️ Đính chính bản tin {draft.content.corrects.brief}: {found.edited} tin cũ đã sửa tại chỗ, "
        f"{found.told} người chỉ nhận tin đính chính" + (f", {found.whole} người nhận bản đúng" if found.whole else "")
    ]


async def _amending(db: AsyncSession, who: Speaker, draft: Draft) -> list[Choice]:
    subject, found = str(draft.id), []
    if newer := await table.successor(db, draft.id):
        found.append(Choice("Mở bản đính chính", Action("ap.status", str(newer))))
    elif Permission.WRITE_BRIEF in who.permissions:
        found.append(Choice("Đính chính", Action("co.ask", subject)))
    if Permission.SEND in who.permissions:
        found.append(Choice("Thu hồi", Action("re.ask", subject)))
    return found


async def _numbers(db: AsyncSession, draft: Draft, push: Push, now: datetime) -> list[str]:
    counted = await pushes.progress(db, push.id)
    running, soon = push.state == PushState.RUNNING, now + lane_news.TRIES
    left = await sending_time.of_rest(db, push.id, draft.content, soon) if running else 0
    lines = [
        f"- Địa chỉ nhận: {counted.planned}",
        f"- Đã gửi: {counted.sent}",
        f"- Còn chờ: {counted.waiting}" + (f", {sending_time.said(left)} nữa" if left else ""),
        f"- Không gửi được: {counted.failed + counted.skipped}",
    ]
    if counted.unknown:
        lines.append(f"- Chưa rõ đã đến hay chưa: {counted.unknown}")
    came, seen = await arrivals.counts(db, push.id)
    if came:
        lines.append(f"- Đã đến máy: {came}, đã xem: {seen} (Zalo OA báo về)")
    if push.spent:
        lines.append("- Chi phí đến nay: " + f"{push.spent:,}".replace(",", ".") + " đồng")
    if draft.content.ack:
        count, late = await receipts.acknowledged(db, draft.id)
        lines.append(f"- Đã xác nhận: {count} người" + (f" ({late} sau hạn)" if late else ""))
    reports, reach = await receipts.report_counts(db, draft.id)
    if reports:
        lines.append(f"- Báo cáo kết quả: {reports}, tổng lượt tiếp cận " + f"{reach:,}".replace(",", "."))
    return lines


def _agency(row: acknowledgements.Row, *, asked: bool) -> str:
    name = markup.escape(row.agency or "Chưa rõ cơ quan")
    line = f"- {name}: {row.sent}/{row.planned}"
    if asked:
        line += f", {row.acknowledged} xác nhận"
    return line + (f", {row.unreachable} không gửi được" if row.unreachable else "")


def _steering(brief_id: int, push: Push) -> list[Choice]:
    subject = str(brief_id)
    stop = Choice("Dừng hẳn", Action("ap.stop", subject))
    if push.state == PushState.RUNNING:
        return [Choice("Tạm dừng", Action("ap.pause", subject)), stop]
    return [Choice("Gửi tiếp", Action("ap.resume", subject)), stop] if push.state == PushState.PAUSED else []


@politely
async def steer(
    db: AsyncSession, who: Speaker, action: Action, now: datetime, quiet: Quiet = DEFAULT_QUIET
) -> Reply:
    brief_id = Spot.unpack(action.subject).brief_id
    if action.name == "ap.resume":
        await releases.resume(db, brief_id, who, now, quiet)
    else:
        await {"ap.pause": releases.pause, "ap.stop2": releases.stop}[action.name](db, brief_id, who, now)
    return await status(db, who, brief_id, now)


@politely
async def ask_stop(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    briefs.need(who, Permission.SEND, "dừng gửi bản tin")
    draft = await briefs.load(db, Spot.unpack(action.subject).brief_id)
    title = markup.escape(draft.content.title)
    return Reply(
        f"Dừng hẳn việc gửi “{title}”? Người đã nhận vẫn giữ tin; người còn lại sẽ không nhận.",
        (Choice("Dừng hẳn", Action("ap.stop2", str(draft.id))), Choice("Không", Action("ap.status", str(draft.id)))),
    )


ACTIONS = {
    "ap.status": show, "ap.pause": steer, "ap.resume": steer, "ap.stop": ask_stop, "ap.stop2": steer,
    **matrix_page.ACTIONS, **report_list.ACTIONS, **sending_again.ACTIONS, **correcting.ACTIONS, **recalling.ACTIONS,
}
