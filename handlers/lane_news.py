"""Why a push stands still although nobody paused it: what the platform does, in sentences for those who wait."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import lanes
from network import moments


async def lines(db: AsyncSession, now: datetime) -> list[str]:
    found = []
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
