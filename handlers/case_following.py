"""An expert's deadline: reminded before and at it, then the lead of their agency and the administrators are told."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency
from db.knowledge import Case, CaseState
from db.people import Person
from handlers import case_letters, case_routing
from handlers.case_letters import span
from knowledge import cases
from knowledge.cases import Step
from network import audit, leads, markup, people
from network.case_times import CaseRules
from network.people import MEMBERS
from network.roles import Permission

AGAIN = timedelta(minutes=5)  # when somebody else tries, should this process end in between


async def follow(db: AsyncSession, case_id: int, now: datetime, rules: CaseRules) -> None:
    """Whatever is due of a case, in a transaction of its own. After a standstill, only the latest of the reminders."""
    case = await cases.take_due(db, case_id, now, now + AGAIN)
    if case is None or case.due_at is None:
        return
    if later := rules.rules.rest(now):
        case.next_at = later
        return
    if case.state == CaseState.WAITING:
        return await _no_word(db, case, now, rules)
    moments = rules.moments(case.due_at)
    ripe = [Step(n) for n in range(case.step, len(moments)) if moments[n] <= now]
    cases.plan(case, moments, now)
    await _keep_an_expert(db, case, now, rules)
    if Step.LATE in ripe:
        await case_letters.to_expert(db, case, "⚠️ **Câu hỏi đã đến hạn trả lời:**", now, rules)
    elif Step.SOON in ripe:
        await case_letters.to_expert(db, case, f"**Còn {span(case.due_at - now)} để trả lời câu hỏi:**", now, rules)
    told: set[int | None] = {case.expert_id}
    if Step.LEAD in ripe:
        lead = await _lead(db, case)
        told.add(lead)
        await _escalate(db, case, [lead] if lead else await _administrators(db, told), now, rules)
    if Step.ADMINS in ripe:
        await _escalate(db, case, await _administrators(db, told), now, rules)
    if ripe:
        detail = {"steps": [step.name.lower() for step in ripe]}
        await audit.record(db, now, "case.followed", subject=f"case:{case.id}", detail=detail)


async def _no_word(db: AsyncSession, case: Case, now: datetime, rules: CaseRules) -> None:
    """The asker said nothing more: the expert answers what can be answered."""
    await cases.take_back(db, case, rules.due(now))
    cases.plan(case, rules.moments(case.due_at or now), now)
    head = "**Người hỏi chưa nói rõ thêm.** Anh/chị trả lời theo câu hỏi ban đầu hoặc từ chối giúp:"
    await case_letters.to_expert(db, case, head, now, rules)


async def _keep_an_expert(db: AsyncSession, case: Case, now: datetime, rules: CaseRules) -> None:
    """A case nobody has, or whose expert left or lost the role, goes to somebody else."""
    able = {p.id for p in await people.with_permission(db, Permission.ANSWER_CASES)}
    if case.expert_id in able:
        return
    found = await case_routing.ranked(db, case)
    if found:
        await cases.give(db, case, found[0])
        await case_letters.to_expert(db, case, "**Câu hỏi chờ anh/chị trả lời:**", now, rules)


async def _lead(db: AsyncSession, case: Case) -> int | None:
    """Of the expert's agency; who leads it and has the case themselves is answered for by the agency above."""
    expert = await db.get(Person, case.expert_id) if case.expert_id else None
    agency_id = expert.agency_id if expert else case.keeper_id
    lead = await leads.lead_of(db, agency_id)
    if lead is not None and lead == case.expert_id:
        agency = await db.get(Agency, agency_id) if agency_id else None
        lead = await leads.lead_of(db, agency.parent_id) if agency else None
    return lead if lead != case.expert_id else None


async def _administrators(db: AsyncSession, besides: set[int | None]) -> list[int]:
    able = await people.with_permission(db, Permission.ADMINISTER)
    return [p.id for p in able if p.id not in besides and p.state in MEMBERS]


async def _escalate(db: AsyncSession, case: Case, to: list[int], now: datetime, rules: CaseRules) -> None:
    late = span(now - case.due_at) if case.due_at and case.due_at < now else "ít phút"
    expert = markup.escape(await case_letters.name(db, case.expert_id))
    head = f"⚠️ **Câu hỏi quá hạn trả lời {late}.** Người được giao: {expert}. Anh/chị vui lòng đôn đốc:"
    for person in to:
        await case_letters.to_expert(db, case, head, now, rules, person)
