"""How an entry, its versions and their differences are said."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency
from db.knowledge import Entry, EntryState, EntryVersion, VersionState
from handlers.asking import shown
from knowledge import entry as entries
from knowledge import entry_content
from knowledge.entry import Standing
from network import markup, moments, topics

STATES = {
    EntryState.DRAFT: "bản nháp", EntryState.REVIEW: "chờ duyệt", EntryState.EMBARGOED: "chờ bản tin phát hành",
    EntryState.PUBLISHED: "đang công bố", EntryState.RETIRED: "đã ngừng dùng",
}
VERSION_STATES = {
    VersionState.DRAFT: "bản nháp", VersionState.REVIEW: "chờ duyệt", VersionState.ACCEPTED: "đã duyệt",
    VersionState.REPLACED: "đã thay bằng bản nháp sau", VersionState.DROPPED: "đã bỏ",
}
SIDE = 900  # characters of what was taken away or put in, for each field


def state(entry: Entry, today: date) -> str:
    """In one phrase; what is due or over comes before what is served."""
    if entry.state != EntryState.PUBLISHED:
        return STATES[EntryState(entry.state)]
    standing = entries.standing(entry, today)
    if standing == Standing.OVER:
        return f"đã được thay bằng {entry.superseded_by}" if entry.superseded_by else "đã hết hiệu lực"
    if standing == Standing.LATER:
        return "chưa có hiệu lực"
    if entry.review_due and entry.review_due <= today:
        return f"đang công bố, đến hạn rà soát {entry_content.day(entry.review_due)}"
    return STATES[EntryState.PUBLISHED]


async def card(db: AsyncSession, entry: Entry, today: date) -> str:
    """The entry as people see it, then what only editors see."""
    owner = await db.get(Agency, entry.owner_agency_id) if entry.owner_agency_id else None
    about = [
        f"*Mã {markup.escape(entry.key)}, bản {entry.version}: {markup.escape(state(entry, today))}*",
        f"**Chủ đề:** {markup.escape(topics.list_names([entry.topic]) if entry.topic else '–')}",
        f"**Cơ quan phụ trách:** {markup.escape(owner.name) if owner else '–'}",
        f"**Ngày rà soát:** {entry_content.day(entry.review_due) if entry.review_due else '–'}",
        f"**Cách hỏi khác:** {len(entry.variants)}",
        *(f"- {markup.escape(phrase)}" for phrase in entry.variants[:8]),
    ]
    return shown(entry, today) + "\n\n" + "\n".join(about)


async def difference(db: AsyncSession, old: entry_content.Content | None, new: entry_content.Content) -> str:
    """Field by field, what goes and what comes."""
    parts = [
        "\n".join([f"**{label}**", *_side("➖", removed), *_side("➕", added)])
        for label, removed, added in await named_changes(db, old, new)
    ]
    return "\n\n".join(parts) or "Nội dung hai bản giống nhau."


async def named_changes(
    db: AsyncSession, old: entry_content.Content | None, new: entry_content.Content
) -> list[tuple[str, list[str], list[str]]]:
    """(part of the entry, what goes, what comes), in words people know."""
    return [
        (
            change.label, [await _named(db, change.field, one) for one in change.removed],
            [await _named(db, change.field, one) for one in change.added],
        )
        for change in entry_content.changes(old, new)
    ]


async def _named(db: AsyncSession, field: str, said: str) -> str:
    """Codes and numbers as people know them."""
    if field == "topic":
        return topics.name_of(said)
    agency = await db.get(Agency, int(said)) if field == "owner_agency_id" else None
    return agency.name if agency else said


def _side(sign: str, lines: Sequence[str]) -> list[str]:
    said, room = [], SIDE
    for line in lines:
        said.append(f"{sign} {markup.escape(line[:room])}{'…' if len(line) > room else ''}")
        room -= len(line)
        if room <= 0:
            break
    return said


def history(entry: Entry, rows: Sequence[Any]) -> str:
    lines = [f"**Lịch sử mục {markup.escape(entry.key)}**", f"*{markup.escape(entry.question)}*"]
    return "\n".join([*lines, *(f"- {line}" for line in (told(entry, *row) for row in rows))])


def told(entry: Entry, version: EntryVersion, writer: str | None, reviewer: str | None) -> str:
    """One version in one line: who, when, why."""
    served = entry.state == EntryState.PUBLISHED and version.version == entry.version
    said = "đang dùng" if served else VERSION_STATES[VersionState(version.state)]
    line = f"Bản {version.version} ({said}), {moments.say(version.at)}, {markup.escape(writer or 'hệ thống')}"
    if version.why:
        line += f": {markup.escape(version.why)}"
    if version.reviewed_at:
        line += f". Người duyệt: {markup.escape(reviewer or 'hệ thống')}, {moments.say(version.reviewed_at)}"
    return line + (f". Ghi chú: {markup.escape(version.note)}" if version.note else "")


def today(now: datetime) -> date:
    return now.astimezone(moments.VIETNAM).date()
