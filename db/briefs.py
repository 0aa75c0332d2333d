"""Briefs: the content, its editions (frozen at submission), what people signed, files, acknowledgements and reports."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, LargeBinary, Select, String, UniqueConstraint, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.agencies import Agency
from db.base import Base, Code, Id
from db.people import Person


class BriefState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    DONE = "done"
    STOPPED = "stopped"
    RECALLED = "recalled"


class Brief(Base):
    __tablename__ = "brief"
    id: Mapped[Id]
    key: Mapped[Code | None] = mapped_column(unique=True)  # the id of the file it came from, e.g. brief-01
    state: Mapped[str] = mapped_column(String(16), default=BriefState.DRAFT)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    edition_id: Mapped[int | None]  # the newest; no foreign key, as editions point back
    send_at: Mapped[datetime | None]
    embargo_until: Mapped[datetime | None]
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("brief.id"), index=True)  # the brief it puts right
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Edition(Base):
    """One version of a brief. While `frozen_at` is empty it is the draft being edited; afterwards it never changes."""

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("brief_id", "number"),)
    id: Mapped[Id]
    brief_id: Mapped[int] = mapped_column(ForeignKey("brief.id"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]]  # network.briefs.Content
    audience: Mapped[dict[str, Any]]  # network.audiences.Audience
    hash: Mapped[str | None] = mapped_column(String(64))  # sha256 over content + audience, set when frozen
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # last editor
    created_at: Mapped[datetime]
    frozen_at: Mapped[datetime | None]


class Signature(Base):
    """What somebody did with an edition: submitted, approved, returned (with a reason)."""

    __tablename__ = "signature"
    id: Mapped[Id]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    act: Mapped[str] = mapped_column(String(16))  # submitted | approved | returned | sent_alone
    hash: Mapped[str] = mapped_column(String(64))  # of what the person saw
    reason: Mapped[str | None]
    at: Mapped[datetime]


class Attachment(Base):
    __tablename__ = "attachment"
    id: Mapped[Id]
    name: Mapped[str]
    mime: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    data: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)  # in the database: backed up with it
    channel: Mapped[str | None] = mapped_column(String(32))  # where it was sent to us, until fetched
    problem: Mapped[str | None]  # why it cannot be used, as a sentence
    fetched_at: Mapped[datetime | None]  # None: only the platform has the bytes; sha256 is then of its file id
    created_at: Mapped[datetime]


class Upload(Base):
    """An attachment already known to a channel: uploaded once, then sent by the platform's own file id."""

    __tablename__ = "upload"
    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachment.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(32), primary_key=True)
    file_id: Mapped[str]
    uploaded_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class SavedAudience(Base):
    __tablename__ = "saved_audience"
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    rule: Mapped[dict[str, Any]]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]


class BriefTemplate(Base):
    """What briefs of one kind begin with, such as a storm warning."""

    __tablename__ = "brief_template"
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    content: Mapped[dict[str, Any]]  # network.brief_content.Content
    audience: Mapped[dict[str, Any]]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]


