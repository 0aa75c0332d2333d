"""A case in words: what an expert reads and presses, how old it is, and how somebody is told at a decent hour."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from db import notices
from db.agencies import Agency
from db.knowledge import OPEN, Case, CaseState
from db.people import Person
from handlers.reply import Action, Choice, Reply
from knowledge import cases
from network import markup, moments, roles
from network.case_times import CaseRules
from network.roles import Permission

RULES = CaseRules()


async def tell(
    db: AsyncSession, person_id: int, reply: Reply, now: datetime, rules: CaseRules, at: int | None = None
) -> None:
    """Not at night; `at` the identity they asked from, if it can still be reached."""
    person = await db.get(Person, person_id)
    if person is not None:
        until = rules.rules.quiet.until(now, ZoneInfo(person.zone))
        await notices.put(db, person_id, reply.plain(), now, until, at)


async def shown(db: AsyncSession, case: Case) -> str:
    """The question, and what was said about it since."""
    lines = [f"> {markup.escape(case.text)}"]
    for note in await cases.notes(db, case.id):
        lines.append(f"*{'Chuyên gia hỏi lại' if note.by_expert else 'Người hỏi'}:* {markup.escape(note.text)}")
    return "\n\n".join(lines)


def choices(case_id: int) -> tuple[Choice, ...]:
    number = str(case_id)
    return (
        Choice("Trả lời", Action("case.take", number)),
        Choice("Hỏi lại người hỏi", Action("case.back", number)),
        Choice("Chuyển người khác", Action("case.pass", number)),
        Choice("Không trả lời được", Action("case.refuse", number)),
    )


async def to_expert(
    db: AsyncSession, case: Case, head: str, now: datetime, rules: CaseRules, person_id: int | None = None
) -> None:
    """To the expert, or to somebody else who may act on the case."""
    wanted = person_id or case.expert_id
    person = await db.get(Person, wanted) if wanted else None
    if person is None:
        return
    able = Permission.ANSWER_CASES in roles.permissions_of(person.role)
    due = f"\n\nHạn trả lời: {moments.say(case.due_at)}" if case.due_at else ""
    reply = Reply(f"{head}\n{await shown(db, case)}{due}", choices(case.id) if able else (), columns=2)
    await tell(db, person.id, reply, now, rules)


async def name(db: AsyncSession, person_id: int | None) -> str:
    """Name and agency."""
    person = await db.get(Person, person_id) if person_id else None
    if person is None or not person.full_name:
        return "chưa có ai"
    agency = await db.get(Agency, person.agency_id) if person.agency_id else None
    return f"{person.full_name} ({agency.short_name or agency.name})" if agency else person.full_name


def span(length: timedelta) -> str:
    """20 phút, 3 giờ, 2 ngày"""
    minutes = max(1, int(length.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} phút"
    return f"{minutes // 60} giờ" if minutes < 48 * 60 else f"{minutes // (24 * 60)} ngày"


def standing(case: Case, now: datetime) -> str:
    """Age and deadline, or what became of it."""
    if case.state not in OPEN:
        return "đã trả lời" if case.state == CaseState.ANSWERED else f"đã đóng: {case.reason or ''}"
    age = f"hỏi {span(now - case.created_at)} trước" + ("" if case.expert_id else ", chưa ai nhận")
    if case.state == CaseState.WAITING:
        return f"{age}, đang chờ người hỏi nói rõ thêm"
    if case.due_at is None:
        return age
    if case.due_at < now:
        return f"{age}, ⚠️ quá hạn {span(now - case.due_at)}"
    return f"{age}, hạn {moments.say(case.due_at)} (còn {span(case.due_at - now)})"
