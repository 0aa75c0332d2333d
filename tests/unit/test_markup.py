from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network import markup
from sandbox.telegram.markup import parse_html

ALLOWED = {"b", "i", "s", "code", "pre", "a", "blockquote"}


class Telegram(HTMLParser):
    """As strict as the platform: only its tags, nested properly, and only its four named entities."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED
        assert tag not in self.open, "an entity within itself"
        assert not {"code", "pre"} & set(self.open), "code holds nothing"
        assert (dict(attrs).get("href") or "").startswith(("http://", "https://")) if tag == "a" else not attrs
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        assert "<" not in data and ">" not in data and "&" not in data
        self.text += data

    def handle_entityref(self, name):
        assert name in ("lt", "gt", "amp", "quot")
        self.text += unescape(f"&{name};")

    def handle_charref(self, name):
        self.text += unescape(f"&#{name};")

    def handle_comment(self, data):
        raise AssertionError("a comment is no Telegram HTML")

    handle_decl = handle_pi = unknown_decl = handle_comment


def read(html: str) -> str:
    parser = Telegram()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    html.encode()  # no lone surrogates
    return parser.text


PROSE = ["Nghị định", "đã", "hiệu lực.", "1/7/2026", "ế", "🌊", "e\u0301", " ", "  ", "\n", "\n\n"]
SIGNS = ["**", "*", "_", "~~", "`", "[", "](https://a.vn/x?y=1&z=2)", "![", "<b>", "&lt;", "\\", "|---|---|"]
LINES = ["\n- ", "\n  - ", "\n1. ", "\n2026. ", "\n> ", "\n# ", "\n```\n", "\n---\n"]
words = st.sampled_from(PROSE + SIGNS + LINES)
messy = st.one_of(st.lists(words, max_size=40).map("".join), st.text(max_size=200))


@given(messy)
@settings(max_examples=300, deadline=None)
def test_html_is_always_what_telegram_accepts(text):
    assert len(read(markup.to_html(text)).strip()) <= markup.visible_length(text)


@given(messy)
@settings(max_examples=150, deadline=None)
def test_the_sandboxs_telegram_reads_it_as_we_count_it(text):
    for part in markup.split(text, 50):
        shown, _entities = parse_html(markup.to_html(part))
        assert len(shown.strip()) <= min(50, markup.visible_length(part))


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_escaped_text_shows_as_itself(text):
    escaped = markup.escape(text)
    kept = "".join(c for c in text if (c >= " " and c != "\x7f") or c in "\n\t\r")
    assert read(markup.to_html(escaped)).split() == kept.split()
    assert markup.check(escaped) == []


@given(messy, st.integers(12, 80))
@settings(max_examples=300, deadline=None)
def test_split_loses_no_text_and_keeps_the_limit(text, limit):
    parts = markup.split(text, limit)
    whole = "".join(read(markup.to_html(text)).split())
    assert "".join("".join(read(markup.to_html(part)).split()) for part in parts) == whole
    assert all(markup.visible_length(part) <= limit for part in parts)
    assert all(len(read(markup.to_html(part)).strip()) <= limit for part in parts)


@given(messy, st.integers(60, 120))
@settings(max_examples=150, deadline=None)
def test_split_measures_plain_text_for_zalo(text, limit):
    assert all(len(markup.to_plain(part)) <= limit for part in markup.split(text, limit, markup.plain_length))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**đậm** *nghiêng* ~~bỏ~~", "<b>đậm</b> <i>nghiêng</i> <s>bỏ</s>"),
        ("**đậm *cả hai***", "<b>đậm <i>cả hai</i></b>"),
        ("## Tiêu đề\nnội dung", "<b>Tiêu đề</b>\nnội dung"),
        ("- một\n- hai\n  1. con", "• một\n• hai\n  1. con"),
        ("3. ba\n7. bảy", "3. ba\n7. bảy"),
        ("[Cổng **DVC**](https://a.vn/?a=1&b=2)", '<a href="https://a.vn/?a=1&amp;b=2">Cổng <b>DVC</b></a>'),
        ("[x](javascript:alert)", "[x](javascript:alert)"),
        ("> một\n> hai\n\nsau", "<blockquote>một\nhai</blockquote>\n\nsau"),
        ("`a<b` **`c`**", "<code>a&lt;b</code> <code>c</code>"),
        ("<script>x</script> &amp; &lt;", "&lt;script&gt;x&lt;/script&gt; &amp;amp; &amp;lt;"),
        ("a\nb\n\nc", "a\nb\n\nc"),
        ("", ""),
    ],
)
def test_html_of(text, html):
    assert markup.to_html(text) == html


def test_plain_text_keeps_the_addresses():
    text = "**Nguồn:** [NĐ 69](https://a.vn/69), [https://b.vn](https://b.vn), [b.vn](https://b.vn/)\n> lời"
    assert markup.to_plain(text) == "Nguồn: NĐ 69 (https://a.vn/69), https://b.vn, https://b.vn/\n│ lời"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("một\n**hai", "Dòng 2: dấu ** (in đậm) chưa đóng."),
        ("*nghiêng", "Dòng 1: dấu * hoặc _ (in nghiêng) chưa đóng"),
        ("a `b", "Dòng 1: dấu ` (mã) chưa đóng."),
        ("a\n\nxem [đây](https://a.vn", "Dòng 3: liên kết chưa đóng"),
        ("xem [đây", "Dòng 1: liên kết chưa đóng"),
        ("[x](ftp://a.vn)", "Dòng 1: liên kết “ftp://a.vn” không hợp lệ"),
        ("![ảnh](https://a.vn/b.png)", "Dòng 1: ảnh trong văn bản không được hỗ trợ"),
        ("<u>x</u>", "Dòng 1: thẻ HTML </u> không được hỗ trợ."),
        ("|a|b|\n|---|---|\n|1|2|", "Dòng 2: bảng không được hỗ trợ"),
        ("a\n```\nb", "Dòng 2: khối mã ``` chưa đóng."),
    ],
)
def test_check_names_line_and_problem(text, problem):
    assert any(found.startswith(problem) for found in markup.check(text)), markup.check(text)


@pytest.mark.parametrize(
    "text",
    ["5 * 3 = 15", "(*) Ghi chú", "tệp_tin_a", r"\*\*không đậm", "`**mã**`", "1 < 2 và 3 > 2", "[x](https://a.vn)",
     "a|b", "```\n**\n|---|---|\n```", "- a\n- b\n\n1) c", "“Điều 5” – khoản 2 [1]"],
)
def test_check_accepts(text):
    assert markup.check(text) == []


def test_split_prefers_paragraphs_then_sentences_then_words():
    paragraph = "Câu thứ nhất dài vừa phải. Câu thứ hai cũng vậy."
    assert markup.split(f"{paragraph}\n\n{paragraph}", 60) == [paragraph, paragraph]
    assert markup.split(paragraph, 40) == ["Câu thứ nhất dài vừa phải.", "Câu thứ hai cũng vậy."]
    assert markup.split("mười hai chữ không có dấu chấm", 14) == ["mười hai chữ", "không có dấu", "chấm"]


def test_split_inside_bold_and_links_stays_well_formed():
    bold = "**" + "chữ đậm " * 20 + "hết**"
    parts = markup.split(bold, 50)
    assert len(parts) == 4
    assert all(markup.to_html(part).startswith("<b>") and markup.to_html(part).endswith("</b>") for part in parts)
    linked = "[" + "tên rất dài " * 10 + "hết](https://a.vn)"
    assert all('<a href="https://a.vn">' in markup.to_html(part) for part in markup.split(linked, 50))


def test_a_link_is_made_only_of_a_web_address():
    assert markup.to_html(markup.link("Điều [1] <b>", "https://a.vn/?x=1")).endswith(">Điều [1] &lt;b&gt;</a>")
    for url in (None, "", "javascript:x", "http://", "https://a.vn/ b", "https://[x"):
        assert markup.link("tên", url) == "tên"


def test_deep_nesting_keeps_its_text_and_costs_little():
    for text in ("> " * 400 + "chữ", "- " * 400 + "chữ", "[" * 3000, "*" * 3000, "**a " * 800, "`" * 3000, "~~a" * 900):
        shown = read(markup.to_html(text))
        assert markup.check(text) is not None
        assert ("chữ" in text) <= ("chữ" in shown)
