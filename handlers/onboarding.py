"""Joining: an invitation, the first empty field, a look over everything, consent, and a person's word where needed."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.people import Identity, Invitation, Person, PersonState, Prompt
from handlers import confirming, help_page, joining_page, prompts, topic_page
from handlers import joining_fields as fields
from handlers.reply import Action, Choice, Incoming, Reply
from network import invitations, markup, names, people
from network.invitations import Invalid
from network.people import Speaker

STRANGER = (
    "Chào anh/chị, đây là Loa, bot của mạng lưới truyền thông chính sách. Để tham gia, anh/chị mở liên kết mời do cơ "
    "quan mình gửi, hoặc gõ mã mời vào đây."
)
MOVED_ON = "Bước này đã qua. Anh/chị xem câu hỏi mới nhất ở dưới."
ALREADY_IN = "Anh/chị đã ở trong mạng lưới nên không cần dùng lời mời này."
CODE_LENGTH = (8, 64)
HELD = {PersonState.WAITING: joining_page.WAITING, PersonState.SUSPENDED: joining_page.SUSPENDED}  # no code helps


async def start(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    """/start, with or without the code of an invitation."""
    if who.state in people.MEMBERS:
        problem = await invitations.problem(db, args.strip(), now) if args else None
        about = f"{problem.value if problem else ALREADY_IN} " if args else ""
        return Reply(f"Chào anh/chị **{markup.escape(who.name)}**. {about}{help_page.BACK}")
    if who.state in HELD:
        return Reply(HELD[who.state])
    if not args:
        return Reply(STRANGER) if who.person_id is None else await _return(db, who, now)
    return await _redeem(db, who, args.strip(), now)


async def resume(db: AsyncSession, who: Speaker, said: Incoming, now: datetime) -> Reply:
    """A message from somebody who is not a member: a code, or the answer to the field asked for."""
    if who.state == PersonState.JOINING and who.person_id is not None:
        return await _answer(db, who, await _person(db, who), said, now)
    if who.state in HELD:
        return Reply(HELD[who.state])
    code = said.text.strip()
    if CODE_LENGTH[0] <= len(code) <= CODE_LENGTH[1] and code.replace("-", "").replace("_", "").isalnum():
        return await _redeem(db, who, code, now)
    return Reply(STRANGER) if who.person_id is None else await _return(db, who, now)


async def _return(db: AsyncSession, who: Speaker, now: datetime) -> Reply:
    """Somebody who was here before and has no new invitation."""
    if who.state == PersonState.LEFT:
        back = Choice("Tham gia lại", Action("join.back"))
        return Reply("Anh/chị đã rời mạng lưới. Anh/chị muốn tham gia lại không?", (back,))
    if who.state == PersonState.JOINING:
        return await joining_page.next_step(db, await _person(db, who))
    return Reply(STRANGER)


async def come_back(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    if who.state != PersonState.LEFT:
        return Reply(toast=MOVED_ON)
    person = await _person(db, who)
    person.state = PersonState.JOINING  # `left_at` stays: without a new invitation it tells who comes back
    return await joining_page.next_step(db, person)


async def _redeem(db: AsyncSession, who: Speaker, code: str, now: datetime) -> Reply:
    if who.person_id is not None:  # pressing twice must not take a second use
        person = await _person(db, who)
        taken = await db.get(Invitation, person.invitation_id) if person.invitation_id else None
        if taken is not None and taken.code in invitations.spellings(code) and person.state == PersonState.JOINING:
            return await joining_page.next_step(db, person)
    invitation = await invitations.redeem(db, code, now)
    if isinstance(invitation, Invalid):
        return Reply(invitation.value)
    if who.person_id is None:
        person = await _arrive(db, who, invitation, now)
    else:
        person = await _person(db, who)
        person.state, person.left_at = PersonState.JOINING, None
    _take_from(person, invitation)
    await db.flush()
    return await joining_page.next_step(db, person, joining_page.WELCOME)


async def _arrive(db: AsyncSession, who: Speaker, invitation: Invitation, now: datetime) -> Person:
    """A row for the newcomer; the prepared one where a roster had them already."""
    prepared = await db.get(Person, invitation.person_id) if invitation.person_id else None
    taken = prepared is not None and await db.scalar(select(Identity.id).where(Identity.person_id == prepared.id))
    if prepared is None or taken:
        person, _identity = await people.begin(db, who, now)
        return person
    db.add(
        Identity(
            person_id=prepared.id, platform=who.platform, channel=who.channel, address=who.address, created_at=now,
            last_interaction_at=now,
        )
    )
    return prepared


def _take_from(person: Person, invitation: Invitation) -> None:
    person.invitation_id = invitation.id
    for field in ("role", "agency_id", "province_code", "commune_code"):
        if (value := getattr(invitation, field)) is not None:
            setattr(person, field, value)


async def _person(db: AsyncSession, who: Speaker) -> Person:
    return await db.get_one(Person, who.person_id, populate_existing=True)


async def _joining(db: AsyncSession, who: Speaker) -> Person | None:
    person = await _person(db, who) if who.person_id else None
    return person if person is not None and person.state == PersonState.JOINING else None


async def _answer(db: AsyncSession, who: Speaker, person: Person, said: Incoming, now: datetime) -> Reply:
    step = await joining_page.step_of(db, person)
    if said.phone is not None or step == "contact":
        taken = await fields.contact(db, person, said) if step == "contact" else joining_page.NO_PHONE_YET
    elif step == "consent":
        return await _word_on_consent(db, who, person, said.text, now)
    elif step in fields.TYPED:
        taken = await fields.TYPED[step](db, person, said.text)
    else:
        taken = "Anh/chị vui lòng bấm một nút ở dưới."
    return await _go_on(db, who, person, taken, now)


async def _go_on(db: AsyncSession, who: Speaker, person: Person, taken: fields.Taken, now: datetime) -> Reply:
    await db.flush()
    if not isinstance(taken, Reply):
        return await joining_page.next_step(db, person, taken or "")
    if any(c.action and c.action.name == fields.AGENCY for c in taken.choices):
        await prompts.wait_for(db, who, fields.AGENCY, None, now)
    return taken


async def agency_again(db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime) -> Reply:
    """Typed once more where one of several agencies, or the text as it stands, was to be chosen."""
    await prompts.clear(db, who)
    person = await _joining(db, who)
    if person is None:
        return await resume(db, who, said, now)
    return await _go_on(db, who, person, await fields.agency(db, person, said.text), now)


async def _word_on_consent(db: AsyncSession, who: Speaker, person: Person, typed: str, now: datetime) -> Reply:
    word = names.fold(typed)
    if word in ("toi dong y", "dong y", "em dong y", "toi xin dong y"):
        return await agree(db, who, Action("join.agree", "", joining_page.CONSENT_VERSION), now)
    if word in ("khong dong y", "toi khong dong y"):
        return await decline(db, who, Action("join.decline"), now)
    return await joining_page.next_step(db, person, joining_page.HOW_TO_CONSENT)


# Buttons


async def choose(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """A value offered for a field."""
    person = await _joining(db, who)
    if person is None:
        return Reply(toast=MOVED_ON)
    field = action.name.removeprefix("join.")
    open_question = await db.get(Prompt, who.identity_id) if field == "agency" else None
    asked = open_question is not None and open_question.kind == fields.AGENCY
    if not asked and field != await joining_page.step_of(db, person):
        return Reply(toast=MOVED_ON)
    if asked:
        await prompts.clear(db, who)
    await fields.choose(db, person, field, action.subject)
    return await joining_page.next_step(db, person)


async def topic(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """Topics are switched on and off until "Xong"."""
    person = await _joining(db, who)
    if person is None or person.topics_chosen:
        return Reply(toast=MOVED_ON)
    if page := await topic_page.turn(db, person.id, action.name, action.subject):
        return page
    person.topics_chosen = True
    await db.flush()
    return await joining_page.next_step(db, person)


async def correct(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """From the look over everything: one field is emptied and asked again."""
    person = await _joining(db, who)
    if person is None:
        return Reply(toast=MOVED_ON)
    invitation = await db.get(Invitation, person.invitation_id) if person.invitation_id else None
    given = invitation is not None and invitation.role is not None
    if not action.subject:
        return joining_page.correct_what(with_role=not given)
    if action.subject == "role" and given:
        return Reply(toast="Vai trò do lời mời quy định. Nếu chưa đúng, anh/chị vui lòng báo người đã gửi lời mời.")
    for field in fields.EMPTIED.get(action.subject, ()):
        setattr(person, field, None)
    if action.subject == "province":
        person.area_done = False
    if action.subject == "topics":
        person.topics_chosen = False
    if action.subject == "role":
        person.role = None
    await db.flush()
    return await joining_page.next_step(db, person)


async def agree(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """Consent. The state changes conditionally: pressing twice joins once."""
    person = await _person(db, who) if who.person_id else None
    if person is None or person.state != PersonState.JOINING:
        return Reply(toast=MOVED_ON)
    if await joining_page.step_of(db, person) != "consent":
        return await joining_page.next_step(db, person)
    if action.stamp != joining_page.CONSENT_VERSION:
        return Reply(toast="Nội dung đồng ý đã được cập nhật. Anh/chị vui lòng đọc bản mới.")
    await people.consent(db, person, joining_page.CONSENT_VERSION, now)
    if await confirming.needed(db, person):
        person.state = PersonState.WAITING
        await db.flush()
        await confirming.ask(db, person, now)
        return Reply(joining_page.WAITING)
    await people.activate(db, person, now)
    return joining_page.joined(person)


async def decline(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    if who.state != PersonState.JOINING or who.person_id is None:
        return Reply(toast=MOVED_ON)
    await people.erase(db, who.person_id, now)
    return Reply(
        "Anh/chị không đồng ý nên Loa đã xóa những gì anh/chị vừa khai. Khi đổi ý, anh/chị mở lại liên kết mời."
    )


PROMPTS = {fields.AGENCY: agency_again}
COMMANDS = {"start": start}
ACTIONS = {
    **{f"join.{field}": choose for field in ("role", "agency", "province", "commune")},
    "join.topic": topic, "join.fix": correct, "join.agree": agree, "join.decline": decline, "join.back": come_back,
    **confirming.ACTIONS,
}
