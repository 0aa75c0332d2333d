"""What the `loa kb legal` commands do, each inside the transaction the command opened."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer
import yaml
from sqlalchemy.ext.asyncio import AsyncSession

from db import legal as rows
from db.legal import DocumentState, LegalLink, LinkKind, LinkState
from knowledge import legal, legal_desk, legal_import, legal_superseded
from knowledge.legal_head import Head
from knowledge.legal_import import Draft
from knowledge.legal_lines import Unreadable
from knowledge.legal_numbers import DocumentRef
from knowledge.legal_register import Register
from knowledge.legal_superseded import Superseded, SupersededError
from network import audit

VERBS = {LinkKind.REPLACED_BY: "bị thay thế bởi", LinkKind.AMENDED_BY: "được sửa đổi, bổ sung bởi"}
STATES = {
    LinkState.SUGGESTED: "chờ xác nhận", LinkState.CONFIRMED: "đã xác nhận", LinkState.REJECTED: "đã bỏ",
}


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()


def _now() -> datetime:
    return datetime.now(UTC)


def read(file: Path, given: Head) -> Draft | str:
    """The draft, or why the file cannot be read."""
    try:
        return legal_import.draft(file.name, file.read_bytes(), given)
    except Unreadable as problem:
        return f"{file.name}: {problem}"


async def put(db: AsyncSession, draft: Draft, *, with_gaps: bool) -> dict[str, Any]:
    document = await legal_import.put(db, draft, _now(), with_gaps=with_gaps)
    detail = {"edition": document.edition, "passages": len(draft.pieces), "sha256": draft.sha256}
    await audit.record(db, _now(), "legal.imported", subject=f"legal:{document.number}", detail=detail)
    heir = (await legal.register(db)).successor(document.number, today())
    return {"number": document.number, "edition": document.edition, "successor": heir.said if heir else None}


def say(draft: Draft, done: dict[str, Any] | None, *, applying: bool, with_gaps: bool, as_json: bool) -> None:
    """The report of a dry run or of an import."""
    if as_json:
        typer.echo(json.dumps(_plain(draft, done), ensure_ascii=False, default=str))
        return
    for line in _report(draft):
        typer.echo(line)
    if done:
        typer.echo(f"Đã nhập {draft.title}, lần {done['edition']}: {len(draft.pieces)} đoạn trích.")
        if done["successor"]:
            typer.echo(f"Lưu ý: {done['successor']} Loa sẽ không trích văn bản này như đang có hiệu lực.")
    elif not draft.acceptable(with_gaps=with_gaps):
        fix = "" if draft.problems else " Nếu đúng là như vậy, thêm --allow-gaps."
        typer.echo(f"Không nhập được; kho không thay đổi.{fix}", err=True)
    elif not applying:
        typer.echo("Mới đọc thử. Thêm --apply để nhập.")


def _plain(draft: Draft, done: dict[str, Any] | None) -> dict[str, Any]:
    head = {name: getattr(draft.head, name) for name in draft.head.__dataclass_fields__}
    suggested = [{n: getattr(s, n) for n in s.__dataclass_fields__} for s in draft.suggestions]
    return {"title": draft.title, "head": head, **draft.report(), "links": suggested, "imported": done}


def _report(draft: Draft) -> list[str]:
    head, count = draft.head, draft.count
    lines = [f"{draft.title or draft.file_name}{f': {head.name}' if head.name else ''}"]
    days = (("ban hành", head.issued_on), ("hiệu lực", head.effective_on), ("hết hiệu lực", head.expires_on))
    lines.append(", ".join([head.issuer or "không rõ cơ quan", *(f"{n} {d:%d/%m/%Y}" for n, d in days if d)]))
    parts = [f"{n} {name}" for name, n in count.headings.items()]
    named = ((count.articles, "Điều"), (count.clauses, "khoản"), (count.points, "điểm"), (count.annexes, "phụ lục"))
    parts += [f"{n} {name}" for n, name in named if n] or [f"{count.sections} mục"]
    lines.append(f"{draft.format}: {', '.join(parts)} → {len(draft.pieces)} đoạn trích")
    for label, items in (
        ("Lỗi", draft.problems), ("Cần xem", draft.doubts), ("Lưu ý", draft.warnings), ("Ghi chú", draft.notes)
    ):
        lines += [f"{label}: {item}" for item in items]
    for found in draft.suggestions:
        where = f" ({', '.join(found.provisions)})" if found.provisions else ""
        lines.append(f"Liên kết: {found.old}{where} {VERBS[LinkKind(found.kind)]} {found.new}")
    return lines


async def listed(db: AsyncSession, on: date) -> list[dict[str, Any]]:
    known, counts = await legal.register(db), await rows.passage_count(db)
    return [
        {
            "number": d.number, "title": DocumentRef(d.number, d.kind, d.name).title, "name": d.name,
            "passages": counts.get(d.id, 0), "edition": d.edition, "effective_on": _day(d.effective_on),
            "expires_on": _day(d.expires_on), "standing": _standing(known, d, on),
        }
        for d in await rows.documents(db)
    ]


def _standing(known: Register, document: rows.LegalDocument, on: date) -> str:
    if document.state != DocumentState.IN_FORCE:
        return "ngưng hiệu lực" if document.state == DocumentState.SUSPENDED else "đã ngừng trích"
    heir = known.successor(document.number, on)
    if heir and heir.over:
        return f"bị thay thế bởi {', '.join(r.title for r in heir.new)}" if heir.new else "hết hiệu lực"
    if document.effective_on and document.effective_on > on:
        return "chưa có hiệu lực"
    return "đang trích" if document.edition else "chưa nhập nội dung"


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


async def quotes(db: AsyncSession, number: str, on: date) -> list[dict[str, Any]]:
    document = await legal_desk.find(db, number)
    found = [p for p in await legal.current_passages(db, on) if p.document.number == document.number]
    return [{"id": p.id, "citation": p.citation, "text": legal.quote(p)} for p in found]


async def links(db: AsyncSession, everything: bool) -> list[dict[str, Any]]:
    found = await rows.links(db) if everything else await rows.links(db, LinkState.SUGGESTED)
    return [
        {"id": row.id, "said": _said(row), "state": STATES[LinkState(row.state)], "evidence": row.evidence}
        for row in found
    ]


def _said(row: LegalLink) -> str:
    where = f"{', '.join(row.provisions)} " if row.provisions else ""
    since = f" từ {_day(row.since)}" if row.since else ""
    return f"{where}{row.old} {VERBS[LinkKind(row.kind)]} {row.new}{since}"


async def decide(db: AsyncSession, ids: Sequence[int], accept: bool, since: date | None) -> list[str]:
    said = []
    for number in ids:
        row = await legal_desk.decide(db, number, accept, _now(), since=since)
        act = "legal.link_confirmed" if accept else "legal.link_rejected"
        await audit.record(db, _now(), act, subject=f"legal:{row.old}", detail={"new": row.new, "kind": row.kind})
        said.append(_said(row))
    return said


async def link(
    db: AsyncSession, old: str, new: str, amends: bool, since: date | None, provisions: Sequence[str]
) -> str:
    kind = LinkKind.AMENDED_BY if amends else LinkKind.REPLACED_BY
    row = await legal_desk.link(db, old, kind, new, _now(), since=since, provisions=provisions)
    detail = {"new": row.new, "kind": row.kind}
    await audit.record(db, _now(), "legal.linked", subject=f"legal:{row.old}", detail=detail)
    return _said(row)


def table(file: Path) -> tuple[Superseded, ...] | str:
    """Links of a file, or why they cannot be read."""
    try:
        return legal_superseded.read(yaml.safe_load(file.read_text(encoding="utf-8-sig")), file.name)
    except SupersededError as problem:
        return str(problem)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        return f"{file.name}: không đọc được YAML: {problem}"


async def take_table(db: AsyncSession, found: Sequence[Superseded]) -> int:
    done = await legal_desk.take_table(db, found, _now())
    await audit.record(db, _now(), "legal.linked", detail={"links": done})
    return done


async def set_state(db: AsyncSession, number: str, state: DocumentState) -> str:
    document = await legal_desk.set_state(db, number, state, _now())
    await audit.record(db, _now(), f"legal.{state}", subject=f"legal:{document.number}")
    return DocumentRef(document.number, document.kind, document.name).title


async def outdated(db: AsyncSession, words: str, on: date) -> list[dict[str, Any]]:
    return [
        {"old": s.old.number, "new": [r.number for r in s.new], "since": _day(s.since), "said": s.said}
        for s in (await legal.register(db)).outdated(words, on)
    ]
