"""/banlamviec: a one-time link into the web console, for those who work there."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.refusing import politely
from handlers.reply import Choice, Reply
from network import console_access
from network.people import Speaker
from network.refusals import Refusal


@politely
async def link(db: AsyncSession, who: Speaker, args: str, now: datetime, console_url: str) -> Reply:
    if who.person_id is None:
        raise Refusal(console_access.NO_DESK)
    address = console_access.address(console_url, await console_access.make_link(db, who.person_id, now))
    minutes = int(console_access.LINK_LASTS.total_seconds() // 60)
    said = f"Liên kết vào bảng điều khiển, dùng một lần trong {minutes} phút. Vui lòng không chuyển cho người khác."
    if address.startswith("https://"):
        choices = (Choice("Mở trong trình duyệt", url=address),)
        if who.platform == "telegram":
            inside = Choice("Mở trong Telegram", url=console_access.inside_telegram(console_url), inside=True)
            choices = (inside, *choices)
        return Reply(said, choices)
    return Reply(f"{said}\n\n{address}")  # Telegram takes no button with an address of this machine


COMMANDS = {"banlamviec": link}
