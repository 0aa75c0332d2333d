"""One entry at the desk: as it is served, its versions compared, what waits for a second person, golden questions."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from console.visit import Visit
from db import entries as rows
from db import golden as golden_rows
from db.agencies import Agency
from db.knowledge import Entry, EntryState, EntryVersion, VersionState
from db.people import Person
from handlers import entry_page, entry_scope, publishing
from knowledge import curate, duplicates, golden
from knowledge.entry_content import missing
from knowledge.golden import Check
from network import audit, topics
from network.refusals import Refusal
from network.roles import Permission

MISSING = "Không tìm thấy mục này. Vui lòng xem lại danh sách."
ASKED_AGAIN = timedelta(hours=1)  # golden questions of the same draft on the same base find the same
REASON = (3, 1000)


async def entry_of(visit: Visit) -> Entry:
    entry = await visit.db.get(Entry, visit.number("entry"))
    if entry is None:
        raise Refusal(MISSING)
    return entry


async def show(visit: Visit) -> Response:
    db, entry = visit.db, await entry_of(visit)
    today, decides = entry_page.today(visit.now), await entry_scope.decides_here(db, visit.who, entry)
    owner = await db.get(Agency, entry.owner_agency_id) if entry.owner_agency_id else None
    asked = await golden_rows.of_entry(db, entry.id)
    base = visit.needs.catalogue.snapshot
    version = await rows.pending(db, entry.id)
    edits = visit.may(Permission.EDIT_ENTRIES)
    return visit.page(
        "entry.html", entry=entry, state=entry_page.state(entry, today), owner=owner.name if owner else "",
        topic=topics.name_of(entry.topic) if entry.topic else "", history=await rows.history(db, entry.id),
        version_states=entry_page.VERSION_STATES, served=entry.state == EntryState.PUBLISHED,
        pending=await _pending(visit, entry, version) if version else None, decides=decides,
        edits=edits and (version is None or version.editor_id == visit.who.person_id), writes=edits,
        checks=golden.asked(base, base.index, [(g.id, g.question, entry.key) for g in asked]),
        shown=await _compared(visit, entry),
    )


async def _pending(visit: Visit, entry: Entry, version: EntryVersion) -> dict[str, Any]:
    """The version on its way: what it changes, what speaks against it, and what this visitor may do with it."""
    db, base = visit.db, visit.needs.catalogue.snapshot
    content = await curate.to_be_served(db, entry, version)
    writer = await db.get(Person, version.editor_id) if version.editor_id else None
    mine = version.editor_id is not None and version.editor_id == visit.who.person_id
    in_review = version.state == VersionState.REVIEW
    old = curate.plain(entry) if entry.published_at else None
    return {
        "version": version, "content": content, "mine": mine, "writer": (writer.full_name if writer else "") or "",
        "changes": await entry_page.named_changes(db, old, content), "fresh": old is None,
        "lacks": missing(content) + ([] if content["citations"] else ["Mục chưa ghi nguồn."]),
        "alike": duplicates.find(base, content, entry.key, entry_page.today(visit.now)),
        "broken": [golden.said(check) for check in await _broken(visit, entry, version, content)],
        "review": in_review and not mine and await entry_scope.decides_here(db, visit.who, entry),
        "submit": mine and not in_review,
    }


async def _broken(visit: Visit, entry: Entry, version: EntryVersion, content: dict[str, Any]) -> list[Check]:
    base = visit.needs.catalogue.snapshot

    async def asked(db: AsyncSession) -> list[Check]:
        return await golden.broken(db, base, [golden.passage(entry.key, content)])

    key = ("golden", version.id, base.version, len(content["variants"]))
    return (await visit.needs.kept.get(key, asked, fresh=ASKED_AGAIN)).value


async def _compared(visit: Visit, entry: Entry) -> dict[str, Any] | None:
    """The version named in the address beside the one served before it, or the one it is to be compared with."""
    query = visit.request.query_params
    wanted, other = query.get("ban", ""), query.get("voi", "")
    if not (wanted.isdecimal() and len(wanted) < 9):
        return None
    version = await rows.version(visit.db, entry.id, int(wanted))
    if version is None:
        return None
    if other.isdecimal() and len(other) < 9:
        old = await rows.version(visit.db, entry.id, int(other))
    else:
        old = await rows.before(visit.db, entry.id, int(wanted))
    changes = await entry_page.named_changes(visit.db, old.content if old else None, version.content)
    return {"version": version, "old": old, "changes": changes}


def _reason(visit: Visit, what: str, name: str = "reason") -> str:
    said = " ".join(visit.text(name).split())[: REASON[1]]
    if len(said) < REASON[0]:
        raise Refusal(f"Vui lòng ghi lý do {what}.")
    return said


async def _waiting(visit: Visit) -> tuple[Entry, EntryVersion]:
    """The version the form was about, while it is still the one on its way."""
    entry = await entry_of(visit)
    version = await rows.pending(visit.db, entry.id)
    if version is None or str(version.version) != visit.text("stamp"):
        raise Refusal(curate.MOVED)
    return entry, version


async def _reviewed(visit: Visit) -> EntryVersion:
    entry, version = await _waiting(visit)
    await entry_scope.may_decide(visit.db, visit.who, entry.owner_agency_id)
    if version.state != VersionState.REVIEW:
        raise Refusal(curate.MOVED)
    return version


async def submit(visit: Visit) -> Response:
    entry, version = await _waiting(visit)
    why = " ".join(visit.text("why").split())[: REASON[1]] or version.why or ("Mục mới" if version.version == 1 else "")
    if len(why) < REASON[0]:
        raise Refusal("Vui lòng ghi một câu: vì sao thay đổi. Câu này ở lại trong lịch sử của mục.")
    await publishing.submit(visit.db, version.id, visit.who.person_id, why, visit.now)
    return visit.to(f"/knowledge/{entry.id}", "trinhmuc")


async def publish(visit: Visit) -> Response:
    """Golden questions in the way are said on the page it comes back to, with a field for why all the same."""
    version = await _reviewed(visit)
    await publishing.publish(
        visit.db, version.id, visit.who.person_id, visit.now, visit.needs.catalogue.snapshot,
        anyway=visit.text("anyway"), rules=visit.needs.case_rules,
    )
    return visit.to(f"/knowledge/{version.entry_id}", "congbo")


async def give_back(visit: Visit) -> Response:
    version = await _reviewed(visit)
    await publishing.give_back(visit.db, version.id, visit.who.person_id, _reason(visit, "trả lại"), visit.now)
    return visit.to(f"/knowledge/{version.entry_id}", "tra")


async def drop(visit: Visit) -> Response:
    """The writer's own, or what waits for this reviewer."""
    entry, version = await _waiting(visit)
    if version.editor_id != visit.who.person_id:
        await entry_scope.may_decide(visit.db, visit.who, entry.owner_agency_id)
    await publishing.drop(visit.db, version.id, visit.who.person_id, visit.now)
    return visit.to(f"/knowledge/{entry.id}", "bomuc")


