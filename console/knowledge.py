"""The knowledge desk: entries, one with its versions, and a question tried out with the reason of its answer."""

from sqlalchemy import func, or_, select
from starlette.responses import Response

from console.visit import Visit
from db import entries
from db.agencies import Agency
from db.knowledge import Entry, EntryState
from knowledge.content import smalltalk
from network import topics
from network.refusals import Refusal

PAGE = 50
STATES = {
    EntryState.PUBLISHED: "đang dùng", EntryState.DRAFT: "bản nháp", EntryState.REVIEW: "chờ duyệt",
    EntryState.EMBARGOED: "chờ phát hành", EntryState.RETIRED: "đã rút",
}
VERDICTS = {
    "answer": "Trả lời ngay", "candidates": "Đưa ra lựa chọn", "none": "Chưa có câu trả lời, chuyển chuyên gia",
    "smalltalk": "Lời chào hỏi", "quote": "Trích văn bản",
}
ASKED = 400  # characters of a question tried out


async def listing(visit: Visit) -> Response:
    query = visit.request.query_params
    asked, wanted = query.get("hoi", "").strip()[:ASKED], query.get("tim", "").strip()
    state = query.get("trang-thai", EntryState.PUBLISHED)
    rows = select(Entry).order_by(Entry.topic, Entry.key)
    if state in STATES:
        rows = rows.where(Entry.state == state)
    if wanted:
        part = f"%{wanted.replace('%', '')}%"
        rows = rows.where(or_(Entry.question.ilike(part), Entry.answer.ilike(part), Entry.key == wanted))
    count = await visit.db.scalar(select(func.count()).select_from(rows.subquery())) or 0
    found = (await visit.db.scalars(rows.limit(PAGE))).all()
    return visit.page(
        "knowledge.html", entries=found, count=count, states=STATES, state=state, wanted=wanted, asked=asked,
        tried=_tried(visit, asked) if asked else None, topics=topics.topics(),
    )


def _tried(visit: Visit, asked: str) -> dict[str, object]:
    """How the question is read, what would be done, and the best entries with their scores."""
    snapshot = visit.needs.catalogue.snapshot
    decision = visit.needs.catalogue.decide(asked, smalltalk())
    hits = snapshot.index.search(asked, 5)
    return {
        "understood": snapshot.index.understood(asked), "verdict": VERDICTS[decision.kind], "said": decision.said,
        "answer": snapshot.thresholds.answer, "offer": snapshot.thresholds.offer,
        "hits": [(hit, visit.needs.catalogue.entry(hit.id)) for hit in hits],
    }


async def show(visit: Visit) -> Response:
    entry = await visit.db.get(Entry, visit.number("entry"))
    if entry is None:
        raise Refusal("Không tìm thấy mục này. Vui lòng xem lại danh sách.")
    owner = await visit.db.get(Agency, entry.owner_agency_id) if entry.owner_agency_id else None
    return visit.page(
        "entry.html", entry=entry, state=STATES[EntryState(entry.state)], owner=owner.name if owner else "",
        topic=topics.name_of(entry.topic) if entry.topic else "", history=await entries.history(visit.db, entry.id),
    )
