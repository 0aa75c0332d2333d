"""Writing a brief: the form, what it will look like, whom it reaches; saved only when nobody else saved meanwhile."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import HTMLResponse, Response

from console import forms
from console.rendering import TEMPLATES
from console.visit import Visit
from db.agencies import Level
from network import audiences, brief_check, briefs, places, roles, sending_time, topics
from network.brief_content import LABELS, STAGES, Content, Priority, Problem
from network.briefs import Draft
from network.letters import letter_text
from network.markup import plain_length
from network.refusals import Refusal

LEVELS = {
    Level.CENTRAL: "Bộ, ngành trung ương", Level.PROVINCE: "Tỉnh, thành phố", Level.COMMUNE: "Xã, phường",
    Level.PRESS: "Cơ quan báo chí",
}
LABEL_OF = {**LABELS, "audience": "Người nhận"}
RAW = ("agencies", "without_agencies", "valid_from", "valid_to", "ack_hours")  # shown again as typed
LIMITS = {"Telegram": 4096, "Zalo OA": 2000, "Zalo Bot": 2000}  # characters of one message


async def blank(visit: Visit) -> Response:
    if visit.fault:
        return _form(visit, None, *await _read(visit, Content(), {}))
    return _form(visit, None, Content(), {})


async def edit(visit: Visit) -> Response:
    draft = await briefs.load(visit.db, visit.number("brief"))
    if draft.state not in briefs.OPEN:
        raise Refusal(f"{briefs.stands(draft.state)} nên không sửa ở đây được.")
    if visit.fault:
        return _form(visit, draft, *await _read(visit, draft.content, draft.audience))
    return _form(visit, draft, draft.content, draft.audience)


async def create(visit: Visit) -> Response:
    content, audience, problems = await _read(visit, Content(), {})
    if problems:
        return _form(visit, None, content, audience, problems, status=422)
    draft = await briefs.create(visit.db, content, visit.who, visit.now, audience=audience)
    return visit.to(f"/briefs/{draft.id}", "luu")


async def save(visit: Visit) -> Response:
    """The stamp of the edition the form was opened with: a second editor sees both texts instead of overwriting."""
    draft = await briefs.load(visit.db, visit.number("brief"), lock=True)
    content, audience, problems = await _read(visit, draft.content, draft.audience)
    if draft.content.corrects:  # goes to exactly those who have the wrong text
        audience = dict(draft.audience)
    if not draft.hash.startswith(visit.text("stamp") or "-"):
        return _form(visit, draft, content, audience, problems, newer=draft.content, status=409)
    if problems:
        return _form(visit, draft, content, audience, problems, status=422)
    await briefs.edit(
        visit.db, draft.id, visit.who, visit.now, content=content, audience=audience, stamp=visit.text("stamp")
    )
    return visit.to(f"/briefs/{draft.id}", "luu")


async def _read(
    visit: Visit, before: Content, audience_before: Mapping[str, Any]
) -> tuple[Content, dict[str, Any], list[Problem]]:
    content, problems = forms.content_of(visit.form, before)
    audience, wrong = await forms.audience_of(visit.db, visit.form, audience_before)
    return content, audience, problems + wrong


def _form(
    visit: Visit, draft: Draft | None, content: Content, audience: Mapping[str, Any],
    problems: Sequence[Problem] = (), *, newer: Content | None = None, status: int = 200,
) -> Response:
    shown = audiences.Audience.from_json(audience)
    return visit.page(
        "compose.html", status, draft=draft, content=content, audience=shown,
        problems=[(LABEL_OF.get(p.field, p.field), p) for p in problems], wrong=_beside(problems),
        typed={name: "\n".join(forms.lines(visit.form, name)) for name in RAW},
        newer=letter_text(newer) if newer else "", stages=STAGES, priorities=list(Priority), levels=LEVELS,
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
    """A piece of the page: the letter as it will arrive, the parts it takes on each platform, what is still missing."""
    content, wrong = forms.content_of(visit.form, Content())
    text = letter_text(content)
    length = plain_length(text)
    parts = [(name, limit, sending_time.parts(text, limit)) for name, limit in LIMITS.items()]
    problems = [(LABEL_OF.get(p.field, p.field), p) for p in [*wrong, *brief_check.problems(content)]]
    shown = TEMPLATES.get_template("preview.html").render(letter=text, length=length, parts=parts, problems=problems)
    return HTMLResponse(shown)


async def reach(visit: Visit) -> Response:
    """How many would receive it now, as a line of text."""
    audience, wrong = await forms.audience_of(visit.db, visit.form, {})
    if wrong:
        return Response("; ".join(problem.text for problem in wrong), media_type="text/plain")
    chosen = audiences.Audience.from_json(audience)
    flash = visit.text("priority") == Priority.FLASH
    count = await audiences.count(visit.db, chosen, flash=flash) if chosen else 0
    took = await sending_time.of(visit.db, audiences.recipients(chosen, flash=flash), Content()) if chosen else 0
    said = f"{count:,}".replace(",", ".") + " người" + (f", gửi xong trong {sending_time.said(took)}" if took else "")
    return Response(said if chosen else "Chưa chọn người nhận", media_type="text/plain")
