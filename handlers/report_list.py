"""What was reported about a brief: who, where, how many were reached, the link, the note, the photo. Paged."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import receipts
from db.briefs import Report
from handlers.desk import Spot
from handlers.refusing import politely
from handlers.reply import Action, Choice, Reply
from network import briefs, markup, moments
from network.people import Speaker
from network.refusals import Refusal
from network.roles import Permission

PAGE, NOTE = 5, 300
MAY_LOOK = {Permission.VIEW, Permission.WRITE_BRIEF, Permission.SEND}


async def choices(db: AsyncSession, brief_id: int) -> list[Choice]:
    """The button on the brief's status, when there is something to read."""
    count, _ = await receipts.report_counts(db, brief_id)
    return [Choice(f"Báo cáo ({count})", _at(brief_id, 0))] if count else []


@politely
async def show(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    _may_look(who)
    spot = Spot.unpack(action.subject)
    draft = await briefs.load(db, spot.brief_id)
    count, reach = await receipts.report_counts(db, draft.id)
    if not count:
        raise Refusal("Bản tin này chưa có báo cáo nào.")
    pages = -(-count // PAGE)
    page = min(int(spot.value) if spot.value.isdigit() else 0, pages - 1)
    rows = await receipts.reports_of(db, draft.id, limit=PAGE, offset=page * PAGE)
    where = f", trang {page + 1}/{pages}" if pages > 1 else ""
    text = [f"**Báo cáo kết quả:** “{markup.escape(draft.content.title)}”", f"*{count} báo cáo, {_many(reach)}{where}*"]
    buttons = []
    for number, (report, person, agency) in enumerate(rows, page * PAGE + 1):
        text += ["", _entry(number, report, person, agency)]
        if report.photo:
            buttons.append(Choice(f"Ảnh của báo cáo {number}", Action("ap.photo", str(report.id))))
    return Reply("\n".join(text), (*buttons, *_paging(draft.id, page, pages)), replace=True, columns=2)


def _entry(number: int, report: Report, person: str | None, agency: str | None) -> str:
    by = ", ".join(markup.escape(part) for part in (person or "(đã xóa dữ liệu)", agency or "chưa rõ cơ quan"))
    note = " ".join((report.note or "").split())
    lines = [
        f"**{number}. {by}** – {moments.say(report.closed_at or report.created_at)}",
        f"- Tiếp cận: {_many(report.reach)}" if report.reach is not None else "",
        f"- Đường dẫn: {markup.link(report.link, report.link)}" if report.link else "",
        f"- Ghi chú: {markup.escape(note[:NOTE])}{'…' if len(note) > NOTE else ''}" if note else "",
        "- Có ảnh" if report.photo else "",
    ]
    return "\n".join(line for line in lines if line)


def _many(reach: int) -> str:
    return f"{reach:,} lượt".replace(",", ".")


@politely
async def photo(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """Only where it came in: another platform does not know the picture."""
    _may_look(who)
    report = await db.get(Report, int(action.subject)) if action.subject.isdigit() else None
    if report is None or not report.photo or report.closed_at is None:
        raise Refusal("Ảnh này không còn. Anh/chị mở lại danh sách báo cáo.")
    if report.platform not in (None, who.platform):
        raise Refusal("Ảnh này được gửi qua một nền tảng khác nên không xem được ở đây.")
    back = Choice("Danh sách báo cáo", _at(report.brief_id, 0))
    return Reply(f"Ảnh kèm báo cáo lúc {moments.say(report.closed_at)}.", (back,), photos=(report.photo,))


def _may_look(who: Speaker) -> None:
    if not MAY_LOOK & who.permissions:
        briefs.need(who, Permission.VIEW, "xem báo cáo kết quả")


def _paging(brief_id: int, page: int, pages: int) -> list[Choice]:
    found = [Choice("‹ Trang trước", _at(brief_id, page - 1))] if page else []
    if page < pages - 1:
        found.append(Choice("Trang sau ›", _at(brief_id, page + 1)))
    return [*found, Choice("Tình hình gửi", Action("ap.status", str(brief_id)))]


def _at(brief_id: int, page: int) -> Action:
    return Action("ap.reports", Spot(brief_id, str(page)).pack())


ACTIONS = {"ap.reports": show, "ap.photo": photo}
