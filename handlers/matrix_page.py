"""Agency by agency: where the brief is, who answered, who was reminded and whose lead was told. Paged."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import matrix
from handlers.desk import Spot
from handlers.refusing import politely
from handlers.reply import Action, Choice, Reply
from network import acknowledgements, briefs, markup, moments
from network.acknowledgements import Row
from network.people import Speaker
from network.refusals import Refusal
from network.roles import Permission

PAGE = 12
MAY_LOOK = {Permission.VIEW, Permission.WRITE_BRIEF, Permission.SEND}


@politely
async def show(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    if not MAY_LOOK & who.permissions:
        briefs.need(who, Permission.VIEW, "xem tình hình gửi")
    spot = Spot.unpack(action.subject)
    draft = await briefs.load(db, spot.brief_id)
    pages = -(-await matrix.agencies(db, draft.id) // PAGE)
    if not pages:
        raise Refusal("Bản tin này chưa được gửi đến ai.")
    page = min(int(spot.value) if spot.value.isdigit() else 0, pages - 1)
    rows = await acknowledgements.by_agency(db, draft.id, limit=PAGE, offset=page * PAGE)
    where = f", trang {page + 1}/{pages}" if pages > 1 else ""
    lines = [f"**Theo cơ quan:** “{markup.escape(draft.content.title)}”{where}", ""]
    lines += [line(row, asked=draft.content.ack) for row in rows]
    return Reply("\n".join(lines), tuple(_choices(draft.id, page, pages)), replace=True, columns=2)


def line(row: Row, *, asked: bool) -> str:
    said = [f"đã gửi {row.sent}/{row.planned}"]
    if asked:
        late = f" ({row.late} sau hạn)" if row.late else ""
        said += [f"xác nhận {row.acknowledged}{late}", f"chưa xác nhận {row.silent}" if row.silent else ""]
    said += [
        f"{name} {count}" for name, count in (
            ("còn chờ", row.waiting), ("chưa rõ", row.unknown), ("không gửi được", row.failed),
            ("bỏ qua", row.skipped), ("dừng", row.stopped), ("đã đến máy", row.delivered), ("đã xem", row.seen),
            ("đã nhắc", row.reminded),
        ) if count
    ]
    if row.escalated_at:
        lead = f"đã báo {markup.escape(row.lead)}" if row.lead else "chưa có người phụ trách để báo,"
        said.append(f"{lead} {moments.say(row.escalated_at)}")
    return f"- **{markup.escape(row.agency or 'Chưa rõ cơ quan')}**: " + ", ".join(part for part in said if part)


def _choices(brief_id: int, page: int, pages: int) -> list[Choice]:
    found = []
    if page:
        found.append(Choice("‹ Trang trước", _at(brief_id, page - 1)))
    if page < pages - 1:
        found.append(Choice("Trang sau ›", _at(brief_id, page + 1)))
    return [*found, Choice("Làm mới", _at(brief_id, page)), Choice("Tình hình gửi", Action("ap.status", str(brief_id)))]


def _at(brief_id: int, page: int) -> Action:
    return Action("ap.matrix", Spot(brief_id, str(page)).pack())


ACTIONS = {"ap.matrix": show}
