"""Import of a statute or handbook, all or nothing: read the file, look at what was found, then put it in one go.

`draft` is pure and is the dry run; `put` writes what a draft holds inside the caller's transaction.
"""

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db import legal as rows
from db.legal import DocumentState, LegalDocument, LegalLink, LinkState
from knowledge import legal_files, legal_head, legal_links, legal_outline, legal_split
from knowledge.legal_articles import Reader, Reading
from knowledge.legal_head import Head
from knowledge.legal_lines import Line, Manuscript, quoted
from knowledge.legal_links import Suggestion
from knowledge.legal_numbers import DocumentRef, canonical
from knowledge.legal_split import Count, Piece

SHORTEST = 40  # characters of all pieces together; less is not a document


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be imported, and everything there is to say about it."""

    head: Head
    pieces: tuple[Piece, ...]
    count: Count
    suggestions: tuple[Suggestion, ...]
    file_name: str
    sha256: str
    format: str
    problems: tuple[str, ...]  # forbid the import
    doubts: tuple[str, ...]  # forbid it unless the curator accepts a document with gaps
    warnings: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def title(self) -> str:
        return DocumentRef(self.head.number, self.head.kind, self.head.name).title

    def acceptable(self, *, with_gaps: bool = False) -> bool:
        return not self.problems and (with_gaps or not self.doubts)

    def report(self) -> dict[str, Any]:
        """Plain data, kept with the document."""
        kept = ("problems", "doubts", "warnings", "notes", "format")
        return {"count": asdict(self.count), "passages": len(self.pieces)} | {k: getattr(self, k) for k in kept}


class Refused(ValueError):
    """The draft has problems; nothing was written."""


def draft(name: str, data: bytes, given: Head = Head()) -> Draft:
    """Reads a file; `given` wins over what the text says. Raises legal_lines.Unreadable."""
    manuscript = legal_files.read(name, data)
    flags, unclosed = quoted(manuscript.lines)
    reading = Reader(manuscript.lines, flags, wrapped=manuscript.wrapped).read()
    if reading.articles:
        pieces, count, first = legal_split.pieces(reading), legal_split.count(reading), reading.head
    else:
        pieces, first = legal_outline.pieces(manuscript.lines, flags)
        count = Count(sections=len(pieces))
        first = [*first, *(line.text for line in manuscript.lines[: legal_head.HEAD_LINES])]
    body = [row.text for article in reading.articles for row in article.rows]
    read = legal_head.read(first, body)
    head = given.over(read)
    head = replace(head, number=canonical(head.number) or head.number.strip())
    problems, warnings = legal_head.problems(head, read.number)
    lost = _lost(pieces, count, manuscript, head)
    found = legal_links.suggest(head.number, head.name, reading.articles, head.effective_on)
    return Draft(
        head=head, pieces=tuple(pieces), count=count, suggestions=tuple(found), file_name=name,
        sha256=hashlib.sha256(data).hexdigest(), format=manuscript.format, problems=(*problems, *lost),
        doubts=_doubts(count, manuscript),
        warnings=(*warnings, *manuscript.warnings, *_unclosed(manuscript.lines, unclosed), *reading.warnings),
        notes=(*manuscript.notes, *_left_out(reading)),
    )


async def put(
    db: AsyncSession, draft: Draft, now: datetime, *, by: int | None = None, with_gaps: bool = False
) -> LegalDocument:
    """A new document, or a new edition of one: its passages are replaced whole. Raises Refused."""
    if not draft.acceptable(with_gaps=with_gaps):
        raise Refused("\n".join((*draft.problems, *(() if with_gaps else draft.doubts))))
    document = await rows.document(db, draft.head.number)
    if document is None:
        document = LegalDocument(number=draft.head.number, edition=0, state=DocumentState.IN_FORCE, name="")
        db.add(document)
    head = draft.head
    document.kind, document.name, document.issuer = head.kind, head.name, head.issuer
    document.issued_on, document.effective_on, document.expires_on = head.issued_on, head.effective_on, head.expires_on
    document.source_url = head.source_url or document.source_url
    document.file_name, document.file_sha256 = draft.file_name, draft.sha256
    document.edition, document.imported_by, document.changed_at = document.edition + 1, by, now
    document.report = draft.report()
    await db.flush()
    await rows.replace_passages(db, document.id, [_row(p, n, draft.title) for n, p in enumerate(draft.pieces, 1)])
    for suggestion in draft.suggestions:
        await suggest(db, suggestion, now)
    return document


async def suggest(db: AsyncSession, found: Suggestion, now: datetime) -> None:
    """Kept for a curator to confirm; what somebody decided stays as it was decided."""
    link = await rows.link(db, found.old, found.kind, found.new)
    if link is None:
        link = LegalLink(old=found.old, kind=found.kind, new=found.new, state=LinkState.SUGGESTED)
        db.add(link)
    elif link.state != LinkState.SUGGESTED:
        return
    link.since, link.provisions = found.since, list(found.provisions)
    link.evidence, link.changed_at = found.evidence, now
    await db.flush()


def _row(piece: Piece, position: int, title: str) -> dict[str, Any]:
    return {
        "position": position, "path": piece.path, "citation": f"{piece.where} {title}", "title": piece.title,
        "place": piece.place, "lead": piece.lead, "text": piece.text,
    }


def _lost(pieces: list[Piece], count: Count, manuscript: Manuscript, head: Head) -> list[str]:
    wrong = []
    if sum(len(piece.text) for piece in pieces) < SHORTEST:
        wrong.append("Không tìm thấy nội dung để trích (không có Điều, mục hay đoạn văn nào).")
    if count.duplicates:
        wrong.append(f"Trùng số: {', '.join(count.duplicates)}. Có thể tệp gồm nhiều văn bản; vui lòng tách ra.")
    if count.sections and canonical(head.number) and head.kind in ("Luật", "Bộ luật", "Nghị định", "Thông tư"):
        wrong.append(f"{head.kind} nhưng không tìm thấy Điều nào. Vui lòng kiểm tra tệp.")
    return wrong


def _doubts(count: Count, manuscript: Manuscript) -> tuple[str, ...]:
    found = list(manuscript.missing)
    if count.gaps:
        found.append(f"Thiếu số: {', '.join(count.gaps[:20])}{'…' if len(count.gaps) > 20 else ''}.")
    if count.empty:
        found.append(f"Không có nội dung: {', '.join(count.empty[:20])}.")
    return tuple(found)


def _unclosed(lines: tuple[Line, ...], at: list[int]) -> list[str]:
    return [f"Ngoặc kép mở mà không đóng: “{lines[n].text[:60]}…”" for n in at[:10]]


def _left_out(reading: Reading) -> list[str]:
    if not reading.articles:
        return []
    notes = []
    if reading.head:
        notes.append(f"Không đưa vào trích dẫn: {len(reading.head)} dòng phần đầu (quốc hiệu, căn cứ).")
    if reading.tail:
        notes.append(f"Không đưa vào trích dẫn: {len(reading.tail)} dòng phần ký, nơi nhận.")
    return notes
