"""What Word, a mail or a page puts on the clipboard becomes our Markdown, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network import markup, pasted

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office">
<head><style><!-- p.MsoNormal{margin:0} --></style></head>
<body><!--StartFragment--><p class=MsoNormal><b><span lang=VI style='font-size:14.0pt'>Nghị định
244/2026/NĐ-CP<o:p></o:p></span></b></p>
<p class=MsoNormal><i>Có hiệu lực</i> từ <span style='font-weight:bold'>1/7/2026</span>, xem
<a href="https://vanban.example.vn/?id=1&amp;x=2">toàn văn</a>.<o:p>&nbsp;</o:p></p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='font-family:Symbol'>·<span
style='font:7.0pt'>&nbsp;&nbsp;&nbsp; </span></span><![endif]>Nộp tại xã<o:p></o:p></p>
<p class=MsoListParagraph><span>2.<span>&nbsp;&nbsp;&nbsp; </span></span>Gọi 112 *ngay*</p>
<!--EndFragment--></body></html>"""
HARMFUL = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<a href='javascript:alert(1)'>x</a>",
    "<svg onload=x>",
    "<p style='background:url(https://a.example/x)'>y</p>", "<iframe src=//a.example></iframe>",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "<a href='https://a.example/\"><b>'>z</a>",
)


def test_a_page_of_word():
    assert pasted.to_markdown(WORD) == (
        "**Nghị định 244/2026/NĐ-CP**\n\n"
        "*Có hiệu lực* từ **1/7/2026**, xem [toàn văn](<https://vanban.example.vn/?id=1&x=2>).\n\n"
        "- Nộp tại xã\n2. Gọi 112 \\*ngay\\*"
    )


@pytest.mark.parametrize(("html", "written"), [
    ("<ul><li>Một<ul><li>Hai</li></ul></li><li><p>Ba</p></li></ul>", "- Một\n  - Hai\n- Ba"),
    ("<ol><li>Một</li><li>Hai</li></ol>", "1. Một\n2. Hai"),
    ("<h2>Điều 1</h2><p>a<br>b</p>", "**Điều 1**\n\na\nb"),
    ("<table><tr><td>Mức</td><td>500</td></tr><tr><td>Từ</td><td>1/7</td></tr></table>", "Mức – 500\nTừ – 1/7"),
    ("<blockquote>Trích</blockquote>", "> Trích"),
    ("<b>đậm </b>thường", "**đậm** thường"),
    ("<s>cũ</s> mới", "~~cũ~~ mới"),
    ("1. khoản một", "1\\. khoản một"),
    ("tie\u0302\u0301ng", "tiếng"),
    ("", ""),
])
def test_what_stays(html, written):
    assert pasted.to_markdown(html) == written


@pytest.mark.parametrize("html", HARMFUL)
def test_nothing_of_it_is_executed(html):
    shown = markup.to_html(pasted.to_markdown(html))
    assert "alert(1)" not in shown or "&lt;script&gt;" in shown
    assert not any(sign in shown for sign in ("<script", "<img", "<svg", "<iframe", "javascript:", "onerror", "style="))


@given(st.text(alphabet="<>/=\"'&;#abipuloltrd *_-.1\n\u00a0·đ", max_size=200))
def test_no_clipboard_is_too_strange(html):
    written = pasted.to_markdown(html)
    assert markup.to_html(written).count("<b>") == markup.to_html(written).count("</b>")


def test_a_clipboard_of_any_depth_and_length():
    for html in ("<b>" * 50_000, "<ul><li>" * 5_000 + "x", "<p>" + "·" * 100_000, "x" * 1_000_000):
        assert len(pasted.to_markdown(html)) <= pasted.LONGEST + 100
