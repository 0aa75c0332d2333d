"""Why a push stands still although nobody paused it, in sentences for those who wait."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from db import deliveries, lanes
from network import identities, moments
from network.quiet import Quiet

TRIES = timedelta(minutes=10)  # another try comes sooner; what waits longer waits for the morning


async def resting(db: AsyncSession, push_id: int, now: datetime) -> tuple[int, datetime | None]:
    """How many are left in peace for now, and when the first of them wakes."""
    return await deliveries.waiting_long(db, push_id, now + TRIES)


async def asleep(db: AsyncSession, push_id: int, now: datetime) -> str:
    """“🌙 3 người đang trong giờ nghỉ, sẽ nhận từ 06:00 ngày 25/11/2026.”, or nothing."""
    count, first = await resting(db, push_id, now)
    return f"🌙 {count} người đang trong giờ nghỉ, sẽ nhận từ {moments.say(first)}." if first else ""


def appointed(when: datetime, quiet: Quiet) -> str:
    """A warning where an appointment falls into the quiet hours."""
    end = quiet.until(when, moments.VIETNAM)
    return f"Giờ hẹn nằm trong giờ nghỉ: người nhận sẽ nhận từ {moments.say(end)}." if end else ""


async def lines(db: AsyncSession, push_id: int, now: datetime) -> list[str]:
    found = [said] if (said := await asleep(db, push_id, now)) else []
    for lane in await lanes.everything(db):
        stuck = lane.frozen or lane.down or (lane.paused_until and lane.paused_until > now)
        if not stuck or not await deliveries.waits_on(db, push_id, lane.channel):
            continue
        name = identities.named(lane.channel)
        if lane.frozen:
            found.append(f"⛔ Kênh {name} bị nền tảng khóa. Quản trị hệ thống cần xử lý, sau đó hệ thống tự gửi tiếp.")
        elif lane.paused_until and lane.paused_until > now:
            until = moments.say(lane.paused_until)
            found.append(f"⏳ {name} yêu cầu tạm ngừng đến {until}. Sau đó hệ thống tự gửi tiếp, không bỏ sót ai.")
        elif lane.down:
            found.append(f"⏳ {name} đang không trả lời. Hệ thống tự thử lại và gửi tiếp khi kết nối trở lại.")
    return found
