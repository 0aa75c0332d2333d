"""Briefs: the content, its editions (frozen at submission), what people signed, files, acknowledgements and reports."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Code, Id


class BriefState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    DONE = "done"
    STOPPED = "stopped"


class Brief(Base):
    __tablename__ = "brief"
    id: Mapped[Id]
    key: Mapped[Code | None] = mapped_column(unique=True)  # the id of the file it came from, e.g. brief-01
    state: Mapped[str] = mapped_column(String(16), default=BriefState.DRAFT)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("edition.id", use_alter=True))  # the newest
    send_at: Mapped[datetime | None]
    embargo_until: Mapped[datetime | None]
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


class Acknowledgement(Base):
    __tablename__ = "acknowledgement"
    __table_args__ = (Index("ix_acknowledgement_person_id", "person_id"),)
    brief_id: Mapped[int] = mapped_column(ForeignKey("brief.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    at: Mapped[datetime]


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
