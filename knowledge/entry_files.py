"""Entries out of files an office has: XLSX, DOCX and Markdown. Read only: nothing in a file is calculated or run."""

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from itertools import pairwise
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from knowledge import legal_docx, text
from knowledge.entry_content import LEAST, problems
from knowledge.legal_lines import Unreadable
from knowledge.wrong import Wrong

MOST, LARGEST, UNPACKED = 300, 5_000_000, 100_000_000  # entries; bytes; bytes
BLANK: dict[str, Any] = {
    "question": "", "variants": [], "answer": "", "citations": [], "topic": None, "valid_from": None, "valid_to": None,
    "review_due": None, "superseded_by": None,
}
NAMES = {  # folded heading → field
    "ma": "key", "id": "key", "cau hoi": "question", "hoi": "question", "tra loi": "answer", "cau tra loi": "answer",
    "dap": "answer", "noi dung tra loi": "answer", "cach hoi khac": "variants", "cach hoi": "variants",
    "nguon": "citations", "can cu": "citations", "van ban": "citations", "can cu phap ly": "citations",
    "chu de": "topic", "linh vuc": "topic", "hieu luc tu": "valid_from", "hieu luc den": "valid_to",
    "het hieu luc": "valid_to", "ra soat": "review_due", "ngay ra soat": "review_due", "thay bang": "superseded_by",
}
DATES = {"valid_from": "Hiệu lực từ", "valid_to": "Hiệu lực đến", "review_due": "Ngày rà soát"}
LABELLED = re.compile(r"^\**([^:：]{2,24}?)\**\s*[:：]\**\s*(.*)$", re.S)
NUMBERED = re.compile(r"^(?:câu(?: hỏi)?|hỏi)\s*(?:\d+\s*[.:)]|[:：])\s*(.+)$", re.I)
HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
ADDRESS = re.compile(r"https?://\S+")
ARTICLE = re.compile(
    r"((?:điểm|khoản|điều)\b.*?)(?=\b(?:bộ luật|luật|hiến pháp|pháp lệnh|nghị định|nghị quyết|thông tư|quyết định|"
    r"chỉ thị|công văn|kế hoạch)\b)", re.I,
)
MACROS = "Tệp có macro nên không được nhập; không macro nào được chạy. Vui lòng lưu lại thành {} (không macro)."
BROKEN = "Không mở được tệp: không phải {}, hoặc tệp hỏng. Vui lòng mở ra, lưu lại rồi thử lần nữa."


@dataclass(slots=True)
class Candidate:
    """One entry of a file. `where` says in the file's own words where it stands; `wrong` are sentences."""

    where: str
    key: str = ""
    content: dict[str, Any] = field(default_factory=lambda: {k: list(v) if v == [] else v for k, v in BLANK.items()})
    wrong: list[str] = field(default_factory=list)


def read(name: str, data: bytes) -> list[Candidate]:
    """Raises Wrong where the whole file cannot be taken."""
    ending = name.rpartition(".")[2].lower()
    if len(data) > LARGEST:
        raise Wrong("Tệp lớn hơn 5 MB. Vui lòng bỏ hình ảnh hoặc chia thành nhiều tệp.")
    if ending in ("xlsm", "xltm", "docm", "dotm"):
        raise Wrong(MACROS.format("XLSX" if ending.startswith("x") else "DOCX"))
    readers = {"xlsx": _sheet, "docx": _document, "md": _markdown, "markdown": _markdown, "txt": _markdown}
    if ending not in readers:
        raise Wrong("Chỉ nhập được tệp XLSX, DOCX hoặc Markdown (.md).")
    found = readers[ending](data)
    if not found:
        raise Wrong("Không thấy mục nào trong tệp. Vui lòng xem mẫu ở trang này.")
    if len(found) > MOST:
        raise Wrong(f"Tệp có {len(found)} mục, quá {MOST}. Vui lòng chia thành nhiều tệp.")
    for one in found:
        _judge(one)
    return found


def _judge(one: Candidate) -> None:
    if len(one.content["question"]) < LEAST:
        one.wrong.append("thiếu câu hỏi")
    if len(one.content["answer"]) < LEAST:
        one.wrong.append("thiếu câu trả lời")
    one.wrong += problems(one.content, one.key)


