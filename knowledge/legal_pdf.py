"""PDF as lines: page furniture taken off, lines kept as the page broke them (the splitter joins paragraphs)."""

import re
from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from knowledge.legal_lines import Line, Manuscript, Unreadable, tidy

PAGES = 3_000
EDGE = 3  # lines at the top and the bottom of a page that may be furniture
LETTERS = 25  # a page with fewer is a picture, or empty
FULL = 0.82  # of a page's widest line: the paragraph may go on
PAGE_NUMBER = re.compile(r"[-–—]?\s*(?:trang\s*)?\d{1,4}(?:\s*/\s*\d{1,4})?\s*[-–—]?", re.I)
MARKED = re.compile(r"(?:Điều|\d+[.)]|[a-zđ]\))")
MISREAD = (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, NotImplementedError)
BROKEN = "Không đọc được tệp PDF. Vui lòng mở và xuất lại thành PDF, hoặc gửi bản DOCX."


def read(data: bytes) -> Manuscript:
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("Tệp PDF được đặt mật khẩu. Vui lòng gửi bản không khóa.")
        pages = [_page(page) for page in list(reader.pages)[:PAGES]]
    except Unreadable:
        raise
    except MISREAD:
        raise Unreadable(BROKEN) from None
    texts = [lines for lines, _ in pages]
    bare = [n for n, (lines, pictured) in enumerate(pages, 1) if pictured and _letters(lines) < LETTERS]
    if not pages or all(_letters(lines) < LETTERS for lines in texts):
        _say_why_empty(bool(bare))
    missing = (f"Trang {_ranges(bare)} là ảnh quét, không có chữ để đọc.",) if bare else ()
    kept, dropped = _without_furniture(texts)
    notes = (f"Đã bỏ {dropped} dòng tiêu đề đầu trang, cuối trang và số trang.",) if dropped else ()
    lines = tuple(Line(text, full=full) for page in kept for text, full in _measured(page))
    return Manuscript(lines, "PDF", wrapped=True, notes=notes, missing=missing)


def _say_why_empty(pictured: bool) -> None:
    if pictured:
        raise Unreadable(
            "Tệp PDF chỉ gồm ảnh quét, không có chữ để đọc. Vui lòng dùng bản điện tử (Công báo, DOCX) "
            "hoặc chạy nhận dạng chữ (OCR) trước khi nhập."
        )
    raise Unreadable("Tệp PDF không có chữ nào. Vui lòng kiểm tra lại tệp.")


def _page(page: Any) -> tuple[list[str], bool]:
    """Its lines, and whether it holds a picture."""
    lines = [line for raw in (page.extract_text() or "").splitlines() if (line := tidy(raw))]
    return lines, _pictured(page)


def _pictured(page: Any) -> bool:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources else None
    found = objects.get_object().values() if objects else ()
    return any(o.get_object().get("/Subtype") in ("/Image", "/Form") for o in found)


def _letters(lines: Sequence[str]) -> int:
    return sum(character.isalpha() for line in lines for character in line)


def _without_furniture(pages: Sequence[list[str]]) -> tuple[list[list[str]], int]:
    """Page numbers and lines that stand at the edge of several pages, digits aside (CÔNG BÁO/Số 12/Ngày …)."""
    edges = Counter(mask for page in pages for mask in {_masked(line) for line in _edge(page)})
    often = {mask for mask, times in edges.items() if times >= max(2, min(3, len(pages))) and mask}
    kept, dropped = [], 0
    for page in pages:
        start, end = 0, len(page)
        while start < min(EDGE, end) and _furniture(page[start], often):
            start += 1
        while end > max(start, len(page) - EDGE) and _furniture(page[end - 1], often):
            end -= 1
        dropped += start + len(page) - end
        kept.append(page[start:end])
    return kept, dropped


def _edge(page: Sequence[str]) -> list[str]:
    return [*page[:EDGE], *page[-EDGE:]]


def _masked(line: str) -> str:
    return re.sub(r"\d+", "#", line.lower())


def _furniture(line: str, often: set[str]) -> bool:
    return bool(PAGE_NUMBER.fullmatch(line)) or (_masked(line) in often and not MARKED.match(line))


def _measured(page: Sequence[str]) -> list[tuple[str, bool]]:
    width = sorted(map(len, page))[int(len(page) * 0.9)] if page else 0
    return [(line, width >= 40 and len(line) >= FULL * width) for line in page]


def _ranges(numbers: Sequence[int]) -> str:
    """1, 2, 3, 7 → "1–3, 7"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}–{r[-1]}" for r in runs)
