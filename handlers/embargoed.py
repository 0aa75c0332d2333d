"""Before the release: who may read it earlier is told without its words, opens a marked copy, and is on record."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import notices
from handlers import briefs as receiving
from handlers.desk import Spot
from handlers.refusing import politely
from handlers.reply import Action, Choice, Reply
from network import briefs, embargo, markup
from network.brief_content import Content
from network.briefs import Draft
from network.people import Speaker
from network.refusals import Refusal

ON_RECORD = "Lượt mở này được ghi lại. Vui lòng không chuyển tiếp, không trích đăng trước giờ phát hành."
RELEASED = "Bản tin đã qua giờ phát hành. Vui lòng dùng bản chính thức được gửi đến anh/chị hoặc trong /bantin."


async def invite(db: AsyncSession, draft: Draft, now: datetime) -> int:
    """To the pre-release list, once the brief is signed; how many can be reached. The notice says nothing of it."""
    if not embargo.holds(draft.content, now):
        return 0
    text = f"{embargo.mark(draft.content)}\n\nAnh/chị được xem trước một bản tin. {ON_RECORD}"
    reply = Reply(text, (Choice("Mở bản xem trước", Action("pre.open", str(draft.id), draft.stamp)),)).plain()
    sent = [await notices.put(db, person, reply, now) for person in await embargo.readers(db, draft.content)]
    return sum(notice is not None for notice in sent)


@politely
async def open_early(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await briefs.load(db, Spot.unpack(action.subject).brief_id, stamp=action.stamp)
    if who.person_id is None or who.person_id not in await embargo.readers(db, draft.content):
        raise Refusal("Anh/chị không có trong danh sách xem trước bản tin này.")
    if not embargo.holds(draft.content, now):
        raise Refusal(RELEASED)
    if draft.state not in briefs.OPEN[2:]:
        raise Refusal("Bản tin này chưa được duyệt hoặc đã rút lại nên không xem trước được.")
    await embargo.record(db, draft.id, draft.edition_id, who.person_id, embargo.NAMED, now)
    letter = receiving.letter(draft.id, draft.content)
    marked = copy_of(letter.text, draft.content)
    return Reply(f"{marked}\n*Bản dành riêng cho {markup.escape(who.name)}. {ON_RECORD}*", files=letter.files)


def copy_of(text: str, content: Content) -> str:
    """The mark stands first and last: a long text arrives in several messages."""
    mark = embargo.mark(content)
    return f"{mark}\n\n{text}\n\n{mark}"


def marked(reply: Reply, content: Content, now: datetime) -> Reply:
    """A preview or a trial of a brief under embargo says so; others stay as they are."""
    return replace(reply, text=copy_of(reply.text, content)) if embargo.holds(content, now) else reply


async def read_on_duty(db: AsyncSession, who: Speaker, draft: Draft, now: datetime) -> None:
    """Who works on it may read it as well, and is on record; a draft being written is not."""
    if draft.frozen and draft.state in briefs.OPEN and embargo.holds(draft.content, now) and who.person_id is not None:
        await embargo.record(db, draft.id, draft.edition_id, who.person_id, embargo.DUTY, now)


ACTIONS = {"pre.open": open_early}
