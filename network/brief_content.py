"""What a brief says, as one frozen value: kept as JSON in its edition, and read from files."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from network.moments import VIETNAM

STAGES = {
    "hoach_dinh": "Hoạch định chủ trương",
    "xay_dung": "Xây dựng, soạn thảo",
    "hoan_thien": "Hoàn thiện, thẩm định",
    "ban_hanh": "Ban hành, công bố",
    "thuc_thi": "Thực thi",
}
CONFIDENCE = {"high": "cao", "medium": "trung bình", "low": "thấp"}
LABELS = {
    "title": "Tiêu đề",
    "summary": "Tóm tắt",
    "body": "Nội dung",
    "key_messages": "Thông điệp chính",
    "citizen_actions": "Việc người dân cần làm",
    "do": "Nên làm",
    "dont": "Không nên làm",
    "stage": "Giai đoạn chính sách",
    "topics": "Chủ đề",
    "priority": "Mức độ",
    "ack": "Xác nhận đã nhận",
    "ack_hours": "Hạn xác nhận (giờ)",
    "citations": "Nguồn",
    "entries": "Mục hỏi đáp",
    "qa": "Hỏi đáp kèm theo",
    "attachments": "Tệp đính kèm",
    "valid_from": "Hiệu lực từ",
    "valid_to": "Hiệu lực đến",
    "confidence": "Độ tin cậy",
    "timeline": "Diễn biến chính sách",
    "targets": "Đối tượng",
    "internal_only": "Chỉ gửi nội bộ",
    "note": "Ghi chú",
    "release_at": "Giờ phát hành",
    "pre_release": "Danh sách xem trước",
    "corrects": "Đính chính",
}
LINES = ("key_messages", "citizen_actions", "do", "dont")


_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNKEPT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ud800-\udfff\ufffe\uffff]")


class Priority(StrEnum):
    FLASH = "hoa_toc"
    URGENT = "khan"
    NORMAL = "thuong"

    @property
    def label(self) -> str:
        return {"hoa_toc": "HỎA TỐC", "khan": "KHẨN", "thuong": "Thường"}[self.value]

    @property
    def rank(self) -> int:
        """As db.pushes.Push.priority counts: smaller goes first."""
        return list(Priority).index(self)


@dataclass(frozen=True, slots=True)
class Citation:
    doc: str
    article: str | None = None
    date: str | None = None  # ISO, or year or month where no more is known
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and its answer that go live with the brief."""

    q: str
    a: str
    variants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    stage: str
    date: str | None = None  # ISO
    note: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """What the brief puts right, in the words of the Press Law's article 42: where, what was wrong, what is right."""

    brief: int = 0
    edition: int = 0  # id of the edition that was wrong
    wrong: str = ""
    right: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """`title` is plain text; summary, body, the lines and answers are the Markdown of network/markup.py."""

    title: str = ""
    summary: str = ""
    body: str = ""
    key_messages: tuple[str, ...] = ()
    citizen_actions: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    dont: tuple[str, ...] = ()
    stage: str | None = None  # a code of STAGES
    topics: tuple[str, ...] = ()  # codes of network.topics
    priority: Priority = Priority.NORMAL
    ack: bool = False
    ack_hours: int | None = None
    citations: tuple[Citation, ...] = ()
    entries: tuple[str, ...] = ()  # keys of entries that exist already
    qa: tuple[Answer, ...] = ()
    attachments: tuple[int, ...] = ()  # ids of db.briefs.Attachment
    valid_from: str | None = None  # ISO
    valid_to: str | None = None
    confidence: str = "high"
    timeline: tuple[Step, ...] = ()
    targets: tuple[str, ...] = ()  # whom the information is meant for, as free codes
    internal_only: bool = False
    note: str = ""  # for colleagues, never sent
    release_at: str | None = None  # ISO with zone: nothing of it is out before
    pre_release: tuple[int | str | Mapping[str, Any], ...] = ()  # who reads it before: ids, rules; names in a file
    corrects: Correction | None = None

    @property
    def release_moment(self) -> datetime | None:
        return datetime.fromisoformat(self.release_at) if self.release_at else None

    def to_json(self) -> dict[str, Any]:
        """Only what is set, so that a new field later changes no old hash."""
        blank = Content()
        kept = {f.name for f in fields(self) if getattr(self, f.name) != getattr(blank, f.name)}
        return {name: _plain(value) for name, value in asdict(self).items() if name in kept}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Content":
        """Trusts what `to_json` wrote."""
        return read(data)[0]


