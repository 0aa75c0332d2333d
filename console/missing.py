"""What was asked and not found, put together by meaning: taken, written as an entry, linked to one, or refused."""

from starlette.responses import Response

from console import knowledge
from console.visit import Visit
from db import entries
from db import work as rows
from db.knowledge import Entry, Work, WorkKind, WorkState
from db.people import Person
from handlers import work_acts
from handlers.work_desk import STATES
from knowledge import work
from network import audit, topics
from network.refusals import Refusal

LISTED, NEAR = 100, 5
ENDED = (WorkState.DONE, WorkState.REFUSED)


async def listing(visit: Visit) -> Response:
    ended = visit.request.query_params.get("xem") == "xong"
    found = await rows.listed(visit.db, visit.who.person_id, ENDED if ended else rows.ACTIVE, LISTED)
    return visit.page(
        "missing.html", found=found, ended=ended, states=STATES, topics=topics.topics(), wrong=WorkKind.WRONG,
        **await knowledge.counts(visit),
    )


async def _piece(visit: Visit) -> Work:
    return await work.find(visit.db, visit.number("work"))


async def show(visit: Visit) -> Response:
    piece = await _piece(visit)
    owner = await visit.db.get(Person, piece.owner_id) if piece.owner_id else None
    base, catalogue = visit.needs.catalogue.snapshot, visit.needs.catalogue
    near = [(hit, e) for hit in base.index.search(piece.text, NEAR) if (e := catalogue.entry(hit.id))]
    active = piece.state in rows.ACTIVE
    return visit.page(
        "missing_one.html", piece=piece, owner=(owner.full_name if owner else "") or "", near=near, active=active,
        mine=piece.owner_id == visit.who.person_id,
        state=STATES[WorkState(piece.state)], askers=len(await rows.askers(visit.db, piece.id)),
        entry=await visit.db.get(Entry, piece.entry_id) if piece.entry_id else None,
        topic=topics.name_of(piece.topic) if piece.topic else "", wrong=piece.kind == WorkKind.WRONG,
        writing=piece.state == WorkState.WRITING, **await knowledge.counts(visit),
    )


async def take(visit: Visit) -> Response:
    piece = await work.take(visit.db, visit.number("work"), visit.who.person_id)
    await audit.record(visit.db, visit.now, "work.taken", actor=visit.who.person_id, subject=f"work:{piece.id}")
    return visit.to(f"/knowledge/missing/{piece.id}", "nhan")


async def write(visit: Visit) -> Response:
    entry = await work.write(visit.db, visit.number("work"), visit.who.person_id, visit.now)
    return visit.to(f"/knowledge/{entry.id}/edit")


async def link(visit: Visit) -> Response:
    key = visit.text("key").strip()
    entry = await entries.by_key(visit.db, key) if key else None
    if entry is None:
        raise Refusal("Không tìm thấy mục mang mã này. Vui lòng chọn một mục ở danh sách, hoặc ghi đúng mã.")
    number = visit.number("work")
    await work_acts.link(visit.db, number, entry, visit.who.person_id, visit.now, visit.needs.case_rules)
    return visit.to(f"/knowledge/missing/{number}", "noi")


async def refuse(visit: Visit) -> Response:
    number, reason = visit.number("work"), " ".join(visit.text("reason").split())[:500]
    await work_acts.refuse(visit.db, number, visit.who.person_id, reason, visit.now)
    return visit.to(f"/knowledge/missing/{number}", "khonglam")
