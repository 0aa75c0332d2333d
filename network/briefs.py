"""The life of a brief until it is signed: written, changed, submitted. network/approvals.py signs, releases.py sends.

Every act reads the brief under a lock, so that of two people pressing at once one acts and the other is told why not.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from db import briefs as table
from db import corrections
from db.briefs import Brief, BriefState, Edition, Signature
from network import audiences, audit, brief_entries, correction_text, embargo, moments
from network.brief_check import problems
from network.brief_content import Answer, Citation, Content, Priority, Problem
from network.letters import letter_text
from network.refusals import Refusal
from network.roles import Permission

__all__ = ["Answer", "Citation", "Content", "Draft", "Priority", "Problem", "letter_text", "problems"]

STAMP = 10  # characters of the hash a button carries
STATE_NAMES = {
    BriefState.DRAFT: "bản nháp",
    BriefState.SUBMITTED: "chờ duyệt",
    BriefState.APPROVED: "đã duyệt, chờ gửi",
    BriefState.SCHEDULED: "đã hẹn giờ gửi",
    BriefState.SENDING: "đang gửi",
    BriefState.DONE: "đã gửi xong",
    BriefState.STOPPED: "đã dừng",
    BriefState.RECALLED: "đã thu hồi",
}
_STANDS = {
    BriefState.DRAFT: "đang là bản nháp",
    BriefState.SUBMITTED: "đang chờ duyệt",
    BriefState.APPROVED: "đã được duyệt, đang chờ gửi",
    BriefState.SCHEDULED: "đã được hẹn giờ gửi",
    BriefState.SENDING: "đang được gửi",
    BriefState.DONE: "đã gửi xong",
    BriefState.STOPPED: "đã dừng gửi",
    BriefState.RECALLED: "đã được thu hồi",
}
OPEN = (BriefState.DRAFT, BriefState.SUBMITTED, BriefState.APPROVED, BriefState.SCHEDULED)
STALE = "Bản tin đã thay đổi sau khi nút này hiện ra nên thao tác không được thực hiện. Vui lòng mở lại bản tin."
MISSING = "Không tìm thấy bản tin này. Anh/chị vui lòng xem danh sách bằng lệnh /bantin."


def stands(state: BriefState) -> str:
    """How a sentence begins: “Bản tin này đang chờ duyệt”."""
    return f"Bản tin này {_STANDS[state]}"


class Acting(Protocol):
    """Who does something: handlers.Speaker in a chat, an account of the command line."""

    @property
    def person_id(self) -> int | None: ...

    @property
    def permissions(self) -> frozenset[Permission]: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """A brief with its newest edition. `hash` is bound into every signature; `stamp` into every button."""

    id: int
    key: str | None
    state: BriefState
    edition_id: int
    number: int
    content: Content
    audience: Mapping[str, Any]  # network.audiences.Audience
    hash: str
    frozen: bool
    author_id: int | None
    editor_id: int | None
    send_at: datetime | None
    updated_at: datetime

    @property
    def stamp(self) -> str:
        return self.hash[:STAMP]

    @property
    def subject(self) -> str:
        return f"brief:{self.id}"


def digest(content: Mapping[str, Any], audience: Mapping[str, Any]) -> str:
    """What a signature is bound to."""
    whole = json.dumps([content, audience], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(whole.encode()).hexdigest()


async def load(db: AsyncSession, brief_id: int, *, lock: bool = False, stamp: str | None = None) -> Draft:
    """Refuses an unknown brief, and a stamp that belongs to an earlier content or audience."""
    brief = await table.find(db, brief_id, lock=lock)
    if brief is None or brief.edition_id is None:
        raise Refusal(MISSING, over=True)
    draft = _draft(brief, await table.edition(db, brief.edition_id))
    if stamp is not None and not (stamp and draft.hash.startswith(stamp)):
        raise Refusal(STALE, over=True)
    return draft


def _draft(brief: Brief, edition: Edition) -> Draft:
    return Draft(
        id=brief.id, key=brief.key, state=BriefState(brief.state), edition_id=edition.id, number=edition.number,
        content=Content.from_json(edition.content), audience=edition.audience,
        hash=edition.hash or digest(edition.content, edition.audience), frozen=edition.frozen_at is not None,
        author_id=brief.author_id, editor_id=edition.editor_id, send_at=brief.send_at, updated_at=brief.updated_at,
    )


async def listed(db: AsyncSession, **wanted: Any) -> list[Draft]:
    """As db.briefs.listed."""
    return [_draft(brief, edition) for brief, edition in await table.listed(db, **wanted)]


def need(who: Acting, permission: Permission, what: str) -> int:
    """The person's id, or a refusal."""
    if who.person_id is None or permission not in who.permissions:
        raise Refusal(f"Vai trò của anh/chị không có quyền {what}. Vui lòng liên hệ quản trị mạng lưới.", over=True)
    return who.person_id


