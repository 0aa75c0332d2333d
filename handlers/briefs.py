"""Receiving: the letter of a brief and its three buttons – “Đã nhận”, “Hỏi về tin này”, “Báo cáo kết quả”."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db import corrections, receipts
from db.briefs import BriefState, Report
from db.people import PersonState, Prompt
from handlers import asking, prompts
from handlers.refusing import politely
from handlers.reply import Action, Choice, Incoming, Reply
from network import acknowledgements, briefs, markup, moments, reports
from network.brief_content import Content
from network.calendar import Calendar
from network.letters import MARKS, correction_text, hours, letter_text
from network.people import Speaker
from network.refusals import Refusal
from network.roles import Permission

ASK, PART = "brief.ask", "report.part"
TRIAL = "Đây là bản xem thử: nút này ghi nhận khi bản tin được gửi chính thức đến anh/chị."
STRANGER = "Anh/chị chưa tham gia mạng lưới nên chưa ghi nhận được. Vui lòng mở liên kết mời do cơ quan mình gửi."
LEFT = "Anh/chị đã rời mạng lưới nên chưa ghi nhận được. Muốn tham gia lại, anh/chị gõ /start."


def letter(brief_id: int, content: Content, edition: int | None = None) -> Reply:
    """What arrives. The push worker sends exactly this."""
    choices = [Choice("Hỏi về tin này", Action("askbrief", str(brief_id))), report_choice(brief_id)]
    if content.ack:
        choices.insert(0, Choice("Đã nhận", Action("ack", str(brief_id))))
    return Reply(letter_text(content, edition), tuple(choices), files=content.attachments)


def correction(brief_id: int, content: Content, sent_at: datetime | None = None) -> Reply:
    """To those who have the wrong text, as an answer to it; `brief_id` is the correction's own."""
    choices = [Choice("Xem bản đã sửa", Action("brief.again", str(brief_id)))]
    choices.append(Choice("Hỏi về tin này", Action("askbrief", str(brief_id))))
    if content.ack:
        choices.insert(0, Choice("Đã nhận", Action("ack", str(brief_id))))
    return Reply(correction_text(content, sent_at), tuple(choices))


def reminder(brief_id: int, content: Content) -> Reply:
    """To those who have not pressed “Đã nhận”, as an answer to the letter itself."""
    within = f" trong {hours(content.ack_hours)} kể từ khi nhận tin" if content.ack_hours else ""
    mark = f"{MARKS[content.priority]} " if content.priority in MARKS else ""
    choices = (
        Choice("Đã nhận", Action("ack", str(brief_id))),
        Choice("Xem lại bản tin", Action("brief.again", str(brief_id))),
    )
    return Reply(
        f"{mark}**Nhắc xác nhận:** “{markup.escape(content.title)}”\n"
        f"Anh/chị chưa bấm “Đã nhận”. Bản tin đề nghị xác nhận{within}.", choices,
    )


def report_choice(brief_id: int) -> Choice:
    return Choice("Báo cáo kết quả", Action("report", str(brief_id)))


async def acknowledge(
    db: AsyncSession, who: Speaker, action: Action, now: datetime, calendar: Calendar | None = None
) -> Reply:
    try:
        done = await acknowledgements.acknowledge(db, _id(action), _person(who), now, calendar)
    except Refusal as refusal:
        trial = refusal.text == acknowledgements.NOT_YOURS and Permission.WRITE_BRIEF in who.permissions
        return Reply(toast=TRIAL if trial else refusal.text)
    if not done.first:
        return Reply(toast=f"Anh/chị đã xác nhận lúc {moments.say(done.at)}.")
    if done.late and done.deadline:
        return Reply(toast=f"Đã ghi nhận, sau hạn {moments.say(done.deadline)}. Cảm ơn anh/chị.")
    return Reply(toast="Đã ghi nhận. Cảm ơn anh/chị.")


# A question about this brief


