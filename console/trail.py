"""The audit log: who did what, page by page, and whether the chain of hashes is whole."""

from sqlalchemy import select
from starlette.responses import Response

from console.visit import Visit
from db.audit import AuditRow
from db.people import Person
from network import audit

PAGE = 100


async def show(visit: Visit) -> Response:
    query = visit.request.query_params
    before, wanted = query.get("truoc", ""), query.get("tim", "").strip()
    rows = select(AuditRow, Person.full_name).outerjoin(Person, Person.id == AuditRow.actor_id)
    if before.isdecimal():
        rows = rows.where(AuditRow.id < int(before))
    if wanted:
        rows = rows.where(AuditRow.subject == wanted) if ":" in wanted else rows.where(AuditRow.act.startswith(wanted))
    found = (await visit.db.execute(rows.order_by(AuditRow.id.desc()).limit(PAGE + 1))).all()
    checked = await audit.verify(visit.db) if "kiem" in query else None
    shown = {"rows": found[:PAGE], "more": len(found) > PAGE, "wanted": wanted}
    return visit.page("trail.html", **shown, verified="kiem" in query, broken=checked)
