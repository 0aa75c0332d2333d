"""Between the fields of the compose page and the content and audience of a brief. Nothing that a form lacks is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData

from network import agencies, brief_content, embargo
from network.audiences import Audience
from network.brief_content import LINES, Content, Problem
from network.refusals import Refusal

PLAIN = ("title", "summary", "body", "stage", "priority", "valid_from", "valid_to", "note", "release_at")
CITATION = ("doc", "article", "date", "url")
FACETS = ("levels", "provinces", "roles", "topics")


def texts(form: FormData, name: str) -> list[str]:
    return [value for value in form.getlist(name) if isinstance(value, str) and value.strip()]


def lines(form: FormData, name: str) -> list[str]:
    """Of a text area, one item a line."""
    return [line.strip() for text in texts(form, name) for line in text.splitlines() if line.strip()]


def content_of(form: FormData, before: Content) -> tuple[Content, list[Problem]]:
    """Fields the page does not show (answers, files, timeline) stay as they were. Of those who read before the
    release, the ones whose box is ticked stay."""
    data: dict[str, Any] = before.to_json()
    for name in PLAIN:
        data[name] = next(iter(texts(form, name)), "")
    for name in LINES:
        data[name] = lines(form, name)
    data["topics"] = texts(form, "brief_topics")
    data["ack"] = form.get("ack") == "on"
    hours = next(iter(texts(form, "ack_hours")), "").strip()
    data["ack_hours"] = int(hours) if hours.isdecimal() and data["ack"] else None
    data["citations"] = _citations(form)
    kept = texts(form, "pre_release_kept")
    data["pre_release"] = [item for place, item in enumerate(before.pre_release) if str(place) in kept]
    content, problems = brief_content.read({name: value for name, value in data.items() if value not in ("", None)})
    if hours and not hours.isdecimal():
        problems.append(Problem("ack_hours", "phải là số giờ, ví dụ 24"))
    return content, problems


def _citations(form: FormData) -> list[dict[str, str]]:
    columns = {name: [v if isinstance(v, str) else "" for v in form.getlist(f"citation_{name}")] for name in CITATION}
    longest = max(map(len, columns.values()), default=0)
    rows = [
        {name: column[row].strip() for name, column in columns.items() if row < len(column) and column[row].strip()}
        for row in range(longest)
    ]
    return [row for row in rows if row]


async def readers_of(db: AsyncSession, form: FormData, content: Content) -> tuple[Content, list[Problem]]:
    """Who was added to those that read before the release: names, numbers or saved lists, one a line."""
    added = ",".join(lines(form, "pre_release_added"))
    if not added:
        return content, []
    try:
        new = await embargo.understand(db, added)
    except Refusal as refusal:
        return content, [Problem("pre_release", refusal.text)]
    known = content.pre_release
    return replace(content, pre_release=(*known, *(item for item in new if item not in known))), []


async def audience_of(
    db: AsyncSession, form: FormData, before: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Problem]]:
    """Agencies are typed by name or code; people and communes named elsewhere stay."""
    data = {name: value for name, value in before.items() if name in ("communes", "without_people", "descendants")}
    data["everybody"] = form.get("everybody") == "on"
    for facet in FACETS:
        data[facet] = texts(form, facet)
    problems: list[Problem] = []
    for facet in ("agencies", "without_agencies"):
        data[facet], wrong = await _agencies(db, lines(form, facet))
        problems += wrong
    return Audience.from_json(data).to_json(), problems


async def _agencies(db: AsyncSession, typed: Sequence[str]) -> tuple[list[str], list[Problem]]:
    codes, problems = [], []
    for name in typed:
        found = await agencies.find(db, name)
        exact = [a for a in found if a.code.casefold() == name.casefold()] or found
        if len(exact) == 1:
            codes.append(exact[0].code)
            continue
        similar = ", ".join(f"{a.name} ({a.code})" for a in found[:4])
        hint = f"có {len(found)} cơ quan: {similar}; vui lòng ghi mã" if found else "không tìm thấy cơ quan này"
        problems.append(Problem("audience", f"“{name}”: {hint}"))
    return codes, problems