class Acknowledgement(Base):
    __tablename__ = "acknowledgement"
    __table_args__ = (Index("ix_acknowledgement_person_id", "person_id"),)
    brief_id: Mapped[int] = mapped_column(ForeignKey("brief.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False)  # after the hours the brief gave


class Report(Base):
    """What a communicator did with a brief: link, reach, note, photo; parts may come one by one."""

    __tablename__ = "report"
    id: Mapped[Id]
    brief_id: Mapped[int] = mapped_column(ForeignKey("brief.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    link: Mapped[str | None]
    reach: Mapped[int | None]
    note: Mapped[str | None]
    photo: Mapped[str | None]  # the platform's file id
    platform: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


async def find(db: AsyncSession, brief_id: int, *, lock: bool = False) -> Brief | None:
    """As it is now, whatever this session read before. `lock` makes a second writer wait (SQLite waits anyway)."""
    wanted = select(Brief).where(Brief.id == brief_id).execution_options(populate_existing=True)
    return await db.scalar(wanted.with_for_update() if lock else wanted)


async def issuer(db: AsyncSession, brief_id: int) -> str | None:
    """The agency whose person wrote it."""
    named = select(func.coalesce(Agency.short_name, Agency.name)).join(Person, Person.agency_id == Agency.id)
    return await db.scalar(named.join(Brief, Brief.author_id == Person.id).where(Brief.id == brief_id))


async def find_by_key(db: AsyncSession, key: str) -> Brief | None:
    return await db.scalar(select(Brief).where(Brief.key == key))


async def edition(db: AsyncSession, edition_id: int) -> Edition:
    wanted = select(Edition).where(Edition.id == edition_id).execution_options(populate_existing=True)
    return (await db.scalars(wanted)).one()


async def title(db: AsyncSession, brief_id: int) -> str:
    """Of the newest edition; "" when there is no such brief."""
    newest = select(Edition).join(Brief, Brief.edition_id == Edition.id).where(Brief.id == brief_id)
    found = await db.scalar(newest)
    return str(found.content.get("title") or "") if found else ""


async def signatures(db: AsyncSession, edition_id: int) -> Sequence[Signature]:
    signed = select(Signature).where(Signature.edition_id == edition_id).order_by(Signature.id)
    return (await db.scalars(signed)).all()


async def listed(
    db: AsyncSession, *, states: Iterable[str] = (), author_id: int | None = None, limit: int = 10, offset: int = 0,
    seen: ColumnElement[bool] | None = None,
) -> Sequence[tuple[Brief, Edition]]:
    """Briefs with their newest edition, last changed first; `seen` narrows them to what somebody may see."""
    rows = select(Brief, Edition).join(Edition, Edition.id == Brief.edition_id)
    if states:
        rows = rows.where(Brief.state.in_(list(states)))
    if author_id is not None:
        rows = rows.where(Brief.author_id == author_id)
    if seen is not None:
        rows = rows.where(seen)
    rows = rows.order_by(Brief.updated_at.desc(), Brief.id.desc()).limit(limit).offset(offset)
    return [(brief, edition) for brief, edition in await db.execute(rows)]


async def due(db: AsyncSession, now: datetime) -> Sequence[Brief]:
    """Scheduled briefs whose time has come, the most overdue first."""
    rows = select(Brief).where(Brief.state == BriefState.SCHEDULED, Brief.send_at <= now)
    return (await db.scalars(rows.order_by(Brief.send_at))).all()


async def embargoed(db: AsyncSession, now: datetime) -> Sequence[tuple[Brief, Edition]]:
    """Frozen briefs whose release time is still ahead."""
    rows = select(Brief, Edition).join(Edition, Edition.id == Brief.edition_id)
    waiting = (BriefState.SUBMITTED, BriefState.APPROVED, BriefState.SCHEDULED)
    rows = rows.where(Brief.embargo_until > now, Brief.state.in_(waiting))
    return [(brief, edition) for brief, edition in await db.execute(rows.order_by(Brief.id))]


async def sent_alone(db: AsyncSession) -> Sequence[tuple[Brief, Edition]]:
    """Flash briefs that went out on one signature and still lack the second."""
    approved = select(Signature.edition_id).where(Signature.act == "approved")
    alone = select(Signature.edition_id).where(Signature.act == "sent_alone")
    rows = (
        select(Brief, Edition)
        .join(Edition, Edition.id == Brief.edition_id)
        .where(Edition.id.in_(alone), Edition.id.not_in(approved))
    )
    return [(brief, edition) for brief, edition in await db.execute(rows.order_by(Brief.id))]


def editions_of(brief_id: int) -> Select[tuple[int]]:
    return select(Edition.id).where(Edition.brief_id == brief_id)


async def audience_named(db: AsyncSession, name: str) -> SavedAudience | None:
    return await db.scalar(select(SavedAudience).where(SavedAudience.name == name))


async def saved_audiences(db: AsyncSession, limit: int = 20) -> Sequence[SavedAudience]:
    return (await db.scalars(select(SavedAudience).order_by(SavedAudience.name).limit(limit))).all()


async def attachment_of(db: AsyncSession, sha256: str) -> Attachment | None:
    return await db.scalar(select(Attachment).where(Attachment.sha256 == sha256))


async def attachments(db: AsyncSession, ids: Iterable[int]) -> Sequence[Attachment]:
    """In the order of the ids; those that do not exist are left out."""
    wanted = list(ids)
    rows = {a.id: a for a in await db.scalars(select(Attachment).where(Attachment.id.in_(wanted)))}
    return [rows[i] for i in wanted if i in rows]


async def unfetched(db: AsyncSession, channel: str) -> Sequence[tuple[int, str]]:
    """(attachment id, the platform's file id) of what still has to be downloaded from a channel."""
    rows = (
        select(Attachment.id, Upload.file_id)
        .join(Upload, Upload.attachment_id == Attachment.id)
        .where(Attachment.channel == channel, Attachment.fetched_at.is_(None), Attachment.problem.is_(None))
        .where(Upload.channel == channel)
    )
    return [(row.id, row.file_id) for row in await db.execute(rows.order_by(Attachment.id))]


async def draft_editions(db: AsyncSession) -> Sequence[Edition]:
    return (await db.scalars(select(Edition).where(Edition.frozen_at.is_(None)))).all()
