"""Asking: an answer with its source, a few candidates, or an honest "not yet" and the way to an expert."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from db.knowledge import Entry
from db.people import Prompt
from handlers import prompts
from handlers.expert import hand_over
from handlers.reply import Action, Choice, Incoming, Reply
from knowledge import entry as entries
from knowledge import questions
from knowledge.answer import Decision, Kind, has_words
from knowledge.catalogue import Catalogue
from knowledge.legal import quote
from network import markup
from network.people import Speaker

ASK = "ask.question"
LONGEST = 2000
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CHECK_SOURCE = "⚠️ *Cần đối chiếu văn bản gốc trước khi sử dụng.*"
NONE = "Chưa có câu trả lời đã duyệt cho câu hỏi này."


async def ask(
    db: AsyncSession, who: Speaker, text: str, now: datetime, index: Catalogue, brief_id: int | None = None
) -> Reply:
    """Answer a question in plain words."""
    text = text.strip()
    if refusal := _unfit(text):
        return Reply(refusal)
    if who.person_id and await questions.too_many(db, who.person_id, now):
        return Reply("Anh/chị hỏi hơi nhanh. Vui lòng đợi một phút rồi hỏi tiếp.")
    decision = index.decide(text, brief_id)
    if decision.kind == Kind.SMALLTALK:
        return Reply(decision.said)
    found = index.entry(decision.best.id) if decision.kind == Kind.ANSWER and decision.best else None
    row = await questions.record(db, who.person_id, who.identity_id, text, decision, found, now, brief_id=brief_id)
    return _warned(_reply(decision, found, index, row.id, now), index, text)


def _warned(reply: Reply, index: Catalogue, question: str) -> Reply:
    """Who names a document that no longer holds hears what took its place, whatever else is answered."""
    said = [succession.said for succession in index.outdated(question)]
    return replace(reply, text="\n\n".join([*(f"⚠️ {markup.escape(s)}" for s in said), reply.text])) if said else reply


def _unfit(text: str) -> str | None:
    if not text:
        return "Anh/chị vui lòng gõ câu hỏi bằng chữ."
    if len(text) > LONGEST:
        return f"Câu hỏi dài quá {LONGEST} ký tự. Anh/chị vui lòng rút gọn, mỗi lần hỏi một ý."
    if not has_words(text):
        return "Loa chưa đọc được câu hỏi này. Anh/chị vui lòng gõ câu hỏi bằng tiếng Việt, có dấu hoặc không dấu."
    return None


def _reply(decision: Decision, found: Entry | None, index: Catalogue, question_id: int, now: datetime) -> Reply:
    number = str(question_id)
    if found is not None:
        return Reply(
            shown(found, now.astimezone(ZONE).date()),
            (
                Choice("Hữu ích", Action("q.good", number)),
                Choice("Chưa đúng", Action("q.bad", number)),
                Choice("Không phải điều tôi hỏi", Action("q.other", number)),
            ),
            columns=2,
        )
    expert = Choice("Chuyển chuyên gia", Action("q.expert", number))
    if decision.kind == Kind.CANDIDATES:
        near = [e for hit in decision.hits if (e := index.entry(hit.id))]
        choices = [Choice(e.question[:80], Action("q.pick", f"{number}:{e.id}")) for e in near]
        return Reply("Anh/chị muốn hỏi điều nào dưới đây?", (*choices, expert))
    if decision.kind == Kind.QUOTE and (quoted := _quotation(decision, index)):
        return Reply(quoted, (Choice("Không phải điều tôi hỏi", Action("q.other", number)), expert), columns=2)
    return Reply(f"{NONE} Anh/chị có muốn chuyển câu hỏi cho chuyên gia không?", (expert,))


def _quotation(decision: Decision, index: Catalogue) -> str:
    """The best passage word for word; where the others stand."""
    found = [p for hit in decision.hits if (p := index.provision(hit.id))]
    if not found:
        return ""
    lines = [markup.escape(quote(found[0]))]
    if len(found) > 1:
        lines.append("Xem thêm: " + markup.escape("; ".join(p.citation for p in found[1:])) + ".")
    return "\n\n".join(lines)


def shown(found: Entry, today: date) -> str:
    """The entry as an answer: what was matched, the answer, where it comes from, how long it holds."""
    parts = [f"*{markup.escape(found.question)}*"]
    if not entries.current(found, today):
        parts.append(_historical(found))
    parts.append(markup.escape(found.answer))
    if sources := "\n".join(_source(c) for c in _distinct(found.citations)):
        parts.append(f"**Nguồn**\n{sources}")
    if validity := _validity(found):
        parts.append(validity)
    if found.check_source:
        parts.append(CHECK_SOURCE)
    return "\n\n".join(parts)


def _historical(found: Entry) -> str:
    successor = f" Hiện thay bằng: {markup.escape(found.superseded_by)}." if found.superseded_by else ""
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
    decision = Decision(Kind.ANSWER)
    return _reply(decision, found, index, question.id, now)


async def good(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    question = await questions.mine(db, action.subject, who.person_id)
    if question is not None:
        question.helpful = True
    return Reply(toast="Cảm ơn anh/chị.")


async def bad(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    question = await questions.mine(db, action.subject, who.person_id)
    if question is None:
        return Reply(toast="Câu hỏi này không còn lưu. Anh/chị vui lòng hỏi lại.")
    question.helpful = False
    return Reply(
        "Cảm ơn anh/chị đã phản hồi; biên tập viên sẽ xem lại câu trả lời này. Anh/chị có muốn chuyển câu hỏi cho "
        "chuyên gia không?",
        (Choice("Chuyển chuyên gia", Action("q.expert", action.subject)),),
    )


async def other(db: AsyncSession, who: Speaker, action: Action, now: datetime, index: Catalogue) -> Reply:
    """Not what was asked: the next ones, then an expert."""
    question = await questions.mine(db, action.subject, who.person_id)
    if question is None:
        return Reply(toast="Câu hỏi này không còn lưu. Anh/chị vui lòng hỏi lại.")
    shown_before = await db.get(Entry, question.entry_id) if question.entry_id else None
    again = index.snapshot.index.search(question.text, 4)
    near = [e for h in again if (e := index.entry(h.id)) and (shown_before is None or e.key != shown_before.key)][:3]
    question.helpful = False
    choices = [Choice(e.question[:80], Action("q.pick", f"{question.id}:{e.id}")) for e in near]
    expert = Choice("Chuyển chuyên gia", Action("q.expert", str(question.id)))
    return Reply("Anh/chị muốn hỏi điều nào dưới đây?", (*choices, expert))


async def to_expert(db: AsyncSession, who: Speaker, action: Action, now: datetime) -> Reply:
    question = await questions.mine(db, action.subject, who.person_id)
    if question is None:
        return Reply(toast="Câu hỏi này không còn lưu. Anh/chị vui lòng hỏi lại.")
    return await hand_over(db, question, now)


async def command(db: AsyncSession, who: Speaker, args: str, now: datetime, index: Catalogue) -> Reply:
    if args:
        return await ask(db, who, args, now, index)
    if who.identity_id is None:
        return Reply("Anh/chị chưa tham gia mạng lưới. Vui lòng mở liên kết mời do cơ quan mình gửi.")
    await prompts.wait_for(db, who, ASK, None, now)
    return Reply("Anh/chị muốn hỏi gì? Vui lòng gõ câu hỏi bằng lời thường.")


async def prompted(
    db: AsyncSession, who: Speaker, prompt: Prompt, said: Incoming, now: datetime, index: Catalogue
) -> Reply:
    await prompts.clear(db, who)
    return await ask(db, who, said.text, now, index)


COMMANDS = {"hoi": command}
ACTIONS = {"q.good": good, "q.bad": bad, "q.other": other, "q.pick": pick, "q.expert": to_expert}
PROMPTS = {ASK: prompted}
