"""A case that is not answered at once: handed to somebody else, asked back about, or refused with a reason."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.knowledge import OPEN, Case
from db.people import Prompt
from handlers import case_acts, case_letters, case_routing, prompts
from handlers.case_letters import RULES
from handlers.expert import DONE, open_case, own_case
from handlers.reply import Action, Choice, Incoming, Reply
from knowledge import cases
from network import markup
from network.case_times import CaseRules
from network.people import Speaker
from network.refusals import Refusal

BACK, REFUSE, MORE = "case.back", "case.refuse", "case.more"
OFFERED = 6
SHORTEST, LONGEST = 3, 1000


async def pass_on(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """Who may answer instead, best first."""
    case = await open_case(db, who, action.subject)
    if isinstance(case, Reply):
        return case
    others = [p for p in await case_routing.ranked(db, case, case.expert_id) if p != who.person_id][:OFFERED]
    if case.expert_id != who.person_id and who.person_id is not None:
        others = [who.person_id, *others]
    if not others:
        return Reply(toast="Chưa có người khác có thể trả lời. Câu hỏi vẫn ở danh sách của anh/chị.")
    names = ["Tôi nhận" if p == who.person_id else await case_letters.name(db, p) for p in others]
    choices = [Choice(n[:80], Action("case.to", f"{case.id}:{p}")) for n, p in zip(names, others, strict=True)]
    return Reply(f"{await case_letters.shown(db, case)}\n\nChuyển cho ai?", tuple(choices))


async def to(
    db: AsyncSession, who: Speaker, action: Action, now: datetime, case_rules: CaseRules = RULES
) -> Reply:
    number, _, chosen = action.subject.partition(":")
    case = await open_case(db, who, number)
    if isinstance(case, Reply):
        return case
    try:
        await case_acts.hand(db, who, case, int(chosen) if chosen.isdigit() else 0, now, case_rules)
    except Refusal as refusal:
        return Reply(toast=str(refusal))
    if int(chosen) == who.person_id:
        return Reply("Anh/chị đã nhận câu hỏi này.", case_letters.choices(case.id), replace=True, columns=2)
    return Reply(f"Đã chuyển câu hỏi cho {markup.escape(await case_letters.name(db, int(chosen)))}.", replace=True)


async def back(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    case = await own_case(db, who, action.subject)
    if isinstance(case, Reply):
        return case
    await prompts.wait_for(db, who, BACK, case.id, now)
    shown = await case_letters.shown(db, case)
    return Reply(f"{shown}\n\nAnh/chị cần người hỏi nói rõ điều gì? Vui lòng gõ câu hỏi lại.")


async def asked_back(
    db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime, case_rules: CaseRules = RULES
) -> Reply:
    words = await _words(db, who, prompt, said)
    if isinstance(words, Reply):
        return words
    case, text = words
    if not await case_acts.ask_back(db, case, who.person_id or 0, text, now, case_rules):
        return Reply(case_acts.NOBODY)
    return Reply("Đã hỏi lại người hỏi. Thời hạn trả lời tính lại từ khi họ trả lời.")


async def more(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """The asker answers the expert."""
    case = await _asked_case(db, who, action.subject)
    if isinstance(case, Reply):
        return case
    await prompts.wait_for(db, who, MORE, case.id, now)
    return Reply("Anh/chị vui lòng gõ phần nói rõ thêm cho chuyên gia.")


async def said_more(
    db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime, case_rules: CaseRules = RULES
) -> Reply:
    case = await _asked_case(db, who, prompt.subject_id)
    if isinstance(case, Reply):
        await prompts.clear(db, who)
        return case
    text = said.text.strip()
    if not SHORTEST <= len(text) <= LONGEST:
        return Reply(f"Nội dung có từ {SHORTEST} đến {LONGEST} ký tự. Anh/chị vui lòng gõ lại.")
    await prompts.clear(db, who)
    await cases.say_more(db, case, who.person_id, text, now)
    await cases.take_back(db, case, due := case_rules.due(now))
    cases.plan(case, case_rules.moments(due), now)
    await case_letters.to_expert(db, case, "**Người hỏi đã nói rõ thêm:**", now, case_rules)
    return Reply("Đã chuyển cho chuyên gia. Khi có câu trả lời, Loa sẽ gửi ngay tại đây.")


async def _asked_case(db: AsyncSession, who: Speaker, case_id: str | int | None) -> Case | Reply:
    """An open case that this person has asked."""
    case = await cases.locked(db, case_id)
    if case is None or who.person_id not in {person for person, _ in await cases.askers(db, case.id)}:
        return Reply(toast="Câu hỏi này không còn lưu. Anh/chị vui lòng hỏi lại.")
    return case if case.state in OPEN else Reply(DONE)


async def refuse(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    case = await own_case(db, who, action.subject)
    if isinstance(case, Reply):
        return case
    await prompts.wait_for(db, who, REFUSE, case.id, now)
    return Reply(
        f"{await case_letters.shown(db, case)}\n\nVì sao không trả lời được? Lý do anh/chị gõ sẽ được gửi cho người "
        "hỏi. Nếu chỉ là không thuộc phần việc của mình, anh/chị bấm “Chuyển người khác”.",
        (Choice("Chuyển người khác", Action("case.pass", str(case.id))),),
    )


async def refused(
    db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime, case_rules: CaseRules = RULES
) -> Reply:
    words = await _words(db, who, prompt, said)
    if isinstance(words, Reply):
        return words
    case, reason = words
    told = await case_acts.refuse(db, case, who.person_id or 0, reason, now, case_rules)
    return Reply(DONE if told is None else f"Đã gửi lý do cho {told} người hỏi và đóng câu hỏi.")


async def _words(db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming) -> tuple[Case, str] | Reply:
    """What an expert typed about an open case."""
    case = await own_case(db, who, prompt.subject_id)
    if isinstance(case, Reply):
        await prompts.clear(db, who)
        return case
    text = said.text.strip()
    if not SHORTEST <= len(text) <= LONGEST:
        return Reply(f"Nội dung có từ {SHORTEST} đến {LONGEST} ký tự. Anh/chị vui lòng gõ lại.")
    await prompts.clear(db, who)
    return case, text


ACTIONS = {"case.pass": pass_on, "case.to": to, "case.back": back, "case.more": more, "case.refuse": refuse}
PROMPTS = {BACK: asked_back, MORE: said_more, REFUSE: refused}
