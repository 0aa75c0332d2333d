"""Statutes and handbooks: documents, the passages they were split into, and which document replaced or amends which.

Links name documents by number, not by row: what was replaced is often not imported, and need not be.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Row, String, Text, UniqueConstraint, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Code, Id


class DocumentState(StrEnum):
    """What the curator knows beyond the dates and the links."""

    IN_FORCE = "in_force"  # as its dates say
    SUSPENDED = "suspended"  # "ngưng hiệu lực": kept, not quoted
    WITHDRAWN = "withdrawn"  # taken out of the base by a curator: kept, not quoted


class LinkKind(StrEnum):
    REPLACED_BY = "replaced_by"
    AMENDED_BY = "amended_by"


class LinkState(StrEnum):
    SUGGESTED = "suggested"  # read in a text, not looked at yet
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class LegalDocument(Base):
    __tablename__ = "legal_document"
    id: Mapped[Id]
    number: Mapped[Code] = mapped_column(unique=True)  # canonical, e.g. 244/2026/NĐ-CP; a handbook's own short code
    kind: Mapped[Code]  # as cited: Nghị định, Luật, Sổ tay
    name: Mapped[str] = mapped_column(Text, default="")  # e.g. Tiếp cận thông tin
    issuer: Mapped[str | None]
    issued_on: Mapped[date | None]
    effective_on: Mapped[date | None]
    expires_on: Mapped[date | None]  # the last day it holds
    state: Mapped[str] = mapped_column(String(16), default=DocumentState.IN_FORCE)
    source_url: Mapped[str | None] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    file_sha256: Mapped[str] = mapped_column(String(64))
    edition: Mapped[int] = mapped_column(default=1)  # goes up with every import of the same number
    report: Mapped[dict[str, Any]]  # what the import said: counts and warnings
    imported_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime]


class LegalPassage(Base):
    __tablename__ = "legal_passage"
    __table_args__ = (UniqueConstraint("document_id", "position"), UniqueConstraint("document_id", "path"))
    id: Mapped[Id]
    document_id: Mapped[int] = mapped_column(ForeignKey("legal_document.id", ondelete="CASCADE"))
    position: Mapped[int]  # order of reading, from 1
    path: Mapped[Code]  # stable over re-imports: d9, d9.k2, d9.k2.a-c
    citation: Mapped[str] = mapped_column(Text)  # khoản 2 Điều 9 Nghị định 244/2026/NĐ-CP
    title: Mapped[str] = mapped_column(Text)  # the article's heading, without its number
    place: Mapped[str] = mapped_column(Text, default="")  # Chương II. … › Mục 1. …
    lead: Mapped[str] = mapped_column(Text, default="")  # the article's opening words before its clauses
    text: Mapped[str] = mapped_column(Text)


class LegalLink(Base):
    __tablename__ = "legal_link"
    __table_args__ = (UniqueConstraint("old", "kind", "new"),)
    id: Mapped[Id]
    old: Mapped[Code] = mapped_column(index=True)  # number of what was replaced or amended
    kind: Mapped[str] = mapped_column(String(16))  # LinkKind
    new: Mapped[Code] = mapped_column(index=True)
    since: Mapped[date | None]  # first day of the new text; None: not known, counts at once
    provisions: Mapped[list[Any]]  # ["khoản 2 Điều 9", …]; empty = the whole document
    evidence: Mapped[str] = mapped_column(Text, default="")  # the sentence it was read in
    state: Mapped[str] = mapped_column(String(16), default=LinkState.SUGGESTED, index=True)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime]


async def document(db: AsyncSession, number: str) -> LegalDocument | None:
    return await db.scalar(select(LegalDocument).where(LegalDocument.number == number))


async def documents(db: AsyncSession) -> Sequence[LegalDocument]:
    return (await db.scalars(select(LegalDocument).order_by(LegalDocument.kind, LegalDocument.number))).all()


async def passage_count(db: AsyncSession) -> dict[int, int]:
    """Document id → how many passages."""
    counted = select(LegalPassage.document_id, func.count()).group_by(LegalPassage.document_id)
    return {number: count for number, count in (await db.execute(counted)).all()}


async def replace_passages(db: AsyncSession, document_id: int, rows: Iterable[dict[str, Any]]) -> None:
    await db.execute(delete(LegalPassage).where(LegalPassage.document_id == document_id))
    if found := [{"document_id": document_id, **row} for row in rows]:
        await db.execute(insert(LegalPassage), found)


async def documents_in_force(db: AsyncSession, on: date) -> Sequence[LegalDocument]:
    """By state and dates alone; links are weighed by knowledge.legal."""
    living = select(LegalDocument).where(
        LegalDocument.state == DocumentState.IN_FORCE,
        or_(LegalDocument.effective_on.is_(None), LegalDocument.effective_on <= on),
        or_(LegalDocument.expires_on.is_(None), LegalDocument.expires_on >= on),
    )
    return (await db.scalars(living.order_by(LegalDocument.id))).all()


async def texts_of(db: AsyncSession, document_id: int) -> Sequence[Row[tuple[str, str, str, str, str, str]]]:
    """Path, citation, title, place, lead, text in order: plain rows, a third of the cost of mapped ones."""
    columns = (getattr(LegalPassage, c) for c in ("path", "citation", "title", "place", "lead", "text"))
    inside = select(*columns).where(LegalPassage.document_id == document_id).order_by(LegalPassage.position)
    return (await db.execute(inside)).all()


async def links(db: AsyncSession, *states: LinkState) -> Sequence[LegalLink]:
    wanted = select(LegalLink).order_by(LegalLink.old, LegalLink.id)
    return (await db.scalars(wanted.where(LegalLink.state.in_(states)) if states else wanted)).all()


async def link(db: AsyncSession, old: str, kind: str, new: str) -> LegalLink | None:
    same = select(LegalLink).where(LegalLink.old == old, LegalLink.kind == kind, LegalLink.new == new)
    return await db.scalar(same)


async def newest_change(db: AsyncSession) -> tuple[Any, ...]:
    """Changes whenever passages or links did: editions, counts and last moments of documents and of links."""
    editions = func.sum(LegalDocument.edition), func.count(), func.max(LegalDocument.changed_at)
    ours = (await db.execute(select(*editions))).one()
    theirs = (await db.execute(select(func.count(), func.max(LegalLink.changed_at)))).one()
    return (*ours, *theirs)
