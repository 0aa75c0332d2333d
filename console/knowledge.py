"""The knowledge desk: entries looked for, what falls due, and a question tried out with the reason of its answer."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from starlette.responses import Response

from console.rendering import score
from console.visit import Visit
from db import members
from db import work as work_rows
from db.entries import OPEN
from db.knowledge import Entry, EntryState, EntryVersion, VersionState
from handlers import entry_page, entry_warning
from knowledge import due, text
from knowledge.answer import CLEAR, Decision, Kind
from knowledge.content import smalltalk
from network import topics
from network.roles import Permission

PAGE = 50
STATES = {
    EntryState.PUBLISHED: "đang công bố", EntryState.REVIEW: "chờ duyệt", EntryState.DRAFT: "đang soạn",
    EntryState.EMBARGOED: "chờ bản tin phát hành", EntryState.RETIRED: "đã ngừng dùng",
}
WAITING = {EntryState.REVIEW: VersionState.REVIEW, EntryState.DRAFT: VersionState.DRAFT}
ORDERS = {"chu-de": "Chủ đề", "moi": "Mới sửa", "ra-soat": "Ngày rà soát", "ma": "Mã"}
VERDICTS = {
    Kind.ANSWER: "Trả lời ngay", Kind.CANDIDATES: "Đưa ra lựa chọn", Kind.SMALLTALK: "Lời chào hỏi",
    Kind.NONE: "Chưa có câu trả lời, chuyển chuyên gia", Kind.QUOTE: "Trích nguyên văn văn bản",
}
ASKED = 400  # characters of a question tried out
TRIED = 5  # entries shown


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the address."""

    state: str
    words: str
    topic: str
    order: str
    page: int


def wanted_by(visit: Visit) -> Wanted:
    query = visit.request.query_params
    state = query.get("trang-thai", EntryState.PUBLISHED)
    topic, order = query.get("chu-de", ""), query.get("xep", "")
    return Wanted(
        state if state in STATES else EntryState.PUBLISHED, query.get("tim", "").strip()[:200],
        topic if topic in topics.topics() else "", order if order in ORDERS else "chu-de",
        visit.leaf,
    )


def _rows(visit: Visit, wanted: Wanted) -> Select[tuple[Entry]]:
    """A served entry that is being changed stands among the changed ones too."""
    found = select(Entry)
    if wanted.state in WAITING:
        moving = select(EntryVersion.entry_id).where(EntryVersion.state == WAITING[EntryState(wanted.state)])
        found = found.where(Entry.id.in_(moving))
    else:
        found = found.where(Entry.state == wanted.state)
    if wanted.words:
        said = [members.holds(visit.db, column, wanted.words) for column in (Entry.question, Entry.answer)]
        found = found.where(or_(*said, Entry.key == wanted.words))
    return found.where(Entry.topic == wanted.topic) if wanted.topic else found


def _ordered(rows: Select[Any], order: str) -> Select[Any]:
    keys = {
        "chu-de": (Entry.topic, Entry.key), "moi": (Entry.updated_at.desc(), Entry.id.desc()),
        "ra-soat": (Entry.review_due.is_(None), Entry.review_due, Entry.id), "ma": (Entry.key,),
    }
    return rows.order_by(*keys[order])


async def listing(visit: Visit) -> Response:
    wanted = wanted_by(visit)
    asked = visit.request.query_params.get("hoi", "").strip()[:ASKED]
    count = await visit.db.scalar(_rows(visit, wanted).with_only_columns(func.count())) or 0
    part = _ordered(_rows(visit, wanted), wanted.order).limit(PAGE).offset((wanted.page - 1) * PAGE)
    waiting = await visit.db.execute(
        select(EntryVersion.state, func.count()).where(EntryVersion.state.in_(OPEN)).group_by(EntryVersion.state)
    )
    return visit.page(
        "knowledge.html", entries=(await visit.db.scalars(part)).all(), count=count, states=STATES, wanted=wanted,
        asked=asked, tried=_tried(visit, asked) if asked else None, topics=topics.topics(), orders=ORDERS,
        waiting={state: number for state, number in waiting}, more=count > wanted.page * PAGE,
        today=entry_page.today(visit.now), **await counts(visit),
    )