async def create(
    db: AsyncSession, content: Content, who: Acting, now: datetime, *,
    audience: Mapping[str, Any] | None = None, key: str | None = None,
) -> Draft:
    author = need(who, Permission.WRITE_BRIEF, "soạn bản tin")
    if key and await table.find_by_key(db, key):
        raise Refusal(f"Đã có bản tin mang mã “{key}”. Vui lòng đổi mã trong tệp hoặc sửa bản tin đã có.")
    brief = Brief(key=key, author_id=author, created_at=now, updated_at=now)
    db.add(brief)
    await db.flush()
    edition = await _begin(db, brief, 1, content.to_json(), dict(audience or {}), author, now)
    await audit.record(db, now, "brief.created", actor=author, subject=f"brief:{brief.id}")
    return _draft(brief, edition)


async def copy(db: AsyncSession, brief_id: int, who: Acting, now: datetime) -> Draft:
    """A new draft with the words and the audience of another; the way on for a brief that was stopped or is over."""
    source = await load(db, brief_id)
    return await create(db, replace(source.content, corrects=None), who, now, audience=source.audience)


async def _begin(
    db: AsyncSession, brief: Brief, number: int, content: dict[str, Any], audience: dict[str, Any], editor: int | None,
    now: datetime,
) -> Edition:
    edition = Edition(
        brief_id=brief.id, number=number, content=content, audience=audience, editor_id=editor, created_at=now
    )
    db.add(edition)
    await db.flush()
    brief.edition_id = edition.id
    await db.flush()
    return edition


async def edit(
    db: AsyncSession, brief_id: int, who: Acting, now: datetime, *, content: Content | None = None,
    audience: Mapping[str, Any] | None = None, stamp: str | None = None,
) -> Draft:
    """Change what is given. A frozen edition stays as it was: a new one begins, and whatever was signed is void."""
    editor = need(who, Permission.WRITE_BRIEF, "sửa bản tin")
    before = await load(db, brief_id, lock=True, stamp=stamp)
    if before.state not in OPEN:
        raise Refusal(f"{stands(before.state)} nên không sửa được nữa. Vui lòng gửi bản đính chính.", over=True)
    new_content = before.content.to_json() if content is None else content.to_json()
    new_audience = dict(before.audience if audience is None else audience)
    if digest(new_content, new_audience) == before.hash:
        return before  # nothing changed: signatures stay
    brief = await _brief(db, brief_id)
    if before.frozen:
        edition = await _begin(db, brief, before.number + 1, new_content, new_audience, editor, now)
        await audit.record(
            db, now, "brief.reopened", actor=editor, subject=before.subject,
            detail={"was": before.state.value, "void": before.hash, "edition": edition.number},
        )
    else:
        edition = await table.edition(db, before.edition_id)
        edition.content, edition.audience, edition.editor_id = new_content, new_audience, editor
        await audit.record(db, now, "brief.edited", actor=editor, subject=before.subject)
    brief.state, brief.send_at, brief.updated_at = BriefState.DRAFT, None, now
    await db.flush()
    return _draft(brief, edition)


async def submit(db: AsyncSession, brief_id: int, who: Acting, now: datetime, *, stamp: str | None = None) -> Draft:
    """Freeze the edition. Refuses with every problem at once."""
    person = need(who, Permission.WRITE_BRIEF, "trình duyệt bản tin")
    draft = await load(db, brief_id, lock=True, stamp=stamp)
    if draft.state != BriefState.DRAFT:
        raise Refusal(f"{stands(draft.state)} nên không cần trình lại.", over=True)
    return await freeze(db, draft, person, now, "submitted", BriefState.SUBMITTED)


async def freeze(
    db: AsyncSession, draft: Draft, person: int, now: datetime, act: str, state: BriefState
) -> Draft:
    """The edition never changes again; what the brief answers is stored under embargo."""
    found = [str(problem) for problem in problems(draft.content)] + await unready(db, draft)
    if draft.content.release_moment and draft.content.release_moment <= now:
        found.append(f"Giờ phát hành: {moments.say(draft.content.release_moment)} đã qua; vui lòng đặt lại")
    if found:
        raise Refusal("Bản tin chưa trình được:\n" + "\n".join(f"- {line}" for line in found))
    edition = await table.edition(db, draft.edition_id)
    edition.hash, edition.frozen_at = digest(edition.content, edition.audience), now
    brief = await _brief(db, draft.id)
    brief.state, brief.updated_at, brief.embargo_until = state, now, draft.content.release_moment
    await brief_entries.keep(db, draft.id, draft.content, person, now)
    await sign(db, _draft(brief, edition), person, act, now)
    return _draft(brief, edition)