async def restore(visit: Visit) -> Response:
    entry, number = await entry_of(visit), visit.text("version")
    wanted = int(number) if number.isdecimal() and len(number) < 9 else 0
    await curate.take_back(visit.db, entry.id, wanted, visit.who.person_id, visit.now)
    return visit.to(f"/knowledge/{entry.id}", "laylai")


async def retire(visit: Visit) -> Response:
    entry = await entry_of(visit)
    await entry_scope.may_decide(visit.db, visit.who, entry.owner_agency_id)
    await publishing.retire(
        visit.db, entry.id, visit.who.person_id, _reason(visit, "ngừng dùng"), visit.now,
        visit.needs.catalogue.snapshot, anyway=visit.text("anyway") == "on",
    )
    return visit.to(f"/knowledge/{entry.id}", "ngung")


async def confirm(visit: Visit) -> Response:
    entry = await entry_of(visit)
    if str(entry.version) != visit.text("stamp"):
        raise Refusal(curate.MOVED)
    await entry_scope.within(visit.db, visit.who, entry.owner_agency_id)
    await publishing.confirm(visit.db, entry.id, visit.who.person_id, visit.now)
    return visit.to(f"/knowledge/{entry.id}", "vandung")


async def add_golden(visit: Visit) -> Response:
    entry = await entry_of(visit)
    await golden.add(visit.db, visit.text("question"), entry, visit.who.person_id, visit.now)
    await audit.record(
        visit.db, visit.now, "golden.added", actor=visit.who.person_id, subject=f"entry:{entry.key}",
        detail={"question": visit.text("question")[:300]},
    )
    return visit.to(f"/knowledge/{entry.id}", "luu")


async def remove_golden(visit: Visit) -> Response:
    entry, number = await entry_of(visit), visit.text("golden")
    await entry_scope.may_decide(visit.db, visit.who, entry.owner_agency_id)
    if number not in {str(g.id) for g in await golden_rows.of_entry(visit.db, entry.id)}:
        raise Refusal("Câu hỏi mẫu này không còn.")
    gone = await golden.remove(visit.db, int(number))
    await audit.record(
        visit.db, visit.now, "golden.removed", actor=visit.who.person_id, subject=f"entry:{entry.key}",
        detail={"question": gone.question},
    )
    return visit.to(f"/knowledge/{entry.id}", "luu")
