"""Templates: what briefs of one kind begin with. Dates and what belongs to one brief alone are not kept."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.briefs import BriefTemplate
from network import audit, briefs, names
from network.brief_content import Content
from network.briefs import Acting, Draft
from network.refusals import Refusal
from network.roles import Permission

LONGEST, MOST = 80, 100  # characters of a name, templates
MISSING = "Mẫu này không còn. Vui lòng chọn mẫu khác."
MAY = "dùng mẫu bản tin"


async def keep(db: AsyncSession, draft: Draft, name: str, who: Acting, now: datetime) -> BriefTemplate:
    """Under a name not taken yet; the brief itself stays as it is."""
    person = briefs.need(who, Permission.WRITE_BRIEF, MAY)
    name = names.tidy(name)
    if not 1 <= len(name) <= LONGEST:
        raise Refusal(f"Tên mẫu có từ 1 đến {LONGEST} ký tự.")
    known = await listed(db)
    if any(names.fold(name) == names.fold(template.name) for template in known):
        raise Refusal(f"Đã có mẫu tên “{name}”. Vui lòng đặt tên khác.")
    if len(known) >= MOST:
        raise Refusal(f"Đã có {MOST} mẫu. Vui lòng bỏ mẫu không dùng nữa.")
    content = replace(
        draft.content, corrects=None, valid_from=None, valid_to=None, release_at=None, pre_release=(), timeline=()
    )
    template = BriefTemplate(
        name=name, content=content.to_json(), audience=dict(draft.audience), owner_id=person, created_at=now
    )
    db.add(template)
    await db.flush()
    await audit.record(db, now, "template.kept", actor=person, subject=draft.subject, detail={"name": name})
    return template


async def listed(db: AsyncSession) -> Sequence[BriefTemplate]:
    return (await db.scalars(select(BriefTemplate).order_by(BriefTemplate.name))).all()


async def content_of(db: AsyncSession, number: str) -> tuple[Content, Mapping[str, Any]]:
    """What a new brief begins with."""
    template = await _find(db, number)
    return Content.from_json(template.content), template.audience


async def drop(db: AsyncSession, number: str, who: Acting, now: datetime) -> None:
    person = briefs.need(who, Permission.WRITE_BRIEF, MAY)
    template = await _find(db, number)
    await db.delete(template)
    await db.flush()
    detail = {"name": template.name}
    await audit.record(db, now, "template.dropped", actor=person, subject=f"template:{template.id}", detail=detail)


async def _find(db: AsyncSession, number: str) -> BriefTemplate:
    known = number.isdecimal() and len(number) < 16
    template = await db.get(BriefTemplate, int(number)) if known else None
    if template is None:
        raise Refusal(MISSING)
    return template
