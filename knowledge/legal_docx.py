"""DOCX as lines. Tracked changes are read as accepted; automatic numbers, which stand nowhere in the text, are counted.

python-docx opens the package; its own `paragraph.text` leaves out insertions, so the XML is walked here.
"""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from lxml.etree import XMLSyntaxError

from knowledge.legal_lines import Line, Manuscript, Unreadable, tidy

UNPACKED = 200_000_000  # bytes; a statute with pictures stays far below
BROKEN = "Không mở được tệp DOCX. Vui lòng mở bằng Word, lưu lại rồi gửi lại."
SKIPPED = {qn(f"w:{name}") for name in ("del", "moveFrom", "instrText", "delText", "txbxContent", "footnoteReference")}
ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
         (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def read(data: bytes) -> Manuscript:
    _refuse_bombs(data)
    try:
        document = docx.Document(BytesIO(data))
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError, XMLSyntaxError):
        raise Unreadable(BROKEN) from None
    body = document.element.body
    numbers = _Numbers(document)
    lines: list[Line] = []
    _walk(body, numbers, _Styles(document), lines)
    inserted, deleted = len(body.findall(f".//{qn('w:ins')}")), len(body.findall(f".//{qn('w:del')}"))
    notes = []
    if inserted or deleted:
        notes.append(
            f"Tệp có {inserted + deleted} chỗ đang theo dõi sửa đổi (Track Changes): "
            "đã lấy bản chấp nhận mọi sửa đổi (giữ phần chèn, bỏ phần xóa)."
        )
    if numbers.used:
        notes.append("Số thứ tự tự động của Word đã được tính lại thành chữ.")
    return Manuscript(tuple(line for line in lines if line.text), "DOCX", notes=tuple(notes))


