"""Choosing who receives a brief: facets by buttons, places and agencies typed, lists kept under a name."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.reply import Choice, Reply
from network import audiences, markup
from network.briefs import Draft

SAMPLE = 5


async def count(db: AsyncSession, draft: Draft) -> int:
    return await audiences.count(db, audiences.Audience.from_json(draft.audience)) if draft.audience else 0


async def reach(db: AsyncSession, draft: Draft) -> str:
    """To how many it goes, and five of them."""
    if not draft.audience:
        return "**Người nhận:** chưa chọn"
    audience = audiences.Audience.from_json(draft.audience)
    said = markup.escape(await audiences.describe(db, audience))
    names = [markup.escape(name) for name in await audiences.sample(db, audience, SAMPLE)]
    shown = f"\nVí dụ: {'; '.join(names)}" if names else ""
    return f"**Người nhận:** {said}: **{await audiences.count(db, audience)} người**{shown}"


async def show(db, draft, *, turn, replace_message=False) -> Reply:
    return Reply(await reach(db, draft))

ACTIONS = {}
PROMPTS = {}