@dataclass(frozen=True, slots=True)
class Problem:
    """`field` names the field of the JSON, `item` counts from 1 inside a list (0 = the whole field)."""

    field: str
    text: str
    item: int = 0

    def __str__(self) -> str:
        label = LABELS.get(self.field, self.field)
        return f"{label} {self.item}: {self.text}" if self.item else f"{label}: {self.text}"


def read(data: Mapping[str, Any]) -> tuple[Content, list[Problem]]:
    """Content of plain data, and everything in it that has the wrong shape. What is wrong is left out."""
    reading = _Reading(data)
    unknown = [Problem(str(name), "trường này không có trong mẫu bản tin") for name in data if name not in LABELS]
    content = Content(
        title=" ".join(reading.text("title").split()),
        summary=reading.text("summary").strip(),
        body=reading.text("body").strip("\n"),
        **{name: reading.texts(name) for name in (*LINES, "topics", "entries", "targets")},
        stage=reading.text("stage") or None,
        priority=reading.priority(),
        ack=reading.flag("ack"),
        ack_hours=reading.whole("ack_hours"),
        citations=tuple(reading.records("citations", _citation)),
        qa=tuple(reading.records("qa", _answer)),
        attachments=tuple(v for v in reading.items("attachments") if reading.is_whole("attachments", v)),
        valid_from=reading.day("valid_from", data.get("valid_from")),
        valid_to=reading.day("valid_to", data.get("valid_to")),
        confidence=reading.text("confidence") or "high",
        timeline=tuple(reading.records("timeline", _step)),
        internal_only=reading.flag("internal_only"),
        note=reading.text("note"),
        release_at=reading.moment("release_at"),
        pre_release=reading.readers("pre_release"),
        corrects=_correction(data.get("corrects")),
    )
    return content, unknown + reading.problems


@dataclass
class _Reading:
    data: Mapping[str, Any]
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, name: str, text: str, item: int = 0) -> None:
        self.problems.append(Problem(name, text, item))

    def text(self, name: str) -> str:
        value = self.data.get(name)
        if value is None or isinstance(value, str):
            return clean(value or "")
        self.wrong(name, "phải là một đoạn chữ")
        return ""

    def items(self, name: str) -> Sequence[Any]:
        value = self.data.get(name)
        if value is None:
            return ()
        if isinstance(value, list | tuple):
            return value
        self.wrong(name, "phải là một danh sách")
        return ()

    def texts(self, name: str) -> tuple[str, ...]:
        found = []
        for number, value in enumerate(self.items(name), 1):
            if isinstance(value, str) and value.strip():
                found.append(clean(value).strip())
            else:
                self.wrong(name, "phải là một dòng chữ, không để trống", number)
        return tuple(found)

    def priority(self) -> Priority:
        value = self.text("priority") or Priority.NORMAL
        try:
            return Priority(value)
        except ValueError:
            self.wrong("priority", f"“{value}” không có; chọn một trong: {', '.join(Priority)}")
            return Priority.NORMAL

    def flag(self, name: str) -> bool:
        value = self.data.get(name, False)
        if not isinstance(value, bool):
            self.wrong(name, "phải là true hoặc false")
        return value is True

    def is_whole(self, name: str, value: object) -> bool:
        good = isinstance(value, int) and not isinstance(value, bool)
        if not good:
            self.wrong(name, "phải là số nguyên")
        return good

    def whole(self, name: str) -> int | None:
        value = self.data.get(name)
        return value if value is not None and self.is_whole(name, value) else None

    def day(self, name: str, value: object, item: int = 0) -> str | None:
        """ISO of a date, an ISO text, or day/month/year as written in Vietnam."""
        if value is None or value == "":
            return None
        if isinstance(value, date):
            return value.isoformat()[:10]
        for shape in ("%Y-%m-%d", "%d/%m/%Y"):
            try:
                return datetime.strptime(str(value), shape).date().isoformat()
            except ValueError:
                continue
        self.wrong(name, f"ngày “{value}” không hợp lệ; cách viết đúng: 2026-07-01 hoặc 1/7/2026", item)
        return None

    def moment(self, name: str) -> str | None:
        """ISO with a zone; a time without one is meant in Vietnam."""
        value = self.data.get(name)
        if value is None or value == "":
            return None
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            self.wrong(name, f"“{value}” không hợp lệ; cách viết đúng: 2026-12-01 08:30")
            return None
        return (found if found.tzinfo else found.replace(tzinfo=VIETNAM)).isoformat(timespec="minutes")

    def readers(self, name: str) -> tuple[int | str | Mapping[str, Any], ...]:
        found = []
        for number, value in enumerate(self.items(name), 1):
            if isinstance(value, Mapping | str | int) and value and not isinstance(value, bool):
                found.append(dict(value) if isinstance(value, Mapping) else value)
            else:
                self.wrong(name, "phải là mã hoặc họ tên người, hoặc các điều kiện chọn người", number)
        return tuple(found)

    def records(self, name: str, make: "Callable[[_Reading, Mapping[str, Any], int], Any]") -> Iterator[Any]:
        for number, value in enumerate(self.items(name), 1):
            if isinstance(value, Mapping):
                yield make(self, value, number)
            else:
                self.wrong(name, "phải có các trường con, không phải một dòng chữ", number)


