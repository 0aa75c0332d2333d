"""The second person: what waits for a signature, reading, approving or returning it, then sending now or later."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import briefs as table
from db import notices
from db.briefs import BriefState
from db.people import Prompt
from handlers import audience_desk, brief_status, correcting, curating, embargoed, lane_news, prompts, recalling
from handlers import briefs as receiving
from handlers.desk import Spot
from handlers.refusing import politely
from handlers.reply import Action, Choice, Incoming, Reply
from network import approvals, briefs, embargo, markup, moments, releases
from network.brief_content import Priority
from network.briefs import STATE_NAMES, Draft
from network.calendar import Calendar
from network.calendar import load as load_calendar
from network.people import Speaker
from network.pushes import DEFAULT_QUIET
from network.quiet import Quiet
from network.refusals import Refusal
from network.roles import Permission

DEFAULT_CALENDAR = load_calendar()
RETURN, WHEN = "brief.return", "brief.when"


@politely
async def waiting(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    if Permission.APPROVE not in who.permissions and Permission.REVIEW_ENTRIES in who.permissions:
        return await curating.listing(db, who, args, now)
    found = await approvals.waiting_for(db, briefs.need(who, Permission.APPROVE, "duyệt bản tin"))
    entries = await curating.offered(db, who)
    if not found and not entries:
        return Reply("Không có bản tin hay mục tri thức nào chờ anh/chị duyệt.")
    if len(found) == 1 and not entries:
        return await _read(db, who, found[0], now)
    lines = [f"- {_named(draft)} – *{STATE_NAMES[draft.state]}*" for draft in found]
    lines += [f"- {len(entries)} mục tri thức"] if entries else []
    choices = [Choice(f"Xem bản tin {draft.id}", Action("ap.open", str(draft.id))) for draft in found]
    return Reply("**Chờ anh/chị duyệt**\n" + "\n".join(lines), (*choices, *entries))


@politely
async def read(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    if not {Permission.APPROVE, Permission.WRITE_BRIEF, Permission.VIEW} & who.permissions:
        briefs.need(who, Permission.VIEW, "xem bản tin này")
    draft = await briefs.load(db, Spot.unpack(action.subject).brief_id)
    working = {Permission.APPROVE, Permission.WRITE_BRIEF, Permission.SEND} & who.permissions
    if not working and draft.state in briefs.OPEN and embargo.holds(draft.content, now):
        raise Refusal("Bản tin chưa đến giờ phát hành; chỉ người có trong danh sách xem trước được xem.")
    return await _read(db, who, draft, now)


async def _read(db: AsyncSession, who: Speaker, draft: Draft, now: datetime) -> Reply:
    """The letter as it will arrive, then who wrote and signed it and who will get it."""
    letter = embargoed.marked(receiving.letter(draft.id, draft.content), draft.content, now)
    await embargoed.read_on_duty(db, who, draft, now)
    marks = await approvals.signed(db, draft)
    about = [
        f"*Bản tin {draft.id}, bản số {draft.number}: {STATE_NAMES[draft.state]}"
        + (f" lúc {moments.say(draft.send_at)}*" if draft.state == BriefState.SCHEDULED and draft.send_at else "*"),
        f"**Soạn:** {await _name(db, draft.author_id)}; sửa lần cuối: {await _name(db, draft.editor_id)}",
    ]
    for label, mark in (("Trình", marks.submitted), ("Gửi một người", marks.sent_alone), ("Duyệt", marks.approved)):
        if mark:
            about.append(f"**{label}:** {await _name(db, mark.person_id)}, {moments.say(mark.at)}")
    if marks.lacking:
        about.append(approvals.LACKING)
    if draft.content.qa:
        about.append("**Hỏi đáp đưa ra cùng bản tin:**")
        about += [f"- *{markup.escape(pair.q)}* {markup.escape(pair.a)}" for pair in draft.content.qa]
    if draft.content.note:
        about.append(f"**Ghi chú của người soạn:** {markup.escape(draft.content.note)}")
    about.append(await audience_desk.reach(db, draft, now))
    if draft.content.pre_release:
        about.append(f"**Xem trước:** {markup.escape(await embargo.describe(db, draft.content))}")
    about.append(f"*Mã nội dung: {draft.stamp}*")
    choices = await _choices(db, who, draft, marks)
    return Reply(f"{correcting.preface(draft)}{letter.text}\n\n———\n" + "\n".join(about), choices, files=letter.files)


async def _choices(db: AsyncSession, who: Speaker, draft: Draft, marks: approvals.Signed) -> tuple[Choice, ...]:
    person, subject, stamp = who.person_id or 0, str(draft.id), draft.stamp
    found = []
    outsider = approvals.outsider_problem(draft, marks, person) is None
    if Permission.APPROVE in who.permissions and outsider and (draft.state == BriefState.SUBMITTED or marks.lacking):
        found.append(Choice("Duyệt", Action("ap.yes", subject, stamp)))
    if Permission.APPROVE in who.permissions and draft.state == BriefState.SUBMITTED:
        found.append(Choice("Trả lại", Action("ap.no", subject, stamp)))
    if Permission.SEND in who.permissions and draft.state in (BriefState.APPROVED, BriefState.SCHEDULED):
        found += await _send_choices(db, draft)
    if Permission.WRITE_BRIEF in who.permissions and not outsider and draft.state in briefs.OPEN[1:]:
        found.append(Choice("Rút lại để sửa", Action("b.withdraw", subject, stamp)))
    if draft.state in (*releases.SENT, BriefState.RECALLED) and await releases.push_of(db, draft.id):
        found.append(Choice("Tình hình gửi", Action("ap.status", subject)))
    if Permission.WRITE_BRIEF in who.permissions and draft.state in (*releases.SENT[1:], BriefState.RECALLED):
        found.append(Choice("Soạn lại từ bản này", Action("b.copy", subject)))
    return tuple(found)


async def _send_choices(db: AsyncSession, draft: Draft) -> list[Choice]:
    subject, stamp = str(draft.id), draft.stamp
    found = [
        Choice(f"Gửi ngay ({await audience_desk.count(db, draft)} người)", Action("ap.send", subject, stamp)),
        Choice("Hẹn giờ gửi", Action("ap.when", subject, stamp)),
    ]
    if draft.state == BriefState.SCHEDULED:
        found.append(Choice("Bỏ hẹn giờ", Action("ap.unwhen", subject, stamp)))
    return found


@politely
async def approve(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await approvals.approve(db, Spot.unpack(action.subject).brief_id, who, now, stamp=action.stamp)
    await tell_writers(db, draft, who, f"**Đã duyệt:** {_named(draft)}.", now)
    if draft.state == BriefState.SCHEDULED and draft.send_at:
        early = await embargoed.invite(db, draft, now)
        told = f" Đã báo {early} người được xem trước." if early else ""
        return Reply(f"**Đã duyệt** bản tin {_named(draft)}, phát hành lúc **{moments.say(draft.send_at)}**.{told}")
    if draft.state != BriefState.APPROVED:  # the second signature came after the sending
        return Reply(f"Đã ghi chữ ký thứ hai cho bản tin {_named(draft)}.", replace=False)
    choices = tuple(await _send_choices(db, draft)) if Permission.SEND in who.permissions else ()
    return Reply(f"**Đã duyệt** bản tin {_named(draft)}. Bản tin chưa được gửi.", choices)


@politely
async def ask_reason(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    briefs.need(who, Permission.APPROVE, "trả lại bản tin")
    draft = await briefs.load(db, Spot.unpack(action.subject).brief_id, stamp=action.stamp)
    if draft.state != BriefState.SUBMITTED:
        raise Refusal(f"{briefs.stands(draft.state)} nên không trả lại được nữa.", over=True)
    await prompts.wait_for(db, who, RETURN, draft.edition_id, now)
    return Reply(f"Lý do trả lại bản tin {_named(draft)}? Anh/chị gõ lý do, người soạn sẽ nhận được nguyên văn.")


@politely
async def give_back(db: AsyncSession, who: Speaker, prompt: Prompt, message: Incoming, now: datetime) -> Reply:
    """The prompt holds the edition that was read: a newer one is not returned by mistake."""
    edition = await table.edition(db, prompt.subject_id or 0)
    stamp = (edition.hash or "")[: briefs.STAMP]
    draft = await approvals.give_back(db, edition.brief_id, who, now, stamp=stamp, reason=message.text)
    await prompts.clear(db, who)
    await tell_returned(db, draft, who, message.text, now)
    return Reply(f"Đã trả lại bản tin {_named(draft)}; người soạn đã được báo.")


@politely
async def send_now(
    db: AsyncSession, who: Speaker, action: Action, now: datetime, quiet: Quiet = DEFAULT_QUIET
) -> Reply:
    brief_id = Spot.unpack(action.subject).brief_id
    push = await releases.send(db, brief_id, who, now, stamp=action.stamp, quiet=quiet)
    return await brief_status.started(db, brief_id, push, now)


@politely
async def ask_when(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    briefs.need(who, Permission.SEND, "hẹn giờ gửi bản tin")
    draft = await briefs.load(db, Spot.unpack(action.subject).brief_id, stamp=action.stamp)
    await prompts.wait_for(db, who, WHEN, draft.edition_id, now)
    return Reply(f"Gửi bản tin {_named(draft)} lúc nào? {moments.EXAMPLE}")


@politely
async def schedule(
    db: AsyncSession, who: Speaker, prompt: Prompt, message: Incoming, now: datetime,
    calendar: Calendar = DEFAULT_CALENDAR, quiet: Quiet = DEFAULT_QUIET,
) -> Reply:
    """A public holiday is confirmed first: nobody means to write to offices that are closed."""
    edition = await table.edition(db, prompt.subject_id or 0)
    when = moments.read(message.text, now)
    stamp = (edition.hash or "")[: briefs.STAMP]
    draft = await briefs.load(db, edition.brief_id, stamp=stamp)
    if (holiday := calendar.holiday(when)) and draft.content.priority != Priority.FLASH:
        anyway = Spot(draft.id, str(int(when.timestamp()))).pack()
        return Reply(
            f"Ngày {moments.day(when)} là ngày nghỉ lễ (**{markup.escape(holiday)}**). Vẫn gửi bản tin {_named(draft)} "
            f"lúc {moments.say(when)}? Hoặc anh/chị gõ thời điểm khác.",
            (Choice("Vẫn gửi ngày này", Action("ap.when2", anyway, stamp)),),
        )
    return await _schedule(db, who, draft, when, now, quiet)


@politely
async def schedule_anyway(
    db: AsyncSession, who: Speaker, action: Action, now: datetime, quiet: Quiet = DEFAULT_QUIET
) -> Reply:
    spot = Spot.unpack(action.subject)
    draft = await briefs.load(db, spot.brief_id, stamp=action.stamp)
    return await _schedule(db, who, draft, datetime.fromtimestamp(int(spot.value), UTC), now, quiet)


async def _schedule(
    db: AsyncSession, who: Speaker, draft: Draft, when: datetime, now: datetime, quiet: Quiet
) -> Reply:
    draft = await releases.schedule(db, draft.id, who, now, when=when, stamp=draft.stamp)
    await prompts.clear(db, who)
    flash = draft.content.priority == Priority.FLASH
    night = "" if flash else lane_news.appointed(when, quiet)
    return Reply(
        f"Đã hẹn gửi bản tin {_named(draft)} lúc **{moments.say(when)}**." + (f"\n🌙 {night}" if night else ""),
        (Choice("Bỏ hẹn giờ", Action("ap.unwhen", str(draft.id), draft.stamp)),),
    )


@politely
async def unschedule(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await releases.unschedule(db, Spot.unpack(action.subject).brief_id, who, now, stamp=action.stamp)
    return Reply(f"Đã bỏ hẹn giờ. Bản tin {_named(draft)} chưa được gửi.", tuple(await _send_choices(db, draft)))


@politely
async def ask_alone(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    briefs.need(who, Permission.SEND_ALONE, "gửi bản tin khi chưa có người thứ hai duyệt")
    draft = await briefs.load(db, Spot.unpack(action.subject).brief_id, stamp=action.stamp)
    text = (
        f"**Gửi ngay bản tin hỏa tốc {_named(draft)}** đến {await audience_desk.count(db, draft)} người khi chưa có "
        "người thứ hai duyệt? Anh/chị chịu trách nhiệm về nội dung; chữ ký thứ hai được yêu cầu ngay sau khi gửi."
    )
    return Reply(text, (Choice("Xác nhận gửi ngay", Action("ap.alone2", str(draft.id), draft.stamp)),))


@politely
async def send_alone(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await approvals.send_alone(
        db, Spot.unpack(action.subject).brief_id, who, now, stamp=action.stamp
    )
    push = await releases.send(db, draft.id, who, now, stamp=draft.stamp)
    await prompts.clear(db, who)
    await ask_for_signature(db, draft, now)
    return await brief_status.started(db, draft.id, push, now)


async def ask_for_signature(db: AsyncSession, draft: Draft, now: datetime) -> int:
    """A notice to everybody who may sign; how many can be reached."""
    alone = (await approvals.signed(db, draft)).lacking
    what = approvals.LACKING if alone else "**Bản tin chờ duyệt**"
    mark = f" ({draft.content.priority.label})" if draft.content.priority != Priority.NORMAL else ""
    text = f"{what}\n{_named(draft)}{mark}\nSoạn: {await _name(db, draft.author_id)}"
    subject, stamp = str(draft.id), draft.stamp
    choices = [Choice("Đọc và duyệt", Action("ap.open", subject))]  # nobody signs what was not on the screen
    if not alone:
        choices.append(Choice("Trả lại", Action("ap.no", subject, stamp)))
    reply = Reply(text, tuple(choices), columns=3).plain()
    sent = [await notices.put(db, person, reply, now) for person in await approvals.approvers(db, draft)]
    return sum(notice is not None for notice in sent)


async def tell_returned(db: AsyncSession, draft: Draft, who: briefs.Acting, reason: str, now: datetime) -> None:
    said = f"**Bản tin được trả lại:** {_named(draft)}.\nLý do: {markup.escape(reason)}"
    await tell_writers(db, draft, who, said, now, Choice("Mở bản nháp", Action("b.desk", str(draft.id))))


async def tell_writers(
    db: AsyncSession, draft: Draft, who: briefs.Acting, text: str, now: datetime, *choices: Choice
) -> None:
    reply = Reply(text, choices or (Choice("Xem", Action("ap.open", str(draft.id))),)).plain()
    for person in dict.fromkeys((draft.author_id, draft.editor_id)):
        if person is not None and person != who.person_id:
            await notices.put(db, person, reply, now)


def _named(draft: Draft) -> str:
    return f"“{markup.escape(draft.content.title)}”"


async def _name(db: AsyncSession, person_id: int | None) -> str:
    return markup.escape(await approvals.name_of(db, person_id))


COMMANDS = {"duyet": waiting}
ACTIONS = {
    "ap.open": read,
    "ap.yes": approve,
    "ap.no": ask_reason,
    "ap.send": send_now,
    "ap.when": ask_when,
    "ap.when2": schedule_anyway,
    "ap.unwhen": unschedule,
    "ap.alone": ask_alone,
    "ap.alone2": send_alone,
    **brief_status.ACTIONS,
    **embargoed.ACTIONS,
}
PROMPTS = {RETURN: give_back, WHEN: schedule, **correcting.PROMPTS, **recalling.PROMPTS}
