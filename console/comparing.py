"""What changed between the edition on the desk and the last one that was signed or sent, word by word."""

import difflib
import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.briefs import Edition
from network.brief_content import Content
from network.briefs import Draft, letter_text

WORDS = re.compile(r"\s+|[^\s]+")
LONGEST = 20_000  # words of both texts together that are compared


@dataclass(frozen=True, slots=True)
class Change:
    """`kind` is same, added or removed."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Compared:
    number: int  # of the edition before
    changes: tuple[Change, ...]
    audience: bool  # that it was changed as well


async def with_last(db: AsyncSession, draft: Draft) -> Compared | None:
    """None when there is no frozen edition before this one."""
    before = await db.scalar(
        select(Edition)
        .where(Edition.brief_id == draft.id, Edition.number < draft.number, Edition.frozen_at.is_not(None))
        .order_by(Edition.number.desc())
        .limit(1)
    )
    if before is None:
        return None
    old, new = letter_text(Content.from_json(before.content)), letter_text(draft.content)
    return Compared(before.number, tuple(words(old, new)), dict(before.audience) != dict(draft.audience))


def words(old: str, new: str) -> list[Change]:
    """Runs of words; what is too long to compare is shown as replaced."""
    before, after = WORDS.findall(old), WORDS.findall(new)
    if len(before) + len(after) > LONGEST:
        return [Change("removed", old), Change("added", new)] if old != new else [Change("same", new)]
    found: list[Change] = []
    for act, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if act == "equal":
            found.append(Change("same", "".join(after[c:d])))
            continue
        if a < b:
            found.append(Change("removed", "".join(before[a:b])))
        if c < d:
            found.append(Change("added", "".join(after[c:d])))
    return found