def clean(text: str) -> str:
    """One kind of line end, and no characters a database or a YAML file would not keep."""
    return _UNKEPT.sub("", _BREAKS.sub("\n", text))


def _part(
    reading: _Reading, name: str, record: Mapping[str, Any], key: str, number: int, *, needed: bool = False
) -> str:
    value = record.get(key)
    if isinstance(value, str) and (value.strip() or not needed):
        return clean(value).strip()
    if value is not None or needed:
        reading.wrong(name, f"thiếu hoặc sai trường “{key}”", number)
    return ""


def _citation(reading: _Reading, record: Mapping[str, Any], number: int) -> Citation:
    def part(key: str) -> str | None:
        return _part(reading, "citations", record, key, number) or None

    doc = _part(reading, "citations", record, "doc", number, needed=True)
    when = str(record.get("date") or "")
    rough = when if re.fullmatch(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?", when) else None
    return Citation(doc, part("article"), rough or reading.day("citations", when, number), part("url"))


def _answer(reading: _Reading, record: Mapping[str, Any], number: int) -> Answer:
    q, a = (_part(reading, "qa", record, key, number, needed=True) for key in ("q", "a"))
    variants = record.get("variants") or ()
    if not all(isinstance(variant, str) for variant in variants):
        reading.wrong("qa", "“variants” phải là danh sách câu hỏi", number)
        variants = ()
    return Answer(q, a, tuple(map(clean, variants)))


def _step(reading: _Reading, record: Mapping[str, Any], number: int) -> Step:
    stage = _part(reading, "timeline", record, "stage", number, needed=True)
    day = reading.day("timeline", record.get("date"), number)
    return Step(stage, day, _part(reading, "timeline", record, "note", number))


def _correction(record: Any) -> Correction | None:
    """A file may bring the words; which brief and edition they are about is ours to say."""
    if not isinstance(record, Mapping):
        return None
    brief, edition = (v if isinstance(v := record.get(name), int) else 0 for name in ("brief", "edition"))
    return Correction(brief, edition, *(clean(str(record.get(name) or "")).strip() for name in ("wrong", "right")))


def _plain(value: Any) -> Any:
    """Tuples as lists, so that the value is the same before and after the database."""
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item not in (None, "", ())}
    return value.value if isinstance(value, StrEnum) else value
