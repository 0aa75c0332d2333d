"""How long a push takes: the calls each recipient costs against what the channels' lanes let go."""

import math
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import deliveries, lanes
from network import markup
from network.brief_content import Content
from network.letters import letter_text

TEXT_LIMIT = 4096  # characters of one message; the channels split longer letters in the same way
USED = 0.96  # part of a lane's ceiling a push reaches, measured (docs/benchmarks.md)


def calls(content: Content) -> int:
    """Platform calls one recipient costs: the parts of the text, and each file counts as one, also in an album."""
    return parts(letter_text(content), TEXT_LIMIT) + len(content.attachments)


def parts(text: str, limit: int) -> int:
    """Messages a letter takes where one holds so many characters."""
    return len(markup.split(text, limit))


def seconds(people: int, calls_each: int, rate: float) -> float:
    return people * calls_each / (USED * rate)


async def of(db: AsyncSession, recipients: Select[tuple[object, ...]], content: Content) -> float:
    """Seconds until the slowest channel has served its part of `recipients` (they have a column `channel`)."""
    return (await reach(db, recipients, content))[1]


async def reach(
    db: AsyncSession, recipients: Select[tuple[object, ...]], content: Content
) -> tuple[int, float]:
    """How many they are, and the same seconds: one reading of the people for both."""
    who = recipients.subquery()
    served = (await db.execute(select(who.c.channel, func.count()).group_by(who.c.channel))).all()
    rates = await lanes.rates(db)
    each = calls(content)
    took = max((seconds(count, each, rates.get(channel, math.inf)) for channel, count in served), default=0.0)
    return sum(count for _, count in served), took


async def of_rest(db: AsyncSession, push_id: int, content: Content, until: datetime) -> float:
    """Seconds until the slowest channel has served those of a push who still wait, and do not rest beyond `until`."""
    rates, each = await lanes.rates(db), calls(content)
    waiting = await deliveries.waiting_by_channel(db, push_id, until)
    return max((seconds(count, each, rates.get(name, math.inf)) for name, count in waiting.items()), default=0.0)


def said(took: float) -> str:
    """“dưới 1 phút”, “khoảng 12 phút”, “khoảng 3 giờ 20 phút”."""
    if took < 60:
        return "dưới 1 phút"
    hours, minutes = divmod(math.ceil(took / 60), 60)
    if not hours:
        return f"khoảng {minutes} phút"
    return f"khoảng {hours} giờ" + (f" {minutes} phút" if minutes else "")
