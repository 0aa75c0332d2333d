"""What must be right in a brief before others are asked to sign it: every problem at once, in Vietnamese."""

from collections.abc import Iterator

from network import markup, topics
from network.brief_content import CONFIDENCE, LINES, STAGES, Content, Problem

TITLE, SUMMARY, BODY, LINE, ITEMS = 200, 1000, 12_000, 500, 15
EXPLANATION = 1500  # characters of what was wrong, and of what is right
QUESTION, ANSWER, QUESTIONS, CITATIONS, FILES, HOURS = 300, 3000, 30, 20, 10, 720


def problems(content: Content) -> list[Problem]:
    return [*_correction(content), *_texts(content), *_choices(content), *_records(content)]


def _correction(content: Content) -> Iterator[Problem]:
    if content.corrects is None:
        return
    for text, name in ((content.corrects.wrong, "nội dung sai"), (content.corrects.right, "nội dung đúng")):
        if not text:
            yield Problem("corrects", f"chưa nêu {name}")
        elif len(text) > EXPLANATION:
            yield Problem("corrects", f"{name} dài {len(text)} ký tự, tối đa {EXPLANATION}")
    if content.corrects.wrong and content.corrects.wrong == content.corrects.right:
        yield Problem("corrects", "nội dung đúng giống hệt nội dung sai")


def _texts(content: Content) -> Iterator[Problem]:
    if not content.title:
        yield Problem("title", "còn trống")
    if not (content.summary or content.body or content.key_messages):
        yield Problem("body", "còn trống; cần ít nhất tóm tắt, nội dung hoặc thông điệp chính")
    for name, limit in (("title", TITLE), ("summary", SUMMARY), ("body", BODY)):
        text = getattr(content, name)
        if len(text) > limit:
            yield Problem(name, f"dài {len(text)} ký tự, tối đa {limit}")
        if name != "title":
            yield from (Problem(name, found) for found in markup.check(text))
    for name in LINES:
        lines = getattr(content, name)
        if len(lines) > ITEMS:
            yield Problem(name, f"có {len(lines)} dòng, tối đa {ITEMS}")
        for number, line in enumerate(lines, 1):
            if len(line) > LINE:
                yield Problem(name, f"dài {len(line)} ký tự, tối đa {LINE}", number)
            yield from (Problem(name, found, number) for found in markup.check(line))


def _choices(content: Content) -> Iterator[Problem]:
    if not content.topics:
        yield Problem("topics", "chưa chọn chủ đề nào")
    for topic in content.topics:
        if topic not in topics.topics():
            yield Problem("topics", f"không có chủ đề “{topic}”")
    if content.stage is None:
        yield Problem("stage", "chưa chọn")
    for name, stage in [("stage", content.stage), *(("timeline", step.stage) for step in content.timeline)]:
        if stage is not None and stage not in STAGES:
            yield Problem(name, f"không có giai đoạn “{stage}”; chọn một trong: {', '.join(STAGES)}")
    if content.confidence not in CONFIDENCE:
        yield Problem("confidence", f"“{content.confidence}” không có; chọn một trong: {', '.join(CONFIDENCE)}")
    if content.ack_hours is not None and not 1 <= content.ack_hours <= HOURS:
        yield Problem("ack_hours", f"phải từ 1 đến {HOURS} giờ")
    if content.ack_hours is not None and not content.ack:
        yield Problem("ack_hours", "có hạn xác nhận nhưng không yêu cầu xác nhận")
    if content.pre_release and not content.release_at:
        yield Problem("pre_release", "chỉ dùng cho bản tin có giờ phát hành ấn định")
    if content.valid_from and content.valid_to and content.valid_to < content.valid_from:
        yield Problem("valid_to", "ngày hết hiệu lực trước ngày có hiệu lực")


def _records(content: Content) -> Iterator[Problem]:
    for name, limit in (("citations", CITATIONS), ("qa", QUESTIONS), ("attachments", FILES)):
        if len(getattr(content, name)) > limit:
            yield Problem(name, f"có {len(getattr(content, name))}, tối đa {limit}")
    for number, citation in enumerate(content.citations, 1):
        if len(citation.doc) > QUESTION:
            yield Problem("citations", f"tên văn bản dài quá {QUESTION} ký tự", number)
        if citation.url and not markup.is_link(citation.url):
            yield Problem("citations", f"địa chỉ “{citation.url[:80]}” không hợp lệ", number)
    for number, pair in enumerate(content.qa, 1):
        if len(pair.q) > QUESTION or len(pair.a) > ANSWER:
            yield Problem("qa", f"câu hỏi tối đa {QUESTION} ký tự, câu trả lời tối đa {ANSWER} ký tự", number)
        yield from (Problem("qa", found, number) for found in markup.check(pair.a))
