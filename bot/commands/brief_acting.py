"""What `loa brief` does between the command line and the rules: who acts, which brief, and what is shown of it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.commands import brief_amend, brief_early
from bot.settings import Settings
from db import arrivals, notices, receipts
from db import briefs as table
from db.briefs import BriefState
from db.people import Person, PersonState
from db.pushes import Push, PushState
from handlers import audience_desk, correcting, lane_news
from handlers.briefs import letter
from network import (
    acknowledgements,
    approvals,
    articles,
    attachments,
    audience_files,
    audiences,
    briefs,
    content_files,
    embargo,
    markup,
    moments,
    pushes,
    releases,
    roles,
)
from network.brief_content import Priority
from network.briefs import STATE_NAMES, Content, Draft
from network.content_files import FileBrief
from network.refusals import Refusal
from network.roles import Permission

ID_DIGITS = 15  # more is no number of ours, and more than a database counts
FILE_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Account:
    """The person in whose name a command acts."""

    person_id: int
    permissions: frozenset[Permission]


async def account(db: AsyncSession, person_id: int | None) -> Account:
    active = select(Person).where(Person.state.in_((PersonState.ACTIVE, PersonState.PAUSED)))
    if person_id is not None:
        known = abs(person_id) < 10**ID_DIGITS
        person = await db.scalar(active.where(Person.id == person_id)) if known else None
        if person is None:
            raise Refusal(f"Không có người mang mã {person_id} đang hoạt động. Xem danh sách: loa people list")
        return Account(person.id, roles.permissions_of(person.role))
    admins = (await db.scalars(active.where(Person.role.in_(roles.holding(Permission.ADMINISTER))))).all()
    if len(admins) == 1:
        return Account(admins[0].id, roles.permissions_of(admins[0].role))
    if not admins:
        raise Refusal("Chưa có quản trị nào. Hãy tạo lời mời: loa people invite --role super_admin")
    known = ", ".join(f"{a.id} ({a.full_name})" for a in admins[:10])
    raise Refusal(f"Có nhiều quản trị; vui lòng thêm --as MÃ_NGƯỜI. Quản trị: {known}")


async def find(db: AsyncSession, which: str) -> Draft:
    """By number, by key, or by the file it was made from."""
    if which.isdecimal() and len(which) <= ID_DIGITS:
        return await briefs.load(db, int(which))
    for key in _keys(which):
        if brief := await table.find_by_key(db, key):
            return await briefs.load(db, brief.id)
    raise Refusal(f"Không tìm thấy bản tin “{which}”. Xem danh sách: loa brief list")


def _keys(which: str) -> list[str]:
    path = Path(which)
    if not path.is_file():
        return [which]
    inside = [brief.key for brief in content_files.read(_text(path), which)[0] if brief.key]
    return [which, *inside, key_of(path)]


def key_of(path: Path) -> str:
    """For a file that names no key of its own."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in path.stem)[:64]


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > FILE_BYTES:
            raise Refusal(f"{path}: tệp lớn hơn {FILE_BYTES // 1_000_000} MB, không phải tệp bản tin.")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise Refusal(f"Không đọc được {path}: {problem.strerror}.") from None
    except UnicodeDecodeError:
        raise Refusal(f"{path}: không phải UTF-8. Vui lòng lưu lại tệp với bảng mã UTF-8.") from None


@dataclass(frozen=True, slots=True)
class Found:
    briefs: tuple[FileBrief, ...]
    folder: Path | None = None


def read(path: Path) -> Found | list[str]:
    """The briefs of a file, or everything wrong with it."""
    try:
        found, wrong = content_files.read(_text(path), str(path))
    except Refusal as refusal:
        return [refusal.text]
    if wrong:
        return [str(problem) for problem in wrong]
    alone = len(found) == 1
    return Found(tuple(replace(b, key=b.key or (key_of(path) if alone else None)) for b in found), path.parent)


def typed(title: str, body: str) -> Found:
    return Found((FileBrief(None, content_files.from_text(f"{title}\n{body}")),))


async def create(
    db: AsyncSession, found: Found, person: int | None, audience: str | None, change: bool
) -> list[dict[str, Any]]:
    who, now = await account(db, person), datetime.now(UTC)
    saved = await saved_rule(db, audience) if audience else None
    made = []
    for brief in found.briefs:
        content = await content_of(db, found, brief, now)
        rule = saved
        if rule is None and brief.audience is not None:
            rule = await _rule(db, brief)
        known = await table.find_by_key(db, brief.key) if change and brief.key else None
        if known:
            draft = await briefs.edit(db, known.id, who, now, content=content, audience=rule)
        else:
            draft = await briefs.create(db, content, who, now, audience=rule, key=brief.key)
        made.append(await summary(db, draft.id))
    return made


