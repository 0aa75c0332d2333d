"""The parts of a brief as people type them into the chat."""

import re
from dataclasses import replace

from network import brief_content
from network.brief_check import problems
from network.brief_content import LABELS, LINES, Answer, Citation, Content
from network.content_files import from_text
from network.refusals import Refusal

EMPTY = "-"  # typed alone, it empties the part
HOW = {  # plain text
    "title": "Gửi tiêu đề mới (một dòng).",
    "summary": "Gửi đoạn tóm tắt, 1–3 câu.",
    "body": "Gửi nội dung. Có thể dùng **đậm**, *nghiêng*, [tên](https://…) và danh sách “- …”.",
    "key_messages": "Gửi các thông điệp chính, mỗi dòng một thông điệp.",
    "citizen_actions": "Gửi việc người dân cần làm, mỗi dòng một việc.",
    "do": "Gửi những điều nên làm khi truyền thông, mỗi dòng một điều.",
    "dont": "Gửi những điều không nên làm khi truyền thông, mỗi dòng một điều.",
    "citations": "Gửi nguồn, mỗi dòng một văn bản: tên văn bản; điều, khoản; ngày ban hành; đường dẫn. "
    "Ví dụ: Nghị định 69/2024/NĐ-CP; Điều 5; 25/6/2024; https://…",
    "qa": "Gửi câu hỏi ở dòng đầu, câu trả lời ở các dòng sau. Giữa hai cặp hỏi đáp để một dòng trống.",
    "valid": "Gửi ngày hiệu lực, ví dụ: từ 1/7/2026 đến 31/12/2026.",
    "files": "Gửi ảnh (JPG, PNG) hoặc tệp PDF, mỗi tin nhắn một tệp.",
}
NAMES = {**LABELS, "valid": "Hiệu lực", "files": "Tệp đính kèm"}
_DATE = re.compile(r"\b\d{1,2}/\d{1,2}/\d{4}\b|\b\d{4}-\d{2}-\d{2}\b")
_BULLET = re.compile(r"^\s*(?:[-•*+]|\d{1,2}[.)])\s+")


def changed(content: Content, field: str, typed: str) -> Content:
    """The content with one part replaced by what was typed; refuses with everything wrong in that part."""
    text = "" if typed.strip() == EMPTY else typed.strip()
    data = content.to_json()
    if field == "valid":
        days = _DATE.findall(text)
        if text and not days:
            raise Refusal(f"Loa chưa thấy ngày nào. {HOW['valid']}")
        data["valid_from"], data["valid_to"] = ([*days, None, None])[:2]
    elif field in LINES:
        data[field] = _lines(text)
    elif field == "citations":
        data[field] = [_citation(line) for line in _lines(text)]
    elif field == "qa":
        data[field] = [_pair(block) for block in re.split(r"\n\s*\n", text) if block.strip()]
    else:
        data[field] = text
    new, wrong = brief_content.read(data)
    mine = ("valid_from", "valid_to") if field == "valid" else (field,)
    found = [str(p) for p in [*wrong, *problems(new)] if p.field in mine and (text or p in wrong or field == "title")]
    if found:
        raise Refusal("Phần này chưa lưu được:\n" + "\n".join(f"- {line}" for line in found))
    return new


def whole(typed: str) -> Content:
    """A first message may hold everything: title, summary, body."""
    content = from_text(typed)
    found = [str(p) for p in problems(content) if p.field in ("title", "summary", "body") and "còn trống" not in p.text]
    if found:
        raise Refusal("Bản tin chưa lưu được:\n" + "\n".join(f"- {line}" for line in found))
    return content


def with_body(content: Content, typed: str) -> Content:
    """What follows a title typed alone: a summary, if a short paragraph stands first, and the body."""
    read = from_text(f"x\n{typed}")
    whole(f"x\n{typed}")
    return replace(content, summary=read.summary, body=read.body)


def _lines(text: str) -> list[str]:
    return [bare for line in text.splitlines() if (bare := _BULLET.sub("", line).strip())]


def _citation(line: str) -> dict[str, str]:
    """Parts between semicolons: the first is the document, the others are known by their shape."""
    doc, *rest = [part.strip() for part in line.split(";") if part.strip()] or [line]
    found = {"doc": doc}
    for part in rest:
        if "://" in part:
            found["url"] = part
        elif _DATE.fullmatch(part) or re.fullmatch(r"\d{4}", part):
            found["date"] = part
        else:
            found["article"] = f"{found['article']}, {part}" if "article" in found else part
    return found


def _pair(block: str) -> dict[str, str]:
    question, _, answer = block.strip().partition("\n")
    question = re.sub(r"^(?:hỏi|câu hỏi|h)\s*[:.]\s*", "", question.strip(), flags=re.IGNORECASE)
    answer = re.sub(r"^(?:đáp|trả lời|đ)\s*[:.]\s*", "", answer.strip(), flags=re.IGNORECASE)
    return {"q": question, "a": answer}


def typed(content: Content, field: str) -> str:
    """The present value as one would type it, so that it can be copied and corrected."""
    if field == "valid":
        return " – ".join(day for day in (content.valid_from, content.valid_to) if day)
    if field == "citations":
        return "\n".join(_shown(citation) for citation in content.citations)
    if field == "qa":
        return "\n\n".join(_asked(pair) for pair in content.qa)
    value = getattr(content, field, "")
    return "\n".join(value) if isinstance(value, tuple) else value or ""


def _shown(citation: Citation) -> str:
    return "; ".join(part for part in (citation.doc, citation.article, citation.date, citation.url) if part)


def _asked(pair: Answer) -> str:
    return f"{pair.q}\n{pair.a}"