async def unready(db: AsyncSession, draft: Draft) -> list[str]:
    """What only the database knows to be wrong: nobody would receive it, a file or an entry is missing."""
    found = []
    audience = audiences.Audience.from_json(draft.audience)
    if not audience:
        found.append("Người nhận: chưa chọn")
    elif await audiences.count(db, audience, flash=draft.content.priority == Priority.FLASH) == 0:
        found.append("Người nhận: chưa có ai trong danh sách; vui lòng chọn lại người nhận")
    found += await embargo.problems(db, draft.content)
    files = await table.attachments(db, draft.content.attachments)
    if len(files) < len(set(draft.content.attachments)):
        found.append("Tệp đính kèm: có tệp không còn trong hệ thống; vui lòng gửi lại tệp")
    found += [f"Tệp đính kèm: {file.problem}" for file in files if file.problem]
    if any(file.fetched_at is None and not file.problem for file in files):
        found.append("Tệp đính kèm: đang tải về máy chủ; vui lòng thử lại sau ít phút")
    found += await corrections.unready(db, draft.id, draft.content.corrects)
    found += await correction_text.problems(db, draft.content)
    return found + await brief_entries.unready(db, draft.id, draft.content.entries)


async def sign(
    db: AsyncSession, draft: Draft, person: int, act: str, now: datetime, reason: str | None = None
) -> None:
    db.add(Signature(edition_id=draft.edition_id, person_id=person, act=act, hash=draft.hash, reason=reason, at=now))
    await db.flush()
    detail = {"edition": draft.number, "hash": draft.hash, **({"reason": reason} if reason else {})}
    await audit.record(db, now, f"brief.{act}", actor=person, subject=draft.subject, detail=detail)


async def reopen(db: AsyncSession, draft: Draft, now: datetime) -> Draft:
    """A draft again: the same words in a new edition that may be changed."""
    brief = await _brief(db, draft.id)
    content, audience = draft.content.to_json(), dict(draft.audience)
    edition = await _begin(db, brief, draft.number + 1, content, audience, draft.editor_id, now)
    brief.state, brief.send_at, brief.updated_at = BriefState.DRAFT, None, now
    await db.flush()
    return _draft(brief, edition)


async def withdraw(db: AsyncSession, brief_id: int, who: Acting, now: datetime, *, stamp: str) -> Draft:
    """Take a submitted brief back for changes; what was signed is void."""
    person = need(who, Permission.WRITE_BRIEF, "sửa bản tin")
    draft = await load(db, brief_id, lock=True, stamp=stamp)
    if draft.state not in OPEN or draft.state == BriefState.DRAFT:
        raise Refusal(f"{stands(draft.state)} nên không rút lại được.", over=True)
    detail = {"was": draft.state.value, "void": draft.hash}
    await audit.record(db, now, "brief.withdrawn", actor=person, subject=draft.subject, detail=detail)
    return await reopen(db, draft, now)


async def drop(db: AsyncSession, brief_id: int, who: Acting, now: datetime, *, stamp: str | None = None) -> Draft:
    """Give a brief up before it went out; it stays on record."""
    person = need(who, Permission.WRITE_BRIEF, "bỏ bản tin")
    draft = await load(db, brief_id, lock=True, stamp=stamp)
    if draft.state not in OPEN:
        raise Refusal(f"{stands(draft.state)} nên không bỏ được.", over=True)
    return await move(db, draft, BriefState.STOPPED, now, "brief.dropped", person)


async def move(
    db: AsyncSession, draft: Draft, state: BriefState, now: datetime, act: str, person: int | None,
    *, send_at: datetime | None = None, detail: dict[str, Any] | None = None,
) -> Draft:
    """Write the new state of a brief that is locked already."""
    brief = await _brief(db, draft.id)
    brief.state, brief.send_at, brief.updated_at = state, send_at, now
    await db.flush()
    await audit.record(db, now, act, actor=person, subject=draft.subject, detail={"hash": draft.hash, **(detail or {})})
    return _draft(brief, await table.edition(db, draft.edition_id))


async def _brief(db: AsyncSession, brief_id: int) -> Brief:
    brief = await db.get(Brief, brief_id)
    if brief is None:
        raise Refusal(MISSING, over=True)
    return brief
