"""Experts: open cases, an answer with its source, and the way back to everybody who asked."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency
from db.knowledge import OPEN, Case, CaseState, Entry, Question
from db.people import Person, Prompt
from handlers import case_letters, case_routing, entry_scope, prompts
from handlers.case_letters import RULES
from handlers.reply import Action, Choice, Incoming, Reply
from knowledge import cases
from network import audit, markup, moments
from network.case_times import CaseRules
from network.people import Speaker
from network.roles import Permission

ANSWER, SOURCE = "case.answer", "case.source"
DONE = "Câu hỏi này đã có người trả lời."
NO_ANSWER = "Câu hỏi này chưa có câu trả lời. Anh/chị bấm “Trả lời” để soạn."
NOT_YOURS = "Vai trò của anh/chị không có quyền trả lời câu hỏi. Vui lòng liên hệ quản trị mạng lưới."


async def hand_over(db: AsyncSession, question: Question, now: datetime, rules: CaseRules = RULES) -> Reply:
    """Make or join a case and tell the expert; an expert's answer to the same question is given again."""
    if question.case_id is not None:
        return Reply(toast="Câu hỏi này đã được chuyển cho chuyên gia.")
    case = await cases.join(db, question, now)
    if case is not None and case.state == CaseState.ANSWERED:
        by = await _signature(db, case.answered_by)
        return Reply(f"**Chuyên gia đã trả lời câu hỏi này**\n\n{_shown(case, by)}")
    if case is None:
        case = await _begin(db, question, now, rules)
    await audit.record(db, now, "case.asked", actor=question.person_id, subject=f"case:{case.id}")
    return Reply(f"Đã chuyển câu hỏi cho chuyên gia{_promise(case, now)} Khi có câu trả lời, Loa sẽ gửi ngay tại đây.")


def _promise(case: Case, now: datetime) -> str:
    if case.state == CaseState.WAITING or case.due_at is None or case.due_at <= now:
        return "."
    return f", dự kiến trả lời trước {moments.say(case.due_at)}."


async def _begin(db: AsyncSession, question: Question, now: datetime, rules: CaseRules) -> Case:
    subject, due = await case_routing.subject_of(db, question), rules.due(now)
    experts = await case_routing.find(db, subject, question.person_id)
    case = await cases.begin(db, question, experts, now, due, topic=subject.topic, keeper_id=subject.keeper_id)
    cases.plan(case, rules.moments(due), now)
    if case.expert_id:
        await case_letters.to_expert(db, case, "**Câu hỏi chờ anh/chị trả lời:**", now, rules)
    return case


