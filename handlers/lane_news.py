"""Why a push stands still although nobody paused it, in sentences for those who wait."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from db import deliveries, lanes
from network import moments

TRIES = timedelta(minutes=10)  # another try comes sooner; what waits longer waits for the morning


async def resting(db: AsyncSession, push_id: int, now: datetime) -> tuple[int, datetime | None]:
    """How many are left in peace for now, and when the first of them wakes."""
    return await deliveries.waiting_long(db, push_id, now + TRIES)


async def lines(db: AsyncSession, push_id: int, now: datetime) -> list[str]:
    found = []
    asleep, first = await resting(db, push_id, now)
    if first is not None:
        found.append(f"🌙 {asleep} người đang trong giờ nghỉ, sẽ nhận từ {moments.say(first)}.")
    for lane in await lanes.everything(db):
        name = lane.channel.capitalize()
        if lane.frozen:
            found.append(f"⛔ Kênh {name} bị nền tảng khóa. Quản trị hệ thống cần xử lý, sau đó hệ thống tự gửi tiếp.")
        elif lane.paused_until and lane.paused_until > now:
            until = moments.say(lane.paused_until)
            found.append(f"⏳ {name} yêu cầu tạm ngừng đến {until}. Sau đó hệ thống tự gửi tiếp, không bỏ sót ai.")
        elif lane.down:
            found.append(f"⏳ {name} đang không trả lời. Hệ thống tự thử lại và gửi tiếp khi kết nối trở lại.")
    return found
