"""What `loa brief show` says of an embargo: the release time, who may read before it, and who opened it when."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from network import embargo, moments
from network.briefs import Draft

HOW = {embargo.NAMED: "được xem trước", embargo.DUTY: "theo nhiệm vụ"}


async def lines(db: AsyncSession, draft: Draft) -> list[str]:
    moment = draft.content.release_moment
    said = [f"Giờ phát hành ấn định: {moments.say(moment)}"] if moment else []
    if draft.content.pre_release:
        said.append(f"Xem trước: {await embargo.describe(db, draft.content)}")
    opened = await embargo.opened(db, draft.id)
    return said + [f"Đã mở trước giờ phát hành: {name} ({HOW[how]}), {moments.say(at)}" for name, how, at in opened]


async def plain(db: AsyncSession, draft: Draft) -> list[dict[str, Any]]:
    opened = await embargo.opened(db, draft.id)
    return [{"name": name, "how": how, "at": at.isoformat()} for name, how, at in opened]
