"""The audit log: who did what, page by page, and whether the chain of hashes is whole."""

from starlette.responses import Response

from console.visit import Visit
from db import audit as table
from network import audit

PAGE = 100
MOST = 2**62  # a row's number any database takes


async def show(visit: Visit) -> Response:
    query = visit.request.query_params
    before, wanted = query.get("truoc", ""), query.get("tim", "").strip()
    found = await table.listed(
        visit.db, about=wanted, before=min(int(before), MOST) if before.isdecimal() else None, limit=PAGE + 1
    )
    shown = {"rows": found[:PAGE], "more": len(found) > PAGE, "wanted": wanted}
    if "kiem" not in query:
        return visit.page("trail.html", **shown, verified=False)
    count, head = await audit.head(visit.db)
    return visit.page(
        "trail.html", **shown, verified=True, broken=await audit.verify(visit.db), count=count, head=head
    )
