"""What of a brief everybody may read, as an article of the Official Account."""

from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db import corrections
from db.articles import Article
from network import briefs, markup, moments, releases, zalo_text
from network.brief_content import Content, Priority
from network.briefs import Acting, Draft
from network.letters import letter_text
from network.refusals import Refusal
from network.roles import Permission

TITLE, AUTHOR, DESCRIPTION = 150, 50, 300  # characters


async def may_publish(db: AsyncSession, draft: Draft, who: Acting) -> Article | None:
    """Refuses what nobody signed, what is for inside only, and what was taken back. What is there of it already."""
    briefs.need(who, Permission.SEND, "đăng bản tin thành bài viết")
    if draft.content.internal_only:
        raise Refusal(f"Bản tin {draft.id} chỉ dùng nội bộ nên không đăng công khai được.")
    if draft.state not in releases.SENT:
        raise Refusal(f"{briefs.stands(draft.state)}: chỉ đăng được bản tin đã duyệt và đã gửi.")
    if newer := await corrections.successor(db, draft.id):
        raise Refusal(f"Bản tin {draft.id} đã được đính chính. Vui lòng đăng bản đính chính: bản tin {newer}.")
    return await db.get(Article, draft.id)


async def may_remove(db: AsyncSession, draft: Draft, who: Acting) -> Article | None:
    """Also what was recalled, above all that."""
    briefs.need(who, Permission.SEND, "gỡ bài viết của bản tin")
    return await db.get(Article, draft.id)


async def standing(db: AsyncSession, brief_id: int) -> str | None:
    """What stands in the OA, as a sentence."""
    row = await db.get(Article, brief_id)
    if row is None:
        return None
    if row.removed_at is not None:
        return f"Bài viết OA: đã gỡ {moments.say(row.removed_at)}."
    if row.article_id is None:
        return "Bài viết OA: Zalo chưa làm xong."
    if row.broadcast_at is not None:
        return f"Bài viết OA: đã đăng, Zalo nhận gửi quảng bá {moments.say(row.broadcast_at)}."
    if row.broadcast_asked_at is not None:
        return f"Bài viết OA: đã đăng; quảng bá {moments.say(row.broadcast_asked_at)} chưa rõ kết quả."
    return "Bài viết OA: đã đăng, chưa gửi quảng bá."


def public(content: Content) -> Content:
    """Without what is only for the network: instructions, questions that come with it, what it asks for."""
    return replace(
        content, do=(), dont=(), qa=(), entries=(), ack=False, ack_hours=None, attachments=(), priority=Priority.NORMAL
    )


def article(content: Content, issuer: str, picture: str) -> dict[str, Any]:
    """As the platform wants it."""
    summary = content.summary or content.body
    made: dict[str, Any] = {
        "type": "normal", "title": zalo_text.cut(content.title, TITLE), "author": zalo_text.cut(issuer, AUTHOR),
        "description": zalo_text.cut(markup.to_plain(summary), DESCRIPTION), "status": "show", "comment": "hide",
        "body": [{"type": "text", "content": part} for part in zalo_text.parts(letter_text(public(content)))],
    }
    if picture:
        made["cover"] = {"cover_type": "photo", "photo_url": picture, "status": "show"}
    return made
