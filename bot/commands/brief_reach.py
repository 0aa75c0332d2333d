"""`loa brief reach`: whom a brief would reach now, by which way, and for how much."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.commands import brief_acting
from network import audiences, reach
from network.brief_content import Priority
from network.refusals import Refusal


async def of(db: AsyncSession, which: str) -> dict[str, Any]:
    draft = await brief_acting.find(db, which)
    audience = audiences.Audience.from_json(draft.audience)
    if draft.content.corrects:
        raise Refusal("Bản đính chính gửi đến đúng những người đã nhận bản sai, theo kênh họ đã nhận.")
    if not audience:
        raise Refusal(f"Bản tin {draft.id} chưa chọn người nhận.")
    flash = draft.content.priority == Priority.FLASH
    found = await reach.of(db, audience, draft.content, flash=flash, now=datetime.now(UTC))
    prices = f"Đơn giá tham khảo: {found.prices_of}." if found.prices_of else ""
    return {**asdict(found), "people": found.people, "said": found.said(), "prices": prices}
