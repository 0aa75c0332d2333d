"""Asking: an answer with its source, a few candidates, or an honest "not yet" and the way to an expert."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from db import abbreviations
from db.agencies import Agency
from db.knowledge import Entry
from db.people import PersonState, Prompt
from handlers import prompts
from handlers.case_letters import RULES
from handlers.expert import hand_over
from handlers.pondering import Pondering
from handlers.reply import Action, Choice, Incoming, Reply
from knowledge import entry as entries
from knowledge import follow_up, questions, turn
from knowledge.answer import Decision, Kind, has_words
from knowledge.catalogue import Catalogue
from knowledge.entry import Standing
from knowledge.legal import quote
from knowledge.turn import Asked
from network import markup
from network.case_times import CaseRules
from network.people import Speaker

ASK = "ask.question"
LONGEST = 2000
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CHECK_SOURCE = "⚠️ *Cần đối chiếu văn bản gốc trước khi sử dụng.*"
NONE = "Chưa có câu trả lời đã duyệt cho câu hỏi này."
WHICH = "Anh/chị muốn hỏi điều nào dưới đây?"
OFFER_EXPERT = "Anh/chị có muốn chuyển câu hỏi cho chuyên gia không?"


async def ask(
    db: AsyncSession, who: Speaker, text: str, now: datetime, index: Catalogue, brief_id: int | None = None,
    understood: Sequence[Asked] | None = None,
) -> Reply:
    """Answer a question in plain words. Raises Pondering where models are to be asked first, for `understood`."""
    text = text.strip()
    if refusal := unfit(text):
        return Reply(refusal)
    if who.person_id and await questions.too_many(db, who.person_id, now):
        return Reply(f"Anh/chị đã hỏi quá {questions.A_MINUTE} câu trong một phút. Vui lòng đợi một phút rồi hỏi tiếp.")
    before = await questions.before(db, who.person_id, who.identity_id, now)
    brief_id = brief_id or (before.brief_id if follow_up.goes_on(text) else None)
    short = await abbreviations.of_person(db, who.person_id)
    if understood is None:
        read = partial(turn.read, text, index, before.text, brief_id, short)
        if index.reranker or index.checker:
            raise Pondering(read)
        understood = read()
    if understood[0].decision.kind == Kind.SMALLTALK:
        return Reply(understood[0].decision.said)
    answered = [await _answered(db, who, asked, index, brief_id, now) for asked in understood]
    if len(answered) == 1:
        reply = _reply(answered[0].decision, answered[0].found, index, answered[0].number, now, answered[0].owner)
    else:
        reply = _several(answered, index, now)
    return _warned(reply, index, text)


@dataclass(frozen=True, slots=True)
class Answered:
    """A question on record; `found` is the entry that answers it, `owner` the agency that keeps the entry."""

    number: int
    text: str
    decision: Decision
    found: Entry | None
    owner: str


async def _answered(
    db: AsyncSession, who: Speaker, asked: Asked, index: Catalogue, brief_id: int | None, now: datetime
) -> Answered:
    decision = asked.decision
    found = index.entry(decision.best.id) if decision.kind == Kind.ANSWER and decision.best else None
    row = await questions.record(db, who.person_id, who.identity_id, asked, found, now, brief_id=brief_id)
    return Answered(row.id, asked.text, decision, found, await owner_of(db, found))


async def owner_of(db: AsyncSession, found: Entry | None) -> str:
    """The agency that keeps the entry; "" for what nobody has taken over."""
    if found is None:
        return ""
    agency = await db.get(Agency, found.owner_agency_id) if found.owner_agency_id else None
    return agency.name if agency else ""


def _several(answered: Sequence[Answered], index: Catalogue, now: datetime) -> Reply:
    """Each question of the message in its turn, with the one button that leads on from it."""
    parts, choices = [], []
    for place, one in enumerate(answered, 1):
        reply = _reply(one.decision, one.found, index, one.number, now, one.owner)
        number = str(one.number)
        if one.found is not None or one.decision.kind == Kind.QUOTE:
            said, choice = reply.text, Choice(f"Câu {place}: không phải điều tôi hỏi", Action("q.other", number))
        elif one.decision.kind == Kind.CANDIDATES:
            said = "Chưa chắc anh/chị hỏi điều nào; bấm nút bên dưới để chọn."
            choice = Choice(f"Câu {place}: xem các câu gần nhất", Action("q.other", number))
        else:
            said, choice = NONE, Choice(f"Câu {place}: chuyển chuyên gia", Action("q.expert", number))
        parts.append(f"**Câu {place}:** {markup.escape(one.text)}\n\n{said}")
        choices.append(choice)
    return Reply("\n\n".join(parts), tuple(choices))


def _warned(reply: Reply, index: Catalogue, question: str) -> Reply:
    """Who names a document that no longer holds hears what took its place, whatever else is answered."""
    said = [succession.said for succession in index.outdated(question)]
    return replace(reply, text="\n\n".join([*(f"⚠️ {markup.escape(s)}" for s in said), reply.text])) if said else reply


def unfit(text: str) -> str | None:
    if not text:
        return "Anh/chị vui lòng gõ câu hỏi bằng chữ."
    if len(text) > LONGEST:
        return f"Câu hỏi dài quá {LONGEST} ký tự. Anh/chị vui lòng rút gọn, mỗi lần hỏi một ý."
    if not has_words(text):
        return "Loa chưa đọc được câu hỏi này. Anh/chị vui lòng gõ câu hỏi bằng tiếng Việt, có dấu hoặc không dấu."
    return None


def _reply(
    decision: Decision, found: Entry | None, index: Catalogue, question_id: int, now: datetime, owner: str
) -> Reply:
    number, today = str(question_id), now.astimezone(ZONE).date()
    if found is not None:
        heir = index.entry(found.superseded_by or "")
        if heir is None or entries.standing(found, today) != Standing.OVER:
            heir, instead = None, ()
        else:
            instead = (Choice(f"Hiện nay: {heir.question[:70]}", Action("q.pick", f"{number}:{heir.id}")),)
        return Reply(
            shown(found, today, owner, heir.question if heir else ""),
            (
                *instead,
                Choice("Hữu ích", Action("q.good", number)),
                Choice("Chưa đúng", Action("q.bad", number)),
                Choice("Không phải điều tôi hỏi", Action("q.other", number)),
            ),
            columns=2,
        )
    expert = Choice("Chuyển chuyên gia", Action("q.expert", number))
    if decision.kind == Kind.CANDIDATES:
        near = [e for hit in decision.hits if (e := index.entry(hit.id))]
        choices = [Choice(_named(e, today), Action("q.pick", f"{number}:{e.id}")) for e in near]
        return Reply(WHICH, (*choices, expert))
    if decision.kind == Kind.QUOTE and (quoted := _quotation(decision, index)):
        return Reply(quoted, (Choice("Không phải điều tôi hỏi", Action("q.other", number)), expert), columns=2)
    return Reply(f"{NONE} {OFFER_EXPERT}", (expert,))


def _named(entry: Entry, today: date) -> str:
    """On a button."""
    over = entries.standing(entry, today) == Standing.OVER
    return f"Trước đây: {entry.question[:69]}" if over else entry.question[:80]


def _quotation(decision: Decision, index: Catalogue) -> str:
    """The best passage word for word; where the others stand."""
    found = [p for hit in decision.hits if (p := index.provision(hit.id))]
    if not found:
        return ""
    lines = [markup.escape(quote(found[0]))]
    if len(found) > 1:
        lines.append("Xem thêm: " + markup.escape("; ".join(p.citation for p in found[1:])) + ".")
    return "\n\n".join(lines)


def shown(found: Entry, today: date, owner: str = "", heir: str = "") -> str:
    """The entry as an answer: what was matched, the answer, where it comes from, how long it holds, who keeps it.
    `heir` is the question of the entry that took its place."""
    parts = [f"*{markup.escape(found.question)}*"]
    standing = entries.standing(found, today)
    if standing == Standing.LATER and found.valid_from:
        parts.append(f"⚠️ **Quy định này chưa có hiệu lực**, áp dụng từ {found.valid_from:%d/%m/%Y}.")
    elif standing == Standing.OVER:
        parts.append(_historical(found, heir))
    parts.append(markup.escape(found.answer))
    if sources := "\n".join(_source(c) for c in _distinct(found.citations)):
        parts.append(f"**Nguồn**\n{sources}")
    if holds := " · ".join(filter(None, (_validity(found), owner and f"Phụ trách: {markup.escape(owner)}"))):
        parts.append(holds)
    if found.check_source:
        parts.append(CHECK_SOURCE)
    return "\n\n".join(parts)


def _historical(found: Entry, heir: str) -> str:
    named = f"“{heir}”" if heir else found.superseded_by
    successor = f" Hiện thay bằng: {markup.escape(named)}." if named else ""
    return f"⚠️ **Đây là quy định không còn áp dụng**, chỉ để tra cứu.{successor}"


def _distinct(citations: list[dict[str, str | None]]) -> list[dict[str, str | None]]:
    """A document once for each article; the same page cited twice tells nothing new."""
    kept = {(c.get("doc"), c.get("article")): c for c in reversed(citations)}
    return list(reversed(kept.values()))


def _source(citation: dict[str, str | None]) -> str:
    named = ", ".join(filter(None, (citation.get("article"), citation.get("doc"))))
    said = f"[{markup.escape(named)}]({citation['url']})" if citation.get("url") else markup.escape(named)
    return f"- {said}" + (f", {_day(citation['date'])}" if citation.get("date") else "")


def _day(iso: str | None) -> str:
    return "/".join(reversed((iso or "").split("-")))


def _validity(found: Entry) -> str:
    since = f"từ {found.valid_from:%d/%m/%Y}" if found.valid_from else ""
    until = f"đến {found.valid_to:%d/%m/%Y}" if found.valid_to else ""
    return f"Hiệu lực {' '.join(filter(None, (since, until)))}" if since or until else ""


async def pick(db: AsyncSession, who: Speaker, action: Action, now: datetime, index: Catalogue) -> Reply:
    """A candidate was chosen."""
    number, _, wanted = action.subject.partition(":")
    question = await questions.mine(db, number, who.person_id)
    found = await db.get(Entry, int(wanted)) if wanted.isdigit() else None
    if question is None or found is None or index.entry(found.key) is None:
        return Reply(toast="Lựa chọn này không còn dùng được. Anh/chị vui lòng hỏi lại.")
    question.entry_id, question.decision = found.id, Kind.ANSWER
    question.chosen = True
    return _reply(Decision(Kind.ANSWER), found, index, question.id, now, await owner_of(db, found))


async def good(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    question = await questions.mine(db, action.subject, who.person_id)
    if question is not None:
        question.helpful = True
    return Reply(toast="Cảm ơn anh/chị.")


async def bad(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    question = await questions.mine(db, action.subject, who.person_id)
    if question is None:
        return Reply(toast="Câu hỏi này không còn lưu. Anh/chị vui lòng hỏi lại.")
    question.helpful, question.chosen = False, False
    return Reply(
        f"Cảm ơn anh/chị đã phản hồi; biên tập viên sẽ xem lại câu trả lời này. {OFFER_EXPERT}",
        (Choice("Chuyển chuyên gia", Action("q.expert", action.subject)),),
    )


async def other(db: AsyncSession, who: Speaker, action: Action, now: datetime, index: Catalogue) -> Reply:
    """Not what was asked: the next ones, then an expert."""
    question = await questions.mine(db, action.subject, who.person_id)
    if question is None:
        return Reply(toast="Câu hỏi này không còn lưu. Anh/chị vui lòng hỏi lại.")
    shown_before = await db.get(Entry, question.entry_id) if question.entry_id else None
    again = index.snapshot.index.search(turn.in_full(index, question.text, question.follows), 4)
    near = [e for h in again if (e := index.entry(h.id)) and (shown_before is None or e.key != shown_before.key)][:3]
    if shown_before is not None:
        question.helpful, question.chosen, question.decision = False, False, Kind.CANDIDATES
    choices = [Choice(e.question[:80], Action("q.pick", f"{question.id}:{e.id}")) for e in near]
    expert = Choice("Chuyển chuyên gia", Action("q.expert", str(question.id)))
    return Reply(WHICH if near else f"{NONE} {OFFER_EXPERT}", (*choices, expert))


async def to_expert(
    db: AsyncSession, who: Speaker, action: Action, now: datetime, case_rules: CaseRules = RULES
) -> Reply:
    question = await questions.mine(db, action.subject, who.person_id)
    if question is None:
        return Reply(toast="Câu hỏi này không còn lưu. Anh/chị vui lòng hỏi lại.")
    return await hand_over(db, question, now, case_rules)


async def command(
    db: AsyncSession, who: Speaker, args: str, now: datetime, index: Catalogue,
    understood: Sequence[Asked] | None = None,
) -> Reply:
    if who.state not in (PersonState.ACTIVE, PersonState.PAUSED):
        return Reply("Anh/chị chưa tham gia mạng lưới. Vui lòng mở liên kết mời do cơ quan mình gửi.")
    if args:
        return await ask(db, who, args, now, index, understood=understood)
    await prompts.wait_for(db, who, ASK, None, now)
    return Reply("Anh/chị muốn hỏi gì? Vui lòng gõ câu hỏi bằng lời thường.")


async def prompted(
    db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime, index: Catalogue,
    understood: Sequence[Asked] | None = None,
) -> Reply:
    await prompts.clear(db, who)
    return await ask(db, who, said.text, now, index, understood=understood)


COMMANDS = {"hoi": command}
ACTIONS = {"q.good": good, "q.bad": bad, "q.other": other, "q.pick": pick, "q.expert": to_expert}
PROMPTS = {ASK: prompted}
