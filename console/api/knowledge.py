"""The knowledge base asked by a programme: entries as they are served now, and questions as people ask them."""

from sqlalchemy import select

from console.api.call import Call
from console.api.problems import Refused
from console.api.shapes import (
    Answered,
    Entries,
    EntryShown,
    Hit,
    Hits,
    NewQuestion,
    Part,
    Said,
    Search,
    Unanswered,
    UnansweredList,
)
from db import abbreviations
from db.knowledge import Entry, EntryState, Question
from handlers.asking import unfit
from knowledge import questions, turn, work
from knowledge.answer import Kind
from knowledge.legal import quote
from knowledge.turn import Asked


def _entry(row: Entry) -> EntryShown:
    return EntryShown(
        key=row.key, question=row.question, answer=row.answer, topic=row.topic, citations=row.citations,
        valid_from=row.valid_from, valid_to=row.valid_to, version=row.version,
    )


async def listing(call: Call) -> Entries:
    given: Part = call.given
    rows = select(Entry).where(Entry.state == EntryState.PUBLISHED).order_by(Entry.id.desc()).limit(given.limit + 1)
    if given.cursor is not None:
        rows = rows.where(Entry.id < given.cursor)
    found = (await call.db.scalars(rows)).all()
    shown = found[: given.limit]
    return Entries(items=[_entry(row) for row in shown], next=shown[-1].id if len(found) > given.limit else None)


async def show(call: Call) -> EntryShown:
    found = call.needs.catalogue.entry(str(call.request.path_params["key"]))
    if found is None:
        raise Refused(404, "Không có mục tri thức đang dùng mang khóa này.")
    return _entry(found)


async def search(call: Call) -> Hits:
    given: Search = call.given
    catalogue = call.needs.catalogue
    index = catalogue.snapshot.index
    hits = [(hit, catalogue.entry(hit.id)) for hit in index.search(given.q, given.limit)]
    return Hits(
        understood=index.understood(given.q),
        items=[Hit(score=round(hit.score, 4), entry=_entry(row)) for hit, row in hits if row is not None],
    )


async def ask(call: Call) -> Answered:
    """Recorded as asked by the token's person."""
    given: NewQuestion = call.given
    if refusal := unfit(given.text.strip()):
        raise Refused(422, refusal)
    if await questions.too_many(call.db, call.who.person_id, call.now):
        raise Refused(429, "Mã truy cập này hỏi quá nhanh. Vui lòng đợi một phút rồi hỏi tiếp.")
    short = await abbreviations.of_person(call.db, call.who.person_id)
    asked = turn.read(given.text.strip(), call.needs.catalogue, short=short)
    return Answered(questions=[await _said(call, one) for one in asked])


async def _said(call: Call, asked: Asked) -> Said:
    catalogue, decision = call.needs.catalogue, asked.decision
    if decision.kind == Kind.SMALLTALK:
        return Said(id=None, text=asked.text, decision="smalltalk", said=decision.said)
    near = [row for hit in decision.hits if (row := catalogue.entry(hit.id))]
    found = near[0] if decision.kind == Kind.ANSWER and near else None
    row = await questions.record(call.db, call.who.person_id, None, asked, found, call.now)
    passage = catalogue.provision(decision.best.id) if decision.kind == Kind.QUOTE and decision.best else None
    return Said(
        id=row.id, text=asked.text, decision=decision.kind.value, entry=_entry(found) if found else None,
        candidates=[_entry(one) for one in near] if decision.kind == Kind.CANDIDATES else [],
        quote=quote(passage) if passage else None,
    )


async def unanswered(call: Call) -> UnansweredList:
    given: Part = call.given
    rows = select(Question).where(Question.decision == Kind.NONE).order_by(Question.id.desc()).limit(given.limit + 1)
    if given.cursor is not None:
        rows = rows.where(Question.id < given.cursor)
    found = (await call.db.scalars(rows)).all()
    shown = found[: given.limit]
    return UnansweredList(
        items=[Unanswered(id=q.id, text=work.said(q), at=q.at, case_id=q.case_id) for q in shown],
        next=shown[-1].id if len(found) > given.limit else None,
    )
