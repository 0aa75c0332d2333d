"""The audit log: who did what and to whom, in words, page by page; and whether the chain of hashes is whole."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from starlette.responses import Response

from console import trail_wording
from console.visit import Visit
from db import audit as table
from db.agencies import Agency
from db.people import Person
from network import audit, moments

PAGE = 100
MOST = 2**62  # a row's number any database takes


def _day(typed: str, after: timedelta = timedelta(0)) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(typed), time(), moments.VIETNAM) + after
    except (ValueError, OverflowError):
        return None


async def show(visit: Visit) -> Response:
    query = visit.request.query_params
    before, wanted, kind = query.get("truoc", ""), query.get("tim", "").strip()[:100], query.get("loai", "")
    who, since, until = query.get("ai", "").strip()[:100], query.get("tu", ""), query.get("den", "")
    acts = trail_wording.KINDS[kind][1] if kind in trail_wording.KINDS else ()
    found = await table.listed(
        visit.db, about=trail_wording.subject_of(wanted), before=min(int(before), MOST) if before.isdecimal() else None,
        limit=PAGE + 1, acts=acts, named=who, since=_day(since), until=_day(until, timedelta(days=1)),
    )
    shown = {
        "rows": await _in_words(visit, found[:PAGE]), "more": found[PAGE - 1][0].id if len(found) > PAGE else 0,
        "wanted": wanted, "kind": kind, "kinds": trail_wording.KINDS, "named": who,
        "since": since if _day(since) else "", "until": until if _day(until) else "",
    }
    if "kiem" not in query:
        return visit.page("trail.html", **shown, verified=False)
    count, head = await audit.head(visit.db)
    return visit.page(
        "trail.html", **shown, verified=True, broken=await audit.verify(visit.db), count=count, head=head
    )


async def _in_words(visit: Visit, found: list[tuple[table.AuditRow, str | None]]) -> list[dict[str, object]]:
    rows = [row for row, _ in found]
    ids = trail_wording.people_in(rows)
    people = await visit.db.execute(select(Person.id, Person.full_name).where(Person.id.in_(ids)))
    names = {number: name for number, name in people if name}
    agencies = dict((await visit.db.execute(select(Agency.id, Agency.name))).all()) if _with_agencies(rows) else {}
    return [
        {
            "row": row, "who": who, "about": trail_wording.about(row, names),
            "details": trail_wording.details(row, names, agencies),
        }
        for row, who in found
    ]


def _with_agencies(rows: list[table.AuditRow]) -> bool:
    return any(trail_wording.AGENCIES & set(row.detail or {}) for row in rows)
