"""What a member decides about themselves: what is stored, silence, leaving, being forgotten, topics."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.people import Person, PersonState
from handlers import linking, topic_page
from handlers.refusing import politely
from handlers.reply import Action, Choice, Reply
from network import markup, moments, people, roles, topics
from network.people import Speaker

NOBODY = "Loa không lưu thông tin nào về anh/chị. Để tham gia, anh/chị mở liên kết mời do cơ quan mình gửi."
JOINING = (
    "Anh/chị chưa đồng ý, nên Loa chỉ giữ tạm những gì anh/chị vừa khai để hoàn tất đăng ký; nếu không đồng ý, Loa xóa "
    f"ngay; nếu bỏ dở, Loa xóa sau {people.UNFINISHED.days} ngày.\n"
)
PAUSES = {"1": "1 ngày", "7": "7 ngày", "30": "30 ngày", "0": "Đến khi nhận lại"}


async def about_me(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    if who.person_id is None or who.state == PersonState.ERASED:
        return Reply(NOBODY)
    kept = await people.stored(db, who.person_id)
    person = kept.person
    withdrawn = f", đã rút lúc {moments.say(kept.withdrawn_at)}" if kept.withdrawn_at else ""
    agreed = f"bản {kept.consent_version}, {moments.say(kept.consent_at)}{withdrawn}" if kept.consent_at else "chưa có"
    lines = [
        ("Họ tên", person.full_name), ("Vai trò", roles.name_of(person.role)), ("Cơ quan", kept.agency),
        ("Địa bàn", kept.area), ("Chủ đề", topics.list_names(kept.topics) or "tất cả"),
        ("Điện thoại", person.phone or "không lưu"), ("Kênh nhận tin", await linking.channels(db, who.person_id)),
        ("Đồng ý", agreed), ("Tham gia", moments.say(person.joined_at) if person.joined_at else "chưa"),
        ("Trạng thái", _state(person)),
        ("Bản tin đã gửi đến", kept.briefs), ("Đã xác nhận", kept.acknowledged), ("Báo cáo", kept.reports),
        ("Câu hỏi", kept.questions),
    ]
    unsure = JOINING if who.state == PersonState.JOINING else ""
    shown = "\n".join(f"- {name}: **{markup.escape(str(value))}**" for name, value in lines if value not in (None, ""))
    more = (Choice("Đổi chủ đề", Action("me.topics")), Choice("Kênh nhận tin", Action("link.show")))
    return Reply(
        f"**Loa đang lưu về anh/chị**\n{unsure}{shown}\n\nXóa dữ liệu: /xoadulieu. Rời mạng lưới: /roi.",
        more if _member(who) else (),
    )


STATES = {
    PersonState.JOINING: "đang đăng ký", PersonState.WAITING: "chờ xác nhận", PersonState.ACTIVE: "đang tham gia",
    PersonState.PAUSED: "tạm dừng nhận tin", PersonState.LEFT: "đã rời", PersonState.REFUSED: "chưa được xác nhận",
    PersonState.SUSPENDED: "bị tạm ngừng",
}


def _state(person: Person) -> str:
    said = STATES.get(PersonState(person.state), "")
    if person.state == PersonState.PAUSED and person.paused_until:
        return f"{said} đến {moments.say(person.paused_until)}"
    return said


def _member(who: Speaker) -> bool:
    return who.person_id is not None and who.state in people.MEMBERS


async def ask_pause(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    if not _member(who):
        return Reply(NOBODY)
    choices = tuple(Choice(label, Action("me.pause", days)) for days, label in PAUSES.items())
    return Reply("Anh/chị muốn tạm dừng nhận tin bao lâu? Tin hỏa tốc vẫn được gửi.", choices, columns=2)


async def pause(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    if not _member(who) or action.subject not in PAUSES:
        return Reply(toast="Nút này không còn dùng được.")
    until = await people.pause(db, who.person_id or 0, int(action.subject) or None, now)
    said = f"Đã tạm dừng đến **{moments.say(until)}**; sau đó anh/chị nhận tin trở lại." if until else "Đã tạm dừng."
    return Reply(f"{said} Gõ /tieptuc khi muốn nhận lại ngay; tin hỏa tốc vẫn được gửi.", replace=True)


async def go_on(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    if not _member(who):
        return Reply(NOBODY)
    woken = await people.resume(db, who.person_id or 0)
    return Reply("Anh/chị đã nhận tin trở lại." if woken else "Anh/chị đang nhận tin bình thường.")


@politely
async def ask_leave(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    if not _member(who):
        return Reply(NOBODY)
    await people.keep_an_administrator(db, who.person_id or 0)
    choices = (Choice("Rời mạng lưới", Action("me.leave")), Choice("Ở lại", Action("me.stay")))
    return Reply("Anh/chị sẽ không nhận bản tin nữa. Anh/chị chắc chắn muốn rời mạng lưới?", choices, columns=2)


@politely
async def leave(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    if not _member(who):
        return Reply(toast="Anh/chị đã rời mạng lưới.")
    await people.leave(db, who.person_id or 0, now)
    return Reply(
        "Anh/chị đã rời mạng lưới. Cảm ơn anh/chị đã tham gia. Để quay lại, gõ /start; để xóa dữ liệu, gõ /xoadulieu.",
        replace=True,
    )


async def stay(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    return Reply("Không có gì thay đổi.", replace=True)


@politely
async def ask_erase(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    if who.person_id is None:
        return Reply(NOBODY)
    await people.keep_an_administrator(db, who.person_id)
    choices = (Choice("Xóa dữ liệu của tôi", Action("me.erase")), Choice("Không xóa", Action("me.stay")))
    return Reply(
        "Loa sẽ xóa họ tên, số điện thoại, địa chỉ liên lạc và nội dung anh/chị đã báo cáo; chỉ giữ số liệu không "
        "gắn với anh/chị. Việc này **không khôi phục được**. Anh/chị chắc chắn?",
        choices, columns=2,
    )


@politely
async def erase(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    if who.person_id is None:
        return Reply(toast="Dữ liệu của anh/chị đã được xóa.")
    await people.erase(db, who.person_id, now)
    return Reply("Đã xóa dữ liệu cá nhân của anh/chị.", replace=True)


async def my_topics(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """Switch one on or off, or show them."""
    if not _member(who):
        return Reply(toast=NOBODY)
    if page := await topic_page.turn(db, who.person_id or 0, action.name, action.subject or topic_page.FIELDS):
        return page if action.subject else replace(page, replace=False)
    return Reply(topic_page.said(await topic_page.chosen_by(db, who.person_id or 0)), replace=True)


COMMANDS = {"toi": about_me, "tamdung": ask_pause, "tieptuc": go_on, "roi": ask_leave, "xoadulieu": ask_erase}
ACTIONS = {"me.pause": pause, "me.leave": leave, "me.stay": stay, "me.erase": erase, "me.topics": my_topics}
