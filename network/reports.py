"""What a communicator did with a brief: link, reach, note, photo, in any order, one message at a time."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import receipts
from db.briefs import Report
from network import acknowledgements, audit, markup
from network.refusals import Refusal

NOTE, REACH = 2000, 100_000_000
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_REACH = re.compile(
    r"^(?:khoảng|gần|hơn|trên|đã)?\s*(\d{1,3}(?:[. ,]\d{3})+|\d+)\s*"
    r"(nghìn|ngàn|k|triệu|tr)?\s*(?:người|lượt|hộ|view|lượt xem|lượt tiếp cận|người nghe|người xem)*\.?$",
    re.IGNORECASE,
)
_TIMES = {"nghìn": 1000, "ngàn": 1000, "k": 1000, "triệu": 1_000_000, "tr": 1_000_000}
CLOSED = "Báo cáo này đã được gửi. Nếu muốn báo cáo thêm, anh/chị bấm lại “Báo cáo kết quả” dưới bản tin."


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a report, told apart by its shape."""

    link: str | None = None
    reach: int | None = None
    note: str | None = None
    photo: str | None = None

    @property
    def empty(self) -> bool:
        return self == Part()


def understand(text: str, photo: str | None = None) -> Part:
    """A web address is the link, a bare number the reach, anything else the note; a photo comes with its caption."""
    link = reach = None
    text = text.strip()
    if found := _LINK.search(text):
        address = found.group().rstrip(".,;)”\"")
        full = address if "://" in address else f"https://{address}"
        if markup.is_link(full):
            link = full
            text = (text[: found.start()] + text[found.start() + len(address) :]).strip(" \n:;,-")
    if number := _REACH.match(text):
        reach = int(re.sub(r"\D", "", number.group(1))) * _TIMES.get((number.group(2) or "").lower(), 1)
        text = ""
        if reach > REACH:
            raise Refusal("Số lượt tiếp cận lớn bất thường. Anh/chị vui lòng kiểm tra và gửi lại.")
    if len(text) > NOTE:
        raise Refusal(f"Ghi chú dài quá {NOTE} ký tự. Anh/chị vui lòng viết gọn hơn.")
    return Part(link, reach, text or None, photo)


async def begin(db: AsyncSession, brief_id: int, person_id: int, platform: str, now: datetime) -> Report:
    """The person's open report of this brief, a new one if there is none."""
    await acknowledgements.received(db, brief_id, person_id)
    report = await receipts.open_report(db, brief_id, person_id)
    if report is None:
        report = Report(brief_id=brief_id, person_id=person_id, platform=platform, created_at=now)
        db.add(report)
        await db.flush()
    return report


async def add(db: AsyncSession, report_id: int, person_id: int, part: Part) -> Report:
    """A second link, number or photo replaces the first; notes are strung together."""
    report = await _mine(db, report_id, person_id)
    if part.note:
        together = f"{report.note}\n{part.note}" if report.note else part.note
        if len(together) > NOTE:
            raise Refusal(f"Ghi chú đã đủ {NOTE} ký tự. Anh/chị bấm “Xong” để gửi báo cáo.")
        report.note = together
    report.link = part.link or report.link
    report.reach = report.reach if part.reach is None else part.reach
    report.photo = part.photo or report.photo
    await db.flush()
    return report


async def close(db: AsyncSession, report_id: int, person_id: int, now: datetime) -> Report:
    report = await _mine(db, report_id, person_id)
    if not (report.link or report.note or report.photo or report.reach is not None):
        raise Refusal("Báo cáo còn trống. Anh/chị gửi đường dẫn, số lượt tiếp cận, ghi chú hoặc ảnh rồi bấm “Xong”.")
    report.closed_at = now
    await db.flush()
    await audit.record(
        db, now, "brief.reported", actor=person_id, subject=f"brief:{report.brief_id}", detail={"report": report.id}
    )
    return report


async def drop(db: AsyncSession, report_id: int, person_id: int) -> None:
    await db.delete(await _mine(db, report_id, person_id))
    await db.flush()


async def _mine(db: AsyncSession, report_id: int, person_id: int) -> Report:
    report = await db.get(Report, report_id, with_for_update=True, populate_existing=True)
    if report is None or report.person_id != person_id:
        raise Refusal("Không tìm thấy báo cáo này. Anh/chị vui lòng bấm lại “Báo cáo kết quả” dưới bản tin.")
    if report.closed_at is not None:
        raise Refusal(CLOSED)
    return report
