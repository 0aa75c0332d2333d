"""Statutes of a made-up agency, read from every kind of file and cut into pieces that are cited exactly."""

import unicodedata
from datetime import date

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.legal_head import Head
from knowledge.legal_import import Draft, draft
from knowledge.legal_lines import Unreadable
from knowledge.legal_split import CLAUSE, SLICE, WHOLE, slice_up
from tests.statutes import AMENDING, CIRCULAR, as_docx, as_pdf, packed, paged, tracked, wrapped

AS_HTML = "<html><head><title>x</title></head><body><nav>Trang chủ</nav>{}<script>1</script></body></html>"


def html(text: str) -> bytes:
    return AS_HTML.format("".join(f"<p>{line}</p>" for line in text.splitlines())).encode()


def pdf(text: str, width: int = 70) -> bytes:
    return as_pdf(paged(wrapped(text, width), 20, "CÔNG BÁO/Số {0}/Ngày 05-01-2031"))


FILES = {
    "mẫu.txt": CIRCULAR.encode(),
    "mẫu-nfd.txt": unicodedata.normalize("NFD", CIRCULAR).encode("utf-8-sig"),
    "mẫu-hẹp.txt": "\r\n".join(wrapped(CIRCULAR, 60)).encode("utf-16"),
    "mẫu.docx": as_docx(CIRCULAR),
    "mẫu.pdf": pdf(CIRCULAR),
    "mẫu-hẹp.pdf": pdf(CIRCULAR, 48),
    "mẫu.html": html(CIRCULAR),
    "mẫu.md": CIRCULAR.replace("\n", "\n\n").replace("Chương", "## Chương").replace("Điều 3.", "**Điều 3.**").encode(),
}


def by_path(found: Draft) -> dict[str, str]:
    return {piece.path: piece.text for piece in found.pieces}


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_gives_the_same_statute(name: str):
    found, plain = draft(name, FILES[name]), draft("mẫu.txt", CIRCULAR.encode())
    assert found.acceptable() and not found.doubts
    head = found.head
    assert (head.number, head.kind, head.issuer) == ("07/2031/TT-BĐL", "Thông tư", "Bộ Đèn lồng")
    assert (head.issued_on, head.effective_on) == (date(2031, 1, 5), date(2031, 3, 1))
    assert head.name.startswith("Quy định về treo đèn lồng")
    assert by_path(found) == by_path(plain)
    assert [(p.where, p.title, p.place) for p in found.pieces] == [(p.where, p.title, p.place) for p in plain.pieces]
    assert (found.count.articles, found.count.clauses, found.count.points, found.count.annexes) == (7, 6, 6, 1)
    assert found.suggestions == plain.suggestions


def test_pieces_carry_article_heading_place_and_order():
    found = draft("mẫu.txt", CIRCULAR.encode())
    assert [p.path for p in found.pieces] == ["d1", "d2", "d3", "d4", "d4a", "d5", "d6", "plI"]
    third = found.pieces[2]
    assert (third.where, third.title, third.place) == ("Điều 3", "Việc phải làm", "Chương I. QUY ĐỊNH CHUNG")
    assert third.text.startswith("1. Người treo đèn") and "\nđ) Gỡ đèn khi có bão;\n" in third.text
    assert found.pieces[4].place == "Chương II. TỔ CHỨC THỰC HIỆN › Mục 1. KIỂM TRA"
    assert found.pieces[-1].title == "MẪU SỔ KIỂM TRA"
    said = " ".join(p.text for p in found.pieces)
    assert "Nơi nhận" not in said and "Nguyễn Văn Mẫu" not in said and "Căn cứ" not in said
    assert any("phần ký" in note for note in found.notes)


def test_page_furniture_of_a_pdf_is_dropped_and_said():
    found = draft("mẫu.pdf", FILES["mẫu.pdf"])
    assert not any("CÔNG BÁO" in p.text or "- 2 -" in p.text for p in found.pieces)
    assert any("đầu trang" in note for note in found.notes)