def _refuse_bombs(data: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            if sum(part.file_size for part in package.infolist()) > UNPACKED:
                raise Unreadable("Tệp DOCX giải nén ra quá lớn. Vui lòng bỏ bớt hình ảnh rồi gửi lại.")
    except zipfile.BadZipFile:
        raise Unreadable(BROKEN) from None


def _walk(parent: Any, numbers: "_Numbers", styles: "_Styles", lines: list[Line]) -> None:
    carried = ""  # text of a paragraph whose end mark was deleted: it runs into the next one
    for child in parent:
        if child.tag == qn("w:p"):
            text, number = carried + _text(child), numbers.of(child)
            if _mark_deleted(child):
                carried = text
                continue
            carried = ""
            level = styles.level(child)
            parts = text.split("\n")
            lines.extend(
                Line(tidy(f"{number} {part}" if number and at == 0 and part.strip() else part), level)
                for at, part in enumerate(parts)
            )
        elif child.tag == qn("w:tbl"):
            _walk_table(child, numbers, styles, lines)
        elif child.tag in (qn("w:sdt"), qn("w:ins"), qn("w:moveTo"), qn("w:sdtContent"), qn("w:customXml")):
            _walk(child, numbers, styles, lines)
    if carried.strip():
        lines.append(Line(tidy(carried)))


def _walk_table(table: Any, numbers: "_Numbers", styles: "_Styles", lines: list[Line]) -> None:
    rows = [r for r in table.iter(qn("w:tr")) if r.find(f"{qn('w:trPr')}/{qn('w:del')}") is None]
    rows = [r for r in rows if next(r.iterancestors(qn("w:tbl"))) is table]
    for row in rows:
        cells = row.findall(qn("w:tc"))
        if len(cells) == 1:  # a frame around the text, not a table
            _walk(cells[0], numbers, styles, lines)
            continue
        texts = []
        for cell in cells:
            inside: list[Line] = []
            _walk(cell, numbers, styles, inside)
            texts.append(" ".join(line.text for line in inside if line.text))
        if any(texts):
            lines.append(Line(" | ".join(texts).strip(), table=True))


def _text(node: Any) -> str:
    """Accepted text below a paragraph: insertions in, deletions and field codes out."""
    return "".join(_pieces(node))


def _pieces(node: Any) -> Iterator[str]:
    for child in node:
        if child.tag in SKIPPED or child.tag == qn("w:pPr"):
            continue
        if child.tag == qn("w:r") and child.find(f"{qn('w:rPr')}/{qn('w:vanish')}") is not None:
            continue
        if child.tag == qn("w:t"):
            yield child.text or ""
        elif child.tag in (qn("w:tab"), qn("w:noBreakHyphen")):
            yield " " if child.tag == qn("w:tab") else "-"
        elif child.tag in (qn("w:br"), qn("w:cr")):
            yield "\n"
        elif isinstance(child.tag, str):
            yield from _pieces(child)


def _mark_deleted(paragraph: Any) -> bool:
    return paragraph.find(f"{qn('w:pPr')}/{qn('w:rPr')}/{qn('w:del')}") is not None


class _Styles:
    def __init__(self, document: Any) -> None:
        self._levels = {}
        for style in document.styles.element.findall(qn("w:style")):
            name = (style.find(qn("w:name")).get(qn("w:val")) if style.find(qn("w:name")) is not None else "").lower()
            digits = name.removeprefix("heading ").strip()
            if name.startswith("heading ") and digits.isdigit():
                self._levels[style.get(qn("w:styleId"))] = int(digits)
            elif name == "title":
                self._levels[style.get(qn("w:styleId"))] = 1

    def level(self, paragraph: Any) -> int:
        outline = paragraph.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        if outline is not None and outline.get(qn("w:val"), "9").isdigit():
            value = int(outline.get(qn("w:val")))
            return value + 1 if value < 6 else 0
        style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        return self._levels.get(style.get(qn("w:val")), 0) if style is not None else 0


class _Numbers:
    """Automatic numbers, counted as Word counts them: per list, deeper levels beginning anew."""

    def __init__(self, document: Any) -> None:
        self.used = False
        self._abstract: dict[str, str] = {}
        self._levels: dict[str, dict[int, tuple[int, str, str]]] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._styles = {
            s.get(qn("w:styleId")): s.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
            for s in document.styles.element.findall(qn("w:style"))
        }
        try:
            root = document.part.part_related_by(RELATIONSHIP_TYPE.NUMBERING).element
        except (KeyError, AttributeError):
            return
        for abstract in root.findall(qn("w:abstractNum")):
            levels = {int(v.get(qn("w:ilvl"))): _level(v) for v in abstract.findall(qn("w:lvl"))}
            self._levels[abstract.get(qn("w:abstractNumId"))] = levels
        for num in root.findall(qn("w:num")):
            name = num.get(qn("w:numId"))
            self._abstract[name] = num.find(qn("w:abstractNumId")).get(qn("w:val"))
            self._restarts[name] = {
                int(o.get(qn("w:ilvl"))): int(o.find(qn("w:startOverride")).get(qn("w:val")))
                for o in num.findall(qn("w:lvlOverride")) if o.find(qn("w:startOverride")) is not None
            }

    def of(self, paragraph: Any) -> str:
        """The number Word would show, "" for none or a bullet. Counts up, so call once a paragraph."""
        found = paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        if found is None:
            style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
            found = self._styles.get(style.get(qn("w:val"))) if style is not None else None
        if found is None or found.find(qn("w:numId")) is None:
            return ""
        name = found.find(qn("w:numId")).get(qn("w:val"))
        depth = found.find(qn("w:ilvl"))
        return self._next(name, int(depth.get(qn("w:val"))) if depth is not None else 0)

    def _next(self, name: str, depth: int) -> str:
        abstract = self._abstract.get(name, "")
        levels = self._levels.get(abstract, {})
        if depth not in levels:
            return ""
        counts = self._counts.setdefault(abstract, {})
        for level, start in self._restarts.pop(name, {}).items():
            counts[level] = start - 1
        for level in range(depth):
            counts.setdefault(level, levels.get(level, (1, "", ""))[0])
        counts[depth] = counts.get(depth, levels[depth][0] - 1) + 1
        for level in [deeper for deeper in counts if deeper > depth]:
            del counts[level]
        pattern = levels[depth][2]
        if levels[depth][1] in ("bullet", "none"):
            return ""
        self.used = True
        for level in range(depth + 1):
            shown = _shown(counts[level], levels.get(level, (1, "decimal", ""))[1])
            pattern = pattern.replace(f"%{level + 1}", shown)
        return pattern


def _level(node: Any) -> tuple[int, str, str]:
    """Start, format, pattern ("%1.")."""
    def value(name: str, default: str) -> str:
        found = node.find(qn(f"w:{name}"))
        return found.get(qn("w:val"), default) if found is not None else default

    start = value("start", "1")
    return int(start) if start.isdigit() else 1, value("numFmt", "decimal"), value("lvlText", "")


def _shown(number: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter") and number > 0:
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letters if form == "lowerLetter" else letters.upper()
    if form in ("lowerRoman", "upperRoman"):
        roman, left = "", number
        for value, sign in ROMAN:
            roman += sign * (left // value)
            left %= value
        return roman if form == "lowerRoman" else roman.upper()
    return str(number)
