"""“Đã nhận” typed instead of pressed: it answers the newest brief that still waits for this person's word."""

import re
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import receipts
from db.briefs import Acknowledgement, BriefState
from handlers import briefs as receiving
from handlers.reply import Action, Reply
from network import briefs, markup, names
from network.brief_content import Content
from network.calendar import Calendar
from network.people import Speaker

LOOKED_AT = 10  # of the last briefs; who is further behind finds them in /bantin
NONE_WAITS = "Không có bản tin nào đang chờ anh/chị xác nhận. Gõ /bantin để xem lại các bản tin đã nhận."
_BEFORE = r"(?:(?:da|vang|ok|oke|okay|okie|toi|em|minh|xin|don vi|xa|phuong) )*"
_AFTER = r"(?: (?:duoc|du|tin|ban tin|thong tin|roi|a|ah|nhe|nha|ok|cam on|anh|chi|loa|bot))*"
_SAID = re.compile(rf"{_BEFORE}(?:da nhan|nhan(?= (?:roi|duoc|du)\b)|da xac nhan|xac nhan(?: da nhan)?){_AFTER}")


def says_received(text: str) -> bool:
    """Nothing but that: "đã nhận", "ok da nhan roi a". A question with these words inside stays a question."""
    return len(text) <= 60 and "?" not in text and _SAID.fullmatch(names.fold(text)) is not None


async def received(db: AsyncSession, who: Speaker, now: datetime, calendar: Calendar | None = None) -> Reply:
    for brief_id, row in await receipts.briefs_of(db, who.person_id or 0, LOOKED_AT):
        content = Content.from_json(row)
        if not content.ack or await db.get(Acknowledgement, (brief_id, who.person_id)):
            continue
        if (await briefs.load(db, brief_id)).state == BriefState.RECALLED:
            continue
        done = await receiving.acknowledge(db, who, Action("ack", str(brief_id)), now, calendar)
        return Reply(f"“{markup.escape(content.title)}”: {done.toast}")
    return Reply(NONE_WAITS)
