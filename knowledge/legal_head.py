"""What a document says about itself: number, kind, name, who issued it, when, and from when it holds. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

from knowledge import legal_marks as marks
from knowledge.legal_numbers import NUMBER, canonical, issuer_of, kind_of, numbers_in

KINDS = {
    name.upper(): name
    for name in (
        "Hiến pháp", "Bộ luật", "Luật", "Pháp lệnh", "Nghị quyết", "Nghị định", "Thông tư liên tịch", "Thông tư",
        "Quyết định", "Chỉ thị", "Kế hoạch", "Chương trình", "Đề án", "Hướng dẫn", "Kết luận", "Thông báo", "Công điện",
        "Văn bản hợp nhất", "Quy chế", "Quy định", "Sổ tay", "Cẩm nang", "Tài liệu",
    )
}
HANDBOOKS = ("Sổ tay", "Cẩm nang", "Tài liệu", "Hướng dẫn")
NUMBERED = re.compile(r"(?:luật |bộ luật |nghị quyết |pháp lệnh )?số\s*:?\s*(?=\d)", re.I)
COLON = re.compile(r"số\s*:\s*", re.I)
AFTER_ISSUER = re.compile(r"\s*(?:(?:luật )?số\s*:|[-–_*]{3,}).*", re.I)
DATED = re.compile(r"ngày\s+(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+((?:19|20)\d\d)", re.I)
SHORT_DATE = re.compile(r"ngày\s+(\d{1,2})[/-](\d{1,2})[/-]((?:19|20)\d\d)", re.I)
BASIS = re.compile(r"(?:căn cứ|theo đề nghị|xét đề nghị|thực hiện|trên cơ sở|để |nhằm )", re.I)
MOTTO = re.compile(r"cộng h[oò]à? xã hội|độc lập\s*[-–]|^[-–_*=—\s]+$|^đảng cộng sản", re.I)
ISSUERS = re.compile(
    r"(?:QUỐC HỘI|ỦY BAN|UỶ BAN|CHÍNH PHỦ|THỦ TƯỚNG|BỘ |CHỦ TỊCH|HỘI ĐỒNG|BAN |VĂN PHÒNG|CỤC |SỞ |TỔNG )"
)
THIS = (
    r"(?:luật|bộ luật|pháp lệnh|nghị quyết|nghị định|thông tư(?: liên tịch)?|quyết định|chỉ thị|quy chế|quy định) này"
)
IN_FORCE = re.compile(rf"{THIS}\s+(?:bắt đầu\s+)?có hiệu lực(?:\s+thi hành)?(?:\s+kể)?\s+từ\s+(.{{3,60}})", re.I)
SIGNING = re.compile(r"ngày\s+(?:ký|ban hành)", re.I)
HEAD_LINES = 45


@dataclass(frozen=True, slots=True)
class Head:
    number: str = ""
    kind: str = ""
    name: str = ""
    issuer: str | None = None
    issued_on: date | None = None
    effective_on: date | None = None
    expires_on: date | None = None
    source_url: str | None = None

    def over(self, read: "Head") -> "Head":
        """These values where they are given, those read from the text elsewhere."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)}
        return replace(read, **given)


def read(head: Sequence[str], body: Sequence[str]) -> Head:
    """`head` are the lines before the first article, `body` the paragraphs of the articles."""
    cells = [cell.strip() for line in head[:HEAD_LINES] for cell in line.split(" | ") if cell.strip()]
    number = _number(cells)
    kind, name = _kind_and_name(cells)
    issued = next((day for cell in cells if not BASIS.match(cell) and (day := date_in(cell))), None)
    return Head(
        number=number,
        kind=kind or kind_of(number),
        name=_cased(name, [*head, *body]),
        issuer=issuer_of(number) or _cased(_issuer(cells), [*head, *body]) or None,
        issued_on=issued,
        effective_on=_effective(body, issued),
    )


def date_in(text: str) -> date | None:
    for pattern in (DATED, SHORT_DATE):
        for found in pattern.finditer(text):
            try:
                return date(int(found[3]), int(found[2]), int(found[1]))
            except ValueError:
                continue
    return None