def test_a_reference_broken_over_lines_is_no_new_article():
    lines = ["Số: 08/2031/TT-BĐL", "THÔNG TƯ", "Về đèn (văn bản mẫu)", "Điều 1. Áp dụng"]
    long = "Người treo đèn lồng ở ngõ có trách nhiệm thực hiện đúng các việc quy định tại"
    body = [long, "Điều 7. Trường hợp không thực hiện thì tổ trưởng ngõ nhắc nhở theo khoản", "3. Điều này nữa."]
    found = draft("x.pdf", as_pdf([[*lines, *body, "Điều 2. Hiệu lực", "Thông tư này có hiệu lực từ ngày 1/2/2031."]]))
    assert [p.path for p in found.pieces] == ["d1", "d2"]
    assert found.pieces[0].text == " ".join(body)


def test_articles_quoted_by_an_amending_document_are_not_its_own():
    found = draft("sửa.txt", AMENDING.encode())
    assert [p.path for p in found.pieces] == ["d1", "d2"]
    assert "Điều 4b. Lưu sổ" in found.pieces[0].text and found.count.clauses == 3


def test_a_quotation_never_closed_is_told_and_swallows_nothing():
    broken = CIRCULAR.replace("Đèn lồng là đèn có vỏ giấy.", "Đèn lồng là “đèn có vỏ giấy.")
    found = draft("mẫu.txt", broken.encode())
    assert found.count.articles == 7
    assert any("Ngoặc kép" in warning for warning in found.warnings)


def test_straight_quotes_count_as_quotes():
    straight = AMENDING.replace("“", '"').replace("”", '"')
    assert [p.path for p in draft("sửa.txt", straight.encode()).pieces] == ["d1", "d2"]


def test_gaps_are_told_and_block_until_they_are_accepted():
    start = CIRCULAR.index("Điều 4. ")
    cut = CIRCULAR[:start] + CIRCULAR[CIRCULAR.index("Mục 2.") :]
    found = draft("mẫu.txt", cut.encode())
    assert found.count.gaps == ("Điều 4",)
    assert not found.acceptable() and found.acceptable(with_gaps=True)


def test_duplicate_articles_are_refused():
    found = draft("mẫu.txt", CIRCULAR.replace("Điều 6. Trách", "Điều 5. Trách").encode())
    assert found.count.duplicates == ("Điều 5",)
    assert not found.acceptable(with_gaps=True)
    assert len({p.path for p in found.pieces}) == len(found.pieces)


def test_missing_clauses_and_points_are_warned_of():
    found = draft("mẫu.txt", CIRCULAR.replace("2. Tổ trưởng ngõ kiểm", "4. Tổ trưởng ngõ kiểm").encode())
    assert any("Điều 3: sau khoản 1 là khoản 4" in warning for warning in found.warnings)
    found = draft("mẫu.txt", CIRCULAR.replace("b) Che gió;\n", "").encode())
    assert any("khoản 1 Điều 3: sau điểm a là điểm c" in warning for warning in found.warnings)


def test_a_decision_whose_articles_have_no_headings():
    text = (
        "BỘ ĐÈN LỒNG\nSố: 5/QĐ-BĐL\nQUYẾT ĐỊNH\nVề việc ban hành Quy chế treo đèn (văn bản mẫu)\n"
        "Điều 1. Ban hành kèm theo Quyết định này Quy chế treo đèn.\n"
        "Điều 2. Quyết định này có hiệu lực từ ngày ký.\nĐiều 3. Các ngõ thi hành Quyết định này./.\n"
        "Nơi nhận: | BỘ TRƯỞNG\nQUY CHẾ\nTreo đèn\n(Ban hành kèm theo Quyết định số 5/QĐ-BĐL)\n"
        "Chương I\nCHUNG\nĐiều 1. Nguyên tắc\nTreo cao.\nĐiều 2. Thời gian\nTreo ban đêm.\n"
    )
    found = draft("qđ.txt", text.encode())
    assert found.acceptable(), (found.problems, found.doubts)
    assert [(p.path, p.where) for p in found.pieces][2:4] == [
        ("d3", "Điều 3"), ("q1.d1", "Điều 1 Quy chế ban hành kèm theo"),
    ]
    assert found.pieces[0].text == "Ban hành kèm theo Quyết định này Quy chế treo đèn."
    assert found.title == "Quyết định 05/QĐ-BĐL"


