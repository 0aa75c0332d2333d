"""What is done with a case that is not answered at once, and who hears of it.

The chat and the console both go through here.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.knowledge import Case
from handlers import case_letters, case_routing
from handlers.reply import Action, Choice, Reply
from knowledge import cases
from network import audit, markup, moments
from network.case_times import CaseRules
from network.people import Speaker
from network.refusals import Refusal

NOBODY = "Người hỏi không còn trong mạng lưới. Anh/chị trả lời theo câu hỏi ban đầu hoặc từ chối giúp."
GONE = "Người này không còn trả lời câu hỏi. Anh/chị vui lòng chọn người khác."


async def able(db: AsyncSession, who: Speaker, case: Case) -> list[int]:
    """Who may have it, best first; whoever looks may always take it."""
    ranked = await case_routing.ranked(db, case)
    return [*ranked, *([who.person_id] if who.person_id and who.person_id not in ranked else [])]


async def hand(db: AsyncSession, who: Speaker, case: Case, to: int, now: datetime, rules: CaseRules) -> None:
    if to not in await able(db, who, case):
        raise Refusal(GONE)
    detail = {"from": case.expert_id, "to": to}
    await cases.give(db, case, to)
    await audit.record(db, now, "case.handed", actor=who.person_id, subject=f"case:{case.id}", detail=detail)
    if to != who.person_id:
        head = f"**Câu hỏi được chuyển cho anh/chị trả lời** (người chuyển: {markup.escape(who.name)}):"
        await case_letters.to_expert(db, case, head, now, rules)


async def ask_back(db: AsyncSession, case: Case, by: int, words: str, now: datetime, rules: CaseRules) -> int:
    """How many people were asked; 0 when nobody is left to ask."""
    askers = await cases.askers(db, case.id)
    if not askers:
        return 0
    await cases.ask_back(db, case, by, words, now, now + rules.patience)
    await audit.record(db, now, "case.asked_back", actor=by, subject=f"case:{case.id}")
    reply = Reply(
        f"**Chuyên gia cần anh/chị nói rõ thêm**\n> {markup.escape(case.text)}\n\n{markup.escape(words)}",
        (Choice("Trả lời chuyên gia", Action("case.more", str(case.id))),),
    )
    for person, identity in askers:
        await case_letters.tell(db, person, reply, now, rules, identity)
    return len(askers)


async def refuse(db: AsyncSession, case: Case, by: int, reason: str, now: datetime, rules: CaseRules) -> int | None:
    """How many people were told; None when somebody has ended it meanwhile."""
    if not await cases.refuse(db, case.id, by, reason, now):
        return None
    await audit.record(db, now, "case.refused", actor=by, subject=f"case:{case.id}", detail={"reason": reason})
    reply = Reply(
        f"**Chuyên gia chưa trả lời được câu hỏi của anh/chị**\n> {markup.escape(case.text)}\n\n"
        f"**Lý do:** {markup.escape(reason)}"
    )
    askers = await cases.askers(db, case.id)
    for person, identity in askers:
        await case_letters.tell(db, person, reply, now, rules, identity)
    return len(askers)


async def set_due(db: AsyncSession, case: Case, by: int, due: datetime, now: datetime, rules: CaseRules) -> None:
    if due <= now:
        raise Refusal("Hạn trả lời phải ở sau lúc này.")
    detail = {"due": moments.say(due)}
    case.due_at = due
    cases.plan(case, rules.moments(due), now)
    await db.flush()
    await audit.record(db, now, "case.due", actor=by, subject=f"case:{case.id}", detail=detail)
    if case.expert_id and case.expert_id != by:
        await case_letters.to_expert(db, case, "**Hạn trả lời câu hỏi này đã đổi:**", now, rules)
