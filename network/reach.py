"""Before a brief is sent: whom it reaches, by which of the platforms' ways, and for how much."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import lanes
from db.briefs import Attachment
from db.people import Identity
from network import audiences, sending_time, zalo_text
from network.audiences import Audience
from network.brief_content import Content
from network.letters import letter_text
from network.tariff import Tariff, Way

WAYS = (Way.FREE, Way.PAID, Way.TEMPLATE)  # by rank: the cheapest counts where a person is written to twice


@dataclass(frozen=True, slots=True)
class OnChannel:
    """Addresses there by way, what they cost together in đồng, and how long they take."""

    channel: str
    free: int
    paid: int
    template: int
    dong: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Reach:
    """People by the way they are reached; `dong` is what the sending costs. `prices_of`: when and where these stood."""

    free: int
    paid: int
    template: int
    unreachable: int
    dong: int
    budget: int | None = None
    prices_of: str = ""
    channels: tuple[OnChannel, ...] = ()

    @property
    def seconds(self) -> float:
        """Until the slowest channel has served its part."""
        return max((each.seconds for each in self.channels), default=0.0)

    @property
    def people(self) -> int:
        return self.free + self.paid + self.template + self.unreachable

    def said(self) -> str:
        """“3.204 người: 2.850 miễn phí, 210 trả phí, 120 qua mẫu, 24 không tới được; dự kiến 21.630 đồng”."""
        parts = (
            (self.free, "miễn phí"), (self.paid, "trả phí"), (self.template, "qua mẫu"),
            (self.unreachable, "không tới được"),
        )
        ways = ", ".join(f"{_number(count)} {name}" for count, name in parts if count)
        cost = f"; dự kiến {_number(self.dong)} đồng" if self.paid or self.template else ""
        over = ""
        if self.budget is not None and self.dong > self.budget:
            over = f", vượt hạn mức {_number(self.budget)} đồng của một lần gửi: phần vượt sẽ được giữ lại"
        return f"{_number(self.people)} người" + (f": {ways}" if ways else "") + cost + over


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")


@dataclass(frozen=True, slots=True)
class Counted:
    """Addresses by channel and rank among WAYS, people by the cheapest rank of theirs, and all who are meant."""

    addresses: Mapping[tuple[str, int], int]
    people: tuple[int, ...]
    meant: int
    tariffs: Mapping[str, Tariff]
    rates: Mapping[str, float]


async def of(db: AsyncSession, audience: Audience, content: Content, *, flash: bool, now: datetime) -> Reach:
    return await priced(db, await count(db, audience, flash=flash, now=now), content)


async def count(db: AsyncSession, audience: Audience, *, flash: bool, now: datetime) -> Counted:
    """What does not depend on the text."""
    tariffs = {name: Tariff.from_json(plain) for name, plain in (await lanes.tariffs(db)).items()}

    def usable(identity: Any) -> ColumnElement[bool]:
        return and_(audiences.reachable(identity), not_(_closed(identity, tariffs, now)))

    chosen = audiences.recipients(audience, flash=flash, usable=usable)
    each = chosen.add_columns(_rank(tariffs, now).label("rank")).subquery("each")
    by_channel = select(each.c.channel, each.c.rank, func.count()).group_by(each.c.channel, each.c.rank)
    addresses = {(channel, rank): count for channel, rank, count in await db.execute(by_channel)}
    by_rank = Counter[int]()
    if flash:  # to all addresses of a person
        person = select(func.min(each.c.rank).label("rank")).group_by(each.c.person_id).subquery("person")
        found = await db.execute(select(person.c.rank, func.count()).group_by(person.c.rank))
        by_rank.update({rank: people for rank, people in found})
    else:
        for (_channel, rank), people in addresses.items():
            by_rank[rank] += people
    return Counted(
        addresses, tuple(by_rank[rank] for rank in range(len(WAYS))),
        await audiences.meant(db, audience, flash=flash), tariffs, await lanes.rates(db),
    )


async def priced(db: AsyncSession, counted: Counted, content: Content) -> Reach:
    messages = await _messages(db, content) if counted.tariffs else 1
    calls = sending_time.calls(content)
    channels = []
    for name in sorted({channel for channel, _ in counted.addresses}):
        ways = tuple(counted.addresses.get((name, rank), 0) for rank in range(len(WAYS)))
        tariff = counted.tariffs.get(name)
        dong = sum(n * tariff.cost(way, messages) for way, n in zip(WAYS, ways, strict=True)) if tariff else 0
        took = sending_time.seconds(sum(ways), calls, counted.rates.get(name, math.inf))
        channels.append(OnChannel(name, *ways, dong, took))
    budgets = [tariff.budget for tariff in counted.tariffs.values() if tariff.budget is not None]
    return Reach(
        *counted.people, counted.meant - sum(counted.people), sum(each.dong for each in channels),
        min(budgets, default=None),
        ", ".join(sorted({tariff.as_of for tariff in counted.tariffs.values() if tariff.as_of})),
        tuple(channels),
    )


def _since(tariff: Tariff, identity: Any, now: datetime, way: Way) -> ColumnElement[bool]:
    """Whether the person spoke recently enough for this way, or a better one."""
    span = {Way.FREE: tariff.free, Way.PAID: tariff.window, Way.TEMPLATE: tariff.reopening}[way]
    return identity.last_interaction_at >= now - span


def _closed(identity: Any, tariffs: Mapping[str, Tariff], now: datetime) -> ColumnElement[bool]:
    found = [literal(False)]
    for channel, tariff in tariffs.items():
        last = Way.TEMPLATE if tariff.has_template else Way.PAID
        spoke = func.coalesce(_since(tariff, identity, now, last), literal(False))
        found.append(and_(identity.channel == channel, not_(spoke)))
    return or_(*found)


def _rank(tariffs: Mapping[str, Tariff], now: datetime) -> ColumnElement[int]:
    """Among WAYS, of a usable identity."""
    ranks = []
    for channel, tariff in tariffs.items():
        here = Identity.channel == channel
        for number, way in enumerate(WAYS):
            fits = here if way == Way.TEMPLATE else and_(here, _since(tariff, Identity, now, way))
            ranks.append((fits, number))
    return case(*ranks, else_=0) if ranks else literal(0)


async def _messages(db: AsyncSession, content: Content) -> int:
    """Of one letter on Zalo: the files it takes, and the parts of the text."""
    mine = select(Attachment.name, Attachment.mime, Attachment.size).where(Attachment.id.in_(content.attachments))
    files = (await db.execute(mine)).all() if content.attachments else []
    left = [file.name for file in files if not zalo_text.takes(*file)]
    return len(files) - len(left) + len(zalo_text.parts(zalo_text.with_left(letter_text(content), left)))

