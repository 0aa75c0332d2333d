"""How far briefs reach, how quickly they are acknowledged, and what is asked: figures for a period, a province, an
agency with those below it. Counted once for each period; the filters choose among the sums."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import statistics as table
from db.agencies import Agency, standing_under
from db.statistics import HOURS
from network import moments, topics

PERIODS = {7: "7 ngày", 30: "30 ngày", 90: "90 ngày", 365: "1 năm"}
USUAL = 30
STEPS = {7: 1, 30: 1, 90: 7, 365: 30}  # days a column of the charts over time stands for
TOPICS, AGENCIES = 6, 12  # shown by name, the rest together
OTHERS, NO_TOPIC = "Chủ đề khác", "Chưa rõ chủ đề"


@dataclass(frozen=True, slots=True)
class Chosen:
    """`agency`: an id, it and those below it; None: every agency."""

    days: int = USUAL
    province: str = ""
    agency: int | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    brief_id: int
    title: str
    at: datetime
    planned: int
    sent: int
    acknowledged: int
    asked: bool  # for an acknowledgement


@dataclass(frozen=True, slots=True)
class Place:
    """`asked`: sent, of what asks for an acknowledgement."""

    planned: int = 0
    sent: int = 0
    asked: int = 0
    acknowledged: int = 0

    @property
    def share(self) -> float | None:
        """Acknowledged of what was sent and asks for it."""
        return self.acknowledged / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions over time. `columns` are the first days of each; `series` topic → a number for each column."""

    columns: tuple[date, ...]
    series: Mapping[str, tuple[int, ...]]
    unanswered: tuple[int, ...]
    total: tuple[int, ...]
    decisions: Mapping[str, int]
    judged: int
    helpful: int

    @property
    def rate(self) -> float | None:
        """Share nothing answered."""
        return sum(self.unanswered) / sum(self.total) if sum(self.total) else None


@dataclass(frozen=True, slots=True)
class Figures:
    briefs: tuple[Reached, ...]
    whole: Place
    curve: tuple[tuple[int, int, int], ...]  # (hours, acknowledged within them, of how many)
    provinces: Mapping[str, Place]
    matrix: tuple[tuple[str, Mapping[str, Place]], ...]  # (agency, by province), those with most people first
    questions: Asked


def percent(share: float | None) -> str:
    return "–" if share is None else f"{round(100 * share)}%"


@dataclass(frozen=True, slots=True)
class Sums:
    """What the database counted for one period, before any filter; a place in each array for each push, agency and
    province. `counts` has the columns planned, sent, asked, acknowledged, and acknowledged within each of HOURS."""

    pushes: Sequence[Row[Any]]
    agencies: Mapping[int, str]
    provinces: tuple[str, ...]  # codes, "" for none
    push: np.ndarray  # places in `pushes`
    agency: np.ndarray  # ids, 0 for none
    province: np.ndarray  # places in `provinces`
    counts: np.ndarray


async def count(db: AsyncSession, days: int, now: datetime) -> Sums:
    since = now - timedelta(days=days)
    rows, pushes = await table.pushed(db, since), await table.pushes_since(db, since)
    ids = {row[1] for row in rows if row[1]}
    named = select(Agency.id, Agency.short_name, Agency.name).where(Agency.id.in_(ids))
    names = {number: short or name for number, short, name in await db.execute(named)}
    return await asyncio.to_thread(_packed, rows, pushes, names)


def _packed(rows: Sequence[Row[Any]], pushes: Sequence[Row[Any]], names: Mapping[int, str]) -> Sums:
    places = {push.id: place for place, push in enumerate(pushes)}
    rows = [row for row in rows if row[0] in places]  # a push may have begun between the two
    provinces = tuple(sorted({row[2] or "" for row in rows}))
    codes = {code: place for place, code in enumerate(provinces)}
    push = np.array([places[row[0]] for row in rows], np.int64)
    asks = np.array([bool(one.content.get("ack")) for one in pushes], np.int64)
    counted = np.array([row[3:] for row in rows], np.int64).reshape(len(rows), 3 + len(HOURS))
    asking = asks[push][:, None] if len(rows) else np.zeros((0, 1), np.int64)
    counts = np.hstack([counted[:, :2], counted[:, 1:2] * asking, counted[:, 2:] * asking])
    return Sums(
        pushes, names, provinces, push, np.array([row[1] or 0 for row in rows], np.int64),
        np.array([codes[row[2] or ""] for row in rows], np.int64), counts,
    )