async def listing(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    if Permission.ANSWER_CASES not in who.permissions or who.person_id is None:
        return Reply(NOT_YOURS)
    waiting = await cases.waiting(db, who.person_id)
    if not waiting:
        return Reply("Không có câu hỏi nào chờ anh/chị trả lời.")
    lines = [
        f"{n}. {markup.escape(c.text[:150])}\n*{case_letters.standing(c, now)}*" for n, c in enumerate(waiting, 1)
    ]
    choices = [Choice(f"Mở câu {n}", Action("case.open", str(c.id))) for n, c in enumerate(waiting, 1)]
    return Reply("**Câu hỏi chờ trả lời**\n\n" + "\n\n".join(lines), tuple(choices), columns=2)


async def open_(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """One case, and what may be done with it."""
    case = await open_case(db, who, action.subject)
    if isinstance(case, Reply):
        return case
    keeper = markup.escape(await case_letters.name(db, case.expert_id))
    about = f"{case_letters.standing(case, now)}; người được giao: {keeper}"
    return Reply(f"{await case_letters.shown(db, case)}\n\n*{about}*", case_letters.choices(case.id), columns=2)


async def open_case(db: AsyncSession, who: Speaker, case_id: str | int | None) -> Case | Reply:
    if Permission.ANSWER_CASES not in who.permissions:
        return Reply(NOT_YOURS)
    case = await cases.locked(db, case_id)
    if case is None:
        return Reply("Không tìm thấy câu hỏi này. Anh/chị xem danh sách bằng lệnh /cauhoi.")
    return case if case.state in OPEN else Reply(DONE)


async def own_case(db: AsyncSession, who: Speaker, case_id: str | int | None) -> Case | Reply:
    """An open case that is this expert's, or nobody's; what was handed on is not taken back by an old button."""
    case = await open_case(db, who, case_id)
    if isinstance(case, Reply) or case.expert_id in (None, who.person_id):
        return case
    keeper = markup.escape(await case_letters.name(db, case.expert_id))
    choice = Choice("Tôi nhận", Action("case.to", f"{case.id}:{who.person_id}"))
    said = f"Câu hỏi này đang giao cho {keeper}. Nếu anh/chị trả lời thay, vui lòng nhận câu hỏi trước."
    return Reply(said, (choice,))


async def take(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    case = await own_case(db, who, action.subject)
    if isinstance(case, Reply):
        return case
    await cases.give(db, case, who.person_id or 0)
    await prompts.wait_for(db, who, ANSWER, case.id, now)
    return Reply(f"Câu hỏi:\n{await case_letters.shown(db, case)}\n\nAnh/chị vui lòng gõ câu trả lời.")


async def answered(db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime) -> Reply:
    """The answer's text; its source is asked for next."""
    case = await own_case(db, who, prompt.subject_id)
    if isinstance(case, Reply):
        await prompts.clear(db, who)
        return case
    text = said.text.strip()
    if not 3 <= len(text) <= 3000:
        return Reply("Câu trả lời có từ 3 đến 3.000 ký tự. Anh/chị vui lòng gõ lại.")
    case.answer = text
    await prompts.wait_for(db, who, SOURCE, case.id, now)
    return Reply("Căn cứ vào văn bản nào? Ví dụ: Điều 7 Nghị định 244/2026/NĐ-CP. Gõ “không” nếu chưa có văn bản.")


async def sourced(db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime) -> Reply:
    """The source; then a last look before it goes out."""
    case = await own_case(db, who, prompt.subject_id)
    if isinstance(case, Reply) or not case.answer:
        await prompts.clear(db, who)
        return case if isinstance(case, Reply) else Reply(NO_ANSWER)
    source = " ".join(said.text.split())[:300]
    case.source = "" if source.lower() in ("không", "khong", "") else source
    await prompts.clear(db, who)
    return Reply(
        f"**Xem lại trước khi gửi**\n\n{_shown(case, '')}",
        (
            Choice("Gửi câu trả lời", Action("case.send", str(case.id), cases.seal(case))),
            Choice("Viết lại", Action("case.take", str(case.id))),
        ),
        columns=2,
    )


def _shown(case: Case, by: str) -> str:
    source = f"\n\n**Nguồn**\n- {markup.escape(case.source)}" if case.source else ""
    return f"> {markup.escape(case.text)}\n\n{markup.escape(case.answer or '')}{source}{by}"


async def send(
    db: AsyncSession, who: Speaker, action: Action, now: datetime, case_rules: CaseRules = RULES
) -> Reply:
    """Once, to everybody who asked; the answer then waits for a second person's review to become an entry."""
    case = await own_case(db, who, action.subject)
    if isinstance(case, Reply):
        return case
    if not case.answer or who.person_id is None:
        return Reply(toast=NO_ANSWER)
    if action.stamp != cases.seal(case):
        return Reply(toast="Câu trả lời đã được viết lại sau bản này. Anh/chị vui lòng gửi từ bản mới nhất.")
    told = await deliver(db, case.id, who.person_id, case.answer, case.source or "", now, case_rules)
    if told is None:
        return Reply(toast=DONE)
    return Reply(
        f"Đã gửi câu trả lời cho {told} người hỏi. Câu trả lời chờ người thứ hai duyệt để vào kho tri thức.",
        replace=True,
    )


async def deliver(
    db: AsyncSession, case_id: int, expert: int, words: str, source: str, now: datetime, case_rules: CaseRules = RULES
) -> int | None:
    """How many people who asked are told; None when somebody has answered meanwhile."""
    if not await cases.answer(db, case_id, expert, words, source, now):
        return None
    case = await db.get_one(Case, case_id, populate_existing=True)
    reply = Reply(f"**Chuyên gia đã trả lời câu hỏi của anh/chị**\n\n{_shown(case, await _signature(db, expert))}")
    told = await cases.askers(db, case_id)
    for person, identity in told:
        await case_letters.tell(db, person, reply, now, case_rules, identity)
    await _ask_reviewers(db, case_id, expert, now, case_rules)
    await audit.record(db, now, "case.answered", actor=expert, subject=f"case:{case_id}")
    return len(told)


async def _ask_reviewers(db: AsyncSession, case_id: int, author: int, now: datetime, rules: CaseRules) -> None:
    """Everybody who may take the answer into the base hears of it, but not who wrote it."""
    case = await db.get_one(Case, case_id, populate_existing=True)
    look = Choice("Đọc và duyệt", Action("entry.show", str(case.entry_id)))
    reply = Reply(f"**Mục tri thức chờ duyệt**\n> {markup.escape(case.text)}\n\nXem tất cả: /muctin", (look,))
    made = await db.get(Entry, case.entry_id) if case.entry_id else None
    for reviewer in await entry_scope.deciders(db, made.owner_agency_id if made else None, author):
        await case_letters.tell(db, reviewer.id, reply, now, rules)


async def _signature(db: AsyncSession, person_id: int | None) -> str:
    person = await db.get(Person, person_id) if person_id else None
    agency = await db.get(Agency, person.agency_id) if person and person.agency_id else None
    return f"\n\n*Trả lời: {markup.escape(agency.name)}*" if agency else ""


COMMANDS = {"cauhoi": listing}
ACTIONS = {"case.open": open_, "case.take": take, "case.send": send}
PROMPTS = {ANSWER: answered, SOURCE: sourced}