def _number(cells: Sequence[str]) -> str:
    """After "Số:" (also amid a cell of a layout table), else a number standing alone on its line."""
    for pattern in (NUMBERED.match, COLON.search):
        for cell in cells:
            found = None if BASIS.match(cell) else pattern(cell)
            if found and (number := NUMBER.match(cell, found.end())):
                return canonical(number[0])
    return next((spelt for cell in cells if (spelt := canonical(cell))), "")


def _kind_and_name(cells: Sequence[str]) -> tuple[str, str]:
    for at, cell in enumerate(cells):
        words = cell.rstrip(" :.").upper() if marks.shouted(cell) or cell.strip().capitalize() in KINDS.values() else ""
        kind = next((name for loud, name in KINDS.items() if words == loud or words.startswith(f"{loud} ")), "")
        if not kind:
            continue
        rest = cell[len(kind) :].strip(" :.")
        return kind, " ".join(part for part in (rest, _name(cells[at + 1 :])) if part)
    return "", ""


def _name(after: Sequence[str]) -> str:
    """The lines under the kind, up to the legal basis; a law's shouted name is brought to a sentence's case."""
    found: list[str] = []
    for cell in after:
        if BASIS.match(cell) or MOTTO.search(cell) or marks.mark(cell) or ISSUERS.match(cell) or len(found) == 6:
            break
        if cell.startswith("(") or numbers_in(cell)[:1] == [(canonical(cell), 0, len(cell))]:
            continue
        if found and not marks.shouted(cell) and marks.ends(found[-1]):
            break
        found.append(cell)
    return re.sub(r"^về việc\s+", "", " ".join(found).strip(" .;"), flags=re.I)[:400]


def _issuer(cells: Sequence[str]) -> str:
    found = next((cell for cell in cells[:8] if ISSUERS.match(cell) and not MOTTO.search(cell)), "")
    return AFTER_ISSUER.sub("", found)


def _cased(shouted: str, texts: Sequence[str]) -> str:
    """A name in capitals as a sentence of the text writes it, else as a sentence would begin."""
    if not shouted or not marks.shouted(shouted):
        return shouted
    same = re.compile(r"\s+".join(map(re.escape, shouted.split())), re.I)
    written = (found[0] for text in texts for found in same.finditer(text) if not marks.shouted(found[0]))
    name = next(written, shouted.capitalize())
    return name[:1].upper() + name[1:]


def _effective(body: Sequence[str], issued: date | None) -> date | None:
    """From the last sentence that says when this document takes effect."""
    for paragraph in reversed(body):
        for found in reversed(list(IN_FORCE.finditer(paragraph))):
            if day := date_in(found[1]):
                return day
            if SIGNING.match(found[1]):
                return issued
    return None


def problems(head: Head, read_number: str) -> tuple[list[str], list[str]]:
    """What forbids the import, and what only needs a look."""
    wrong, odd = [], []
    if not head.number:
        wrong.append("Không tìm thấy số hiệu văn bản. Vui lòng ghi rõ bằng --number (sổ tay: đặt một mã ngắn).")
    if not head.kind:
        wrong.append("Không rõ loại văn bản. Vui lòng ghi rõ bằng --kind, ví dụ: --kind “Nghị định”.")
    if head.kind in HANDBOOKS and not canonical(head.number) and not head.name:
        wrong.append("Sổ tay, tài liệu cần có tên. Vui lòng ghi rõ bằng --name.")
    if head.effective_on and head.expires_on and head.expires_on < head.effective_on:
        days = _day(head.expires_on), _day(head.effective_on)
        wrong.append("Ngày hết hiệu lực {} đứng trước ngày có hiệu lực {}.".format(*days))
    if head.issued_on and head.effective_on and head.effective_on < head.issued_on:
        odd.append(f"Ngày có hiệu lực {_day(head.effective_on)} đứng trước ngày ban hành {_day(head.issued_on)}.")
    if read_number and canonical(head.number) and canonical(head.number) != read_number:
        odd.append(f"Số hiệu nhập vào là {head.number}, trong văn bản đọc được {read_number}.")
    if canonical(head.number) and not head.effective_on:
        odd.append("Không thấy ngày có hiệu lực nên coi là đang có hiệu lực. Vui lòng ghi rõ bằng --effective nếu cần.")
    return wrong, odd


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
