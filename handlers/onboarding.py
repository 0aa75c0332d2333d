"""Joining: an invitation, the first empty field, a look over everything, consent, and a person's word where needed."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency, Commune, Province
from db.people import Identity, Invitation, Person, PersonState, PersonTopic
from handlers import confirming, help_page, joining_page
from handlers.reply import Action, Choice, Incoming, Reply
from network import agencies, invitations, markup, names, people, places, roles, topics
from network.invitations import Invalid
from network.people import Speaker

STRANGER = (
    "Chào anh/chị, đây là Loa, bot của mạng lưới truyền thông chính sách. Để tham gia, anh/chị mở liên kết mời do cơ "
    "quan mình gửi, hoặc gõ mã mời vào đây."
)
MOVED_ON = "Bước này đã qua. Anh/chị xem câu hỏi mới nhất ở dưới."
CODE_LENGTH = (8, 64)


async def start(db: AsyncSession, who: Speaker, args: str, now: datetime) -> Reply:
    """/start, with or without the code of an invitation."""
    if who.state in people.MEMBERS:
        return Reply(f"Chào anh/chị **{markup.escape(who.name)}**. {help_page.BACK}")
    if who.state == PersonState.WAITING:
        return Reply(joining_page.WAITING)
    if not args:
        return Reply(STRANGER) if who.person_id is None else await _return(db, who, now)
    return await _redeem(db, who, args.strip(), now)


async def resume(db: AsyncSession, who: Speaker, said: Incoming, now: datetime) -> Reply:
    """A message from somebody who is not a member: a code, or the answer to the field asked for."""
    if who.state == PersonState.JOINING and who.person_id is not None:
        return await _answer(db, await _person(db, who), said, now)
    if who.state == PersonState.WAITING:
        return Reply(joining_page.WAITING)
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
        if taken is not None and taken.code == code and person.state == PersonState.JOINING:
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


# The fields: each takes what was typed, or says what is wrong with it


async def _answer(db: AsyncSession, person: Person, said: Incoming, now: datetime) -> Reply:
    step = await joining_page.step_of(db, person)
    if said.phone is not None or step == "contact":
        problem = await _contact(db, person, said) if step == "contact" else "Loa chưa cần số điện thoại ở bước này."
    elif step in TYPED:
        problem = await TYPED[step](db, person, said.text)
    else:
        problem = "Anh/chị vui lòng bấm một nút ở dưới."
    if isinstance(problem, Reply):
        return problem
    await db.flush()
    return await joining_page.next_step(db, person, problem or "")


async def _name(db: AsyncSession, person: Person, typed: str) -> str | None:
    name = names.tidy(typed)
    if problem := names.name_problem(name):
        return problem
    # Two quick messages: the second must not become the name as well.
    await db.execute(update(Person).where(Person.id == person.id, Person.full_name.is_(None)).values(full_name=name))
    await db.refresh(person)
    return None


async def _agency(db: AsyncSession, person: Person, typed: str) -> str | Reply | None:
    found = await agencies.find(db, typed)
    if len(found) == 1:
        person.agency_id = found[0].id
        return None
    if found:
        choices = [Choice(a.name[:60], Action("join.agency", str(a.id))) for a in found[:8]]
        none = Choice("Không có trong danh sách", Action("join.agency", "0"))
        return Reply("Anh/chị thuộc cơ quan nào dưới đây?", (*choices, none))
    name = names.tidy(typed)[:200]
    if problem := names.text_problem(name):
        return f"Tên cơ quan {problem}. Anh/chị vui lòng gõ lại."
    person.agency_typed = name or None
    return None if name else "Anh/chị vui lòng gõ tên cơ quan."


async def _province(db: AsyncSession, person: Person, typed: str) -> str | Reply | None:
    found = await places.find_province(db, typed)
    if len(found) == 1:
        person.province_code = found[0].code
        return f"{found[0].note}." if found[0].note else None
    if found:
        choices = [Choice(p.short_name, Action("join.province", p.code)) for p in found[:8]]
        return Reply("Anh/chị chọn giúp tỉnh, thành phố:", tuple(choices), columns=2)
    return "Loa chưa tìm thấy tỉnh, thành phố này. Anh/chị vui lòng gõ lại, ví dụ: Cà Mau, ha noi."


async def _commune(db: AsyncSession, person: Person, typed: str) -> str | Reply | None:
    found = await places.find_commune(db, person.province_code or "", typed)
    if len(found) == 1:
        person.commune_code = found[0].code
        return None
    if found:
        choices = [Choice(c.name, Action("join.commune", c.code)) for c in found[:8]]
        return Reply("Anh/chị chọn giúp xã, phường:", tuple(choices), columns=2)
    skip = Choice("Bỏ qua", Action("join.commune", "0"))
    return Reply("Loa chưa tìm thấy xã, phường này. Anh/chị gõ lại, hoặc bỏ qua.", (skip,))


async def _contact(db: AsyncSession, person: Person, said: Incoming) -> str | None:
    if said.phone is None:
        return "Anh/chị bấm nút “Chia sẻ số điện thoại của tôi” ở dưới ô soạn tin giúp Loa."
    if not said.phone_is_own:
        return "Đây không phải số của chính anh/chị. Vui lòng chia sẻ số của mình bằng nút ở dưới."
    person.phone = said.phone
    return None


TYPED = {"name": _name, "agency": _agency, "province": _province, "commune": _commune}


# Buttons


async def choose(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """A value offered for a field."""
    person = await _person(db, who) if who.person_id else None
    if person is None or person.state != PersonState.JOINING:
        return Reply(toast=MOVED_ON)
    field, value = action.name.removeprefix("join."), action.subject
    step = await joining_page.step_of(db, person)
    if field != step:
        return Reply(toast=MOVED_ON)
    if field == "role" and (role := roles.find(value)) and role.open:
        person.role = value
    elif field == "agency":
        chosen = await db.get(Agency, int(value)) if value.isdigit() else None
        person.agency_id, person.agency_typed = (chosen.id, None) if chosen else (None, "Khác")
    elif field == "province" and await db.get(Province, value):
        person.province_code = value
    elif field == "commune":
        person.commune_code = value if await db.get(Commune, value) else None
        person.area_done = True
    await db.flush()
    return await joining_page.next_step(db, person)


async def topic(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """Topics are switched on and off until "Xong"."""
    person = await _person(db, who) if who.person_id else None
    if person is None or person.state != PersonState.JOINING or person.topics_chosen:
        return Reply(toast=MOVED_ON)
    if action.subject in ("", "all"):
        if action.subject == "all":
            await db.execute(delete(PersonTopic).where(PersonTopic.person_id == person.id))
        person.topics_chosen = True
        await db.flush()
        return await joining_page.next_step(db, person)
    if action.subject in topics.topics():
        await toggle_topic(db, person.id, action.subject)
    return await joining_page.topics_page(db, person, replace=True)


async def toggle_topic(db: AsyncSession, person_id: int, code: str) -> None:
    mine = delete(PersonTopic).where(PersonTopic.person_id == person_id, PersonTopic.topic == code)
    if not (await db.execute(mine)).rowcount:
        db.add(PersonTopic(person_id=person_id, topic=code))
    await db.flush()


async def correct(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """From the look over everything: one field is emptied and asked again."""
    person = await _person(db, who) if who.person_id else None
    if person is None or person.state != PersonState.JOINING:
        return Reply(toast=MOVED_ON)
    if not action.subject:
        return joining_page.correct_what()
    invitation = await db.get(Invitation, person.invitation_id) if person.invitation_id else None
    empty = {
        "name": ("full_name",), "agency": ("agency_id", "agency_typed"), "province": ("province_code", "commune_code"),
    }.get(action.subject, ())
    for field in empty:
        setattr(person, field, None)
    if action.subject == "province":
        person.area_done = False
    if action.subject == "topics":
        person.topics_chosen = False
    if action.subject == "role" and (invitation is None or invitation.role is None):
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
    return Reply("Anh/chị không đồng ý nên Loa không lưu thông tin nào. Khi đổi ý, anh/chị mở lại liên kết mời.")


COMMANDS = {"start": start}
ACTIONS = {
    **{f"join.{field}": choose for field in ("role", "agency", "province", "commune")},
    "join.topic": topic, "join.fix": correct, "join.agree": agree, "join.decline": decline, "join.back": come_back,
    **confirming.ACTIONS,
}
