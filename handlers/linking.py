"""/lienket: one person on Telegram and on Zalo. A code shown on the one is typed on the other."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import linking as table
from db import notices
from db.people import Person, PersonState
from handlers.refusing import politely
from handlers.reply import Action, Choice, Reply
from network import identities, markup, moments, people, roles
from network.people import Speaker
from network.refusals import Refusal

NOT_YET = "Chỉ thành viên mới nối kênh được. Vui lòng tham gia bằng lời mời của cơ quan mình trước."
BEGUN = (PersonState.JOINING, PersonState.ERASED, None)  # nothing of theirs would be lost


@politely
async def show(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    """The person's channels, and a code for one more."""
    if who.state not in people.MEMBERS or who.person_id is None:
        return Reply(NOT_YET)
    code = await identities.new_code(db, who.person_id, now)
    mine = identities.in_order(await table.identities(db, who.person_id))
    lines = [f"- {_named(one.platform, one.address, one.id == who.identity_id)}" for one in mine]
    text = (
        "**Kênh nhận tin của anh/chị**, theo thứ tự Loa dùng:\n" + "\n".join(lines)
        + "\n\nĐể nối thêm một kênh, anh/chị mở Loa ở kênh đó (Telegram hoặc Zalo) rồi gõ mã:\n\n"
        f"**{identities.shown(code)}**\n\n"
        f"Mã dùng một lần, đến {moments.say(now + identities.LIFE)}. Không đưa mã này cho người khác."
    )
    return Reply(text, tuple(_choices(mine)) if len(mine) > 1 else ())


def _named(platform: str, address: str, here: bool) -> str:
    return f"{identities.named(platform)}, mã {markup.escape(address)}{' (đang dùng)' if here else ''}"


def _choices(mine: list) -> list[Choice]:
    wanted = [
        Choice(f"Ưu tiên {identities.named(i.platform)}", Action("link.prefer", str(i.id))) for i in mine[1:]
    ]
    return wanted + [Choice(f"Gỡ {identities.named(i.platform)}", Action("link.drop", str(i.id))) for i in mine]


async def channels(db: AsyncSession, person_id: int) -> str:
    """In one line, in the order of use."""
    mine = identities.in_order(await table.identities(db, person_id))
    return "; ".join(f"{identities.named(one.platform)}, mã {one.address}" for one in mine)


async def open_page(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    return await show(db, who, "", now)


@politely
async def prefer(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    chosen = await identities.prefer(db, _member(who), _id(action))
    return Reply(f"Từ nay Loa gửi tin cho anh/chị qua **{identities.named(chosen.platform)}** trước.", replace=True)


@politely
async def drop(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    gone = await identities.detach(db, _member(who), _id(action), now)
    return Reply(f"Đã gỡ {identities.named(gone.platform)}. Loa không gửi gì của anh/chị đến đó nữa.", replace=True)


@politely
async def typed(db: AsyncSession, who: Speaker, code: str, now: datetime) -> Reply:
    """A code, on the channel that is to be linked."""
    owner = await identities.owner_of(db, code, now)
    if owner.id == who.person_id:
        raise Refusal("Kênh này đã nối với hồ sơ của anh/chị. Mã dùng để gõ ở kênh kia.")
    if who.state not in BEGUN:
        return await _two_people(db, who, owner, code)
    await identities.use_up(db, code, now)
    await identities.attach(db, owner, who, now)
    await _tell_the_others(db, owner, who, now)
    return Reply(
        f"Đã nối kênh này với hồ sơ của **{markup.escape(owner.full_name or '')}**. Loa vẫn gửi tin qua kênh đang ưu "
        "tiên và dùng kênh này khi kênh đó không gửi được. Muốn đổi, gõ /lienket."
    )


async def _two_people(db: AsyncSession, who: Speaker, owner: Person, code: str) -> Reply:
    mine = await db.get_one(Person, who.person_id)
    text = (
        "Anh/chị đang có **hai hồ sơ** trong mạng lưới:\n"
        f"- Hồ sơ đã lấy mã: {_profile(owner)}\n- Hồ sơ ở kênh này: {_profile(mine)}\n\n"
        "Nếu cả hai đều là anh/chị, Loa gộp làm một: giữ hồ sơ đã lấy mã, chuyển sang đó mọi xác nhận, báo cáo và câu "
        "hỏi của hồ sơ ở kênh này. Nếu gộp nhầm, quản trị tách lại được."
    )
    return Reply(text, (Choice("Gộp làm một", Action("link.merge", code)), Choice("Không gộp", Action("link.keep"))))


def _profile(person: Person) -> str:
    return f"**{markup.escape(person.full_name or '(chưa có tên)')}**, {roles.name_of(person.role)}"


@politely
async def merge(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    owner = await identities.owner_of(db, action.subject, now)
    if who.person_id is None or owner.id == who.person_id:
        raise Refusal(identities.UNKNOWN)
    await identities.use_up(db, action.subject, now)
    await identities.merge(db, owner.id, who.person_id, now)
    await _tell_the_others(db, owner, who, now)
    return Reply(
        f"Đã gộp. Từ nay anh/chị là **{markup.escape(owner.full_name or '')}**, {roles.name_of(owner.role)}, trên mọi "
        "kênh. Gõ /lienket để chọn kênh ưu tiên.", replace=True,
    )


async def keep(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    return Reply("Không gộp gì cả.", replace=True)


async def _tell_the_others(db: AsyncSession, owner: Person, who: Speaker, now: datetime) -> None:
    """On the preferred channel: whoever did not do this themselves can undo it."""
    said = f"{identities.named(who.platform)} vừa được nối với hồ sơ của anh/chị. Nếu không phải anh/chị, gõ /lienket."
    await notices.put(db, owner.id, Reply(said).plain(), now)


def _member(who: Speaker) -> int:
    if who.person_id is None or who.state not in people.MEMBERS:
        raise Refusal(NOT_YET)
    return who.person_id


def _id(action: Action) -> int:
    return int(action.subject) if action.subject.isdigit() else 0


COMMANDS = {"lienket": show}
ACTIONS = {"link.show": open_page, "link.prefer": prefer, "link.drop": drop, "link.merge": merge, "link.keep": keep}
