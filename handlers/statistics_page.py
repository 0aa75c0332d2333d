"""/thongke: the console's figures and charts in the chat."""

import asyncio
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import all_provinces
from db.session import Database
from handlers.pondering import Pondering
from handlers.refusing import politely
from handlers.reply import Action, Choice, Picture, Reply
from network import drawings, statistics
from network.people import Speaker
from network.refusals import Refusal
from network.roles import Permission
from network.statistics import PERIODS, USUAL, Chosen, Figures

NOT_YOURS = "Vai trò của anh/chị không xem được thống kê. Vui lòng liên hệ quản trị mạng lưới."
Drawn = tuple[int, Figures, bytes]


@politely
async def command(
    db: AsyncSession, who: Speaker, args: str, now: datetime, database: Database, drawn: Drawn | None = None
) -> Reply:
    days = args.split()[0] if args.split() else str(USUAL)
    if days not in map(str, PERIODS):
        raise Refusal(f"Gõ /thongke kèm số ngày: {', '.join(map(str, PERIODS))}. Ví dụ: /thongke 7")
    return await _page(who, int(days), now, database, drawn)


@politely
async def other(
    db: AsyncSession, who: Speaker, action: Action, now: datetime, database: Database, drawn: Drawn | None = None
) -> Reply:
    days = int(action.subject) if action.subject in map(str, PERIODS) else USUAL
    return await _page(who, days, now, database, drawn)


async def _page(who: Speaker, days: int, now: datetime, database: Database, drawn: Drawn | None) -> Reply:
    """Counted and drawn while the turn gives the database back."""
    if Permission.VIEW not in who.permissions:
        raise Refusal(NOT_YOURS)
    if drawn is None or drawn[0] != days:
        async def count() -> Drawn:
            return await counted(database, days, now)

        raise Pondering(count, "drawn")
    _, figures, picture = drawn
    lines = [f"- {what}: **{figure}**" for figure, what in drawings.in_words(figures)]
    choices = tuple(Choice(said, Action("stats.show", str(n))) for n, said in PERIODS.items() if n != days)
    text = "\n".join([f"**Thống kê {PERIODS[days]} gần nhất**", *lines])
    return Reply(text, choices, pictures=(Picture("thong-ke.png", picture),), columns=3)


async def counted(database: Database, days: int, now: datetime) -> Drawn:
    chosen = Chosen(days)
    async with database.reading() as db:
        sums = await statistics.count(db, days, now)
        figures = await statistics.figures(db, sums, chosen, now)
        names = {p.code: p.short_name for p in await all_provinces(db)}
    return days, figures, await asyncio.to_thread(drawings.draw, "png", figures, chosen, "", names, now)


COMMANDS = {"thongke": command}
ACTIONS = {"stats.show": other}
