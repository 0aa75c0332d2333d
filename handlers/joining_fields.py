"""The fields of joining: each takes what was typed, or says what is wrong with it, or offers what may be meant."""

from collections.abc import Awaitable, Callable

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from db import agencies as table
from db.agencies import Agency, Commune, Level, Province
from db.people import Person
from handlers.reply import Action, Choice, Incoming, Reply
from network import agencies, names, places, roles

Taken = str | Reply | None  # a remark before the next question, a question of its own, nothing to say
AGENCY = "join.agency"  # the prompt while a typed agency is still in question
KEEP = "typed"


async def name(db: AsyncSession, person: Person, typed: str) -> Taken:
    wanted = names.tidy(typed)
    if problem := names.name_problem(wanted):
        return problem
    # Two quick messages: the second must not become the name as well.
    await db.execute(update(Person).where(Person.id == person.id, Person.full_name.is_(None)).values(full_name=wanted))
    await db.refresh(person)
    return None


async def agency(db: AsyncSession, person: Person, typed: str) -> Taken:
    """One agency; else the text is kept and the person says whether it is one of the list after all."""
    text = names.tidy(typed)[:200]
    if problem := names.text_problem(text):
        return f"Tên cơ quan {problem}. Anh/chị vui lòng gõ lại."
    if sum(c.isalpha() for c in text) < 2:
        return "Anh/chị vui lòng gõ tên cơ quan bằng chữ."
    found = await agencies.find(db, text)
    if len(found) == 1:
        belongs(person, found[0])
        return None
    person.agency_id, person.agency_typed = None, text
    choices = [Choice(a.name[:60], Action(AGENCY, str(a.id))) for a in found[:8]]
    if found:
        return Reply(
            "Anh/chị thuộc cơ quan nào dưới đây?", (*choices, Choice("Không có trong danh sách", Action(AGENCY, KEEP)))
        )
    return Reply(
        "Loa chưa tìm thấy cơ quan này trong danh sách. Anh/chị gõ lại tên đầy đủ (ví dụ: UBND thành phố Hà Nội), "
        "hoặc giữ tên vừa gõ.", (Choice("Giữ tên vừa gõ", Action(AGENCY, KEEP)),)
    )


def belongs(person: Person, chosen: Agency) -> None:
    """The place of a commune's office is its people's."""
    person.agency_id, person.agency_typed = chosen.id, None
    if chosen.level == Level.COMMUNE:
        person.province_code = person.province_code or chosen.province_code
        person.commune_code = person.commune_code or chosen.commune_code


async def province(db: AsyncSession, person: Person, typed: str) -> Taken:
    found = await places.find_province(db, typed)
    if len(found) == 1:
        person.province_code = found[0].code
        return f"{found[0].note}." if found[0].note else None
    if found:
        choices = [Choice(p.short_name, Action("join.province", p.code)) for p in found[:8]]
        return Reply("Anh/chị chọn giúp tỉnh, thành phố:", tuple(choices), columns=2)
    return "Loa chưa tìm thấy tỉnh, thành phố này. Anh/chị vui lòng gõ lại, ví dụ: Cà Mau, ha noi."


async def commune(db: AsyncSession, person: Person, typed: str) -> Taken:
    """From the province's list; as it is typed where no list has been loaded."""
    if not await table.has_communes(db, person.province_code or ""):
        text = names.tidy(typed)[:100]
        if problem := names.text_problem(text):
            return f"Tên xã, phường {problem}. Anh/chị vui lòng gõ lại."
        if sum(c.isalpha() for c in text) < 2 and not any(c.isdigit() for c in text):
            return "Anh/chị vui lòng gõ tên xã, phường, đặc khu."
        person.commune_typed = text
        return None
    found = await places.find_commune(db, person.province_code or "", typed)
    if len(found) == 1:
        person.commune_code = found[0].code
        return None
    if found:
        choices = [Choice(c.name, Action("join.commune", c.code)) for c in found[:8]]
        return Reply("Anh/chị chọn giúp xã, phường:", tuple(choices), columns=2)
    skip = Choice("Bỏ qua", Action("join.commune", "0"))
    return Reply("Loa chưa tìm thấy xã, phường này. Anh/chị gõ lại, hoặc bỏ qua.", (skip,))


async def contact(db: AsyncSession, person: Person, said: Incoming) -> Taken:
    if said.phone is None:
        return "Anh/chị bấm nút “Chia sẻ số điện thoại của tôi” ở dưới ô soạn tin giúp Loa."
    if not said.phone_is_own:
        return "Đây không phải số của chính anh/chị. Vui lòng chia sẻ số của mình bằng nút ở dưới."
    person.phone = said.phone
    return None


async def choose(db: AsyncSession, person: Person, field: str, value: str) -> None:
    """A value offered for a field."""
    if field == "role" and (role := roles.find(value)) and role.open:
        person.role = value
    elif field == "agency":
        if chosen := await db.get(Agency, int(value)) if value.isdigit() else None:
            belongs(person, chosen)
    elif field == "province" and await db.get(Province, value):
        person.province_code = value
    elif field == "commune":
        person.commune_code = value if await db.get(Commune, value) else None
        person.area_done = True
    await db.flush()


TYPED: dict[str, Callable[[AsyncSession, Person, str], Awaitable[Taken]]] = {
    "name": name, "agency": agency, "province": province, "commune": commune
}
EMPTIED = {
    "name": ("full_name",), "agency": ("agency_id", "agency_typed"),
    "province": ("province_code", "commune_code", "commune_typed"),
}