def long_clause(number: int, points: int) -> str:
    lines = [f"{number}. Người treo đèn thứ {number} phải:"]
    return "\n".join([*lines, *(f"{'abcdđeghik'[n]}) {'Việc cần làm cho chu đáo ' * 20};" for n in range(points))])


def test_long_articles_are_cut_by_clause_and_very_long_clauses_between_points():
    article = "Điều 7. Việc dài\nLời dẫn của điều:\n" + "\n".join([long_clause(1, 3), long_clause(2, 10), "3. Ngắn."])
    text = CIRCULAR.replace("thi hành Thông tư này./.", f"thi hành Thông tư này.\n{article}")
    pieces = {p.path: p for p in draft("mẫu.txt", text.encode()).pieces}
    assert pieces["d7.k1"].where == "khoản 1 Điều 7" and pieces["d7.k1"].lead == "Lời dẫn của điều:"
    assert pieces["d7.k3"].text == "3. Ngắn."
    cut = [p for path, p in pieces.items() if path.startswith("d7.k2.")]
    assert cut[0].where == "các điểm a, b và c khoản 2 Điều 7" and cut[0].path == "d7.k2.a-c"
    assert cut[0].lead == "Lời dẫn của điều:\n2. Người treo đèn thứ 2 phải:"
    assert all(len(p.text) <= CLAUSE for p in pieces.values())


def test_tracked_changes_are_read_as_accepted_and_said():
    document = docx.Document()
    for line in CIRCULAR.splitlines():
        paragraph = document.add_paragraph("" if line.startswith("Sổ có") else line)
        if line.startswith("Sổ có"):
            tracked(paragraph, "del", "Sổ có một cột.")
            tracked(paragraph, "ins", "Sổ có hai cột.")
        if line.startswith("b) Che gió"):
            mark = OxmlElement("w:rPr")
            mark.append(OxmlElement("w:del"))
            paragraph._p.get_or_add_pPr().append(mark)  # the end of the paragraph was deleted
    found = draft("mẫu.docx", packed(document))
    assert by_path(found)["d4a"] == "Sổ có hai cột."
    assert "b) Che gió;c) Không treo" in by_path(found)["d3"]
    assert any("Track Changes" in note and "chấp nhận" in note for note in found.notes)


def numbered(document, text: str, number_id: int, level: int):
    paragraph = document.add_paragraph(text)
    properties = paragraph._p.get_or_add_pPr()
    list_ = OxmlElement("w:numPr")
    for tag, value in (("w:ilvl", level), ("w:numId", number_id)):
        element = OxmlElement(tag)
        element.set(qn("w:val"), str(value))
        list_.append(element)
    properties.append(list_)


def test_automatic_numbers_of_word_are_counted():
    document = docx.Document()
    root = document.part.numbering_part.element
    abstract = OxmlElement("w:abstractNum")
    abstract.set(qn("w:abstractNumId"), "77")
    for level, (form, pattern) in enumerate((("decimal", "Điều %1."), ("decimal", "%2."), ("lowerLetter", "%3)"))):
        node = OxmlElement("w:lvl")
        node.set(qn("w:ilvl"), str(level))
        for tag, value in (("w:start", "1"), ("w:numFmt", form), ("w:lvlText", pattern)):
            child = OxmlElement(tag)
            child.set(qn("w:val"), value)
            node.append(child)
        abstract.append(node)
    root.insert(0, abstract)
    number = OxmlElement("w:num")
    number.set(qn("w:numId"), "77")
    link = OxmlElement("w:abstractNumId")
    link.set(qn("w:val"), "77")
    number.append(link)
    root.append(number)
    for line in CIRCULAR.splitlines()[:9]:
        document.add_paragraph(line)
    items = "Phạm vi 0|Đèn giấy; 1|Đèn vải: 1|đỏ; 2|vàng. 2|Áp dụng 0|Ngõ. 1"
    for text, level in ((item[:-2], int(item[-1])) for item in items.split("|")):
        numbered(document, text, 77, level)
    found = draft("mẫu.docx", packed(document))
    assert by_path(found) == {"d1": "1. Đèn giấy;\n2. Đèn vải:\na) đỏ;\nb) vàng.", "d2": "1. Ngõ."}
    assert any("Số thứ tự tự động" in note for note in found.notes)


