"""Writing entries in the chat: found by words, opened, changed part by part, explained, handed to a second person."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from db import entries as rows
from db import phrasings
from db.knowledge import Entry, EntryState, EntryVersion, VersionState
from db.people import Prompt
from handlers import curating, duplicate_page, entry_page, entry_scope, prompts, publishing
from handlers.entry_fields import FIELDS
from handlers.refusing import politely
from handlers.reply import Action, Choice, Incoming, Reply
from knowledge import curate
from knowledge.catalogue import Catalogue
from knowledge.wrong import Wrong
from network import markup
from network.people import Speaker
from network.roles import Permission

NOT_YOURS = "Vai trò của anh/chị không có quyền soạn mục tri thức. Vui lòng liên hệ quản trị mạng lưới."
SET, WHY, NEW = "entry.set.", "entry.why", "entry.new"
NONE = ("không", "khong")


def may_write(who: Speaker) -> None:
    if Permission.EDIT_ENTRIES not in who.permissions:
        raise Wrong(NOT_YOURS, over=True)


def may_read(who: Speaker) -> None:
    if not {Permission.EDIT_ENTRIES, Permission.REVIEW_ENTRIES} & who.permissions:
        raise Wrong(NOT_YOURS, over=True)


@politely
async def command(db: AsyncSession, who: Speaker, args: str, now: datetime, index: Catalogue) -> Reply:
    """`/muctin`: what waits; `/muctin từ khóa`: the entries it may mean; `/muctin mã`: that entry."""
    writes = Permission.EDIT_ENTRIES in who.permissions
    if not writes and Permission.REVIEW_ENTRIES not in who.permissions:
        return Reply(NOT_YOURS)
    if args:
        return await _found(db, who, args, now, index)
    waiting = await curating.offered(db, who)
    mine = await rows.written_by(db, who.person_id or 0) if writes else []
    lines = ["**Mục tri thức**"]
    if waiting:
        lines.append(f"- {len(waiting)} mục chờ anh/chị duyệt")
    elif Permission.REVIEW_ENTRIES in who.permissions:
        lines.append("Không có mục tri thức nào chờ anh/chị duyệt.")
    for _, version in mine:
        state = entry_page.VERSION_STATES[VersionState(version.state)]
        lines.append(f"- Anh/chị đang soạn: {markup.escape(version.content['question'][:80])} ({state})")
    lines.append("\nTìm một mục: gõ /muctin và vài từ khóa, hoặc mã của mục.")
    choices = [*waiting, *(Choice(f"Soạn: {v.content['question'][:60]}", _open(e)) for e, v in mine)]
    if writes:
        choices.append(Choice("Viết mục mới", Action("entry.new")))
        if count := await phrasings.how_many(db):
            choices.append(Choice(f"Cách hỏi gợi ý ({count})", Action("phrase.list")))
    choices.append(Choice("Sắp đến hạn", Action("entry.due")))
    return Reply("\n".join(lines), tuple(choices))


def _open(entry: Entry) -> Action:
    return Action("entry.open", str(entry.id))


async def _found(db: AsyncSession, who: Speaker, words: str, now: datetime, index: Catalogue) -> Reply:
    exact = await rows.by_key(db, words.strip())
    if exact:
        return await page(db, who, exact, now)
    near = [e for hit in index.snapshot.index.search(words, 6) if (e := index.entry(hit.id))]
    if not near:
        return Reply(f"Không tìm thấy mục nào theo “{markup.escape(words[:100])}”. Anh/chị thử từ khóa khác.")
    return Reply("**Anh/chị tìm mục nào?**", tuple(Choice(e.question[:80], _open(e)) for e in near))


@politely
async def open_(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    return await page(db, who, await _entry(db, action.subject), now)


async def _entry(db: AsyncSession, subject: str) -> Entry:
    entry = await db.get(Entry, int(subject)) if subject.isdigit() else None
    if entry is None:
        raise Wrong("Không tìm thấy mục tri thức này.", over=True)
    return entry


async def page(db: AsyncSession, who: Speaker, entry: Entry, now: datetime) -> Reply:
    """The entry as it is served; below it what is being changed, and what this person may do."""
    may_read(who)
    text = await entry_page.card(db, entry, entry_page.today(now))
    draft = await rows.pending(db, entry.id)
    if draft:
        said = entry_page.VERSION_STATES[VersionState(draft.state)]
        text += f"\n\n✏️ *Bản {draft.version} ({said}) đang sửa mục này.*"
    return Reply(text, tuple(_choices(who, entry, draft)), columns=2)


def _choices(who: Speaker, entry: Entry, draft: EntryVersion | None) -> list[Choice]:
    number, reviews = str(entry.id), Permission.REVIEW_ENTRIES in who.permissions
    mine = draft is not None and draft.editor_id == who.person_id
    found = []
    if draft and (mine or reviews):
        waits = draft.state == VersionState.REVIEW and not mine
        found.append(Choice("Xem bản đang sửa", Action("entry.show" if waits else "entry.draft", number)))
    if Permission.EDIT_ENTRIES in who.permissions and (draft is None or mine):
        found.append(Choice("Sửa", Action("entry.edit", number)))
    if entry.state == EntryState.PUBLISHED:
        found.append(Choice("Vẫn đúng", Action("entry.confirm", number, str(entry.version))))
        found.append(Choice("Câu hỏi mẫu", Action("entry.golden", number)))
        if reviews:
            found.append(Choice("Ngừng dùng", Action("entry.retire", number)))
    return [*found, Choice("Lịch sử", Action("entry.history", number))]


@politely
async def edit(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    may_write(who)
    entry = await _entry(db, action.subject)
    choices = tuple(Choice(f.label, Action("entry.part", f"{entry.id}:{f.name}")) for f in FIELDS.values())
    return Reply(f"Anh/chị muốn sửa phần nào của mục “{markup.escape(entry.question)}”?", choices, columns=2)


@politely
async def part(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    may_write(who)
    number, _, name = action.subject.partition(":")
    entry, field = await _entry(db, number), FIELDS.get(name)
    if field is None:
        raise Wrong("Phần này không sửa được ở đây.", over=True)
    await prompts.wait_for(db, who, SET + name, entry.id, now)
    return Reply(field.ask)


@politely
async def typed(
    db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime, index: Catalogue
) -> Reply:
    may_write(who)
    entry, field = await _entry(db, str(prompt.subject_id)), FIELDS[prompt.kind.removeprefix(SET)]
    draft = await rows.pending(db, entry.id)
    value = await field.read(db, said.text, draft.content if draft else curate.plain(entry))
    version = await curate.write(db, entry.id, {field.name: value}, who.person_id, now)
    await prompts.clear(db, who)
    if field.name in ("question", "variants") and (warned := duplicate_page.warned(entry, version, index, now)):
        return warned
    return await drafted(db, entry)


@politely
async def draft(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    return await drafted(db, await _entry(db, action.subject))


async def drafted(db: AsyncSession, entry: Entry) -> Reply:
    """What the draft changes, and where it may go from here."""
    version = await rows.pending(db, entry.id)
    if version is None:
        raise Wrong(curate.MOVED, over=True)
    served = curate.plain(entry) if entry.published_at else None
    text = f"**Bản {version.version}, {entry_page.VERSION_STATES[VersionState(version.state)]}**\n\n"
    text += await entry_page.difference(db, served, await curate.to_be_served(db, entry, version))
    if version.note:
        text += f"\n\n*Người duyệt ghi: {markup.escape(version.note)}*"
    number = str(version.version)
    choices = [Choice("Sửa tiếp", Action("entry.edit", str(entry.id)))]
    if version.state == VersionState.DRAFT:
        choices.insert(0, Choice("Trình duyệt", Action("entry.submit", str(entry.id), number)))
    choices.append(Choice("Bỏ bản này", Action("entry.discard", str(entry.id), number)))
    return Reply(text, tuple(choices), columns=2)


async def _mine(db: AsyncSession, who: Speaker, action: Action) -> EntryVersion:
    may_write(who)
    version = await rows.pending(db, (await _entry(db, action.subject)).id)
    if version is None or str(version.version) != action.stamp:
        raise Wrong(curate.MOVED, over=True)
    if version.editor_id != who.person_id:
        raise Wrong("Bản này do người khác soạn.", over=True)
    return version


@politely
async def ask_why(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    version = await _mine(db, who, action)
    if (await _entry(db, action.subject)).published_at is None:
        await publishing.submit(db, version.id, who.person_id, version.why or "Mục mới", now)
        return Reply("Đã trình. Người thứ hai sẽ đọc và duyệt.", replace=True)
    await prompts.wait_for(db, who, WHY, version.id, now)
    return Reply("Vì sao thay đổi? Anh/chị gõ một câu; câu này ở lại trong lịch sử của mục.")


@politely
async def submit(db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime) -> Reply:
    may_write(who)
    why = " ".join(said.text.split())[:500]
    if len(why) < 3:
        raise Wrong("Vui lòng gõ một câu giải thích.")
    await publishing.submit(db, prompt.subject_id or 0, who.person_id, why, now)
    await prompts.clear(db, who)
    return Reply("Đã trình. Người thứ hai sẽ đọc và duyệt; trong lúc chờ, mọi người vẫn thấy bản đang công bố.")


@politely
async def discard(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    version = await _mine(db, who, action)
    await publishing.drop(db, version.id, who.person_id, now)
    return Reply("Đã bỏ bản soạn này.", replace=True)


@politely
async def confirm(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    may_read(who)
    known = await _entry(db, action.subject)
    if str(known.version) != action.stamp:
        raise Wrong(curate.MOVED, over=True)
    await entry_scope.within(db, who, known.owner_agency_id)
    entry = await publishing.confirm(db, int(action.subject), who.person_id, now)
    due = f" Ngày rà soát tiếp theo: {entry_page.entry_content.day(entry.review_due)}." if entry.review_due else ""
    return Reply(toast=f"Đã ghi: nội dung vẫn đúng.{due}")


@politely
async def new(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    may_write(who)
    await prompts.wait_for(db, who, NEW, None, now)
    return Reply("Anh/chị gõ câu hỏi của mục mới: một ý, đúng như cán bộ sẽ hỏi.")


@politely
async def begun(
    db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime, index: Catalogue
) -> Reply:
    """The question; its answer is asked for next, unless it is answered already."""
    may_write(who)
    question = " ".join(said.text.split())
    if not 3 <= len(question) <= 300:
        raise Wrong("Câu hỏi có từ 3 đến 300 ký tự. Anh/chị vui lòng gõ lại.")
    entry, version = await curate.begin(db, {"question": question}, who.person_id, now, why="Mục mới")
    if warned := duplicate_page.warned(entry, version, index, now):
        await prompts.clear(db, who)
        return warned
    return await ask_answer(db, who, entry, now)


@politely
async def go_on(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    """The draft stays an entry of its own."""
    may_write(who)
    entry = await _entry(db, action.subject)
    version = await rows.pending(db, entry.id)
    return await drafted(db, entry) if version and version.content["answer"] else await ask_answer(db, who, entry, now)


async def ask_answer(db: AsyncSession, who: Speaker, entry: Entry, now: datetime) -> Reply:
    await prompts.wait_for(db, who, SET + "answer", entry.id, now)
    return Reply(f"> {markup.escape(entry.question)}\n\nAnh/chị gõ câu trả lời, trả lời ngay ở câu đầu.")


COMMANDS = {"muctin": command}
ACTIONS = {
    "entry.open": open_, "entry.edit": edit, "entry.part": part, "entry.draft": draft, "entry.submit": ask_why,
    "entry.discard": discard, "entry.confirm": confirm, "entry.new": new,
    "entry.own": go_on,
}
PROMPTS = {WHY: submit, NEW: begun, **{SET + name: typed for name in FIELDS}}
