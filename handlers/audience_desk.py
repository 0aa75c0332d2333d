"""Choosing who receives a brief: facets by buttons, provinces and agencies typed, lists kept under a name."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import agencies as tree
from db import corrections
from db.agencies import Agency, Level, Province
from db.briefs import SavedAudience
from db.people import Prompt
from handlers import prompts
from handlers.desk import Spot, button, editable, open_draft
from handlers.refusing import politely
from handlers.reply import Action, Choice, Incoming, Reply
from network import agencies, audiences, briefs, markup, places, roles, sending_time, topics
from network import reach as costs
from network.audiences import Audience
from network.brief_content import Priority
from network.briefs import Draft
from network.people import Speaker
from network.refusals import Refusal
from network.roles import Permission

SAMPLE, OFFERED = 5, 6
TYPED = {
    "provinces": ("Tỉnh, thành phố", "Gõ tên tỉnh, thành phố; nhiều nơi thì cách nhau bằng dấu phẩy."),
    "agencies": ("Cơ quan", "Gõ tên hoặc tên viết tắt của cơ quan; nhiều cơ quan thì cách nhau bằng dấu phẩy."),
    "without_agencies": ("Trừ cơ quan", "Gõ tên cơ quan không nhận tin (kể cả đơn vị trực thuộc)."),
}
PICKED = {"levels": "Cấp", "roles": "Vai trò", "topics": "Chủ đề quan tâm"}


def audience_of(draft: Draft) -> Audience:
    return Audience.from_json(draft.audience)


async def count(db: AsyncSession, draft: Draft) -> int:
    if draft.content.corrects:
        return await corrections.have_it(db, draft.content.corrects.edition)
    return await audiences.count(db, audience_of(draft), flash=draft.content.priority == Priority.FLASH)


async def reach(db: AsyncSession, draft: Draft, now: datetime) -> str:
    """To how many it goes, and five of them."""
    audience = audience_of(draft)
    if draft.content.corrects:
        return f"**Người nhận:** đúng những người đã nhận bản sai\n**Số người:** {await count(db, draft)}"
    if not audience:
        return "**Người nhận:** chưa chọn"
    said = markup.escape(await audiences.describe(db, audience))
    names = [markup.escape(name) for name in await audiences.sample(db, audience, SAMPLE)]
    shown = f"\n*Ví dụ:* {'; '.join(names)}" if names else ""
    sent = await _ways(db, draft, audience, now)
    return f"**Người nhận:** {said}\n**Số người:** {await count(db, draft)}{await _time(db, draft)}{sent}{shown}"


async def _ways(db: AsyncSession, draft: Draft, audience: Audience, now: datetime) -> str:
    """By which of the platforms' ways, and for how much: told where a platform has windows and prices."""
    flash = draft.content.priority == Priority.FLASH
    found = await costs.of(db, audience, draft.content, flash=flash, now=now)
    return f"\n**Dự kiến:** {found.said()}" if found.paid or found.template or found.unreachable else ""


async def _time(db: AsyncSession, draft: Draft) -> str:
    chosen = audiences.recipients(audience_of(draft), flash=draft.content.priority == Priority.FLASH)
    took = await sending_time.of(db, chosen, draft.content)
    return f", gửi xong trong {sending_time.said(took)}" if took else ""


async def show(
    db: AsyncSession, draft: Draft, now: datetime, *, replace_message: bool = False, note: str = ""
) -> Reply:
    """The audience as it is, and what may narrow or widen it."""
    audience = audience_of(draft)
    choices = [button("✓ Toàn mạng lưới" if audience.everybody else "Toàn mạng lưới", "a.all", draft, "")]
    choices += [_counted(label, "a.pick", draft, facet) for facet, label in PICKED.items()]
    choices += [_counted(label, "a.type", draft, facet) for facet, (label, _how) in TYPED.items()]
    if audience.agencies:
        said = "Kể cả đơn vị trực thuộc" if audience.descendants else "Chỉ cơ quan đã chọn"
        choices.append(button(f"⇄ {said}", "a.below", draft, ""))
    choices.append(button("Danh sách đã lưu", "a.saved", draft, ""))
    if audience:
        choices += [button("Lưu danh sách", "a.save", draft, ""), button("Chọn lại từ đầu", "a.clear", draft, "")]
    choices.append(Choice("Xong", Action("b.desk", str(draft.id))))
    hint = (
        "Chọn thêm trong cùng một loại thì thêm người; chọn thêm loại khác thì bớt người. Ví dụ: Hà Nội và Cà Mau, "
        "rồi Đầu mối xã: chỉ đầu mối xã của hai nơi đó."
    )
    text = "\n\n".join(part for part in (markup.escape(note), await reach(db, draft, now), f"*{hint}*") if part)
    return Reply(text, tuple(choices), columns=2, replace=replace_message)


