"""The desk: everything of a draft at a glance, what is missing, and a button for each part."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from db import corrections
from db.briefs import BriefState
from handlers.reply import Action, Choice, Reply
from network import audiences as rules
from network import briefs, markup, moments, topics
from network.brief_content import STAGES, Content, Priority
from network.briefs import STATE_NAMES, Draft
from network.letters import day, hours
from network.people import Speaker
from network.refusals import Refusal
from network.roles import Permission

STEPS = (
    ("Mức độ", "priority"), ("Chủ đề", "topics"), ("Giai đoạn", "stage"), ("Xác nhận", "ack"),
    ("Người nhận", "audience"),
)
NOT_NOW = "Bản tin này không còn là bản nháp nên không sửa được ở đây. Anh/chị mở lại bằng lệnh /bantin."


@dataclass(frozen=True, slots=True)
class Spot:
    """What a button of the desk stands for: a brief, a value, and whether the steps go on after it."""

    brief_id: int
    value: str = ""
    turn: bool = False

    def pack(self) -> str:
        return ":".join((str(self.brief_id), self.value, "n" if self.turn else "")).rstrip(":")

    @classmethod
    def unpack(cls, packed: str) -> "Spot":
        number, _, rest = packed.partition(":")
        value, _, turn = rest.partition(":")
        if not number.isdigit():
            raise Refusal(briefs.MISSING)
        return cls(int(number), value, turn == "n")


def button(label: str, name: str, draft: Draft, value: str, *, turn: bool = False) -> Choice:
    """Bound to the edition: when the brief was submitted meanwhile, the button changes nothing."""
    return Choice(label, Action(name, Spot(draft.id, value, turn).pack(), str(draft.number)))


async def editable(db: AsyncSession, who: Speaker, action: Action) -> Draft:
    """The draft a desk button belongs to; refuses when its edition is no longer the one being written."""
    draft = await open_draft(db, who, Spot.unpack(action.subject).brief_id)
    if action.stamp != str(draft.number):
        raise Refusal(briefs.STALE)
    return draft


async def open_draft(db: AsyncSession, who: Speaker, brief_id: int | None) -> Draft:
    briefs.need(who, Permission.WRITE_BRIEF, "sửa bản tin")
    draft = await briefs.load(db, brief_id or 0, lock=True)
    if draft.state != BriefState.DRAFT:
        raise Refusal(NOT_NOW)
    return draft


async def desk(db: AsyncSession, who: Speaker, draft: Draft, *, replace_message: bool = False) -> Reply:
    missing = [str(p) for p in briefs.problems(draft.content)] + await briefs.unready(db, draft)
    text = "\n".join([*_head(draft), *_parts(draft.content), await _audience(db, draft)])
    if draft.state == BriefState.DRAFT and missing:
        text += "\n\n**Cần hoàn thiện**\n" + "\n".join(f"- {markup.escape(line)}" for line in missing)
    drafting = draft.state == BriefState.DRAFT
    choices = _draft_choices(draft, who, ready=not missing) if drafting else _other_choices(draft)
    return Reply(text, tuple(choices), replace=replace_message, columns=2)


def _head(draft: Draft) -> list[str]:
    title = markup.escape(draft.content.title) or "(chưa có tiêu đề)"
    state = STATE_NAMES[draft.state]
    if draft.send_at and draft.state == BriefState.SCHEDULED:
        state += f" lúc {moments.say(draft.send_at)}"
    head = [f"**{title}**", f"*Bản tin {draft.id}, bản số {draft.number}: {state}*", ""]
    if corrects := draft.content.corrects:
        head.insert(1, f"✏️ *Đính chính bản tin {corrects.brief}*")
        head.append(f"**Nội dung sai:** {markup.escape(corrects.wrong) or '–'}")
        head.append(f"**Nội dung đúng:** {markup.escape(corrects.right) or '–'}")
    return head


def _parts(content: Content) -> Iterator[str]:
    yield f"**Mức độ:** {content.priority.label}"
    yield f"**Chủ đề:** {markup.escape(topics.list_names(content.topics)) or '–'}"
    yield f"**Giai đoạn:** {STAGES.get(content.stage or '', '–')}"
    within = f"trong {hours(content.ack_hours)}" if content.ack_hours else "không hạn"
    yield f"**Xác nhận “Đã nhận”:** {within if content.ack else 'không yêu cầu'}"
    length = len(content.summary) + len(content.body)
    counts = [
        (f"{length:,} ký tự".replace(",", "."), length),
        (f"{len(content.key_messages)} thông điệp", len(content.key_messages)),
        (f"{len(content.citizen_actions)} việc người dân cần làm", len(content.citizen_actions)),
        (f"{len(content.do) + len(content.dont)} lưu ý khi truyền thông", len(content.do) + len(content.dont)),
        (f"{len(content.citations)} nguồn", len(content.citations)),
        (f"{len(content.qa) + len(content.entries)} hỏi đáp", len(content.qa) + len(content.entries)),
        (f"{len(content.attachments)} tệp", len(content.attachments)),
    ]
    yield "**Nội dung:** " + (", ".join(said for said, count in counts if count) or "chưa có")
    if content.release_moment:
        early = f", {len(content.pre_release)} mục được xem trước" if content.pre_release else ""
        yield f"**Giờ phát hành:** {moments.say(content.release_moment)}{early}"
    if content.valid_from or content.valid_to:
        yield f"**Hiệu lực:** {' – '.join(day(d) for d in (content.valid_from, content.valid_to) if d)}"


async def _audience(db: AsyncSession, draft: Draft) -> str:
    if draft.content.corrects:
        count = await corrections.have_it(db, draft.content.corrects.edition)
        return f"**Người nhận:** đúng những người đã nhận bản sai (**{count}** người)"
    audience = rules.Audience.from_json(draft.audience)
    if not audience:
        return "**Người nhận:** chưa chọn"
    count = await rules.count(db, audience, flash=draft.content.priority == Priority.FLASH)
    return f"**Người nhận:** {markup.escape(await rules.describe(db, audience))} (**{count}** người)"


def _draft_choices(draft: Draft, who: Speaker, *, ready: bool) -> Iterator[Choice]:
    yield Choice("Nội dung", Action("b.fields", str(draft.id), str(draft.number)))
    if draft.content.corrects:  # how urgent, and to whom, follows from what it corrects
        yield button("Nội dung sai", "co.wrong", draft, "")
        yield button("Nội dung đúng", "co.right", draft, "")
        yield button("Xác nhận", "b.step", draft, "ack")
    else:
        for label, step in STEPS:
            yield button(label, "b.step", draft, step)
        yield button("Giờ phát hành", "emb.menu", draft, "")
    yield Choice("Xem trước", Action("b.preview", str(draft.id)))
    yield Choice("Gửi thử cho tôi", Action("b.test", str(draft.id)))
    if ready:
        yield Choice("Trình duyệt", Action("b.submit", str(draft.id), draft.stamp))
        if draft.content.priority == Priority.FLASH and Permission.SEND_ALONE in who.permissions:
            yield Choice("Gửi ngay, duyệt sau", Action("ap.alone", str(draft.id), draft.stamp))
    yield Choice("Bỏ bản nháp", Action("b.drop", str(draft.id), draft.stamp))


def _other_choices(draft: Draft) -> Iterator[Choice]:
    yield Choice("Xem bản tin", Action("ap.open", str(draft.id)))
    if draft.state in briefs.OPEN:
        yield Choice("Rút lại để sửa", Action("b.withdraw", str(draft.id), draft.stamp))
    else:
        yield Choice("Tình hình gửi", Action("ap.status", str(draft.id)))
        yield Choice("Soạn lại từ bản này", Action("b.copy", str(draft.id)))
