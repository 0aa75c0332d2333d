"""Telegram's HTML subset: its error texts with byte offsets, and entities in UTF-16 units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.showing import to_html
from sandbox.telegram.markup import ParseError, parse_html, utf16


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("é<x>a</x>", 'Unsupported start tag "x" at byte offset 2'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<b><i>a</i>", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_what_is_refused_and_where(source, said):
    with pytest.raises(ParseError) as refused:
        parse_html(source)
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("🙂 <b>a</b>", "🙂 a", [("bold", 3, 1)]),
        ("<b>a <i>b</i></b>", "a b", [("bold", 0, 3), ("italic", 2, 1)]),
        ("  <u>a</u>  ", "a", [("underline", 0, 1)]),
        ("&lt;&amp;&gt;&quot;&nbsp;&#65;", '<&>"&nbsp;A', []),
        ('<pre><code class="language-py">x</code></pre>', "x", [("pre", 0, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
        ('<a href="https://a.vn/?x=1&amp;y=2">l</a>', "l", [("text_link", 0, 1)]),
        ('<a href="javascript:x">l</a>', "l", []),
    ],
)
def test_text_and_entities(source, text, entities):
    got, found = parse_html(source)
    assert got == text and [(e["type"], e["offset"], e["length"]) for e in found] == entities


PIECES = st.lists(st.sampled_from(["<b>", "</b>", "<i>", "</i>", "<", ">", "&", "&lt;", "é", "🙂", " ", "a", '"', "/"]))


@given(PIECES.map("".join) | st.text(max_size=40))
def test_any_text_is_parsed_or_refused_and_shown_safely(source):
    try:
        text, entities = parse_html(source)
    except ParseError:
        return
    assert all(e["offset"] >= 0 and e["offset"] + e["length"] <= utf16(text) for e in entities)
    shown = to_html(text, entities)
    assert "<script" not in shown and shown.count("<b>") == shown.count("</b>")