def _counted(label: str, action: str, draft: Draft, facet: str) -> Choice:
    chosen = len(getattr(audience_of(draft), facet))
    return button(f"{label} ({chosen})" if chosen else label, action, draft, facet)


async def _change(db: AsyncSession, who: Speaker, draft: Draft, audience: Audience, now: datetime) -> Draft:
    return await briefs.edit(db, draft.id, who, now, audience=audience.to_json())


@politely
async def everybody(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """All, or no longer all; the facets chosen go: together they would still narrow."""
    draft = await editable(db, who, action)
    before = audience_of(draft)
    kept = Audience(
        everybody=not before.everybody, without_agencies=before.without_agencies, without_people=before.without_people
    )
    return await show(db, await _change(db, who, draft, kept, now), now, replace_message=True)


@politely
async def below(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await editable(db, who, action)
    audience = audience_of(draft)
    audience = replace(audience, descendants=not audience.descendants)
    return await show(db, await _change(db, who, draft, audience, now), now, replace_message=True)


@politely
async def clear(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await editable(db, who, action)
    return await show(db, await _change(db, who, draft, Audience(), now), now, replace_message=True)


# Facets with a known list of values


@politely
async def pick(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await editable(db, who, action)
    return _picking(draft, Spot.unpack(action.subject).value)


def _picking(draft: Draft, facet: str) -> Reply:
    chosen = getattr(audience_of(draft), facet) if facet in PICKED else ()
    choices = [
        button(f"✓ {name}" if code in chosen else name, "a.put", draft, f"{facet}.{code}")
        for code, name in _options(facet).items()
    ]
    back = button("‹ Người nhận", "a.menu", draft, "")
    return Reply(f"**{PICKED[facet]}** (chọn một hoặc nhiều):", (*choices, back), columns=2, replace=True)


def _options(facet: str) -> Mapping[str, str]:
    if facet == "levels":
        return {level.value: agencies.LEVEL_NAMES[level] for level in Level}
    if facet == "roles":
        receiving = (r for r in roles.roles().values() if Permission.RECEIVE in r.permissions)
        return {role.code: role.name for role in receiving}
    if facet == "topics":
        return topics.topics()
    raise Refusal(briefs.STALE)


@politely
async def put(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """Take a value in, or out again."""
    draft = await editable(db, who, action)
    facet, _, value = Spot.unpack(action.subject).value.partition(".")
    if facet in PICKED:
        if value not in _options(facet):
            raise Refusal(briefs.STALE)
        draft = await _change(db, who, draft, _toggled(audience_of(draft), facet, value), now)
        return _picking(draft, facet)
    if facet not in TYPED:
        raise Refusal(briefs.STALE)
    if facet != "provinces":
        agency = await db.get(Agency, int(value)) if value.isdigit() else None
        if agency is None:
            raise Refusal(briefs.STALE)
        value = agency.code
    draft = await _change(db, who, draft, _toggled(audience_of(draft), facet, value), now)
    return await show(db, draft, now, replace_message=True)


def _toggled(audience: Audience, facet: str, value: str) -> Audience:
    present = getattr(audience, facet)
    values = tuple(v for v in present if v != value) if value in present else (*present, value)
    everybody = audience.everybody and facet == "without_agencies"  # any other facet narrows
    return replace(audience, **{facet: values}, everybody=everybody)


# Facets that are typed


@politely
async def ask(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await editable(db, who, action)
    facet = Spot.unpack(action.subject).value
    if facet not in TYPED:
        raise Refusal(briefs.STALE)
    await prompts.wait_for(db, who, f"brief.aud.{facet}", draft.id, now)
    label, how = TYPED[facet]
    chosen = await _chosen(db, draft, facet)
    return Reply(f"**{label}.** {how}", (*chosen, button("‹ Người nhận", "a.menu", draft, "")))


async def _chosen(db: AsyncSession, draft: Draft, facet: str) -> list[Choice]:
    """What is chosen already can be taken out again."""
    found = []
    for code in getattr(audience_of(draft), facet)[:OFFERED]:
        if facet == "provinces":
            province = await db.get(Province, code)
            value, name = code, province.short_name if province else code
        else:
            agency = await tree.agency_by_code(db, code)
            value, name = (str(agency.id), agency.short_name or agency.name) if agency else ("", code)
        found.append(button(f"✗ {name}", "a.put", draft, f"{facet}.{value}"))
    return found


@politely
async def typed(db: AsyncSession, who: Speaker, prompt: Prompt, message: Incoming, now: datetime) -> Reply:
    """Clear names are taken; doubtful ones come back as buttons, unknown ones are named."""
    draft = await open_draft(db, who, prompt.subject_id)
    facet = prompt.kind.removeprefix("brief.aud.")
    audience, unknown, doubtful = audience_of(draft), [], []
    for name in _names(message.text):
        options = await _find(db, facet, name)
        if len(options) == 1:
            code = options[0][0]
            if code not in getattr(audience, facet):
                audience = _toggled(audience, facet, code)
        elif options:
            doubtful += options[:OFFERED]
        else:
            unknown.append(name)
    draft = await _change(db, who, draft, audience, now)
    note = f"Không tìm thấy: {', '.join(unknown)}. Vui lòng kiểm tra lại tên." if unknown else ""
    if doubtful:
        offered = [button(label, "a.put", draft, f"{facet}.{value}") for _code, value, label in doubtful]
        back = button("‹ Người nhận", "a.menu", draft, "")
        return Reply(f"{markup.escape(note)}\n\nAnh/chị muốn chọn nơi nào?".strip(), (*offered, back))
    if not unknown:
        await prompts.clear(db, who)
    return await show(db, draft, now, note=note)


def _names(text: str) -> list[str]:
    return [name.strip()[:120] for name in text.replace("\n", ",").replace(";", ",").split(",") if name.strip()][:40]


async def _find(db: AsyncSession, facet: str, name: str) -> list[tuple[str, str, str]]:
    """(code, value on the button, label) of what the name may mean."""
    if facet == "provinces":
        return [(p.code, p.code, p.name) for p in await places.find_province(db, name)]
    return [(a.code, str(a.id), a.name) for a in await agencies.find(db, name)]


@politely
async def menu(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    return await show(db, await editable(db, who, action), now, replace_message=True)


# Lists kept under a name


@politely
async def saved(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await editable(db, who, action)
    rows: Iterable[SavedAudience] = await audiences.saved(db)
    choices = [button(row.name, "a.use", draft, str(row.id)) for row in list(rows)[:30]]
    back = button("‹ Người nhận", "a.menu", draft, "")
    text = "Chọn danh sách:" if choices else "Chưa lưu danh sách nào. Chọn người nhận rồi bấm “Lưu danh sách”."
    return Reply(text, (*choices, back), replace=True)


@politely
async def use(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await editable(db, who, action)
    value = Spot.unpack(action.subject).value
    row = await db.get(SavedAudience, int(value)) if value.isdigit() else None
    if row is None:
        raise Refusal("Danh sách này không còn. Vui lòng chọn danh sách khác.")
    return await show(db, await _change(db, who, draft, Audience.from_json(row.rule), now), now, replace_message=True)


@politely
async def ask_name(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    draft = await editable(db, who, action)
    await prompts.wait_for(db, who, "brief.aud.save", draft.id, now)
    return Reply("Đặt tên cho danh sách người nhận này:", (button("‹ Người nhận", "a.menu", draft, ""),))


@politely
async def keep(db: AsyncSession, who: Speaker, prompt: Prompt, message: Incoming, now: datetime) -> Reply:
    draft = await open_draft(db, who, prompt.subject_id)
    row = await audiences.save(db, message.text, audience_of(draft), who.person_id, now)
    await prompts.clear(db, who)
    return await show(db, draft, now, note=f"Đã lưu danh sách “{row.name}”.")


ACTIONS = {
    "a.menu": menu, "a.all": everybody, "a.below": below, "a.clear": clear, "a.pick": pick, "a.put": put, "a.type": ask,
    "a.saved": saved, "a.use": use, "a.save": ask_name,
}
PROMPTS = {"brief.aud.save": keep, **{f"brief.aud.{facet}": typed for facet in TYPED}}
