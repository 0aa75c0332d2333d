"""Choosing topics: everything at once, or a field and then its topics, never more than eight on the screen."""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.people import PersonTopic
from handlers.reply import Action, Choice, Reply
from network import markup, topics

ALL, FIELDS, DONE = "all", "fields", "done"


async def turn(db: AsyncSession, person_id: int, action: str, subject: str) -> Reply | None:
    """What a button of these pages does; None when the person is through."""
    if subject in (ALL, DONE):
        if subject == ALL:
            await db.execute(delete(PersonTopic).where(PersonTopic.person_id == person_id))
        return None
    if subject in topics.offered():
        await _toggle(db, person_id, subject)
    chosen = await chosen_by(db, person_id)
    fields = topics.fields()
    for number, (_name, codes) in enumerate(fields):
        if subject in (f"f{number}", *codes):
            return _field(action, number, chosen)
    return _fields(action, chosen)


async def chosen_by(db: AsyncSession, person_id: int) -> list[str]:
    found = set(await db.scalars(select(PersonTopic.topic).where(PersonTopic.person_id == person_id)))
    return [code for code in topics.topics() if code in found]


async def _toggle(db: AsyncSession, person_id: int, code: str) -> None:
    mine = delete(PersonTopic).where(PersonTopic.person_id == person_id, PersonTopic.topic == code)
    if not (await db.execute(mine)).rowcount:
        db.add(PersonTopic(person_id=person_id, topic=code))
    await db.flush()


def first(action: str, before: str = "") -> Reply:
    text = f"{before}\n\nAnh/chị muốn nhận bản tin về **chủ đề** nào?".strip()
    return Reply(text, (Choice("Nhận tất cả", Action(action, ALL)), Choice("Chọn lĩnh vực…", Action(action, FIELDS))))


def _fields(action: str, chosen: Collection[str]) -> Reply:
    buttons = []
    for number, (name, codes) in enumerate(topics.fields()):
        count = len([code for code in codes if code in chosen])
        buttons.append(Choice(f"{name} ({count}/{len(codes)})" if count else name, Action(action, f"f{number}")))
    text = f"Chọn **lĩnh vực**, rồi chọn chủ đề trong đó.\n\n{said(chosen)}"
    ends = (Choice("Nhận tất cả", Action(action, ALL)), Choice("Xong", Action(action, DONE)))
    return Reply(text, (*buttons, *ends), replace=True)


def _field(action: str, number: int, chosen: Collection[str]) -> Reply:
    name, codes = topics.fields()[number]
    buttons = [
        Choice(f"{'✓ ' if code in chosen else ''}{topics.name_of(code)}", Action(action, code)) for code in codes
    ]
    ends = (Choice("‹ Lĩnh vực khác", Action(action, FIELDS)), Choice("Xong", Action(action, DONE)))
    return Reply(f"**{name}**: chọn một hoặc nhiều chủ đề.\n\n{said(chosen)}", (*buttons, *ends), replace=True)


def said(chosen: Collection[str]) -> str:
    if not chosen:
        return "Chưa chọn chủ đề nào: anh/chị sẽ nhận tất cả."
    return f"Đang chọn: {markup.escape(topics.list_names(chosen))}."
