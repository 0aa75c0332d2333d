"""Writing a brief: the form, what it will look like, whom it reaches; saved only when nobody else saved meanwhile."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from markupsafe import escape
from starlette.responses import HTMLResponse, Response

from console import forms, merging, previewing
from console.merging import Clash, Typed
from console.rendering import piece
from console.visit import Visit
from db.agencies import Level
from network import (
    approvals,
    audiences,
    brief_check,
    brief_templates,
    briefs,
    embargo,
    places,
    roles,
    sending_time,
    topics,
)
from network import reach as network_reach
from network.brief_content import LABELS, STAGES, Content, Priority, Problem
from network.briefs import Draft
from network.refusals import Refusal

LEVELS = {
    Level.CENTRAL: "Bộ, ngành trung ương", Level.PROVINCE: "Tỉnh, thành phố", Level.COMMUNE: "Xã, phường",
    Level.PRESS: "Cơ quan báo chí",
}
SHARED, STALE = timedelta(seconds=20), timedelta(minutes=10)  # of a count while somebody writes
LABEL_OF = {**LABELS, "audience": "Người nhận"}
# Shown again as typed.
RAW = ("agencies", "without_agencies", "valid_from", "valid_to", "ack_hours", "pre_release_added")


async def blank(visit: Visit) -> Response:
    """Empty, or begun from a template (`?mau=`)."""
    if visit.fault:
        return await _form(visit, None, *await _read(visit, (Content(), {})))
    begun = visit.request.query_params.get("mau", "")
    content, audience = await brief_templates.content_of(visit.db, begun) if begun else (Content(), {})
    return await _form(visit, None, content, audience)


async def edit(visit: Visit) -> Response:
    draft = await briefs.load(visit.db, visit.number("brief"))
    if draft.state not in briefs.OPEN:
        raise Refusal(f"{briefs.stands(draft.state)} nên không sửa ở đây được.")
    if visit.fault:
        return await _form(visit, draft, *await _read(visit, _opened(visit, draft)))
    return await _form(visit, draft, draft.content, draft.audience)


async def create(visit: Visit) -> Response:
    content, audience, problems = await _read(visit, merging.unpacked(visit.text("opened")) or (Content(), {}))
    if problems:
        return await _form(visit, None, content, audience, problems, status=422)
    draft = await briefs.create(visit.db, content, visit.who, visit.now, audience=audience)
    return visit.to(f"/briefs/{draft.id}", "luu")


async def save(visit: Visit) -> Response:
    """The stamp of the edition the form was opened with: what a second editor changed meanwhile is merged or shown."""
    draft = await briefs.load(visit.db, visit.number("brief"), lock=True)
    opened = _opened(visit, draft)
    content, audience, problems = await _read(visit, opened)
    if draft.content.corrects:  # goes to exactly those who have the wrong text
        audience = dict(draft.audience)
    if not draft.hash.startswith(visit.text("stamp") or "-"):
        return await _merged(visit, draft, opened, (content, audience), problems)
    if problems:
        return await _form(visit, draft, content, audience, problems, status=422)
    await briefs.edit(
        visit.db, draft.id, visit.who, visit.now, content=content, audience=audience, stamp=visit.text("stamp")
    )
    return visit.to(f"/briefs/{draft.id}", "luu")


def _opened(visit: Visit, draft: Draft) -> Typed:
    """What the form was opened with. One that does not say so: what is saved, or nothing where that has changed."""
    current = draft.hash.startswith(visit.text("stamp") or "-")
    return merging.unpacked(visit.text("opened")) or ((draft.content, draft.audience) if current else (Content(), {}))


async def _merged(
    visit: Visit, draft: Draft, opened: Typed, typed: Typed, problems: Sequence[Problem]
) -> Response:
    merged = merging.merge(opened[0], draft.content, typed[0])
    taken, clashes, audience = merged.taken, merged.clashes, dict(typed[1])
    before, theirs = dict(opened[1]), dict(draft.audience)
    if theirs not in (before, audience):
        if audience == before:
            audience, taken = theirs, (*taken, merging.AUDIENCE)
        else:
            said = await audiences.describe(visit.db, audiences.Audience.from_json(theirs))
            clashes = (*clashes, Clash("audience", merging.AUDIENCE, said, ()))
    other = await approvals.name_of(visit.db, draft.editor_id)
    newer = {"who": other, "at": draft.updated_at, "taken": taken, "clashes": clashes}
    return await _form(visit, draft, merged.content, audience, problems, newer=newer, status=409)


async def _read(visit: Visit, before: Typed) -> tuple[Content, dict[str, Any], list[Problem]]:
    content, problems = forms.content_of(visit.form, before[0])
    content, unknown = await forms.readers_of(visit.db, visit.form, content)
    audience, wrong = await forms.audience_of(visit.db, visit.form, before[1])
    return content, audience, problems + unknown + wrong


async def _form(
    visit: Visit, draft: Draft | None, content: Content, audience: Mapping[str, Any],
    problems: Sequence[Problem] = (), *, newer: Mapping[str, Any] | None = None, status: int = 200,
) -> Response:
    shown = audiences.Audience.from_json(audience)
    opened = (draft.content, draft.audience) if draft else (content, audience)
    return visit.page(
        "compose.html", status, draft=draft, content=content, audience=shown, opened=merging.packed(*opened),
        problems=[(LABEL_OF.get(p.field, p.field), p) for p in problems], wrong=_beside(problems),
        typed={name: "\n".join(forms.lines(visit.form, name)) for name in RAW}, newer=newer,
        readers=await embargo.described(visit.db, content),
        templates=[] if draft else await brief_templates.listed(visit.db),
        stages=STAGES, priorities=list(Priority), levels=LEVELS,
        provinces=[(p.code, p.name) for p in places.provinces()],
        roles=[(code, role.name) for code, role in roles.roles().items()], topics=topics.topics(),
        topic_fields=topics.fields(),
    )


def _beside(problems: Sequence[Problem]) -> dict[str, str]:
    """Field → what is said next to it."""
    said: dict[str, list[str]] = {}
    for problem in problems:
        said.setdefault(problem.field, []).append(problem.text)
    return {name: "; ".join(texts) for name, texts in said.items()}


async def preview(visit: Visit) -> Response:
    """A piece of the page: the letter as it will arrive on each platform, and what is still missing."""
    saved = visit.request.path_params.get("brief")
    before = (await briefs.load(visit.db, visit.number("brief"))).content if saved else Content()
    content, wrong = forms.content_of(visit.form, before)
    shown = await previewing.on_each(visit, visit.number("brief") if saved else 0, content)
    problems = [(LABEL_OF.get(p.field, p.field), p) for p in [*wrong, *brief_check.problems(content)]]
    return HTMLResponse(piece(visit.request, "preview.html", shown=shown, problems=problems))


async def reach(visit: Visit) -> Response:
    """A piece of the page: how many would receive it now, on which channel, at what cost, and how long it takes."""
    audience, wrong = await forms.audience_of(visit.db, visit.form, {})
    if wrong:
        return HTMLResponse(escape("; ".join(problem.text for problem in wrong)))
    chosen, flash = audiences.Audience.from_json(audience), visit.text("priority") == Priority.FLASH
    if not chosen:
        return HTMLResponse(piece(visit.request, "reach.html", found=None))
    content, _wrong = forms.content_of(visit.form, Content())
    counted = await visit.needs.kept.get(  # while somebody types, the same audience is asked for again and again
        ("reach", json.dumps(audience, sort_keys=True), flash),
        lambda db: network_reach.count(db, chosen, flash=flash, now=visit.now), fresh=SHARED, stale=STALE,
    )
    found = await network_reach.priced(visit.db, counted.value, content)
    took = sending_time.said(found.seconds) if found.seconds else ""
    return HTMLResponse(piece(visit.request, "reach.html", found=found, took=took))
