"""Choices taken by typing: "1", "số 1", "một", "chọn 1", or the words of the choice itself.

A number belongs to what was offered last, be it in the conversation, in a notice or in a letter.
"""

import re
import unicodedata
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from db import offers
from db.people import Offer, PersonState, Prompt
from db.pushes import Notice, PushKind
from handlers import briefs
from handlers.reply import Action, Choice, Reply
from network import markup, names
from network.brief_content import Content
from network.people import MEMBERS, Speaker

NUMBER_IS_THE_ANSWER = frozenset({briefs.PART})  # prompts that may be answered by a bare number
CLOCKS_DIFFER = timedelta(minutes=1)  # ours and the platform's, at most; a word that waited longer waited indeed
_DIGITS = {
    "một": 1, "mot": 1, "hai": 2, "ba": 3, "bốn": 4, "bon": 4, "tư": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7,
    "bay": 7, "tám": 8, "chín": 9, "chin": 9, "mười": 10, "muoi": 10,
}
_AFTER_A_WORD = {"tu": 4, "nam": 5, "sau": 6, "tam": 8}  # "Nam", "Tâm" alone are names
_WORD = r"(?:toi |em |minh )?(?:xin )?(?:chon|bam|an|nhan|lay)(?: so| muc| nut| y)?|so|muc|cau"
_TYPED = re.compile(rf"(?:(?P<word>{_WORD}) )?(?P<number>\d{{1,3}}|[a-z]+)(?: a| nhe| nha)?")
NOTHING_OFFERED = (
    "Hiện chưa có danh sách nào chờ anh/chị chọn số. Gõ /bantin để xem lại các bản tin, /trogiup để xem các lệnh, hoặc "
    "gõ câu hỏi bằng lời."
)


def number_of(text: str) -> tuple[int, bool] | None:
    """(the number, whether a word such as "chọn" says that it is a choice); None for anything else."""
    if len(text) > 40:
        return None
    found = _TYPED.fullmatch(names.fold(text))
    if found is None:
        return None
    by_word, typed = bool(found["word"]), found["number"]
    if typed.isdigit():
        return int(typed), by_word
    last = re.sub(r"[^\w]+$", "", unicodedata.normalize("NFC", text.lower())).split()
    spelt = next((word for word in reversed(last) if word not in ("ạ", "a", "nhé", "nhe", "nha")), "")
    number = _DIGITS.get(spelt) or (_AFTER_A_WORD.get(spelt) if by_word else None)
    return (number, by_word) if number else None


async def offered(db: AsyncSession, who: Speaker, typed: datetime) -> tuple[Choice, ...]:
    """The choices shown last when the person typed, in their order. What was sent while the word waited for us, they
    had not seen."""
    if who.identity_id is None or who.person_id is None:
        return ()
    found: list[tuple[datetime, tuple[Choice, ...]]] = []
    if kept := await db.get(Offer, who.identity_id):
        found.append((kept.made_at, tuple(_choice(*row) for row in kept.choices)))
    if (notice := await offers.last_notice(db, who.identity_id)) and (told := _of_notice(notice)):
        found.append((notice.sent_at or notice.created_at, told))
    if letter := await _of_letter(db, who.person_id, who.identity_id):
        found.append(letter)
    seen = [one for one in found if one[0] <= typed + CLOCKS_DIFFER]
    return max(seen or found, key=lambda one: one[0])[1] if found else ()


async def choice(
    db: AsyncSession, who: Speaker, text: str, prompt: Prompt | None, typed: datetime
) -> Action | Reply | None:
    """What a text typed then chooses, an explanation where it cannot, or None when it chooses nothing."""
    number = number_of(text)
    if number is None and len(text) > 80:
        return None
    bare = number is not None and not number[1]
    if bare and prompt is not None and prompt.kind in NUMBER_IS_THE_ANSWER:
        return None
    shown = await offered(db, who, typed)
    if number is None:
        return _taken(next((c for c in shown if _same_words(c.label, text)), None))
    if 1 <= number[0] <= len(shown):
        return _taken(shown[number[0] - 1])
    if shown and (prompt is None or not bare):
        return _out_of_range(number[0], shown)
    if who.state not in MEMBERS or prompt is not None or (bare and number[0] > 99):
        return None
    return Reply(NOTHING_OFFERED)


async def remember(db: AsyncSession, identity_id: int | None, reply: Reply, now: datetime, *, waiting: bool) -> None:
    """`waiting`: the next words answer a question; where it offers nothing, no number of before may answer it."""
    if identity_id is not None and (reply.choices or (waiting and reply.text)):
        rows = [[c.label, c.action.pack() if c.action else None, c.url] for c in reply.choices]
        await offers.keep(db, identity_id, rows, now)


def awaits_words(state: PersonState | None, prompt: Prompt | None) -> bool:
    return prompt is not None or state == PersonState.JOINING


def _taken(chosen: Choice | None) -> Action | Reply | None:
    if chosen is None or chosen.action:
        return chosen.action if chosen else None
    return Reply(markup.link(chosen.label, chosen.url))


def _same_words(label: str, text: str) -> bool:
    typed = names.fold(text)
    return len(typed) >= 2 and typed == names.fold(label)


def _out_of_range(number: int, shown: tuple[Choice, ...]) -> Reply:
    known = "chỉ có số 1" if len(shown) == 1 else f"có các số từ 1 đến {len(shown)}"
    return Reply(f"Danh sách gần nhất {known}, không có số {number}. Anh/chị vui lòng chọn lại.", shown)


def _choice(label: str, packed: str | None, url: str | None) -> Choice:
    return Choice(label, Action.unpack(packed) if packed else None, url)


def _of_notice(notice: Notice) -> tuple[Choice, ...]:
    return Reply.from_plain(notice.reply).choices


async def _of_letter(db: AsyncSession, person_id: int, identity_id: int) -> tuple[datetime, tuple[Choice, ...]] | None:
    found = await offers.last_letter(db, person_id, identity_id)
    if found is None:
        return None
    row, push, brief_id, stored = found
    content = Content.from_json(stored)
    if push.kind == PushKind.REMINDER:
        reply = briefs.reminder(brief_id, content)
    elif push.kind == PushKind.CORRECTION and row.target:
        reply = briefs.correction(brief_id, content)
    else:
        reply = briefs.letter(brief_id, content)
    return row.sent_at or push.created_at, reply.choices

