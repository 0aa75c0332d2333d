"""Questions handed to experts: whose, until when, by how many; one answer reaches everybody who asked."""

from datetime import datetime

from starlette.responses import Response

from console.visit import Visit
from db import cases as rows
from db import work
from db.agencies import Agency
from db.cases import Wanted
from db.knowledge import Case, Entry
from db.people import Person
from handlers import case_acts, expert
from handlers.case_letters import name as named
from knowledge import cases
from network import moments, topics
from network.refusals import Refusal
from network.roles import Permission

PAGE = 50
WORDS = (3, 3000)  # characters of an answer
SHORT = 1000  # of a question back, or a reason
SOURCE = 300
STATES = {
    "open": "chưa có người nhận", "assigned": "đã giao", "waiting": "chờ người hỏi nói rõ thêm",
    "answered": "đã trả lời", "closed": "đã đóng",
}
VIEWS = {"": "Đang chờ", "toi": "Của tôi", "chua-nhan": "Chưa ai nhận", "qua-han": "Quá hạn", "xong": "Đã xong"}
ENDED = "Câu hỏi này đã được người khác trả lời."


async def listing(visit: Visit) -> Response:
    query = visit.request.query_params
    view, topic, page = query.get("xem", ""), query.get("chu-de", ""), visit.leaf
    wanted = Wanted(
        ended=view == "xong", mine=visit.who.person_id if view == "toi" else None, nobodys=view == "chua-nhan",
        late=visit.now if view == "qua-han" else None, topic=topic if topic in topics.topics() else "",
    )
    count = await rows.count(visit.db, wanted)
    found = await rows.listed(visit.db, wanted, PAGE, (page - 1) * PAGE)
    return visit.page(
        "inbox.html", found=found, count=count, views=VIEWS, view=view if view in VIEWS else "", states=STATES,
        late={case.id for case, _ in found if cases.late(case, visit.now)}, topics=topics.topics(), topic=wanted.topic,
        asked=await rows.how_many_asked(visit.db, [case.id for case, _ in found]), number=page,
        more=count > page * PAGE, missing=await work.how_many(visit.db), overdue=await _overdue(visit),
    )


async def _overdue(visit: Visit) -> int:
    return await rows.count(visit.db, Wanted(late=visit.now))


async def case_of(visit: Visit) -> Case:
    case = await visit.db.get(Case, visit.number("case"))
    if case is None:
        raise Refusal("Không tìm thấy câu hỏi này. Vui lòng xem lại hộp thư.")
    return case


async def show(visit: Visit) -> Response:
    return await _page(visit, await case_of(visit))


async def _page(visit: Visit, case: Case) -> Response:
    db, mine = visit.db, case.expert_id in (None, visit.who.person_id)
    open_ = case.state in cases.OPEN
    others = [p for p in await case_acts.able(db, visit.who, case) if p != case.expert_id] if open_ else []
    entry = await db.get(Entry, case.entry_id) if case.entry_id else None
    return visit.page(
        "case.html", case=case, expert=await named(db, case.expert_id), by=await named(db, case.answered_by),
        asked=len(await cases.askers(db, case.id)), notes=await cases.notes(db, case.id), entry=entry,
        late=cases.late(case, visit.now), open=open_, mine=mine, states=STATES, askers=await _askers(visit, case),
        topic=topics.name_of(case.topic) if case.topic else "", words=visit.text("words"), source=visit.text("source"),
        others=[(p, "Tôi nhận" if p == visit.who.person_id else await named(db, p)) for p in others[:30]],
        due=f"{case.due_at.astimezone(moments.VIETNAM):%Y-%m-%dT%H:%M}" if case.due_at else "",
    )


