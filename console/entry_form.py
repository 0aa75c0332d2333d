"""Writing an entry at the desk: the fields, the version they come from, and what happens when two write at once."""

from typing import Any

from starlette.responses import Response

from console.entries import entry_of
from console.visit import Visit
from db import entries as rows
from db.agencies import Agency
from db.knowledge import Entry
from handlers import entry_page, publishing
from handlers.entry_fields import day
from knowledge import curate
from knowledge.entry_content import ANSWER, PHRASINGS, QUESTION, Content
from knowledge.wrong import Wrong
from network import lookups, topics

CITED = ("doc", "article", "date", "url")
DATES = ("valid_from", "valid_to", "review_due")
BLANK_SOURCES = 2
NEW = "Mục mới"


async def blank(visit: Visit) -> Response:
    asked = visit.request.query_params.get("hoi", "").strip()[:QUESTION]
    return await _page(visit, None, curate.BLANK | {"question": asked}, 0)


async def edit(visit: Visit) -> Response:
    entry = await entry_of(visit)
    open_ = await rows.pending(visit.db, entry.id)
    content = curate.BLANK | (dict(open_.content) if open_ else curate.plain(entry))
    return await _page(visit, entry, content, await rows.newest(visit.db, entry.id))


async def _page(visit: Visit, entry: Entry | None, content: Content, newest: int) -> Response:
    """After a refusal with what was typed; where somebody was faster also with what they changed."""
    shown, seen, conflict = dict(content), newest, None
    if visit.fault:
        shown |= _typed(visit)
        seen = int(visit.text("seen")) if visit.text("seen").isdecimal() else newest
        if entry and seen != newest:
            conflict = await entry_page.named_changes(visit.db, content, content | _comparable(visit, content))
            seen = newest  # who has read the other's words may save on top of them
    owner = shown.get("owner_agency_id")
    agency = await visit.db.get(Agency, owner) if owner else None
    blank_source = dict.fromkeys(CITED)
    sources = [*(blank_source | c for c in shown["citations"]), *[blank_source] * BLANK_SOURCES]
    return visit.page(
        "entry_form.html", entry=entry, content=shown, seen=seen, sources=sources, conflict=conflict,
        owner=visit.text("owner") if visit.fault else f"{agency.name} ({agency.code})" if agency else "",
        topics=topics.topics(), longest=(QUESTION, ANSWER, PHRASINGS), why=visit.text("why"),
    )


def _typed(visit: Visit) -> dict[str, Any]:
    """As it was typed, also where it cannot be read."""
    return {
        "question": visit.text("question"), "answer": visit.text("answer"),
        "variants": [line for line in visit.text("variants").splitlines() if line.strip()],
        "citations": _citations(visit), "topic": visit.text("topic") or None,
        "superseded_by": visit.text("superseded_by"), "check_source": visit.text("check_source") == "on",
        **{name: visit.text(name) for name in DATES},
    }


def _comparable(visit: Visit, before: Content) -> dict[str, Any]:
    typed = _typed(visit)
    for name in DATES:
        try:
            found = day(typed[name])
            typed[name] = found.isoformat() if found else None
        except Wrong:
            typed[name] = before[name]
    return typed | {"superseded_by": typed["superseded_by"] or None}


def _citations(visit: Visit) -> list[dict[str, str | None]]:
    columns = {
        name: [v.strip() if isinstance(v, str) else "" for v in visit.form.getlist(f"citation_{name}")]
        for name in CITED
    }
    found = [
        {name: (column[row] if row < len(column) else "") or None for name, column in columns.items()}
        for row in range(len(columns["doc"]))
    ]
    return [row for row in found if any(row.values())]


async def _content(visit: Visit) -> dict[str, Any]:
    """What the form says, read. Raises Wrong and Refusal."""
    typed, owner = _typed(visit), visit.text("owner").strip()
    if any(not source["doc"] for source in typed["citations"]):
        raise Wrong("Mỗi nguồn cần tên văn bản, ví dụ: Nghị định 244/2026/NĐ-CP.")
    if any((source["url"] or "https://").partition("://")[0] not in ("http", "https") for source in typed["citations"]):
        raise Wrong("Đường dẫn của nguồn bắt đầu bằng https:// hoặc http://.")
    if typed["topic"] and typed["topic"] not in topics.topics():
        raise Wrong("Không có chủ đề này. Vui lòng chọn trong danh sách.")
    dates = {name: found.isoformat() if (found := day(typed[name])) else None for name in DATES}
    return typed | dates | {
        "question": " ".join(typed["question"].split()), "answer": typed["answer"].replace("\r\n", "\n").strip(),
        "variants": list(dict.fromkeys(" ".join(line.split()) for line in typed["variants"])),
        "superseded_by": " ".join(typed["superseded_by"].split())[:200] or None,
        "owner_agency_id": (await lookups.agency(visit.db, owner)).id if owner else None,
    }


async def create(visit: Visit) -> Response:
    why = " ".join(visit.text("why").split())[:1000] or NEW
    entry, version = await curate.begin(visit.db, await _content(visit), visit.who.person_id, visit.now, why=why)
    return await _saved(visit, entry.id, version.id, why)


async def save(visit: Visit) -> Response:
    entry, why = await entry_of(visit), " ".join(visit.text("why").split())[:1000]
    seen = int(visit.text("seen")) if visit.text("seen").isdecimal() else 0
    content = await _content(visit)
    open_ = await rows.pending(visit.db, entry.id)
    same = open_ and open_.editor_id == visit.who.person_id and curate.BLANK | dict(open_.content) | content
    if open_ and same == curate.BLANK | dict(open_.content) and visit.text("then") == "submit":
        return await _saved(visit, entry.id, open_.id, why or open_.why or NEW)  # saved before, now handed in
    version = await curate.write(visit.db, entry.id, content, visit.who.person_id, visit.now, why=why, seen=seen)
    return await _saved(visit, entry.id, version.id, why or version.why or "")


async def _saved(visit: Visit, entry_id: int, version_id: int, why: str) -> Response:
    if visit.text("then") != "submit":
        return visit.to(f"/knowledge/{entry_id}", "luu")
    if len(why) < 3:
        raise Wrong("Vui lòng ghi một câu: vì sao thay đổi. Câu này ở lại trong lịch sử của mục.")
    await publishing.submit(visit.db, version_id, visit.who.person_id, why, visit.now)
    return visit.to(f"/knowledge/{entry_id}", "trinhmuc")
