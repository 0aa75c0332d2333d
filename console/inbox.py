"""Questions no entry answers: what is asked, by how many, until when; one answer reaches everybody who asked."""

from sqlalchemy import select
from starlette.responses import Response

from console.visit import Visit
from db.knowledge import Case
from db.people import Person
from handlers import expert
from knowledge import cases
from network import topics
from network.refusals import Refusal

WORDS = (3, 3000)  # characters of an answer
SOURCE = 300
STATES = {"open": "chưa có người nhận", "assigned": "đã giao", "answered": "đã trả lời", "closed": "đã đóng"}


async def listing(visit: Visit) -> Response:
    ended = "xong" in visit.request.query_params.getlist("xem")
    found = list(await cases.listed(visit.db, ended=ended))
    if ended:
        found = [case for case in found if case.state not in cases.OPEN]
    names = await _names(visit, {case.expert_id for case in found})
    late = {case.id for case in found if cases.late(case, visit.now)}
    return visit.page(
        "inbox.html", cases=found, names=names, late=late, ended=ended, states=STATES, topics=topics.topics()
    )


async def _names(visit: Visit, ids: set[int | None]) -> dict[int | None, str]:
    rows = await visit.db.execute(select(Person.id, Person.full_name).where(Person.id.in_(ids - {None})))
    return {person: name or "" for person, name in rows}


async def _case(visit: Visit) -> Case:
    case = await visit.db.get(Case, visit.number("case"))
    if case is None:
        raise Refusal("Không tìm thấy câu hỏi này. Vui lòng xem lại hộp thư.")
    return case


async def show(visit: Visit) -> Response:
    return await _page(visit, await _case(visit))


async def _page(visit: Visit, case: Case, problem: str = "", status: int = 200) -> Response:
    names = await _names(visit, {case.expert_id, case.answered_by})
    return visit.page(
        "case.html", status, case=case, names=names, asked=len(await cases.askers(visit.db, case.id)),
        notes=await cases.notes(visit.db, case.id), late=cases.late(case, visit.now), open=case.state in cases.OPEN,
        states=STATES, topic=topics.name_of(case.topic) if case.topic else "", problem=problem,
        words=visit.text("words"), source=visit.text("source"),
    )


async def answer(visit: Visit) -> Response:
    """What was typed stays on the page when it cannot be sent."""
    case, words = await _case(visit), visit.text("words").strip()
    if not WORDS[0] <= len(words) <= WORDS[1]:
        return await _page(visit, case, "Câu trả lời có từ 3 đến 3.000 ký tự.", 422)
    source = " ".join(visit.text("source").split())[:SOURCE]
    rules = visit.needs.case_rules
    if await expert.deliver(visit.db, case.id, visit.who.person_id, words, source, visit.now, rules) is None:
        return await _page(visit, case, "Câu hỏi này đã được người khác trả lời.", 409)
    return visit.to(f"/inbox/{case.id}", "traloi")