async def figures(db: AsyncSession, sums: Sums, chosen: Chosen, now: datetime) -> Figures:
    inside = None
    if chosen.agency is not None:
        inside = list(await db.scalars(standing_under([chosen.agency])))
    since = now - timedelta(days=chosen.days)
    asked = await table.asked(db, since, under=chosen.agency, province=chosen.province)
    push, agency, province, counts = _filtered(sums, chosen, inside)
    whole = counts.sum(axis=0)
    return Figures(
        _briefs(sums, push, counts), _place(whole),
        tuple((hours, int(whole[4 + n]), int(whole[2])) for n, hours in enumerate(HOURS)),
        {code: place for code, place in _by_province(sums, province, counts).items() if code},
        _matrix(sums, agency, province, counts), _over_time(asked, chosen.days, now),
    )


def _filtered(sums: Sums, chosen: Chosen, inside: Sequence[int] | None) -> tuple[np.ndarray, ...]:
    kept = np.ones(len(sums.push), bool)
    if chosen.province:
        known = chosen.province in sums.provinces
        kept &= (sums.province == sums.provinces.index(chosen.province)) if known else False
    if inside is not None:
        kept &= np.isin(sums.agency, inside)
    return sums.push[kept], sums.agency[kept], sums.province[kept], sums.counts[kept]


def _grouped(places: np.ndarray, counts: np.ndarray, groups: int) -> np.ndarray:
    """The columns summed for each place."""
    found = np.zeros((groups, counts.shape[1]), np.int64)
    np.add.at(found, places, counts)
    return found


def _place(row: np.ndarray) -> Place:
    return Place(*(int(number) for number in row[:4]))


def _briefs(sums: Sums, push: np.ndarray, counts: np.ndarray) -> tuple[Reached, ...]:
    found = []
    for one, row in zip(sums.pushes, _grouped(push, counts, len(sums.pushes)), strict=True):
        if place := _place(row) if row[0] else None:
            title, asked = one.content.get("title") or "(chưa có tiêu đề)", bool(one.content.get("ack"))
            at = one.created_at
            found.append(Reached(one.brief_id, title, at, place.planned, place.sent, place.acknowledged, asked))
    return tuple(found)


def _by_province(sums: Sums, province: np.ndarray, counts: np.ndarray) -> dict[str, Place]:
    rows = _grouped(province, counts, len(sums.provinces))
    return {code: _place(row) for code, row in zip(sums.provinces, rows, strict=True) if row[0]}


def _matrix(
    sums: Sums, agency: np.ndarray, province: np.ndarray, counts: np.ndarray
) -> tuple[tuple[str, Mapping[str, Place]], ...]:
    ids, places = np.unique(agency, return_inverse=True)
    planned = _grouped(places, counts[:, :1], len(ids))[:, 0]
    largest = np.argsort(-planned, kind="stable")[:AGENCIES]
    return tuple(
        (sums.agencies.get(int(ids[n]), "Chưa rõ cơ quan"), _by_province(sums, province[mine], counts[mine]))
        for n in largest for mine in [places == n]
    )


def _over_time(rows: Sequence[Row[Any]], days: int, now: datetime) -> Asked:
    """Greetings are no questions."""
    step, today = STEPS[days], now.astimezone(moments.VIETNAM).date()
    count = -(-days // step)
    columns = tuple(today - timedelta(days=step * (count - n) - 1) for n in range(count))
    rows = [row for row in rows if row.decision != "smalltalk"]
    by_topic: dict[str, Counter[int]] = defaultdict(Counter)
    unanswered, total, decisions = Counter[int](), Counter[int](), Counter[str]()
    for row in rows:
        place = max(0, min(count - 1, (date.fromisoformat(row.day) - columns[0]).days // step))
        total[place] += row.count
        decisions[row.decision] += row.count
        if row.decision == "none":
            unanswered[place] += row.count
        else:
            by_topic[topics.name_of(row.topic) if row.topic else NO_TOPIC][place] += row.count
    places = range(count)
    return Asked(
        columns, {name: tuple(part[n] for n in places) for name, part in _largest(by_topic).items()},
        tuple(unanswered[n] for n in places), tuple(total[n] for n in places), dict(decisions.most_common()),
        sum(row.judged for row in rows), sum(row.helpful for row in rows),
    )


def _largest(by_topic: Mapping[str, Counter[int]]) -> dict[str, Counter[int]]:
    ordered = sorted(by_topic.items(), key=lambda part: (-part[1].total(), part[0]))
    found = dict(ordered[:TOPICS])
    for _, part in ordered[TOPICS:]:
        found.setdefault(OTHERS, Counter()).update(part)
    return found
