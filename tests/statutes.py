"""Made-up statutes of a made-up agency (Bộ Đèn lồng), as text, DOCX, PDF and HTML, made while the tests run."""

from io import BytesIO
from itertools import chain
from typing import Any

import docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

CIRCULAR = """BỘ ĐÈN LỒNG
-------
CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
Số: 07/2031/TT-BĐL
Phố Sáng, ngày 05 tháng 01 năm 2031
THÔNG TƯ
Quy định về treo đèn lồng (văn bản mẫu để thử phần mềm)
Căn cứ Điều 3 của quy định mẫu;
Bộ trưởng Bộ Đèn lồng ban hành Thông tư này.
Chương I
QUY ĐỊNH CHUNG
Điều 1. Phạm vi điều chỉnh
Thông tư này quy định việc treo đèn lồng ở ngõ, phố theo Điều 5 của quy định mẫu.
Điều 2. Giải thích từ ngữ
1. Đèn lồng là đèn có vỏ giấy.
2. Ngõ là lối đi rộng dưới ba mét
Điều 3. Việc phải làm
1. Người treo đèn có các nghĩa vụ sau đây:
a) Buộc dây chắc;
b) Che gió;
c) Không treo trên lối thoát nạn;
d) Báo tổ trưởng ngõ;
đ) Gỡ đèn khi có bão;
e) Ghi sổ.
2. Tổ trưởng ngõ kiểm tra mỗi tuần một lần.
Chương II
TỔ CHỨC THỰC HIỆN
Mục 1. KIỂM TRA
Điều 4. Kiểm tra
Tổ trưởng ngõ lập sổ kiểm tra.
Điều 4a. Sổ kiểm tra
Sổ có hai cột.
Mục 2. HIỆU LỰC
Điều 5. Hiệu lực thi hành
1. Thông tư này có hiệu lực thi hành từ ngày 01 tháng 3 năm 2031.
2. Thông tư này thay thế Thông tư số 02/2025/TT-BĐL ngày 03 tháng 02 năm 2025 của Bộ trưởng Bộ Đèn lồng.
Điều 6. Trách nhiệm thi hành
Tổ trưởng ngõ chịu trách nhiệm thi hành Thông tư này./.
Nơi nhận:
- Các ngõ;
- Lưu: VT.
BỘ TRƯỞNG
Nguyễn Văn Mẫu
PHỤ LỤC I
MẪU SỔ KIỂM TRA
(Ban hành kèm theo Thông tư số 07/2031/TT-BĐL)
Cột một ghi ngày.
Cột hai ghi số đèn.
"""

AMENDING = """BỘ ĐÈN LỒNG
Số: 11/2032/TT-BĐL
Phố Sáng, ngày 10 tháng 4 năm 2032
THÔNG TƯ
Sửa đổi, bổ sung một số điều của Thông tư số 07/2031/TT-BĐL ngày 05 tháng 01 năm 2031
quy định về treo đèn lồng (văn bản mẫu)
Điều 1. Sửa đổi, bổ sung một số điều của Thông tư số 07/2031/TT-BĐL
1. Sửa đổi, bổ sung khoản 2 Điều 2 như sau:
“2. Ngõ là lối đi rộng dưới bốn mét.
Điều 2. Câu này vẫn nằm trong phần trích.”.
2. Bổ sung Điều 4b vào sau Điều 4a như sau:
“Điều 4b. Lưu sổ
1. Sổ lưu một năm.
2. Sổ cũ bàn giao cho phường.”.
3. Thay thế cụm từ “tổ trưởng ngõ” bằng cụm từ “tổ trưởng phố” tại Điều 4.
Điều 2. Hiệu lực thi hành
Thông tư này có hiệu lực từ ngày 01 tháng 6 năm 2032.
"""


def as_docx(text: str = "", *, paragraphs: list[Any] | None = None) -> bytes:
    """Each line a paragraph; a tuple is (text, heading level)."""
    document = docx.Document()
    for line in paragraphs if paragraphs is not None else text.splitlines():
        words, level = line if isinstance(line, tuple) else (line, 0)
        document.add_heading(words, level) if level else document.add_paragraph(words)
    return packed(document)


def packed(document: Any) -> bytes:
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def tracked(paragraph: Any, kind: str, words: str) -> None:
    """Add words that Word shows as inserted ("ins") or deleted ("del")."""
    change = OxmlElement(f"w:{kind}")
    change.set(qn("w:id"), "1")
    change.set(qn("w:author"), "Người sửa")
    run = OxmlElement("w:r")
    said = OxmlElement("w:delText" if kind == "del" else "w:t")
    said.text = words
    said.set(qn("xml:space"), "preserve")
    run.append(said)
    change.append(run)
    paragraph._p.append(change)


def as_pdf(pages: list[list[str]], *, picture: bool = False) -> bytes:
    """A page for each list of lines. The font maps every code to the character of the same number."""
    cmap = b"begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfrange <0000> <FFFF> <0000> "
    cmap += b"endbfrange endcmap"
    image = b"<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>"
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"",  # the pages, known last
        b"<</Type/Font/Subtype/Type0/BaseFont/F/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 5 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/F/CIDSystemInfo<</Registry(A)/Ordering(I)/Supplement 0>>/DW 500>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(cmap), cmap),
        image + b"stream\n\0\nendstream",
    ]
    kids = []
    for lines in pages:
        said = b"".join(
            b"1 0 0 1 60 %d Tm <%s> Tj " % (800 - 14 * n, line.encode("utf-16-be").hex().encode())
            for n, line in enumerate(lines)
        )
        content = b"BT /F 10 Tf " + said + b"ET"
        bodies.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
        drawn = b"/XObject<</I 6 0 R>>" if picture or not lines else b""
        resources = b"<</Font<</F 3 0 R>>%s>>" % drawn
        bodies.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources%s/Contents %d 0 R>>" % (resources, len(bodies))
        )
        kids.append(len(bodies))
    bodies[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(b"%d 0 R" % k for k in kids))
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    return out + head + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(bodies) + 1, len(out))


def wrapped(text: str, width: int) -> list[str]:
    """Lines as a narrow page breaks them."""
    from textwrap import wrap

    return list(chain.from_iterable(wrap(line, width) for line in text.splitlines()))


def paged(lines: list[str], size: int, head: str) -> list[list[str]]:
    """With a running head and page numbers."""
    parts = [lines[at : at + size] for at in range(0, len(lines), size)]
    return [[head.format(n), *part, f"- {n} -"] for n, part in enumerate(parts, 1)]