def _package(data: bytes, kind: str) -> None:
    """Refuses bombs and whatever would run, before anything is opened."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            parts = package.infolist()
    except zipfile.BadZipFile:
        raise Wrong(BROKEN.format(kind)) from None
    if sum(part.file_size for part in parts) > UNPACKED:
        raise Wrong("Tệp giải nén ra quá lớn. Vui lòng bỏ bớt hình ảnh rồi thử lại.")
    if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
        raise Wrong(MACROS.format(kind))


def _sheet(data: bytes) -> list[Candidate]:
    _package(data, "XLSX")
    try:
        book = load_workbook(BytesIO(data), read_only=True, data_only=False)
        rows = [list(row) for row in book.worksheets[0].iter_rows(max_row=MOST * 10)]
    except (InvalidFileException, zipfile.BadZipFile, OSError, KeyError, ValueError, IndexError, TypeError):
        raise Wrong(BROKEN.format("XLSX")) from None
    formulas = [cell.coordinate for row in rows for cell in row if cell.data_type == "f"]
    if formulas:
        more = f" và {len(formulas) - 5} ô khác" if len(formulas) > 5 else ""
        raise Wrong(
            f"Tệp có công thức ở ô {', '.join(formulas[:5])}{more}; không công thức nào được tính. Trong Excel: sao "
            "chép các ô đó, chọn “Dán giá trị” (Paste Values), rồi lưu và nhập lại."
        )
    table = [[_cell(cell.value) for cell in row] for row in rows]
    head = next((n for n, row in enumerate(table) if sum(folded(cell) in NAMES for cell in row) >= 2), None)
    if head is None:
        raise Wrong("Không thấy dòng tiêu đề. Cần ít nhất hai cột “Câu hỏi” và “Câu trả lời”.")
    columns = [NAMES.get(folded(cell), "") for cell in table[head]]
    if missing := [said for name, said in (("question", "Câu hỏi"), ("answer", "Câu trả lời")) if name not in columns]:
        raise Wrong(f"Thiếu cột {' và '.join(f'“{name}”' for name in missing)}.")
    found = []
    for number, row in enumerate(table[head + 1 :], head + 2):
        if any(row):
            one = Candidate(f"dòng {number}")
            for name, cell in zip(columns, row, strict=False):
                if name and cell:
                    _put(one, name, cell)
            found.append(one)
    return found


def _cell(value: Any) -> str:
    if isinstance(value, datetime | date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return unicodedata.normalize("NFC", str(value)).strip() if value is not None else ""


def _document(data: bytes) -> list[Candidate]:
    _package(data, "DOCX")
    try:
        lines = legal_docx.read(data).lines
    except Unreadable as problem:
        raise Wrong(str(problem)) from None
    return _from_lines([(line.level, line.text) for line in lines])


def _markdown(data: bytes) -> list[Candidate]:
    try:
        said = unicodedata.normalize("NFC", data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Wrong("Tệp không phải mã UTF-8. Vui lòng lưu lại với mã UTF-8.") from None
    lines = []
    for line in said.splitlines():
        head = HEADING.match(line)
        lines.append((len(head[1]), head[2]) if head else (0, line.rstrip()))
    return _from_lines(lines)


def _from_lines(lines: Sequence[tuple[int, str]]) -> list[Candidate]:
    """A heading, or “Câu 1: …”, is a question; what follows is its answer; “Nguồn: …” and the like are fields."""
    titles = _titles(lines)
    found: list[Candidate] = []
    name = "answer"
    for number, (level, line) in enumerate(lines):
        asked = NUMBERED.match(line.strip("* "))
        if (level and number not in titles) or asked:
            question = (asked[1] if asked else line).strip("* ")
            found.append(Candidate(f"“{question[:50]}”"))
            found[-1].content["question"], name = question, "answer"
            continue
        if not found or level:
            continue
        name = _said(found[-1], name, line)
    for one in found:
        one.content["answer"] = one.content["answer"].strip()
    return found


def _titles(lines: Sequence[tuple[int, str]]) -> set[int]:
    """Headings with other headings right below them name a chapter, not a question."""
    heads = [(n, level) for n, (level, _) in enumerate(lines) if level]
    above = set()
    for (n, level), (after, below) in pairwise(heads):
        if below > level and not any(line.strip() for _, line in lines[n + 1 : after]):
            above.add(n)
    return above


def _said(one: Candidate, name: str, line: str) -> str:
    """Puts one line where it belongs; the field that goes on is returned."""
    label = LABELLED.match(line.strip())
    known = NAMES.get(folded(label[1])) if label else None
    if known and known != "question":
        if label and label[2].strip():
            _put(one, known, label[2].strip("* "))
        return known
    if name == "answer":
        one.content["answer"] += f"{line}\n"
    elif line.strip():
        if name in ("variants", "citations"):
            _put(one, name, line.strip().lstrip("-*• "))
        else:
            one.content["answer"] += f"{line}\n"
            return "answer"
    return name


def _put(one: Candidate, name: str, said: str) -> None:
    if name == "key":
        one.key = said[:64]
    elif name == "variants":
        one.content[name] += [" ".join(v.split()).lstrip("-*• ") for v in re.split(r"[\n;]", said) if v.strip()]
    elif name == "citations":
        one.content[name] += list(_cited(re.split(r"[\n;]", said)))
    elif name in DATES:
        one.content[name] = _date(one, name, said)
    elif name == "answer":
        one.content[name] += said if not one.content[name] else f"\n{said}"
    else:
        one.content[name] = " ".join(said.split())


def _cited(lines: Iterable[str]) -> Iterable[dict[str, str | None]]:
    for line in lines:
        url = ADDRESS.search(line)
        named = " ".join(ADDRESS.sub("", line).split()).strip(" ,;-–*•")
        article = ARTICLE.match(named)
        doc = named[article.end() :] if article else named
        if named:
            yield {
                "doc": doc, "article": article[1].strip(" ,") if article else None, "date": None,
                "url": url[0] if url else None,
            }


def _date(one: Candidate, name: str, said: str) -> str | None:
    found = re.fullmatch(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", said.strip())
    try:
        day = date(int(found[3]), int(found[2]), int(found[1])) if found else date.fromisoformat(said.strip())
    except ValueError:
        one.wrong.append(f"{DATES[name]}: “{said[:30]}” không phải ngày như 1/7/2026")
        return None
    return day.isoformat()


def folded(heading: str) -> str:
    return " ".join(text.folded_syllables(heading))