def test_tables_of_a_docx_stay_in_their_article_and_layout_tables_are_read():
    document = docx.Document()
    head = document.add_table(1, 2)
    head.cell(0, 0).text, head.cell(0, 1).text = "BỘ ĐÈN LỒNG\nSố: 09/2031/TT-BĐL", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
    for line in ("THÔNG TƯ", "Về màu đèn (văn bản mẫu)", "Điều 1. Màu", "Màu đèn theo bảng sau:"):
        document.add_paragraph(line)
    table = document.add_table(2, 2)
    for row, cells in enumerate((("Ngõ", "Màu"), ("Điều 2. Đông", "đỏ"))):
        for column, words in enumerate(cells):
            table.cell(row, column).text = words
    document.add_paragraph("Điều 2. Hiệu lực")
    document.add_paragraph("Thông tư này có hiệu lực từ ngày 02 tháng 3 năm 2031.")
    found = draft("bảng.docx", packed(document))
    assert found.head.number == "09/2031/TT-BĐL"
    assert by_path(found)["d1"] == "Màu đèn theo bảng sau:\nNgõ | Màu\nĐiều 2. Đông | đỏ"
    assert list(by_path(found)) == ["d1", "d2"]


HANDBOOK = [
    ("Sổ tay treo đèn (tài liệu mẫu)", 1), "Lời nói đầu của sổ tay.", ("Chương 1: Chuẩn bị", 1), ("1.1. Chọn đèn", 2),
    "Chọn đèn giấy dày.", ("1.2. Chọn dây", 2), "Dây dài hai mét.", ("Câu hỏi hay gặp", 1), "Đèn rách thì dán lại.",
]


def test_handbooks_are_cut_by_their_headings():
    found = draft("sổ-tay.docx", as_docx(paragraphs=HANDBOOK), Head("so-tay-den", "Sổ tay", "Sổ tay treo đèn"))
    assert found.acceptable() and found.title == "Sổ tay treo đèn"
    cited = [(p.where, p.title, p.place, p.text) for p in found.pieces]
    assert ("mục 1.2 Chương 1", "Chọn dây", "Chương 1 Chuẩn bị", "Dây dài hai mét.") in cited
    assert cited[-1][:2] == ("mục “Câu hỏi hay gặp”", "Câu hỏi hay gặp")


def test_a_directive_without_articles_is_cut_by_its_numbers():
    text = (
        "BỘ ĐÈN LỒNG\nSố: 3/CT-BĐL\nCHỈ THỊ\nVề tăng cường treo đèn (văn bản mẫu)\nNgõ còn tối. Bộ trưởng yêu cầu:\n"
        "1. Các phố:\na) Treo thêm đèn;\nb) Thay dây cũ.\n2. Các ngõ báo cáo trước ngày 15 tháng 12 hằng năm.\n"
        "Nơi nhận:\n- Các phố.\n"
    )
    found = draft("ct.txt", text.encode())
    assert found.title == "Chỉ thị 03/CT-BĐL" and found.acceptable()
    assert [(p.where, p.text.splitlines()[-1]) for p in found.pieces] == [
        ("mục 1", "b) Thay dây cũ."), ("mục 2", "2. Các ngõ báo cáo trước ngày 15 tháng 12 hằng năm."),
    ]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.pdf", as_pdf([[], []], picture=True), "ảnh quét"),
        ("a.pdf", b"%PDF-1.4 rubbish", "Không đọc được tệp PDF"),
        ("a.docx", b"PK\x03\x04rubbish", "Không mở được tệp DOCX"),
        ("a.docx", b"not a package", "nội dung không phải vậy"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".docx"),
        ("a.txt", "Điều 1. Đèn".encode("cp1258", "replace") + b"\xff", "UTF-8"),
        ("a.txt", b"  \n", "rỗng"),
        ("a.xls", b"abc", "Loa nhận DOCX"),
        ("a.html", b"<html></html>", "không có"),
        ("a.txt", "§iÒu 1. Ph¹m vi ®iÒu chØnh ¸p dông cña th«ng t­ nµy".encode(), "phông chữ cũ"),
        ("a.txt", ("Điều \ufffd\ufffd \ufffd " * 30).encode(), "hỏng"),
    ],
)
def test_what_cannot_be_read_is_said_plainly(name: str, data: bytes, said: str):
    with pytest.raises(Unreadable, match=said):
        draft(name, data)