async def content_of(db: AsyncSession, found: Found, brief: FileBrief, now: datetime) -> Content:
    """With the files beside it stored, and people named found."""
    folder = found.folder or Path()
    kept = [await attachments.store(db, Path(name).name, _bytes(folder / name), now) for name in brief.files]
    content = await embargo.resolve(db, brief.content)
    return replace(content, attachments=tuple(file.id for file in kept)) if kept else content


async def _rule(db: AsyncSession, brief: FileBrief) -> dict[str, Any]:
    try:
        return (await audience_files.read(db, brief.audience or {})).to_json()
    except Refusal as refusal:
        raise Refusal(f"{brief.key or brief.content.title}, người nhận:\n{refusal.text}") from None


async def try_on(db: AsyncSession, draft: Draft, who: Account) -> None:
    """The brief as one message to whoever acts, as the chat's “Gửi thử cho tôi” does."""
    person = briefs.need(who, Permission.WRITE_BRIEF, "gửi thử bản tin")
    if not draft.content.title:
        raise Refusal("Bản tin chưa có tiêu đề nên chưa gửi thử được.")
    if await notices.put(db, person, letter(draft.id, draft.content).plain(), datetime.now(UTC)) is None:
        raise Refusal(f"Người mang mã {person} chưa có địa chỉ nhận tin. Hãy mở bot một lần, hoặc thêm --as.")


async def saved_rule(db: AsyncSession, name: str) -> dict[str, Any]:
    row = await table.audience_named(db, name)
    if row is None:
        known = ", ".join(a.name for a in await table.saved_audiences(db)) or "chưa có danh sách nào"
        raise Refusal(f"Không có danh sách nhận tên “{name}”. Đã lưu: {known}.")
    return row.rule


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise Refusal(f"Không đọc được tệp đính kèm {path}: {problem.strerror}.") from None


async def summary(db: AsyncSession, brief_id: int) -> dict[str, Any]:
    push = await releases.push_of(db, brief_id)
    draft = await briefs.load(db, brief_id)
    return {**_summary(draft, push.state if push else None), "night": await _night(db, draft, push)}


async def _night(db: AsyncSession, draft: Draft, push: Push | None) -> str:
    """Who hears of it only when the quiet hours are over, as a line of its own."""
    said = ""
    if draft.state == BriefState.SCHEDULED and draft.send_at and draft.content.priority != Priority.FLASH:
        said = lane_news.appointed(draft.send_at, Settings().quiet)
    elif push and push.state == PushState.RUNNING:
        said = await lane_news.asleep(db, push.id, datetime.now(UTC))
    return f"\n{said}" if said else ""


def _summary(draft: Draft, push: str | None = None) -> dict[str, Any]:
    appointed = moments.say(draft.send_at) if draft.send_at else ""
    when = appointed if draft.state == BriefState.SCHEDULED else ""
    return {
        "id": draft.id, "key": draft.key, "title": draft.content.title, "state": draft.state.value,
        "state_name": STATE_NAMES[draft.state], "number": draft.number, "stamp": draft.stamp, "hash": draft.hash,
        "send_at": draft.send_at.isoformat() if draft.send_at else None, "appointed": appointed,
        "when": f" lúc {when}" if when else "",
        "push": push, "push_name": releases.PUSH_NAMES[PushState(push)] if push else "chưa bắt đầu",
    }


async def concerned(db: AsyncSession, which: str) -> dict[str, Any]:
    """Whom a step concerns that cannot be taken back."""
    draft = await find(db, which)
    push = await releases.push_of(db, draft.id)
    waiting = (await pushes.progress(db, push.id)).waiting if push else 0
    return {"title": draft.content.title, "people": await audience_desk.count(db, draft), "waiting": waiting}


async def listed(db: AsyncSession, state: str | None, limit: int) -> list[dict[str, Any]]:
    if state is not None and state not in list(BriefState):
        raise Refusal(f"Không có trạng thái “{state}”. Chọn một trong: {', '.join(BriefState)}.")
    found = await briefs.listed(db, states=[state] if state else (), limit=limit)
    pushed = await releases.push_states(db, [draft.id for draft in found])
    return [_summary(draft, pushed.get(draft.id)) for draft in found]


