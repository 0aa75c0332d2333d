"""Reviewing in the chat: what waits for a second person, what it changes, and its way into the base or back."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import entries as rows
from db.knowledge import Entry, EntryState, EntryVersion, VersionState
from db.people import Person, Prompt
from handlers import duplicate_page, entry_page, entry_scope, prompts, publishing
from handlers.case_letters import RULES
from handlers.refusing import politely
from handlers.reply import Action, Choice, Incoming, Reply
from knowledge import curate, golden
from knowledge.catalogue import Catalogue
from knowledge.golden import Broken
from knowledge.wrong import Wrong
from network import markup
from network.case_times import CaseRules
from network.people import Speaker
from network.roles import Permission

RETURN, ANYWAY, RETIRE, RETIRE_ANYWAY = "entry.return", "entry.anyway", "entry.retire", "entry.retire.anyway"
SHOWN = 80  # characters of a question on a button
OFFERED = 10  # of what waits, the oldest first


async def offered(db: AsyncSession, who: Speaker) -> list[Choice]:
    """What this person may decide on: not their own."""
    if Permission.REVIEW_ENTRIES not in who.permissions:
        return []
    person = await db.get(Person, who.person_id) if who.person_id else None
    mine = await entry_scope.decided_by(db, person) if person else None
    waiting = await rows.waiting(db, who.person_id, OFFERED, mine)
    return [Choice(v.content["question"][:SHOWN], Action("entry.show", str(e.id))) for e, v in waiting]


async def listing(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    """For who reviews but writes nothing."""
    if Permission.REVIEW_ENTRIES not in who.permissions:
        return Reply(entry_scope.NOT_YOURS)
    choices = await offered(db, who)
    if not choices:
        return Reply("Không có mục tri thức nào chờ anh/chị duyệt.")
    return Reply("**Mục tri thức chờ duyệt**", tuple(choices))


@politely
async def show(db: AsyncSession, who: Speaker, action: Action, now: datetime, index: Catalogue) -> Reply:
    """A new entry as it will be seen; of a changed one, what changes. Above it, what else answers the same."""
    entry, version = await _in_review(db, who, action.subject)
    number = str(version.version)
    choices = (
        Choice("Duyệt", Action("entry.publish", str(entry.id), number)),
        Choice("Trả lại", Action("entry.return", str(entry.id), number)),
        Choice("Bỏ", Action("entry.drop", str(entry.id), number)),
        Choice("Lịch sử", Action("entry.history", str(entry.id))),
    )
    alike = duplicate_page.alike(entry, version, index, now)
    return Reply("\n\n".join(filter(None, (alike, await reading(db, entry, version, now)))), choices, columns=2)


async def reading(db: AsyncSession, entry: Entry, version: EntryVersion, now: datetime) -> str:
    content = await curate.to_be_served(db, entry, version)
    head = [f"*Mã {markup.escape(entry.key)}, bản {version.version}*"]
    head += [f"*Lý do: {markup.escape(version.why)}*"] if version.why else []
    if not content["citations"]:
        head.append("⚠️ *Mục chưa ghi nguồn.*")
    if entry.state == EntryState.PUBLISHED:
        return "\n".join(head) + "\n\n" + await entry_page.difference(db, curate.plain(entry), content)
    return "\n".join(head) + "\n\n" + await entry_page.card(db, entry, entry_page.today(now))


async def _in_review(db: AsyncSession, who: Speaker, subject: str, stamp: str = "") -> tuple[Entry, EntryVersion]:
    entry_scope.may_review(who)
    entry = await db.get(Entry, int(subject)) if subject.isdigit() else None
    version = await rows.pending(db, entry.id) if entry else None
    if entry is None or version is None or version.state != VersionState.REVIEW:
        raise Wrong(curate.MOVED, over=True)
    if stamp and stamp != str(version.version):
        raise Wrong(curate.MOVED, over=True)
    await entry_scope.may_decide(db, who, entry.owner_agency_id)
    return entry, version


async def _version_of(db: AsyncSession, who: Speaker, prompt: Prompt) -> int:
    """The version that the prompt is about, while this person may still decide on it."""
    version = await db.get(EntryVersion, prompt.subject_id or 0)
    entry = await db.get(Entry, version.entry_id) if version else None
    await entry_scope.may_decide(db, who, entry.owner_agency_id if entry else None)
    return prompt.subject_id or 0


@politely
async def publish(
    db: AsyncSession, who: Speaker, action: Action, now: datetime, index: Catalogue, case_rules: CaseRules = RULES
) -> Reply:
    entry, version = await _in_review(db, who, action.subject, action.stamp or "-")
    try:
        await publishing.publish(db, version.id, who.person_id, now, index.snapshot, rules=case_rules)
    except Broken as broken:
        anyway = Choice("Vẫn xuất bản", Action("entry.anyway", str(entry.id), action.stamp))
        look = Choice("Xem lại mục", Action("entry.show", str(entry.id)))
        return Reply(warned(broken), (anyway, look), columns=2)
    return Reply("Đã duyệt và đưa vào kho tri thức.", replace=True)


def warned(broken: Broken) -> str:
    lines = [f"- {markup.escape(golden.said(check))}" for check in broken.checks[:10]]
    return "⚠️ **Thay đổi này làm hỏng câu hỏi mẫu**\n" + "\n".join(lines)


@politely
async def ask_anyway(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    _, version = await _in_review(db, who, action.subject, action.stamp or "-")
    await prompts.wait_for(db, who, ANYWAY, version.id, now)
    return Reply("Vì sao vẫn xuất bản? Anh/chị gõ lý do; lý do này ở lại trong lịch sử của mục.")


@politely
async def publish_anyway(
    db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime, index: Catalogue,
    case_rules: CaseRules = RULES,
) -> Reply:
    version, why = await _version_of(db, who, prompt), _reason(said)
    await publishing.publish(db, version, who.person_id, now, index.snapshot, anyway=why, rules=case_rules)
    await prompts.clear(db, who)
    return Reply("Đã duyệt và đưa vào kho tri thức, kèm lý do của anh/chị.")


def _reason(said: Incoming) -> str:
    why = " ".join(said.text.split())[:1000]
    if len(why) < 3:
        raise Wrong("Vui lòng gõ lý do bằng chữ.")
    return why


@politely
async def drop(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    _, version = await _in_review(db, who, action.subject, action.stamp or "-")
    await publishing.drop(db, version.id, who.person_id, now)
    return Reply("Đã bỏ bản này.", replace=True)


@politely
async def ask_return(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    _, version = await _in_review(db, who, action.subject, action.stamp or "-")
    await prompts.wait_for(db, who, RETURN, version.id, now)
    return Reply("Lý do trả lại? Anh/chị gõ lý do, người soạn sẽ nhận được nguyên văn.")


@politely
async def give_back(db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime) -> Reply:
    await publishing.give_back(db, await _version_of(db, who, prompt), who.person_id, _reason(said), now)
    await prompts.clear(db, who)
    return Reply("Đã trả lại người soạn.")


@politely
async def ask_retire(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    entry_scope.may_review(who)
    entry = await db.get(Entry, int(action.subject)) if action.subject.isdigit() else None
    if entry is None or entry.state != EntryState.PUBLISHED:
        raise Wrong("Mục này không còn được công bố.", over=True)
    await entry_scope.may_decide(db, who, entry.owner_agency_id)
    await prompts.wait_for(db, who, RETIRE, entry.id, now)
    return Reply(
        f"Ngừng dùng mục “{markup.escape(entry.question)}”? Từ đó Loa không trả lời bằng mục này nữa. "
        "Anh/chị gõ lý do để ngừng, hoặc gõ /muctin để thôi."
    )


@politely
async def retire(
    db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime, index: Catalogue
) -> Reply:
    """A reason; with golden questions in the way, a second one that names them."""
    known = await db.get(Entry, prompt.subject_id or 0)
    await entry_scope.may_decide(db, who, known.owner_agency_id if known else None)
    anyway = prompt.kind == RETIRE_ANYWAY
    try:
        entry = await publishing.retire(
            db, prompt.subject_id or 0, who.person_id, _reason(said), now, index.snapshot, anyway=anyway
        )
    except Broken as broken:
        await prompts.wait_for(db, who, RETIRE_ANYWAY, prompt.subject_id, now)
        return Reply(f"{warned(broken)}\n\nNếu vẫn ngừng dùng, anh/chị gõ lý do một lần nữa; gõ /muctin để thôi.")
    await prompts.clear(db, who)
    return Reply(f"Đã ngừng dùng mục {markup.escape(entry.key)}. Có thể lấy lại từ lịch sử của mục.")


ACTIONS = {
    "entry.show": show, "entry.publish": publish, "entry.drop": drop, "entry.return": ask_return,
    "entry.anyway": ask_anyway, "entry.retire": ask_retire,
}
PROMPTS = {RETURN: give_back, ANYWAY: publish_anyway, RETIRE: retire, RETIRE_ANYWAY: retire}