async def _askers(visit: Visit, case: Case) -> list[tuple[int, str, str, datetime]]:
    """(person, name or "", agency, when first): names are for those who manage these people."""
    manages = visit.may(Permission.MANAGE_PEOPLE, Permission.ADMINISTER)
    first: dict[int, datetime] = {}
    for question in await rows.asked_of(visit.db, case.id):
        if question.person_id is not None:
            first.setdefault(question.person_id, question.at)
    found = []
    for number, at in first.items():
        person = await visit.db.get_one(Person, number)
        agency = await visit.db.get(Agency, person.agency_id) if person.agency_id else None
        seen = manages and await inside(visit, agency)
        found.append((number, (person.full_name or "") if seen else "", agency.name if agency else "", at))
    return found


async def inside(visit: Visit, agency: Agency | None) -> bool:
    """Whether the people of that agency are this visitor's to see."""
    if visit.who.scope is None:
        return True
    own = await visit.db.get(Agency, visit.who.scope) if visit.who.scope else None
    return own is not None and agency is not None and agency.path.startswith(own.path)


async def _own(visit: Visit) -> Case:
    """Open, and nobody else's: who answers for somebody takes the case first."""
    case = await cases.locked(visit.db, visit.number("case"))
    if case is None or case.state not in cases.OPEN:
        raise Refusal(ENDED)
    if case.expert_id not in (None, visit.who.person_id):
        keeper = await named(visit.db, case.expert_id)
        raise Refusal(f"Câu hỏi này đang giao cho {keeper}. Nếu trả lời thay, vui lòng nhận câu hỏi trước.")
    return case


def _words(visit: Visit, field: str, longest: int, what: str) -> str:
    words = visit.text(field).strip()
    if not WORDS[0] <= len(words) <= longest:
        said = f"{longest:,}".replace(",", ".")
        raise Refusal(f"{what} có từ {WORDS[0]} đến {said} ký tự.")
    return words


async def answer(visit: Visit) -> Response:
    words, case = _words(visit, "words", WORDS[1], "Câu trả lời"), await _own(visit)
    source = " ".join(visit.text("source").split())[:SOURCE]
    rules = visit.needs.case_rules
    if await expert.deliver(visit.db, case.id, visit.who.person_id, words, source, visit.now, rules) is None:
        raise Refusal(ENDED)
    return visit.to(f"/inbox/{case.id}", "traloi")


async def hand(visit: Visit) -> Response:
    case, chosen = await cases.locked(visit.db, visit.number("case")), visit.text("to")
    if case is None or case.state not in cases.OPEN:
        raise Refusal(ENDED)
    to = int(chosen) if chosen.isdecimal() and len(chosen) < 18 else 0
    await case_acts.hand(visit.db, visit.who, case, to, visit.now, visit.needs.case_rules)
    return visit.to(f"/inbox/{case.id}", "chuyen")


async def ask_back(visit: Visit) -> Response:
    words, case = _words(visit, "back", SHORT, "Câu hỏi lại"), await _own(visit)
    rules = visit.needs.case_rules
    if not await case_acts.ask_back(visit.db, case, visit.who.person_id, words, visit.now, rules):
        raise Refusal(case_acts.NOBODY)
    return visit.to(f"/inbox/{case.id}", "hoilai")


async def refuse(visit: Visit) -> Response:
    reason, case = _words(visit, "reason", SHORT, "Lý do"), await _own(visit)
    rules = visit.needs.case_rules
    if await case_acts.refuse(visit.db, case, visit.who.person_id, reason, visit.now, rules) is None:
        raise Refusal(ENDED)
    return visit.to(f"/inbox/{case.id}", "tuchoi")


async def set_due(visit: Visit) -> Response:
    case, typed = await cases.locked(visit.db, visit.number("case")), visit.text("due")
    if case is None or case.state not in cases.OPEN:
        raise Refusal(ENDED)
    try:
        due = datetime.fromisoformat(typed).replace(tzinfo=moments.VIETNAM)
    except ValueError:
        raise Refusal("Vui lòng chọn ngày và giờ.") from None
    await case_acts.set_due(visit.db, case, visit.who.person_id, due, visit.now, visit.needs.case_rules)
    return visit.to(f"/inbox/{case.id}", "han")
