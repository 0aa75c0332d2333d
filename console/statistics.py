"""How far briefs reach, how quickly they are acknowledged, what is asked; the filters stand in the address."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from console import charts
from console.visit import Visit
from db.agencies import Agency, all_provinces
from network import lookups, statistics
from network.refusals import Refusal
from network.statistics import PERIODS, USUAL, Chosen, Figures, percent

BRIEFS = 20
# A year's sums take seconds: shown while they are counted anew, and not counted anew all the time.
FRESH = {7: timedelta(seconds=15), 30: timedelta(seconds=60), 90: timedelta(minutes=5), 365: timedelta(minutes=15)}
STALE = timedelta(hours=12)
DECISIONS = {
    "answer": "Trả lời ngay", "candidates": "Đưa lựa chọn", "quote": "Trích văn bản", "none": "Chưa có câu trả lời",
}


async def chosen_by(visit: Visit) -> tuple[Chosen, str, str]:
    """The filters, the agency as it was typed or is named, and what is wrong with it."""
    query = visit.request.query_params
    days = int(query.get("ky", "")) if query.get("ky", "") in map(str, PERIODS) else USUAL
    province, typed = query.get("tinh", ""), query.get("co-quan", "").strip()[:200]
    if province not in {p.code for p in await all_provinces(visit.db)}:
        province = ""
    if not typed:
        return Chosen(days, province), "", ""
    try:
        agency = await lookups.agency(visit.db, typed)
    except Refusal as refusal:
        return Chosen(days, province), typed, str(refusal)
    return Chosen(days, province, agency.id), f"{agency.short_name or agency.name} ({agency.code})", ""


async def figures_of(visit: Visit, chosen: Chosen) -> tuple[Figures, Any]:
    """With the moment they were counted."""
    kept, now, fresh = visit.needs.kept, visit.now, FRESH[chosen.days]

    async def count(db: AsyncSession) -> Any:
        return await statistics.count(db, chosen.days, now)

    async def choose(db: AsyncSession) -> Any:
        sums = await kept.get(("sums", chosen.days), count, fresh=fresh, stale=STALE)
        return await statistics.figures(db, sums.value, chosen, now), sums.at

    return (await kept.get(("statistics", chosen), choose, fresh=fresh, stale=STALE)).value


async def show(visit: Visit) -> Response:
    chosen, agency, problem = await chosen_by(visit)
    found, at = await figures_of(visit, chosen)
    provinces = await all_provinces(visit.db)
    asked = found.questions
    address = urlencode({"ky": chosen.days, "tinh": chosen.province, "co-quan": agency if chosen.agency else ""})
    return visit.page(
        "statistics.html", periods=PERIODS, chosen=chosen, agency=agency, problem=problem, provinces=provinces, at=at,
        found=found, briefs=found.briefs[:BRIEFS], address=address, percent=percent, shades=charts.depth,
        curve=charts.curve(found.curve), map=charts.tiles(_tiles(provinces, found)), over_time=_over_time(asked),
        series=[*asked.series, "Chưa có câu trả lời"] if sum(asked.total) else [],
        decisions=[(DECISIONS.get(d, "khác"), n) for d, n in asked.decisions.items()],
        unanswered=charts.rate(asked.columns, asked.unanswered, asked.total, "Tỷ lệ chưa có câu trả lời"),
        columns=_columns(provinces, found), agencies=await _agencies(visit.db),
    )


def _over_time(asked: statistics.Asked) -> Any:
    return charts.columns(asked.columns, {**asked.series, "Chưa có câu trả lời": asked.unanswered})


def _tiles(provinces: Any, found: Figures) -> list[tuple[str, str, float | None, str]]:
    rows = []
    for province in provinces:
        place = found.provinces.get(province.code)
        share = place.share if place else None
        said = f"{province.short_name}: chưa gửi"
        if place:
            said = f"{province.short_name}: {percent(share)} xác nhận ({place.acknowledged}/{place.asked}), "
            said += f"{place.sent}/{place.planned} đã gửi"
        rows.append((province.code, province.short_name, share, said))
    return rows


def _columns(provinces: Any, found: Figures) -> list[tuple[str, str]]:
    """Provinces of the matrix: only those that stand in it."""
    there = {code for _, row in found.matrix for code in row}
    names = [(p.code, p.short_name) for p in provinces if p.code in there]
    return [*names, ("", "Chưa rõ")] if "" in there else names


async def _agencies(db: AsyncSession) -> list[str]:
    """Offered while typing: the agencies at the top."""
    rows = select(Agency).where(Agency.parent_id.is_(None), Agency.closed_at.is_(None)).order_by(Agency.name).limit(200)
    return [f"{agency.short_name or agency.name} ({agency.code})" for agency in await db.scalars(rows)]