def test_pages_that_are_pictures_are_named_and_block_until_accepted():
    pages = paged(wrapped(CIRCULAR, 70), 30, "TRANG {0}")
    found = draft("mẫu.pdf", as_pdf([pages[0], [], [], *pages[1:]]))
    assert found.doubts[0].startswith("Trang 2–3 là ảnh quét")
    assert not found.acceptable() and found.acceptable(with_gaps=True)


def test_a_statute_without_articles_or_number_is_refused():
    found = draft("x.md", ("# Luật gì đó\n\n" + "Nội dung không có điều nào. " * 5).encode(), Head(kind="Luật"))
    assert any("--number" in problem for problem in found.problems)
    found = draft("x.txt", ("Nội dung không có điều nào. " * 5).encode(), Head("12/2031/QH99", "Luật"))
    assert any("không tìm thấy Điều" in problem for problem in found.problems)


def test_dates_that_contradict_each_other():
    given = Head(effective_on=date(2031, 3, 1), expires_on=date(2031, 2, 1))
    found = draft("mẫu.txt", CIRCULAR.encode(), given)
    assert any("Ngày hết hiệu lực 01/02/2031 đứng trước" in problem for problem in found.problems)
    found = draft("mẫu.txt", CIRCULAR.encode(), Head(effective_on=date(2030, 1, 1)))
    assert found.acceptable() and any("đứng trước ngày ban hành" in w for w in found.warnings)


def test_what_the_curator_gives_wins_and_a_different_number_is_told():
    found = draft("mẫu.txt", CIRCULAR.encode(), Head(number="8/2031/tt-bđl", name="Tên khác"))
    assert (found.head.number, found.head.name) == ("08/2031/TT-BĐL", "Tên khác")
    assert any("07/2031/TT-BĐL" in warning for warning in found.warnings)


@given(st.lists(st.text(alphabet="abc .;\n", max_size=200)), st.integers(20, 80))
def test_slices_lose_nothing_and_keep_their_size(paragraphs: list[str], size: int):
    out = slice_up(paragraphs, size)
    assert "".join("".join(out).split()) == "".join("".join(paragraphs).split())
    assert all(len(text) <= size for text in out)


MARKS = "Điều 1. Đèn|Điều 2.|1. Một|2. Hai|a) á|“Điều 3. Ba|hết”.|Chương I|./.|PHỤ LỤC I|Nơi nhận:|QUY CHẾ|(kèm theo)"
LINES = st.lists(st.one_of(st.sampled_from(MARKS.split("|")), st.text(max_size=60)), min_size=1, max_size=40)


@settings(max_examples=150, deadline=None)
@given(LINES, st.sampled_from(["a.txt", "a.md", "a.html"]))
def test_any_text_gives_pieces_or_a_sentence(lines: list[str], name: str):
    try:
        found = draft(name, "\n".join(lines).encode("utf-8", "ignore"))
    except Unreadable as problem:
        assert str(problem).endswith(".")
        return
    paths = [piece.path for piece in found.pieces]
    assert len(set(paths)) == len(paths) and all(len(path) <= 64 for path in paths)
    assert all(0 < len(p.text) <= max(WHOLE, CLAUSE, SLICE) for p in found.pieces)
