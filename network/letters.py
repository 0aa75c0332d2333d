"""A brief as the letter that arrives: scannable on a phone, in the Markdown of network/markup.py."""

from collections.abc import Iterator
from datetime import datetime

from network import markup, moments, topics
from network.brief_content import STAGES, Citation, Content, Priority

MARKS = {Priority.FLASH: "🔴 **HỎA TỐC**", Priority.URGENT: "🟠 **KHẨN**"}
SECTIONS = (
    ("key_messages", "Thông điệp chính"),
    ("citizen_actions", "Người dân cần làm"),
    ("do", "Khi truyền thông: nên"),
    ("dont", "Khi truyền thông: không nên"),
)
CORRECTED = "✏️ **ĐÃ ĐÍNH CHÍNH**"
CHECK_SOURCE = "⚠️ *Cần đối chiếu văn bản gốc trước khi phổ biến.*"


def letter_text(content: Content, edition: int | None = None) -> str:
    """`edition` is named only where somebody compares editions (preview, approval, correction)."""
    return "\n\n".join(part for part in _parts(content, edition) if part)


def _parts(content: Content, edition: int | None) -> Iterator[str]:
    title = f"**{markup.escape(content.title)}**" if content.title else ""
    corrected = CORRECTED if content.corrects else ""
    head = (MARKS.get(content.priority, ""), corrected, title, _kind(content, edition))
    yield "\n".join(line for line in head if line)
    yield content.summary
    for name, heading in SECTIONS[:2]:
        yield _section(heading, getattr(content, name))
    yield content.body
    for name, heading in SECTIONS[2:]:
        yield _section(heading, getattr(content, name))
    yield _validity(content)
    yield _sources(content)
    yield _asked(content)


def correction_text(content: Content, sent_at: datetime | None = None) -> str:
    """What article 42 of the Press Law asks for: where it stood and when, what was wrong, what is right."""
    if content.corrects is None:
        return ""
    mark = f"{MARKS[content.priority]}\n" if content.priority in MARKS else ""
    when = f" gửi {moments.say(sent_at)}" if sent_at else ""
    parts = (
        f"{mark}✏️ **ĐÍNH CHÍNH** bản tin “{markup.escape(content.title)}”{when}",
        f"**Nội dung sai:** {markup.escape(content.corrects.wrong)}",
        f"**Nội dung đúng:** {markup.escape(content.corrects.right)}",
        "Anh/chị vui lòng dùng nội dung đúng, và nếu đã phổ biến nội dung sai thì thông báo lại cho người đã nhận.",
    )
    return "\n\n".join(parts)


def recall_text(title: str, reason: str, at: datetime) -> str:
    """To whoever had it, once it is deleted; else in its place."""
    return (
        f"⛔ **Bản tin này đã được thu hồi** lúc {moments.say(at)}.\n\n*{markup.escape(title)}*\n\n"
        f"**Lý do:** {markup.escape(reason)}\n\nAnh/chị vui lòng không sử dụng, không phổ biến nội dung đã nhận."
    )


def _kind(content: Content, edition: int | None) -> str:
    stage = STAGES.get(content.stage or "", "")
    said = [
        f"Giai đoạn: {stage}" if stage else "",
        topics.list_names(content.topics),
        f"Bản số {edition}" if edition else "",
        "Chỉ dùng nội bộ" if content.internal_only else "",
    ]
    line = " · ".join(markup.escape(part) for part in said if part)
    return f"*{line}*" if line else ""


def _section(heading: str, lines: tuple[str, ...]) -> str:
    return "\n".join([f"**{heading}**", *(f"- {_inside_item(line)}" for line in lines)]) if lines else ""


def _inside_item(line: str) -> str:
    return line.replace("\n", "\n  ")


def _validity(content: Content) -> str:
    said = []
    if content.valid_from:
        said.append(f"từ {day(content.valid_from)}")
    if content.valid_to:
        said.append(f"đến hết {day(content.valid_to)}")
    return f"**Hiệu lực:** {' '.join(said)}" if said else ""


def _sources(content: Content) -> str:
    lines = [f"- {_cite(citation)}" for citation in content.citations]
    if lines:
        lines.insert(0, "**Nguồn**")
    if content.confidence != "high":
        lines.append(CHECK_SOURCE if not lines else f"\n{CHECK_SOURCE}")
    return "\n".join(lines)


def _cite(citation: Citation) -> str:
    said = markup.link(citation.doc, citation.url)
    if citation.article:
        said += f", {markup.escape(citation.article)}"
    return f"{said} ({day(citation.date)})" if citation.date else said


def _asked(content: Content) -> str:
    lines = []
    count = len(content.qa) + len(content.entries)
    if count:
        lines.append(f"Kèm {count} câu hỏi đáp: bấm “Hỏi về tin này” rồi gõ câu hỏi.")
    if content.ack:
        within = f" trong {hours(content.ack_hours)} kể từ khi nhận tin" if content.ack_hours else ""
        lines.append(f"**Đề nghị bấm “Đã nhận”{within}.**")
    return "\n".join(lines)


def day(iso: str) -> str:
    """2026-07-01 → 1/7/2026; a year alone stays."""
    return "/".join(part.lstrip("0") for part in reversed(iso.split("-")))


def hours(count: int) -> str:
    return f"{count // 24} ngày" if count % 24 == 0 else f"{count} giờ"
