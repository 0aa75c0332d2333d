"""What curators decide about documents: links typed or confirmed, documents set aside and taken back."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import legal as rows
from db.legal import DocumentState, LegalDocument, LegalLink, LinkKind, LinkState
from knowledge.legal_numbers import DocumentRef, canonical, key, kind_of
from knowledge.legal_paths import CITED
from knowledge.legal_superseded import Superseded
from knowledge.wrong import Wrong

__all__ = ["Wrong"]


async def link(
    db: AsyncSession, old: str, kind: LinkKind, new: str, now: datetime, *, since: date | None = None,
    provisions: Sequence[str] = (), evidence: str = "", by: int | None = None,
) -> LegalLink:
    """A link somebody vouches for; a suggestion of the same becomes it. Raises Wrong."""
    old, new = _number(old), _number(new)
    if key(old) == key(new):
        raise Wrong("Một văn bản không thể tự thay thế hay sửa đổi chính nó.")
    if strange := [p for p in provisions if not CITED.fullmatch(p.strip())]:
        raise Wrong(f"Không hiểu “{strange[0]}”. Vui lòng viết như: khoản 2 Điều 9.")
    if kind == LinkKind.REPLACED_BY and not provisions and await _leads_to(db, new, old):
        raise Wrong(f"{new} đã được ghi là bị {old} thay thế; hai văn bản không thể thay thế lẫn nhau.")
    row = await rows.link(db, old, kind, new)
    if row is None:
        row = LegalLink(old=old, kind=kind, new=new, evidence="")
        db.add(row)
    row.since, row.provisions, row.state = since, [p.strip() for p in provisions], LinkState.CONFIRMED
    row.evidence, row.decided_by, row.changed_at = evidence or row.evidence, by, now
    await db.flush()
    return row


async def take_table(db: AsyncSession, table: Iterable[Superseded], now: datetime, *, by: int | None = None) -> int:
    """Links of a curator's YAML, in the shape of content/superseded.yaml. Returns how many."""
    done = 0
    for row in table:
        for named in (row.old, *row.new):
            await remember(db, named.ref, now, by=by)
        for new in row.new:
            await link(
                db, row.old.number, LinkKind.REPLACED_BY, new.number, now, since=row.since, evidence=row.source, by=by
            )
            done += 1
    return done


async def remember(db: AsyncSession, ref: DocumentRef, now: datetime, *, by: int | None = None) -> LegalDocument:
    """The name of a document whose text is not in the base (edition 0)."""
    known = await rows.document(db, ref.number)
    if known is None:
        known = LegalDocument(
            number=ref.number, kind=ref.kind or kind_of(ref.number), name=ref.name, file_name="", file_sha256="",
            edition=0, report={}, imported_by=by, changed_at=now,
        )
        db.add(known)
        await db.flush()
    return known


async def decide(
    db: AsyncSession, link_id: int, accept: bool, now: datetime, *, since: date | None = None, by: int | None = None
) -> LegalLink:
    """Confirm or reject a suggestion. Raises Wrong."""
    row = await db.get(LegalLink, link_id)
    if row is None:
        raise Wrong(f"Không có liên kết số {link_id}.")
    if accept and row.kind == LinkKind.REPLACED_BY and not row.provisions and await _leads_to(db, row.new, row.old):
        raise Wrong(f"{row.new} đã được ghi là bị {row.old} thay thế; hai văn bản không thể thay thế lẫn nhau.")
    row.state = LinkState.CONFIRMED if accept else LinkState.REJECTED
    row.since = since or row.since
    row.decided_by, row.changed_at = by, now
    await db.flush()
    return row


async def set_state(
    db: AsyncSession, number: str, state: DocumentState, now: datetime, *, by: int | None = None
) -> LegalDocument:
    """Set aside, or take back. Raises Wrong."""
    document = await find(db, number)
    document.state, document.imported_by, document.changed_at = state, by or document.imported_by, now
    await db.flush()
    return document


async def find(db: AsyncSession, number: str) -> LegalDocument:
    """By its number in any spelling, or by a handbook's code. Raises Wrong."""
    document = await rows.document(db, canonical(number) or number.strip())
    if document is None:
        raise Wrong(f"Kho chưa có văn bản “{number}”. Xem danh sách: loa kb legal list.")
    return document


async def _leads_to(db: AsyncSession, start: str, goal: str) -> bool:
    """Whether confirmed whole replacements lead from one document to another."""
    after: dict[str, set[str]] = {}
    for row in await rows.links(db, LinkState.CONFIRMED):
        if row.kind == LinkKind.REPLACED_BY and not row.provisions:
            after.setdefault(key(row.old), set()).add(key(row.new))
    seen, left = set(), [key(start)]
    while left:
        at = left.pop()
        if at == key(goal):
            return True
        left += after.get(at, set()) - seen
        seen.add(at)
    return False


def _number(number: str) -> str:
    if not (spelt := canonical(number)):
        raise Wrong(f"“{number}” không phải số hiệu văn bản. Ví dụ đúng: 244/2026/NĐ-CP, 07/CT-TTg.")
    return spelt
