"""Before a brief is sent: whom it reaches, by which of the platforms' ways, and for how much."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import lanes
from db.briefs import Attachment
from db.people import Identity
from network import audiences, zalo_text
from network.audiences import Audience
from network.brief_content import Content
from network.letters import letter_text
from network.tariff import Tariff, Way

WAYS = (Way.FREE, Way.PAID, Way.TEMPLATE)  # by rank: the cheapest counts where a person is written to twice


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


async def of(db: AsyncSession, audience: Audience, content: Content, *, flash: bool, now: datetime) -> Reach:
    tariffs = {name: Tariff.from_json(plain) for name, plain in (await lanes.tariffs(db)).items()}

    def usable(identity: Any) -> ColumnElement[bool]:
        return and_(audiences.reachable(identity), not_(_closed(identity, tariffs, now)))

    chosen = audiences.recipients(audience, flash=flash, usable=usable)
    messages = await _messages(db, content) if tariffs else 1
    rank, cost = _priced(tariffs, messages, now)
    each = chosen.add_columns(rank.label("rank"), cost.label("cost")).subquery("each")
    person = select(func.min(each.c.rank).label("rank"), func.sum(each.c.cost).label("cost"))
    person_of = person.group_by(each.c.person_id).subquery("person")
    counted = select(person_of.c.rank, func.count(), func.sum(person_of.c.cost)).group_by(person_of.c.rank)
    rows = {rank: (count, int(dong)) for rank, count, dong in await db.execute(counted)}
    reached = [rows.get(number, (0, 0)) for number in range(len(WAYS))]
    lost = await audiences.meant(db, audience, flash=flash) - sum(count for count, _ in reached)
    budgets = [tariff.budget for tariff in tariffs.values() if tariff.budget is not None]
    return Reach(
        *(count for count, _ in reached), lost, sum(dong for _, dong in reached), min(budgets, default=None),
        ", ".join(sorted({tariff.as_of for tariff in tariffs.values() if tariff.as_of})),
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


def _priced(
    tariffs: Mapping[str, Tariff], messages: int, now: datetime
) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """(rank among WAYS, cost in đồng) of a usable identity."""
    ranks, costs = [], []
    for channel, tariff in tariffs.items():
        here = Identity.channel == channel
        for number, way in enumerate(WAYS):
            fits = here if way == Way.TEMPLATE else and_(here, _since(tariff, Identity, now, way))
            ranks.append((fits, number))
            costs.append((fits, tariff.cost(way, messages)))
    if not ranks:
        return literal(0), literal(0)
    return case(*ranks, else_=0), case(*costs, else_=0)


async def _messages(db: AsyncSession, content: Content) -> int:
    """Of one letter on Zalo: the files it takes, and the parts of the text."""
    mine = select(Attachment.name, Attachment.mime, Attachment.size).where(Attachment.id.in_(content.attachments))
    files = (await db.execute(mine)).all() if content.attachments else []
    left = [file.name for file in files if not zalo_text.takes(*file)]
    return len(files) - len(left) + len(zalo_text.parts(zalo_text.with_left(letter_text(content), left)))