async def shown(db: AsyncSession, which: str) -> dict[str, Any]:
    draft = await find(db, which)
    marks = await approvals.signed(db, draft)
    count = await audience_desk.count(db, draft)
    missing = [str(problem) for problem in briefs.problems(draft.content)] + await briefs.unready(db, draft)
    signed = [
        f"{label}: {await approvals.name_of(db, mark.person_id)}, {moments.say(mark.at)}"
        for label, mark in (("Trình", marks.submitted), ("Gửi một người", marks.sent_alone), ("Duyệt", marks.approved))
        if mark
    ]
    said = "những người đã nhận bản sai"
    if not draft.content.corrects:
        said = await audiences.describe(db, audiences.Audience.from_json(draft.audience))
    about = [f"Bản tin {draft.id}, bản số {draft.number}: {STATE_NAMES[draft.state]}", *signed]
    about += [f"Người nhận: {said} ({count} người)", f"Mã nội dung: {draft.stamp}"]
    about += await brief_early.lines(db, draft)
    if draft.state == BriefState.DRAFT:
        about += [f"Cần hoàn thiện: {line}" for line in missing]
    text = correcting.preface(draft) + letter(draft.id, draft.content).text
    return {
        **await summary(db, draft.id), "content": draft.content.to_json(), "audience": dict(draft.audience),
        "opened_early": await brief_early.plain(db, draft),
        "recipients": count, "signed": signed, "lacking_signature": marks.lacking, "missing": missing,
        "plain": "\n".join([markup.to_plain(text), "", "———", *about]),
        "yaml": content_files.write([FileBrief(draft.key, draft.content, draft.audience)]),
    }


async def status(db: AsyncSession, which: str) -> dict[str, Any]:
    draft = await find(db, which)
    push = await releases.push_of(db, draft.id)
    if push is None:
        raise Refusal(f"{briefs.stands(draft.state)}, chưa có gì được gửi.")
    counted = await pushes.progress(db, push.id)
    acknowledged, late = await receipts.acknowledged(db, draft.id)
    came, seen = await arrivals.counts(db, push.id)
    reports, reach = await receipts.report_counts(db, draft.id)
    marks = await approvals.signed(db, draft)
    agencies = [
        {"agency": row.agency, "planned": row.planned, "sent": row.sent, "acknowledged": row.acknowledged,
         "late": row.late, "unreachable": row.unreachable}
        for row in await acknowledgements.by_agency(db, draft.id)
    ]
    return {
        **_summary(draft, push.state), "planned": counted.planned, "sent": counted.sent, "waiting": counted.waiting,
        "unreachable": counted.failed + counted.skipped, "unknown": counted.unknown, "acknowledged": acknowledged,
        "late": late, "article": await articles.standing(db, draft.id),
        "delivered": came, "seen": seen, "spent": push.spent,
        "reports": reports, "reach": reach, "lacking_signature": marks.lacking, "agencies": agencies,
        **await brief_amend.standing(db, draft, push),
    }


def status_text(found: dict[str, Any]) -> str:
    lines = [
        f"{found['title']}: {found['push_name']}",
        f"  địa chỉ nhận {found['planned']}, đã gửi {found['sent']}, còn chờ {found['waiting']}, "
        f"không gửi được {found['unreachable']}, chưa rõ {found['unknown']}",
        f"  đã xác nhận {found['acknowledged']} ({found['late']} sau hạn), báo cáo {found['reports']}, "
        f"lượt tiếp cận {found['reach']}",
    ]
    if found["delivered"]:
        lines.append(f"  đã đến máy {found['delivered']}, đã xem {found['seen']} (Zalo OA báo về)")
    if found["article"]:
        lines.append(f"  {found['article']}")
    if found["spent"]:
        lines.append("  chi phí đến nay " + f"{found['spent']:,}".replace(",", ".") + " đồng")
    lines += brief_amend.lines(found)
    if found["lacking_signature"]:
        lines.append("  CÒN THIẾU CHỮ KÝ THỨ HAI")
    lines += [_agency(row) for row in found["agencies"]]
    return "\n".join(lines)


def _agency(row: dict[str, Any]) -> str:
    name = row["agency"] or "Chưa rõ cơ quan"
    return f"  - {name}: gửi {row['sent']}/{row['planned']}, xác nhận {row['acknowledged']}"


