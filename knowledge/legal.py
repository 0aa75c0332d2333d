"""Statutes in answers: what may be quoted on a day, how a quotation looks, and what took the place of what.

Importing is knowledge/legal_import.py. Nobody here commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from db import legal as rows
from db.legal import DocumentState, LegalDocument, LegalLink, LinkKind, LinkState
from knowledge.index import Passage
from knowledge.legal_numbers import DocumentRef, key
from knowledge.legal_paths import touches
from knowledge.legal_register import Change, Known, Register, Succession
from knowledge.legal_superseded import shipped

MARK = "Trích nguyên văn, không phải câu trả lời của biên tập viên"
QUOTED = 2_800  # characters of statute text in one quotation; the rest is at the source


@dataclass(frozen=True, slots=True)
class Provision:
    """One quotable piece of a document in force."""

    id: str  # "244/2026/NĐ-CP#d9.k2": stable over re-imports
    document: DocumentRef
    citation: str  # khoản 2 Điều 9 Nghị định 244/2026/NĐ-CP
    title: str  # the article's heading, "" if it has none
    place: str  # Chương II. …
    lead: str  # the article's words before its clauses
    text: str
    effective_on: date | None = None
    source_url: str | None = None
    warnings: tuple[str, ...] = ()  # sentences that must go with a quotation


async def register(db: AsyncSession) -> Register:
    """Everything known about replaced and amended documents: the shipped table, links, and the documents' own rows."""
    documents = await rows.documents(db)
    refs = {d.number: _ref(d) for d in documents}
    table = _shipped()
    named = {ref.number: ref for c in table for ref in (c.old, *c.new)} | refs
    links = await rows.links(db, LinkState.CONFIRMED, LinkState.SUGGESTED)
    known = [Known(_ref(d), d.effective_on, d.expires_on, d.state != DocumentState.IN_FORCE) for d in documents]
    return Register([*table, *(_change(link, named) for link in links)], known)


def starter_register() -> Register:
    """The shipped table alone, for a machine without a database."""
    return Register(_shipped())


def _shipped() -> list[Change]:
    return [Change(s.old.ref, tuple(n.ref for n in s.new), s.since, partial=s.partial) for s in shipped()]


async def current_passages(db: AsyncSession, on: date) -> list[Provision]:
    """What may be quoted as holding on that day. Replaced documents and amended provisions are left out."""
    known = await register(db)
    found = []
    for document in await rows.documents_in_force(db, on):
        if known.replaced(document.number, on):
            continue
        changed = [where for change in known.changes_of(document.number, on) for where in change.provisions]
        ref, warnings = _ref(document), _warnings(known, document.number, on)
        found += [
            Provision(f"{document.number}#{path}", ref, *texts, document.effective_on, document.source_url, warnings)
            for path, *texts in await rows.texts_of(db, document.id)
            if not any(touches(where, path) for where in changed)
        ]
    return found


async def version(db: AsyncSession, on: date) -> tuple[object, ...]:
    """Differs whenever `current_passages` may: after an import, a link, or midnight."""
    return (on, *await rows.newest_change(db))


async def successor(db: AsyncSession, number: str, on: date) -> Succession | None:
    """What took the place of a document; None when nothing is known to have."""
    return (await register(db)).successor(number, on)


def as_passage(provision: Provision) -> Passage:
    """For the index. The title carries the document, so that "nghị định 244 …" finds its own articles."""
    title = " – ".join(part for part in (provision.title, provision.document.title) if part)
    return Passage(provision.id, title, "\n".join(p for p in (provision.citation, provision.lead, provision.text) if p))


def quote(provision: Provision, limit: int = QUOTED) -> str:
    """Plain text (escape it for Markdown): marked as a quotation, with citation, heading, text, effect, source."""
    heading = f"{_capital(provision.citation)}{f': {provision.title}' if provision.title else ''}"
    lead = f"{provision.lead}\n[…]\n" if provision.lead else ""
    words = _cut(lead + provision.text, limit)
    since = f"Hiệu lực từ ngày {provision.effective_on:%d/%m/%Y}." if provision.effective_on else ""
    source = f"Nguồn: {provision.source_url}" if provision.source_url else ""
    tail = "\n".join(part for part in (since, *provision.warnings, source) if part)
    return "\n\n".join(part for part in (f"{MARK}.", heading, f"“{words}”", tail) if part)


def _warnings(known: Register, number: str, on: date) -> tuple[str, ...]:
    """Sentences about changes nobody has tied to a provision, or confirmed."""
    whole = [c for c in known.changes_of(number, on) if c.amends and not c.provisions]
    doubted = [c for c in known.changes if key(c.old.number) == key(number) and not c.confirmed]
    said = [f"Văn bản đã được sửa đổi, bổ sung bởi {_titles(c.new)}; vui lòng đối chiếu." for c in whole]
    said += [
        f"Văn bản có thể đã bị {'sửa đổi' if c.amends else 'thay thế'} bởi {_titles(c.new)} (đang chờ xác nhận)."
        for c in doubted
    ]
    return tuple(dict.fromkeys(said))


def _change(link: LegalLink, named: dict[str, DocumentRef]) -> Change:
    old, new = (named.get(number) or DocumentRef(number) for number in (link.old, link.new))
    return Change(
        old, (new,), link.since, amends=link.kind == LinkKind.AMENDED_BY, provisions=tuple(link.provisions),
        confirmed=link.state == LinkState.CONFIRMED,
    )


def _ref(document: LegalDocument) -> DocumentRef:
    return DocumentRef(document.number, document.kind, document.name)


def _titles(refs: Sequence[DocumentRef]) -> str:
    return ", ".join(ref.title for ref in refs)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _cut(words: str, limit: int) -> str:
    """At the end of a paragraph, else of a word."""
    if len(words) <= limit:
        return words
    part = words[:limit]
    at = max(part.rfind("\n"), part.rfind(" ") if "\n" not in part[limit // 2 :] else -1)
    return f"{part[:at].rstrip()} […]"
