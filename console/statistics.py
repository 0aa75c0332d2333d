"""How far briefs reach and how quickly they are acknowledged; the period stands in the address."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from console import charts
from console.visit import Visit
from db import statistics
from db.knowledge import Question
from network import topics

PERIODS = {"7": "7 ngày", "30": "30 ngày", "90": "90 ngày", "365": "1 năm"}
BRIEFS = 20
FRESH, STALE = timedelta(seconds=15), timedelta(hours=12)  # a year's sums take seconds: shown while counted anew
DECISIONS = {
    "answer": "Trả lời ngay", "candidates": "Đưa lựa chọn", "quote": "Trích văn bản", "none": "Chưa có câu trả lời",
    "smalltalk": "Chào hỏi",
}


async def _sums(db: AsyncSession, since: datetime) -> tuple[Any, Any, Any, dict[str, int]]:
    decided = select(Question.decision, func.count()).where(Question.at >= since).group_by(Question.decision)
    return (
        await statistics.briefs_since(db, since, BRIEFS), await statistics.acknowledged_within(db, since),
        await statistics.questions_by_topic(db, since),
        {decision: count for decision, count in await db.execute(decided)},
    )


def days_of(visit: Visit) -> int:
    chosen = visit.request.query_params.get("ky", "30")
    return int(chosen) if chosen in PERIODS else 30


async def show(visit: Visit) -> Response:
    days = days_of(visit)
    since = visit.now - timedelta(days=days)
    found = await visit.needs.kept.get(("statistics", days), lambda db: _sums(db, since), fresh=FRESH, stale=STALE)
    briefs, curve, by_topic, decisions = found.value
    named = [(DECISIONS.get(d, d), count) for d, count in sorted(decisions.items(), key=lambda row: -row[1])]
    return visit.page(
        "statistics.html", periods=PERIODS, days=str(days), briefs=briefs, curve=charts.curve(curve), decisions=named,
        asked=sum(decisions.values()), at=found.at,
        by_topic=charts.bars([(topics.name_of(code) if code else "Chưa rõ", count) for code, count in by_topic]),
    )
