"""Entries read out of XLSX, DOCX and Markdown; what would run or be calculated is refused."""

import io
import zipfile

import docx
import pytest
from openpyxl import Workbook

from knowledge import entry_files
from knowledge.wrong import Wrong

MARKDOWN = """# Hỏi đáp giáo dục

## Ai được miễn học phí?
Học sinh **trường công** được miễn.

Lưu ý: nộp đơn tại trường.
Nguồn: Điều 15 Nghị định 238/2025/NĐ-CP https://vanban.example.vn/238
Cách hỏi khác: miễn học phí cho ai; đi học có mất tiền không
Hiệu lực từ: 1/9/2025

## Bao giờ nghỉ hè?
Cuối tháng Năm.
Hiệu lực đến: hôm qua
"""


def sheet(*rows) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def test_markdown_and_docx_are_read_alike():
    document, out = docx.Document(), io.BytesIO()
    for line in MARKDOWN.replace("**", "").splitlines():
        if line.startswith("#"):
            document.add_heading(line.lstrip("# "), line.count("#"))
        elif line:
            document.add_paragraph(line)
    document.save(out)
    for name, data in (("a.md", MARKDOWN.encode()), ("a.docx", out.getvalue())):
        first, second = entry_files.read(name, data)
        assert first.content["question"] == "Ai được miễn học phí?" and not first.wrong
        assert first.content["answer"].replace("**", "").startswith("Học sinh trường công được miễn.")
        assert "Lưu ý: nộp đơn tại trường." in first.content["answer"]
        assert first.content["variants"] == ["miễn học phí cho ai", "đi học có mất tiền không"]
        assert first.content["citations"] == [{
            "doc": "Nghị định 238/2025/NĐ-CP", "article": "Điều 15", "date": None, "url": "https://vanban.example.vn/238",
        }]
        assert first.content["valid_from"] == "2025-09-01"
        assert second.content["answer"] == "Cuối tháng Năm." and "không phải ngày" in second.wrong[0]


def test_a_sheet_by_its_headings():
    data = sheet(
        ("Bảng hỏi đáp của Sở",), ("STT", "Câu hỏi", "Trả lời", "Căn cứ", "Mã"),
        (1, "Hỏi gì?", "Đáp nấy.", "Luật A\nLuật B", "so-01"), (2, "", "Không có câu hỏi", "", ""), (None,) * 5,
    )
    first, second = entry_files.read("bang.xlsx", data)
    assert (first.where, first.key, first.content["question"]) == ("dòng 3", "so-01", "Hỏi gì?")
    assert [c["doc"] for c in first.content["citations"]] == ["Luật A", "Luật B"]
    assert second.wrong == ["thiếu câu hỏi"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.xlsx", sheet(("Câu hỏi", "Trả lời"), ("Hỏi?", '=HYPERLINK("http://x")')), "công thức ở ô B2"),
        ("a.xlsm", b"x", "macro"), ("a.xlsx", b"no zip", "không phải XLSX"), ("a.docx", b"no zip", "không phải DOCX"),
        ("a.pdf", b"%PDF", "Chỉ nhập được"), ("a.md", "chữ".encode("utf-16"), "UTF-8"), ("a.md", b"", "Không thấy mục"),
        ("a.xlsx", sheet(("Tên", "Tuổi")), "dòng tiêu đề"), ("a.md", b"x" * 5_000_001, "5 MB"),
        ("a.md", b"".join(b"## q%d\nabc\n" % n for n in range(301)), "quá 300"),
    ],
)
def test_what_is_refused(name, data, said):
    with pytest.raises(Wrong, match=said):
        entry_files.read(name, data)


def test_macros_inside_an_innocent_name():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("xl/vbaProject.bin", b"x")
    with pytest.raises(Wrong, match="không macro nào được chạy"):
        entry_files.read("a.xlsx", out.getvalue())
