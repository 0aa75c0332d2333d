"""The second signature: approved or returned by somebody who wrote nothing of it, bound to what they read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db import briefs as table
from db.briefs import BriefState, Signature
from db.people import Person, PersonState
from network import briefs, roles
from network.brief_content import Priority
from network.briefs import Acting, Draft
from network.refusals import Refusal
from network.roles import Permission

REASON = 5  # characters a reason has at least
SUBMITTED, APPROVED, RETURNED, SENT_ALONE = "submitted", "approved", "returned", "sent_alone"
LACKING = "⚠️ Bản tin đã gửi khẩn theo thẩm quyền một người, còn thiếu chữ ký thứ hai."


@dataclass(frozen=True, slots=True)
class Signed:
    """Who did what with the newest edition; None where nobody did."""

    submitted: Signature | None = None
    approved: Signature | None = None
    returned: Signature | None = None
    sent_alone: Signature | None = None

    @property
    def lacking(self) -> bool:
        """It went out on one signature and nobody has countersigned."""
        return self.sent_alone is not None and self.approved is None


async def signed(db: AsyncSession, draft: Draft) -> Signed:
    """The last signature of each kind under the newest edition."""
    return Signed(**{row.act: row for row in await table.signatures(db, draft.edition_id)})


async def approve(db: AsyncSession, brief_id: int, who: Acting, now: datetime, *, stamp: str) -> Draft:
    """Also the signature asked for after a flash brief went out alone; the state then stays as it is."""
    person = briefs.need(who, Permission.APPROVE, "duyệt bản tin")
    draft = await briefs.load(db, brief_id, lock=True, stamp=stamp)
    marks = await signed(db, draft)
    if draft.state != BriefState.SUBMITTED and not marks.lacking:
        raise Refusal(await _too_late(db, draft, marks), over=True)
    if problem := outsider_problem(draft, marks, person):
        raise Refusal(problem)
    if briefs.digest(*await _as_stored(db, draft)) != draft.hash:
        raise Refusal("Nội dung lưu trữ không khớp với bản đã trình. Vui lòng báo ngay quản trị hệ thống.")
    await briefs.sign(db, draft, person, APPROVED, now)
    if draft.state != BriefState.SUBMITTED:
        return draft
    draft = await briefs.move(db, draft, BriefState.APPROVED, now, "brief.ready", person)
    when = draft.content.release_moment
    if when is None or when <= now:
        return draft
    detail = {"send_at": when.isoformat()}  # the time is part of what was signed
    return await briefs.move(
        db, draft, BriefState.SCHEDULED, now, "brief.scheduled", person, send_at=when, detail=detail
    )


async def give_back(
    db: AsyncSession, brief_id: int, who: Acting, now: datetime, *, stamp: str, reason: str
) -> Draft:
    """The brief is a draft again, in a new edition; what was signed stays under the old one."""
    person = briefs.need(who, Permission.APPROVE, "trả lại bản tin")
    reason = reason.strip()
    if len(reason) < REASON:
        raise Refusal("Vui lòng ghi rõ lý do trả lại để người soạn biết cần sửa gì.")
    draft = await briefs.load(db, brief_id, lock=True, stamp=stamp)
    if draft.state not in (BriefState.SUBMITTED, BriefState.APPROVED, BriefState.SCHEDULED):
        raise Refusal(await _too_late(db, draft, await signed(db, draft)), over=True)
    await briefs.sign(db, draft, person, RETURNED, now, reason)
    return await briefs.reopen(db, draft, now)


async def send_alone(db: AsyncSession, brief_id: int, who: Acting, now: datetime, *, stamp: str) -> Draft:
    """One person's authority: only hỏa tốc, only the roles that have it. network.releases.release sends it then."""
    person = briefs.need(who, Permission.SEND_ALONE, "gửi bản tin khi chưa có người thứ hai duyệt")
    draft = await briefs.load(db, brief_id, lock=True, stamp=stamp)
    if draft.content.priority != Priority.FLASH:
        raise Refusal("Chỉ bản tin hỏa tốc được gửi trước khi có người thứ hai duyệt. Vui lòng trình duyệt.")
    if draft.state == BriefState.DRAFT:
        return await briefs.freeze(db, draft, person, now, SENT_ALONE, BriefState.APPROVED)
    if draft.state != BriefState.SUBMITTED:
        raise Refusal(await _too_late(db, draft, await signed(db, draft)), over=True)
    await briefs.sign(db, draft, person, SENT_ALONE, now)
    return await briefs.move(db, draft, BriefState.APPROVED, now, "brief.ready", person, detail={"alone": True})


def outsider_problem(draft: Draft, marks: Signed, person: int) -> str | None:
    """Why this person may not be the second one."""
    second = " Bản tin cần người thứ hai duyệt."
    if person == draft.author_id:
        return "Anh/chị là người soạn bản tin này nên không thể tự duyệt." + second
    if person == draft.editor_id:
        return "Anh/chị là người sửa bản tin này gần nhất nên không thể tự duyệt." + second
    if marks.submitted and person == marks.submitted.person_id:
        return "Anh/chị là người trình bản tin này nên không thể tự duyệt." + second
    if marks.sent_alone and person == marks.sent_alone.person_id:
        return "Anh/chị đã gửi bản tin này nên chữ ký thứ hai phải là của người khác."
    return None


async def _too_late(db: AsyncSession, draft: Draft, marks: Signed) -> str:
    said = briefs.stands(draft.state)
    if marks.approved and draft.state != BriefState.DRAFT:
        said += f" ({await name_of(db, marks.approved.person_id)} đã duyệt)"
    return f"{said} nên bước này không còn thực hiện được."


async def _as_stored(db: AsyncSession, draft: Draft) -> tuple[dict, dict]:
    edition = await table.edition(db, draft.edition_id)
    return edition.content, edition.audience


async def name_of(db: AsyncSession, person_id: int | None) -> str:
    person = await db.get(Person, person_id) if person_id else None
    return (person.full_name if person else None) or "một người khác"


async def approvers(db: AsyncSession, draft: Draft) -> Sequence[int]:
    """People who may sign this edition, for the request that goes to them."""
    marks = await signed(db, draft)
    holding = select(Person.id).where(
        Person.state.in_((PersonState.ACTIVE, PersonState.PAUSED)), Person.role.in_(roles.holding(Permission.APPROVE))
    )
    return [i for i in await db.scalars(holding.order_by(Person.id)) if not outsider_problem(draft, marks, i)]


async def waiting_for(db: AsyncSession, person_id: int) -> list[Draft]:
    """Submitted briefs this person may sign, and flash briefs that lack a second signature."""
    submitted = await briefs.listed(db, states=[BriefState.SUBMITTED], limit=50)
    alone = [await briefs.load(db, brief.id) for brief, _edition in await table.sent_alone(db)]
    found = []
    for draft in [*alone, *submitted]:
        if not outsider_problem(draft, await signed(db, draft), person_id):
            found.append(draft)
    return found