async def counts(visit: Visit) -> dict[str, Any]:
    """For the tabs above every list of the desk."""
    return {
        "due_count": len(await _this_month(visit)), "missing_count": await work_rows.how_many(visit.db),
        "may_edit": visit.may(Permission.EDIT_ENTRIES),
    }


async def _this_month(visit: Visit) -> list[due.Due]:
    today = entry_page.today(visit.now)
    month = today.replace(day=28)
    while month.month == today.month:
        month = month.fromordinal(month.toordinal() + 1)
    return await due.coming(visit.db, today, (month - today).days - 1)


async def falling_due(visit: Visit) -> Response:
    found = await _this_month(visit)
    kinds = {kind: [one for one in found if one.kind == kind] for kind in due.Kind}
    keepers = {one.entry.id: await entry_warning.keeper(visit.db, one.entry) for one in found}
    return visit.page(
        "knowledge_due.html", kinds=kinds, keepers=keepers, today=entry_page.today(visit.now), topics=topics.topics(),
        **await counts(visit),
    )


def _tried(visit: Visit, asked: str) -> dict[str, Any]:
    """How the question is read, what would be done and why, and the best entries with their scores."""
    snapshot = visit.needs.catalogue.snapshot
    decision = visit.needs.catalogue.decide(asked, smalltalk())
    hits = snapshot.index.search(asked, TRIED)
    understood = snapshot.index.understood(asked)
    top = max(1.0, hits[0].score if hits else 0.0)
    return {
        "understood": understood, "as_typed": text.spelt(asked).casefold().strip("?. ") == understood.casefold(),
        "verdict": VERDICTS[decision.kind], "kind": decision.kind.value, "said": decision.said,
        "why": _why(decision, [hit.score for hit in hits], snapshot.thresholds.answer, snapshot.thresholds.offer),
        "answer": snapshot.thresholds.answer, "offer": snapshot.thresholds.offer, "top": top,
        "hits": [(hit, visit.needs.catalogue.entry(hit.id)) for hit in hits],
        "quoted": [p for h in decision.hits if (p := visit.needs.catalogue.provision(h.id))]
        if decision.kind == Kind.QUOTE else [],
    }


def _why(decision: Decision, scores: list[float], answer: float, offer: float) -> str:
    """In one sentence, with the numbers that decided."""
    if decision.kind == Kind.SMALLTALK:
        return "Đây là lời chào hỏi; Loa không tìm trong kho tri thức."
    if not scores:
        return "Không mục nào có chữ chung với câu hỏi."
    first, lead = scores[0], scores[0] - (scores[1] if len(scores) > 1 else 0.0)
    said = f"Mục đứng đầu được {score(first)} điểm"
    if decision.kind == Kind.QUOTE:
        return f"{said}, không hơn đoạn văn bản luật khớp nhất, nên Loa trích nguyên văn."
    if first < offer:
        return f"{said}, dưới ngưỡng gợi ý {score(offer)}."
    if first < answer:
        return f"{said}: từ ngưỡng gợi ý {score(offer)} nhưng dưới ngưỡng trả lời {score(answer)}."
    if decision.kind == Kind.ANSWER:
        return f"{said}, qua ngưỡng trả lời {score(answer)} và hơn mục thứ hai {score(lead)}."
    if lead < CLEAR:
        return f"{said}, qua ngưỡng trả lời, nhưng chỉ hơn mục thứ hai {score(lead)} (cần {score(CLEAR)})."
    return f"{said}, qua ngưỡng trả lời, nhưng câu hỏi quá ngắn hoặc nêu đích danh văn bản khác."
