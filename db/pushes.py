"""Pushes, the delivery ledger (a row per identity), notices (single messages to one person), lanes and uploads."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id


class PushState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


class PushKind(StrEnum):
    BRIEF = "brief"
    CORRECTION = "correction"
    RECALL = "recall"
    REMINDER = "reminder"
    TEST = "test"


class DeliveryState(StrEnum):
    PLANNED = "planned"
    LEASED = "leased"  # a worker may be sending it right now
    SENT = "sent"
    UNKNOWN = "unknown"  # a crash or a lost answer: may have arrived
    FAILED = "failed"  # kind says why
    SKIPPED = "skipped"  # kind says why: unreachable, left, paused
    STOPPED = "stopped"


class Push(Base):
    __tablename__ = "push"
    __table_args__ = (
        Index(  # two presses of "send" at once make one push
            "ix_push_once",
            "edition_id",
            "kind",
            unique=True,
            sqlite_where=text("kind IN ('brief', 'correction', 'recall')"),
            postgresql_where=text("kind IN ('brief', 'correction', 'recall')"),
        ),
    )
    id: Mapped[Id]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16), default=PushKind.BRIEF)
    state: Mapped[str] = mapped_column(String(16), default=PushState.RUNNING, index=True)
    priority: Mapped[int] = mapped_column(SmallInteger)  # 0 hỏa tốc, 1 khẩn, 2 thường, 3 reminders
    by_night: Mapped[bool] = mapped_column(default=False)  # hỏa tốc and what belongs to it: no quiet hours
    resend_unsure: Mapped[bool] = mapped_column(default=False)  # what becomes of `unknown` rows
    stop_reason: Mapped[str | None]
    reason: Mapped[str | None]  # of a recall, as its recipients read it
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    planned: Mapped[int] = mapped_column(default=0)  # rows planned, set once
    spent: Mapped[int] = mapped_column(default=0)  # đồng, as the platforms said what each letter cost


OPEN_ENDS = "('unknown', 'failed', 'skipped', 'stopped')"


def _where(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class Delivery(Base):
    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("push_id", "identity_id"),
        # One partial index for each question the worker asks, so that none grows with what is already sent.
        _where("ix_delivery_ready", "push_id", "channel", "id", where="state = 'planned' AND not_before IS NULL"),
        _where("ix_delivery_later", "push_id", "not_before", where="state = 'planned' AND not_before IS NOT NULL"),
        _where("ix_delivery_leased", "lease_until", where="state = 'leased'"),
        _where("ix_delivery_open_ends", "push_id", "state", "kind", where=f"state IN {OPEN_ENDS}"),
        _where("ix_delivery_delivered", "push_id", where="delivered_at IS NOT NULL"),
        _where("ix_delivery_seen", "push_id", where="seen_at IS NOT NULL"),
        Index("ix_delivery_person_id", "person_id"),
    )
    id: Mapped[Id]
    # Rows come from one INSERT … SELECT over these tables; PostgreSQL checks a foreign key row by row, and two of
    # them fewer plan a million rows in 9 s instead of 17.
    push_id: Mapped[int]
    person_id: Mapped[int]
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"))
    channel: Mapped[str] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(String(64))  # copied: the claim needs no join
    priority: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(String(8), default=DeliveryState.PLANNED)
    kind: Mapped[str | None] = mapped_column(String(32))  # why failed or skipped; "resent": may have it twice
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    not_before: Mapped[datetime | None]  # None: at once; cleared when it falls due
    target: Mapped[str | None] = mapped_column(Text)  # space-joined message ids to correct or to recall
    lease_until: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(80))
    sent_at: Mapped[datetime | None]
    message_ids: Mapped[str | None] = mapped_column(Text)  # space-joined ids of the platform
    cost: Mapped[int] = mapped_column(default=0)  # đồng
    delivered_at: Mapped[datetime | None]  # on the person's telephone, where the platform tells
    seen_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)


class Notice(Base):
    """One message to one person outside a push: an expert's answer, a request to approve, a reminder to an expert."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_open", "state", "not_before"), Index("ix_notice_told", "identity_id", "sent_at"))
    id: Mapped[Id]
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"))
    channel: Mapped[str] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(String(64))
    reply: Mapped[dict[str, Any]]  # handlers.reply.Reply as plain data
    state: Mapped[str] = mapped_column(String(8), default=DeliveryState.PLANNED)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    not_before: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    tried: Mapped[str] = mapped_column(Text, default="")  # " 5 7 ": identities of the person that could not take it


class Lane(Base):
    """A channel's send budget as all workers see it."""

    __tablename__ = "lane"
    channel: Mapped[str] = mapped_column(String(32), primary_key=True)
    paused_until: Mapped[datetime | None]
    pause_reason: Mapped[str | None]
    frozen: Mapped[str | None]  # why the bot itself may not send; only an operator lifts it
    down: Mapped[str | None]  # what the platform fails with; single letters probe until it answers
    tariff: Mapped[dict[str, Any] | None]  # network.tariff.Tariff of its workers; None: nothing costs anything
    rate: Mapped[float | None]  # calls a second its workers were set to; None: no ceiling, or nobody began yet
    next_slot: Mapped[float | None]  # seconds since 1970 by the database's clock: calls before it are given away
