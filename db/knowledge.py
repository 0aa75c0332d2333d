"""The curated knowledge base: entries with versions, what was asked of it, and the cases handed to people."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Code, Id


class EntryState(StrEnum):
    DRAFT = "draft"
    REVIEW = "review"
    EMBARGOED = "embargoed"  # attached to a brief, goes live when that brief is released
    PUBLISHED = "published"
    RETIRED = "retired"


class Entry(Base):
    """An entry as it is served, or its newest draft when it never was; every version is kept in EntryVersion."""

    __tablename__ = "entry"
    id: Mapped[Id]
    key: Mapped[Code] = mapped_column(unique=True)  # e.g. ct07-01
    state: Mapped[str] = mapped_column(String(16), default=EntryState.DRAFT, index=True)
    version: Mapped[int] = mapped_column(default=1)
    question: Mapped[str] = mapped_column(Text)
    variants: Mapped[list[Any]]  # [str, …]
    answer: Mapped[str] = mapped_column(Text)
    citations: Mapped[list[Any]]  # [{doc, article, date, url}, …]
    topic: Mapped[Code | None]
    audiences: Mapped[list[Any]]
    owner_agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    superseded_by: Mapped[str | None]  # a document or another entry's key
    check_source: Mapped[bool] = mapped_column(default=False)  # show "cần đối chiếu văn bản gốc"
    brief_id: Mapped[int | None] = mapped_column(ForeignKey("brief.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    review_due: Mapped[date | None]
    warned_of: Mapped[date | None]  # the expiry or review its keepers were last told about
    published_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(default=0, index=True)  # of all that is served, when this last changed


class VersionState(StrEnum):
    DRAFT = "draft"
    REVIEW = "review"
    ACCEPTED = "accepted"  # what is served, or was until the next accepted one
    REPLACED = "replaced"  # by a later draft
    DROPPED = "dropped"


class EntryVersion(Base):
    """One change of an entry. At most one version of an entry is a draft or in review; people see the accepted one."""

    __tablename__ = "entry_version"
    __table_args__ = (UniqueConstraint("entry_id", "version"),)
    id: Mapped[Id]
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    version: Mapped[int]
    content: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16), default=VersionState.ACCEPTED, index=True)
    based_on: Mapped[int | None]  # the version that was served when this was written
    why: Mapped[str | None] = mapped_column(Text)
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reviewed_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(Text)  # the reviewer's: why returned, why published all the same


class Golden(Base):
    """A question that its entry must go on answering, whatever else is changed."""

    __tablename__ = "golden"
    id: Mapped[Id]
    question: Mapped[str] = mapped_column(Text)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), index=True)
    set_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: came with the starter base
    at: Mapped[datetime]


class Question(Base):
    """Something somebody asked, and what Loa did with it."""

    __tablename__ = "question"
    __table_args__ = (
        Index("ix_question_person_id_at", "person_id", "at"),
        Index("ix_question_at", "at", "entry_id", "decision"),  # the statistics read nothing else
    )
    id: Mapped[Id]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None after erasure
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identity.id"))
    text: Mapped[str] = mapped_column(Text)
    follows: Mapped[str | None] = mapped_column(Text)  # the question it was understood to go on from
    decision: Mapped[str] = mapped_column(String(16))  # answer | candidates | none | smalltalk
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    candidates: Mapped[list[Any] | None]  # entry ids, best first
    score: Mapped[float | None] = mapped_column(Float)
    helpful: Mapped[bool | None]
    chosen: Mapped[bool] = mapped_column(default=False)  # the asker took this entry from several, and kept to it
    suggested: Mapped[bool] = mapped_column(default=False)  # its words were considered as a phrasing
    brief_id: Mapped[int | None] = mapped_column(ForeignKey("brief.id"))  # asked about this brief
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    work_id: Mapped[int | None] = mapped_column(ForeignKey("work.id"), index=True)
    at: Mapped[datetime]


class PhrasingState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class SuggestedPhrasing(Base):
    """Words people used for what an entry answers; a curator takes them up or not. Without personal data."""

    __tablename__ = "suggested_phrasing"
    __table_args__ = (UniqueConstraint("entry_id", "folded"),)
    id: Mapped[Id]
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    text: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(String(300))
    count: Mapped[int] = mapped_column(default=1)  # how often it was asked
    machine: Mapped[bool] = mapped_column(default=False)  # drafted by a model; nobody asked so
    state: Mapped[str] = mapped_column(String(16), default=PhrasingState.OPEN, index=True)
    last_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]


class CaseState(StrEnum):
    OPEN = "open"
    ASSIGNED = "assigned"
    WAITING = "waiting"  # the expert asked back, the asker has the word
    ANSWERED = "answered"
    CLOSED = "closed"  # refused, with a reason


OPEN = (CaseState.OPEN, CaseState.ASSIGNED, CaseState.WAITING)


class Case(Base):
    """A question handed to an expert; everybody who asked the same hangs on it and gets the answer."""

    __tablename__ = "case"
    __table_args__ = (
        Index(
            "ix_case_next_at", "next_at",
            sqlite_where=sql("next_at IS NOT NULL"), postgresql_where=sql("next_at IS NOT NULL"),
        ),
    )
    id: Mapped[Id]
    state: Mapped[str] = mapped_column(String(16), default=CaseState.OPEN, index=True)
    text: Mapped[str] = mapped_column(Text)
    same: Mapped[str] = mapped_column(String(64), index=True)  # equal for questions in the same words
    topic: Mapped[Code | None]
    keeper_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))  # the agency whose subject it seems to be
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # the first of those who asked
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    due_at: Mapped[datetime | None]
    step: Mapped[int] = mapped_column(default=0)  # knowledge.cases.Step: what is done next about its deadline
    next_at: Mapped[datetime | None]  # when; None: nothing more
    reason: Mapped[str | None] = mapped_column(Text)  # why it was refused
    answer: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    created_at: Mapped[datetime]


class CaseNote(Base):
    """What an expert asked back, and what the asker said to it."""

    __tablename__ = "case_note"
    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    by_expert: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class WorkKind(StrEnum):
    MISSING = "missing"  # nothing answered these questions
    WRONG = "wrong"  # people called the entry's answer wrong


class WorkState(StrEnum):
    OPEN = "open"
    WRITING = "writing"  # an entry is on its way
    DONE = "done"
    REFUSED = "refused"


class Work(Base):
    """Questions of one meaning that nothing answers, or an answer called wrong: one piece of work with one owner."""

    __tablename__ = "work"
    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default=WorkState.OPEN, index=True)
    text: Mapped[str] = mapped_column(Text)  # the first question; without personal data, as are the examples
    examples: Mapped[list[Any]]  # [str, …] in other words
    count: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    topic: Mapped[Code | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), index=True)  # wrong, or written, or linked
    reason: Mapped[str | None] = mapped_column(Text)  # why refused
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]


class Revision(Base):
    """Counts the transactions that changed what is served. Its row is locked until they commit, so that whoever has
    read up to a number has missed nothing."""

    __tablename__ = "revision"
    name: Mapped[Code] = mapped_column(primary_key=True)  # entries
    number: Mapped[int]


class SavedIndex(Base):
    """The search index as it was last built, so that a process starts without reading the base."""

    __tablename__ = "saved_index"
    id: Mapped[Id]
    name: Mapped[Code] = mapped_column(unique=True)  # entries
    version: Mapped[str] = mapped_column(Text)  # of what was read
    thresholds: Mapped[list[Any]]  # [answer, offer]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