@politely
async def ask_about(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    _person(who)
    draft = await briefs.load(db, _id(action))
    if draft.state in briefs.OPEN and Permission.WRITE_BRIEF not in who.permissions:
        raise Refusal(acknowledgements.NOT_YOURS)
    await prompts.wait_for(db, who, ASK, draft.id, now)
    return Reply(f"Anh/chị muốn hỏi gì về “{markup.escape(draft.content.title)}”? Vui lòng gõ câu hỏi.")


async def question(
    db: AsyncSession, who: Speaker, prompt: Prompt, message: Incoming, now: datetime, index: Any,
    understood: Any = None,
) -> Reply:
    if not message.text.strip():
        return Reply("Anh/chị vui lòng gõ câu hỏi bằng chữ.")
    await prompts.clear(db, who)
    return await asking.ask(db, who, message.text, now, index, prompt.subject_id, understood)


# The report


@politely
async def begin_report(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    report = await reports.begin(db, _id(action), _person(who), who.platform, now)
    await prompts.wait_for(db, who, PART, report.id, now)
    return Reply(
        "**Báo cáo kết quả.** Anh/chị gửi lần lượt, theo thứ tự nào cũng được: **đường dẫn** bài đã đăng, **số lượt** "
        f"tiếp cận, **ghi chú**, **ảnh**. Gửi xong bấm “Xong”.{_so_far(report)}",
        _report_choices(report),
    )


@politely
async def report_part(db: AsyncSession, who: Speaker, prompt: Prompt, message: Incoming, now: datetime) -> Reply:
    if message.document:
        raise Refusal("Báo cáo chỉ kèm ảnh. Anh/chị vui lòng gửi ảnh chụp, hoặc gửi đường dẫn tới tệp.")
    part = reports.understand(message.text, message.photo)
    if part.empty:
        raise Refusal("Anh/chị vui lòng gửi đường dẫn, số lượt tiếp cận, ghi chú hoặc ảnh.")
    report = await reports.add(db, prompt.subject_id or 0, _person(who), part)
    return Reply(f"Đã ghi.{_so_far(report)}\n\nGửi tiếp hoặc bấm “Xong”.", _report_choices(report))


@politely
async def end_report(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    report = await reports.close(db, _id(action), _person(who), now)
    await prompts.clear(db, who)
    return Reply(f"Đã gửi báo cáo. Cảm ơn anh/chị.{_so_far(report)}", replace=True)


@politely
async def drop_report(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    await reports.drop(db, _id(action), _person(who))
    await prompts.clear(db, who)
    return Reply("Đã bỏ báo cáo này.", replace=True)


def _report_choices(report: Report) -> tuple[Choice, ...]:
    return (
        Choice("Xong", Action("report.done", str(report.id))),
        Choice("Bỏ báo cáo", Action("report.drop", str(report.id))),
    )


def _so_far(report: Report) -> str:
    parts = [
        f"- Đường dẫn: {markup.link(report.link, report.link)}" if report.link else "",
        f"- Lượt tiếp cận: {report.reach:,}".replace(",", ".") if report.reach is not None else "",
        f"- Ghi chú: {markup.escape(report.note)}" if report.note else "",
        "- Ảnh: đã nhận" if report.photo else "",
    ]
    lines = [part.replace("\n", " ") for part in parts if part]
    return "\n\n" + "\n".join(lines) if lines else ""


# What was received


@politely
async def my_list(db: AsyncSession, who: Speaker) -> Reply:
    """For people who only receive: the last briefs that came to them."""
    found = await receipts.briefs_of(db, _person(who), limit=5)
    if not found:
        return Reply("Chưa có bản tin nào gửi đến anh/chị.")
    choices = [Choice(Content.from_json(row).title[:60], Action("brief.again", str(number))) for number, row in found]
    return Reply("**Bản tin đã gửi đến anh/chị.** Chọn để xem lại:", tuple(choices))


@politely
async def again(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """The edition this person received, or what put it right since."""
    await acknowledgements.received(db, _id(action), _person(who))
    await receipts.fetched(db, _id(action), _person(who))
    found = dict(await receipts.briefs_of(db, _person(who), limit=50))
    if _id(action) not in found:
        raise Refusal(briefs.MISSING)
    draft, content = await briefs.load(db, _id(action)), Content.from_json(found[_id(action)])
    while newer := await corrections.successor(db, draft.id):
        draft = await briefs.load(db, newer)
        content = draft.content
    if draft.state == BriefState.RECALLED:
        said = "Bản tin này đã được thu hồi. Anh/chị vui lòng không sử dụng, không phổ biến nội dung đã nhận."
        raise Refusal(said, over=True)
    return letter(draft.id, content)


async def announced(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """The button under “there is a new brief”, a template sent when the window for free text was over."""
    waiting = await receipts.announced(db, _person(who))
    if not waiting:
        newest = await receipts.briefs_of(db, _person(who), 1)
        return await again(db, who, Action("brief.again", str(newest[0][0])), now) if newest else await my_list(db, who)
    await receipts.fetched(db, waiting[0], _person(who))  # also where it was taken back since
    shown = await again(db, who, Action("brief.again", str(waiting[0])), now)
    if not (left := len(waiting) - 1):
        return shown
    more = Choice(f"Bản tin tiếp theo (còn {left})", Action("brief.next"))
    return replace(shown, choices=(*shown.choices, more))


def _id(action: Action) -> int:
    if not action.subject.isdigit():
        raise Refusal(briefs.MISSING)
    return int(action.subject)


def _person(who: Speaker) -> int:
    if who.person_id is None:
        raise Refusal(STRANGER)
    if who.state in (PersonState.LEFT, PersonState.JOINING, PersonState.REFUSED, PersonState.SUSPENDED):
        raise Refusal(LEFT if who.state == PersonState.LEFT else STRANGER)
    return who.person_id


COMMANDS: dict[str, Any] = {}
ACTIONS = {
    "ack": acknowledge,
    "askbrief": ask_about,
    "report": begin_report,
    "report.done": end_report,
    "report.drop": drop_report,
    "brief.again": again,
    "brief.next": politely(announced),
}
PROMPTS = {ASK: question, PART: report_part}
