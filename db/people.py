"""People of the network, their identities on the platforms, their consent, and the invitations that brought them in."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Code, Id


class PersonState(StrEnum):
    JOINING = "joining"  # fields or consent missing; the first empty field is the next question
    WAITING = "waiting"  # complete, an admin has to confirm
    ACTIVE = "active"
    PAUSED = "paused"  # asked for silence (/tamdung): only hỏa tốc reaches them
    LEFT = "left"
    REFUSED = "refused"  # an admin did not confirm
    SUSPENDED = "suspended"  # an admin put them out until further notice
    MERGED = "merged"  # found to be somebody else who is here already: everything is theirs until separated
    ERASED = "erased"  # personal data gone, the row stays for the statistics


MEMBERS = (PersonState.ACTIVE, PersonState.PAUSED)  # those of the network, whether or not they asked for silence


class Person(Base):
    __tablename__ = "person"
    __table_args__ = (Index("ix_person_audience", "state", "agency_id", "role"),)
    id: Mapped[Id]
    state: Mapped[str] = mapped_column(String(16), default=PersonState.JOINING)
    full_name: Mapped[str | None] = mapped_column(index=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    agency_typed: Mapped[str | None]  # an agency that is not in the tree, as the person wrote it
    province_code: Mapped[str | None] = mapped_column(ForeignKey("province.code"), index=True)
    commune_code: Mapped[str | None] = mapped_column(ForeignKey("commune.code"))
    commune_typed: Mapped[str | None]  # as the person wrote it, where no list of communes is loaded
    area_done: Mapped[bool] = mapped_column(default=False)  # no finer place is known: stop asking
    role: Mapped[Code | None]  # a code of network/roles.py
    topics_chosen: Mapped[bool] = mapped_column(default=False)  # True with no PersonTopic row = every topic
    phone: Mapped[str | None] = mapped_column(String(20))  # only from a shared contact that is the sender's own
    zone: Mapped[str] = mapped_column(String(40), default="Asia/Ho_Chi_Minh", index=True)
    invitation_id: Mapped[int | None]  # no foreign key, as invitations point back
    created_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    left_at: Mapped[datetime | None]


class PersonTopic(Base):
    __tablename__ = "person_topic"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    topic: Mapped[Code] = mapped_column(primary_key=True, index=True)


class Identity(Base):
    """Where a person is reached: an address (text id) on one channel (a bot, an OA) of one platform."""

    __tablename__ = "identity"
    __table_args__ = (
        UniqueConstraint("channel", "address"),
        # Answers "whom" by itself.
        Index("ix_identity_reach", "person_id", "unreachable", "preferred", "platform", "channel"),
    )
    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    platform: Mapped[str] = mapped_column(String(16))  # telegram | zalo_oa | zalo_bot
    channel: Mapped[str] = mapped_column(String(32))  # name of the configured bot or OA, "telegram" by default
    address: Mapped[str] = mapped_column(String(64))
    preferred: Mapped[bool] = mapped_column(default=True)
    unreachable: Mapped[str | None] = mapped_column(String(32))  # reason, None = reachable
    unreachable_at: Mapped[datetime | None]
    last_interaction_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Consent(Base):
    __tablename__ = "consent"
    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    version: Mapped[Code]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Invitation(Base):
    __tablename__ = "invitation"
    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)  # A-Z a-z 0-9 _ -, at most 64: fits t.me/<bot>?start=
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)  # whom it is for, if known
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    role: Mapped[Code | None]
    province_code: Mapped[str | None] = mapped_column(ForeignKey("province.code"))
    commune_code: Mapped[str | None] = mapped_column(ForeignKey("commune.code"))
    needs_contact: Mapped[bool] = mapped_column(default=False)
    needs_confirmation: Mapped[bool] = mapped_column(default=False)
    max_uses: Mapped[int | None]  # None = unlimited
    uses: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    note: Mapped[str | None]


class Prompt(Base):
    """What the next plain message of an identity answers (a field, a report, a draft's part); at most one."""

    __tablename__ = "prompt"
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[Code]  # e.g. join.name, brief.title, report.link, case.answer
    subject_id: Mapped[int | None]
    asked_at: Mapped[datetime]


class Offer(Base):
    """The last choices shown to an identity, so that a typed "1" finds its action where buttons do not exist."""

    __tablename__ = "offer"
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id", ondelete="CASCADE"), primary_key=True)
    choices: Mapped[list[Any]]  # [[label, packed action], …]
    made_at: Mapped[datetime]


async def zones(db: AsyncSession) -> list[str]:
    """All time zones there are people in: one step in the index for each, not one for each person."""
    step = select(func.min(Person.zone).label("zone")).cte("step", recursive=True)
    after = select(func.min(Person.zone)).where(Person.zone > step.c.zone).correlate(step).scalar_subquery()
    step = step.union_all(select(after).where(step.c.zone.is_not(None)))
    return list(await db.scalars(select(step.c.zone).where(step.c.zone.is_not(None))))
