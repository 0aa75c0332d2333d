"""One door for files: DOCX, PDF, HTML, Markdown and plain text become a Manuscript, or a sentence saying why not."""

import re
import unicodedata
from dataclasses import replace
from itertools import pairwise
from pathlib import PurePath

from knowledge import legal_docx, legal_html, legal_pdf
from knowledge.legal_lines import Line, Manuscript, Unreadable, tidy
from knowledge.legal_marks import ends, mark

LARGEST = 50_000_000  # bytes
OLD_FONT = re.compile(r"[®¸µ¶·¹©Ê¨§\u00ac]")  # letters of TCVN3 read as Latin-1
TABLE_RULE = re.compile(r"\|?[\s:|-]+\|?")


def read(name: str, data: bytes) -> Manuscript:
    """Raises Unreadable."""
    if not data.strip(b"\0 \r\n\t"):
        raise Unreadable("Tệp rỗng.")
    if len(data) > LARGEST:
        raise Unreadable(f"Tệp lớn hơn {LARGEST // 1_000_000} MB. Vui lòng tách nhỏ hoặc bỏ bớt hình ảnh.")
    manuscript = _by_kind(PurePath(name).suffix.lower(), data)
    if not manuscript.lines:
        raise Unreadable("Tệp không có chữ nào.")
    return _suspected(manuscript)


def _by_kind(ending: str, data: bytes) -> Manuscript:
    if data[:5] == b"%PDF-" or b"%PDF-" in data[:1024]:
        return legal_pdf.read(data)
    if data[:4] == b"PK\x03\x04":
        return legal_docx.read(data)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Unreadable("Đây là tệp Word đời cũ (.doc). Vui lòng mở bằng Word và lưu thành .docx.")
    if ending in (".htm", ".html", ".xhtml") or re.match(rb"\s*(?:<!doctype html|<html|<\?xml)", data[:200], re.I):
        return legal_html.read(data)
    if ending in (".docx", ".pdf"):
        raise Unreadable(f"Tệp mang đuôi {ending} nhưng nội dung không phải vậy. Vui lòng kiểm tra lại.")
    if ending in (".md", ".markdown"):
        return markdown(_decoded(data))
    if ending in (".txt", ""):
        return plain(_decoded(data))
    raise Unreadable(f"Chưa đọc được tệp {ending}. Loa nhận DOCX, PDF, HTML, Markdown (.md) và văn bản thuần (.txt).")


def _decoded(data: bytes) -> str:
    for mark_, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if data.startswith(mark_):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                break
            if "\0" not in text:
                return text
    raise Unreadable("Tệp không phải văn bản UTF-8. Vui lòng lưu lại với mã UTF-8.")


def plain(text: str) -> Manuscript:
    """Lines as they are; when most reach the same width, they were broken by a margin."""
    lines = [tidy(line) for line in text.splitlines()]
    wrapped, width = _margin(lines)
    kept = tuple(Line(line, full=wrapped and len(line) >= 0.85 * width) for line in lines if line)
    return Manuscript(kept, "văn bản thuần", wrapped=wrapped)


def _margin(lines: list[str]) -> tuple[bool, int]:
    """Whether a margin broke the lines, and where: full lines go on below in small letters or digits."""
    kept = [line for line in lines if line]
    lengths = sorted(map(len, kept))
    if len(kept) < 8 or lengths[-1] > 140:
        return False, 0
    width = lengths[int(len(kept) * 0.95)]
    open_ = [(a, b) for a, b in pairwise(kept) if len(a) >= 0.75 * width and not ends(a)]
    goes_on = sum((b[0].islower() or b[0].isdigit()) and mark(b) is None for _, b in open_)
    return goes_on >= max(2, 0.5 * len(open_)), width


def markdown(text: str) -> Manuscript:
    """Headings keep their depth; marks of emphasis go; a paragraph over several lines is one."""
    lines: list[Line] = []
    open_paragraph = False
    for raw in text.splitlines():
        line = re.sub(r"^\s*(?:>\s?)+", "", raw.rstrip())
        if not line.strip() or TABLE_RULE.fullmatch(line.strip()):
            open_paragraph = False
            continue
        if heading := re.match(r"\s{0,3}(#{1,6})\s+(.*?)\s*#*$", line):
            lines.append(Line(_unmarked(heading[2]), len(heading[1])))
            open_paragraph = False
        elif line.strip().startswith("|"):
            cells = [_unmarked(cell) for cell in line.strip().strip("|").split("|")]
            lines.append(Line(" | ".join(cells), table=True))
            open_paragraph = False
        else:
            part = _unmarked(re.sub(r"^\s*[-*+]\s+", "", line))
            begins = mark(part) is not None or re.match(r"\s*[-*+]\s|\s*[“\"]", line)
            if open_paragraph and not begins:
                lines[-1] = replace(lines[-1], text=f"{lines[-1].text} {part}")
            else:
                lines.append(Line(part))
            open_paragraph = not raw.endswith("  ") and not raw.endswith("\\")
    return Manuscript(tuple(line for line in lines if line.text), "Markdown")


def _unmarked(text: str) -> str:
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(\*{1,3}|_{2,3}|`+)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    text = re.sub(r"(?<!\w)_(?=\S)(.+?)(?<=\S)_(?!\w)", r"\1", text)
    return tidy(re.sub(r"\\([\\`*_{}\[\]()#+.!>|-])", r"\1", text).rstrip("\\"))


def _suspected(manuscript: Manuscript) -> Manuscript:
    """Texts in old fonts or stripped of diacritics look like text to a machine, not to a reader."""
    text = " ".join(line.text for line in manuscript.lines)
    letters = max(1, sum(c.isalpha() for c in text))
    bare = sum(c.isalpha() and c.isascii() for c in text)
    if len(OLD_FONT.findall(text)) > 0.03 * letters:
        raise Unreadable("Văn bản dùng phông chữ cũ (TCVN3, VNI). Vui lòng chuyển sang Unicode rồi nhập lại.")
    if sum(c == "\ufffd" or unicodedata.category(c) == "Co" for c in text) > 0.02 * letters:
        raise Unreadable("Lớp chữ của tệp bị hỏng (không đọc được dấu). Vui lòng dùng bản DOCX hoặc bản khác.")
    if letters > 300 and bare > 0.97 * letters:
        said = "Văn bản gần như không có dấu tiếng Việt; lời trích sẽ thiếu dấu."
        return replace(manuscript, warnings=(*manuscript.warnings, said))
    return manuscript
