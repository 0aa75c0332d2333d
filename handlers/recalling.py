"""Taking a sent brief back from its status page: what will happen, the reason, how far it came, and who is left."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db.briefs import BriefState
from db.people import Prompt
from handlers import prompts
from handlers.desk import Spot
from handlers.refusing import politely
from handlers.reply import Action, Choice, Incoming, Reply
from network import briefs, markup, moments, recalls, sending_again
from network.people import Speaker
from network.recalls import Recalled
from network.refusals import Refusal
from network.roles import Permission

REASON = "recall.reason"
LISTED = 30
WHY = {
    "no_message": "chưa rõ đã nhận hay chưa", "message_fixed": "quá hạn xóa, không sửa được", "no_text": "còn tệp kèm",
    "no_rights": "bot không có quyền", "blocked": "đã chặn bot", "deactivated": "tài khoản đã xóa",
    "down": "nền tảng lỗi", "answer_lost": "mất phản hồi của nền tảng",
}


@politely
async def ask(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """The reason typed is the confirmation."""
    briefs.need(who, Permission.SEND, "thu hồi bản tin")
    draft = await briefs.load(db, Spot.unpack(action.subject).brief_id)
    if draft.state == BriefState.RECALLED:
        raise Refusal("Bản tin này đã được thu hồi.", over=True)
    has_it, waiting = await recalls.forecast(db, draft.id)
    await prompts.wait_for(db, who, REASON, draft.id, now)
    return Reply(
        f"**Thu hồi bản tin “{markup.escape(draft.content.title)}”?**\n"
        f"- {has_it} người đã nhận: tin gửi chưa quá 48 giờ bị xóa, kèm ghi chú cho biết lý do; tin cũ hơn được thay "
        "bằng ghi chú đó; trên Zalo tin không xóa được, ghi chú được gửi thêm\n"
        f"- {waiting} người đang chờ: không gửi nữa\n"
        "- Bản đính chính, tin nhắc và hỏi đáp kèm bản tin cũng được thu hồi\n\n"
        "Anh/chị **gõ lý do thu hồi** để thực hiện; người nhận sẽ đọc lý do này. Việc thu hồi không hoàn tác được.",
        (Choice("Không thu hồi", Action("re.no", str(draft.id))),),
    )


@politely
async def refrain(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    await prompts.clear(db, who)
    return Reply("Không thu hồi. Bản tin giữ nguyên.", replace=True)


@politely
async def recall(db: AsyncSession, who: Speaker, prompt: Prompt, message: Incoming, now: datetime) -> Reply:
    brief_id = prompt.subject_id or 0
    push = await recalls.recall(db, brief_id, who, now, reason=message.text)
    await prompts.clear(db, who)
    return Reply(
        f"**Đang thu hồi** ở {push.planned} địa chỉ nhận. Anh/chị sẽ được báo khi xong.",
        (Choice("Tình hình thu hồi", Action("ap.status", str(brief_id))),),
    )


def lines(found: Recalled) -> list[str]:
    """For the status page."""
    state = "Đã thu hồi xong" if found.finished_at else "Đang thu hồi"
    untold = f" ({found.untold} người chưa nhận được lý do)" if found.untold else ""
    return [
        f"⛔ **{state}**, bắt đầu {moments.say(found.at)}. Lý do: {markup.escape(found.reason)}",
        f"- Địa chỉ cần thu hồi: {found.total}",
        f"- Đã xóa: {found.deleted}{untold}",
        f"- Đã thay bằng ghi chú: {found.noted}",
        *([f"- Không xóa được, đã gửi ghi chú: {found.told}"] if found.told else []),
        f"- Còn chờ: {found.waiting}",
        f"- Không thu hồi được: {found.rest}",
        "",
    ]


def ended(brief_id: int, found: Recalled) -> Reply:
    choices = [Choice("Tình hình thu hồi", Action("ap.status", str(brief_id)))]
    if found.rest:
        choices.append(rest_choice(brief_id, found))
    return Reply("\n".join(lines(found)).strip(), tuple(choices))


def rest_choice(brief_id: int, found: Recalled) -> Choice:
    return Choice(f"Chưa thu hồi được ({found.rest})", Action("re.rest", str(brief_id)))


@politely
async def rest(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    if not {Permission.VIEW, Permission.SEND} & who.permissions:
        briefs.need(who, Permission.VIEW, "xem tình hình thu hồi")
    brief_id = Spot.unpack(action.subject).brief_id
    found = await recalls.progress(db, brief_id)
    rows = await sending_again.rows(db, found.push_id, recalls.REST, LISTED + 1) if found else []
    if not rows:
        return Reply("Không có ai chưa thu hồi được.")
    said = [
        f"- {markup.escape(row.name or f'Người số {row.person_id}')}"
        + (f", {markup.escape(row.agency)}" if row.agency else "")
        + f": {markup.escape(why(row))}"
        for row in rows[:LISTED]
    ]
    if len(rows) > LISTED:
        said.append(f"… Danh sách đầy đủ: loa brief deliveries {brief_id} --recall --csv")
    choices = (Choice("Thử thu hồi lại", Action("re.again", str(brief_id))),)
    may = Permission.SEND in who.permissions
    return Reply("**Chưa thu hồi được, cần liên hệ trực tiếp**\n" + "\n".join(said), choices if may else ())


def why(row: Any) -> str:
    """Why this address still has its message."""
    return WHY.get(row.error or "") or WHY.get(row.kind or "") or row.error or row.state


@politely
async def again(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    brief_id = Spot.unpack(action.subject).brief_id
    count = await recalls.again(db, brief_id, who, now)
    status = Choice("Tình hình thu hồi", Action("ap.status", str(brief_id)))
    return Reply(f"Đang thử thu hồi lại ở {count} địa chỉ.", (status,))


ACTIONS = {"re.ask": ask, "re.no": refrain, "re.rest": rest, "re.again": again}
PROMPTS = {REASON: recall}
