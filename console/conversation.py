"""What somebody who asked was told before: seen where their consent stands, and on record."""

from starlette.responses import Response

from console.inbox import case_of, inside
from console.statistics import DECISIONS
from console.visit import Visit
from db import cases as rows
from db.agencies import Agency
from db.knowledge import Case, Entry, Question
from db.people import Person
from handlers.case_letters import name as named
from knowledge import personal
from network import audit
from network.people import MEMBERS
from network.refusals import Refusal
from network.roles import Permission

SHOWN = 50
NOBODY = "Người này không hỏi câu hỏi này."
NO_CONSENT = "Người này đã rời mạng lưới hoặc chưa đồng ý cho lưu dữ liệu, nên lịch sử trao đổi không được mở."


async def show(visit: Visit) -> Response:
    """All of it for who manages this person; for others what belongs to this case, without personal data."""
    case, number = await case_of(visit), visit.number("person")
    here = [q for q in await rows.asked_of(visit.db, case.id) if q.person_id == number]
    if not here:
        raise Refusal(NOBODY)
    person = await visit.db.get_one(Person, number)
    if person.state not in MEMBERS or number not in await rows.consented(visit.db, [number]):
        raise Refusal(NO_CONSENT)
    agency = await visit.db.get(Agency, person.agency_id) if person.agency_id else None
    manages = visit.may(Permission.MANAGE_PEOPLE, Permission.ADMINISTER) and await inside(visit, agency)
    questions = await rows.conversation(visit.db, number, SHOWN) if manages else here[::-1]
    detail = {"person": number, "whole": manages}
    subject = f"case:{case.id}"
    await audit.record(
        visit.db, visit.now, "conversation.seen", actor=visit.who.person_id, subject=subject, detail=detail
    )
    return visit.page(
        "conversation.html", case=case, whole=manages, turns=[await _turn(visit, q, manages) for q in questions],
        name=await named(visit.db, number) if manages else (agency.name if agency else "Người hỏi"), shown=SHOWN,
    )


async def _turn(visit: Visit, question: Question, whole: bool) -> dict[str, object]:
    entry = await visit.db.get(Entry, question.entry_id) if question.entry_id else None
    case = await visit.db.get(Case, question.case_id) if question.case_id else None
    return {
        "at": question.at, "text": question.text if whole else personal.hidden(question.text), "entry": entry,
        "case": case, "decision": DECISIONS.get(question.decision, "Lời chào hỏi"), "helpful": question.helpful,
    }
