"""How the parts of a Vietnamese legal text announce themselves, line by line. Pure."""

import re
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

POINTS = "abcdđeghiklmnopqrstuvxy"  # letters of điểm; f, j, w, z come only from a word processor's own lists
LETTERS = "abcdđefghijklmnopqrstuvwxyz"
ORDINALS = "nhất|hai|ba|tư|bốn|năm|sáu|bảy|tám|chín|mười"
UPPER = "A-ZÀ-ỸĐ"


class Level(IntEnum):
    PART = 1
    CHAPTER = 2
    SECTION = 3
    SUBSECTION = 4
    ARTICLE = 5
    CLAUSE = 6
    POINT = 7


@dataclass(frozen=True, slots=True)
class Mark:
    level: Level
    label: str  # "II", "5a", "2", "đ"
    rest: str  # what follows on the line


_PATTERNS = (
    (Level.PART, re.compile(rf"phần\s+(?:thứ\s+)?({ORDINALS}|[IVXLC]+|\d{{1,2}})(?!\w)(.*)", re.I)),
    (Level.CHAPTER, re.compile(r"chương\s+([IVXLC]+|\d{1,3})(?!\w)(.*)", re.I)),
    (Level.SUBSECTION, re.compile(r"tiểu\s+mục\s+(\d{1,3}|[IVXLC]+)(?!\w)(.*)", re.I)),
    (Level.SECTION, re.compile(r"mục\s+(\d{1,3}|[IVXLC]+)(?!\w)(.*)", re.I)),
    (Level.ARTICLE, re.compile(r"đ\s?i\s?ề\s?u\s+(\d{1,4}\s?[a-zđ]{0,2})(?!\w)(.*)", re.I)),
    (Level.CLAUSE, re.compile(r"(\d{1,3}[a-zđ]?)\s?[.)/](?:\s+|(?=[^\W\d]))(\S.*)")),
    (Level.POINT, re.compile(r"([a-zđ]\d{0,2})\s?\)\s*(\S.*)")),
)
HEADINGS = (Level.PART, Level.CHAPTER, Level.SECTION, Level.SUBSECTION)

SEPARATED = re.compile(r"[.:–—-]\s*")
SIGNED = re.compile(
    rf"nơi nhận\s*:|(?:TM|KT|TL|TUQ|T/M)\s?\.\s?[{UPPER} ]{{4,}}$"
    r"|(?:PHÓ )?(?:CHỦ TỊCH|THỦ TƯỚNG|CHỦ NHIỆM|GIÁM ĐỐC|TỔNG GIÁM ĐỐC|CỤC TRƯỞNG|CHÁNH VĂN PHÒNG)(?: QUỐC HỘI| NƯỚC)?$"
    r"|(?:BỘ TRƯỞNG|THỨ TRƯỞNG|TỔNG BIÊN TẬP|TỔNG THANH TRA)$"
)
SIGNED_ANY_CASE = re.compile(
    r"nơi nhận\s*:|(?:luật|bộ luật|pháp lệnh|nghị quyết) này (?:đã )?được .{4,120}thông qua"
    r"|xác thực văn bản hợp nhất", re.I
)
APPENDIX = re.compile(r"phụ\s+lục(?:\s+số)?(?:\s+([IVXLC]+|\d{1,3}|[A-Z])(?!\w))?\s*[.:–-]?\s*(.*)", re.I)
FORM = re.compile(r"mẫu\s+(?:số\s+)?(\d{1,3}[a-zA-Z]?(?:[./-][\w-]+)?)(?!\w)\s*[.:–-]?\s*(.*)", re.I)
INSTRUMENT = re.compile(
    r"(?:QUY CHẾ|QUY ĐỊNH|ĐIỀU LỆ|NỘI QUY|QUY TRÌNH|KẾ HOẠCH|CHƯƠNG TRÌNH|ĐỀ ÁN|CHIẾN LƯỢC|HƯỚNG DẪN|DANH MỤC)(?!\w)"
)
ATTACHED = re.compile(r"(?:ban hành\s+)?kèm theo", re.I)
CONTENTS_LINE = re.compile(r"(?:\.{4,}|…{2,}|\s\.\s\.\s\.)\s*\d{1,4}\s*$")
OF_ANOTHER = re.compile(
    r"(?:của|và|hoặc|này|nêu|theo|tại|về|thì|được|luật|bộ luật|nghị định|thông tư|quyết định|nghị quyết|pháp lệnh"
    r"|chương|hiến pháp)(?!\w)", re.I
)
ENDS = re.compile(r"[.;:!?…”\"’)]\s*$")


def mark(line: str) -> Mark | None:
    """What the line begins, going by its look alone; whether it fits the sequence is for the reader to say."""
    for level, pattern in _PATTERNS:
        if found := pattern.fullmatch(line):
            label, rest = re.sub(r"\s", "", found[1]), found[2].strip()
            if level <= Level.ARTICLE:
                if rest and not SEPARATED.match(rest) and not _heading_without_dot(rest):
                    return None  # "Điều 31 Luật Báo chí", "Chương II của Luật này": a reference
                rest = SEPARATED.sub("", rest, count=1) if SEPARATED.match(rest) else rest
            return Mark(level, label.lower() if level is Level.ARTICLE else label, rest)
    return None


def _heading_without_dot(rest: str) -> bool:
    return shouted(rest) or (rest[:1].isupper() and not OF_ANOTHER.match(rest))


def ends(line: str) -> bool:
    """Whether a sentence or an item may end here."""
    return bool(ENDS.search(line))


def shouted(line: str) -> bool:
    """Mostly capitals, as titles of chapters are."""
    letters = [c for c in line if c.isalpha()]
    return len(letters) >= 2 and sum(c.isupper() for c in letters) >= 0.7 * len(letters)


def signs(line: str) -> bool:
    """Whether the signature, or the list of recipients, begins here."""
    return any(SIGNED.match(cell) or SIGNED_ANY_CASE.match(cell) for cell in map(str.strip, line.split(" | ")))


def number_of(label: str) -> int:
    return int(re.match(r"\d+", label)[0])


def follows(label: str, last: str | None) -> bool:
    """Whether an article or clause is the next after `last`: 1; 2 after 1; 5a after 5; 6 after 5a or 5."""
    if last is None:
        return label == "1"
    number, before = number_of(label), number_of(last)
    if number == before:
        return label[len(str(number)) :] > last[len(str(before)) :]
    return number == before + 1


def point_follows(label: str, last: str | None) -> bool:
    if last is None:
        return label == "a"
    if label[0] == last[0]:
        return label > last  # a1 after a
    return any((last[0], label[0]) in set(pairwise(order)) for order in (POINTS, LETTERS))


def later_point(label: str, last: str | None) -> bool:
    return last is None or LETTERS.find(label[0]) > LETTERS.find(last[0])
