"""What was typed on a phone is read as it was meant."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import manners, telex, text
from knowledge.index import Index, Passage
from knowledge.syllable import possible

BASE = Index.build(
    [
        Passage("1", "Đăng ký khai sinh cho con ở đâu?", "Ủy ban nhân dân xã nơi cư trú. Không thu lệ phí đăng ký."),
        Passage("2", "Truyền thông chính sách là gì?", "Truyền thông chính sách là cung cấp thông tin về chính sách."),
        Passage("3", "Người phát ngôn là ai?", "Người phát ngôn cung cấp thông tin cho báo chí."),
        Passage("4", "Truyền thông chính sách do ai làm?", "Cơ quan chủ trì.", ("ai truyền thông chính sách",)),
    ],
    [{"abbr": "UBND", "expansions": ["ủy ban nhân dân"]}],
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("truyen thong chinh sach", "truyền thông chính sách"),
        ("truyeenf thoong chinhs sachs", "truyền thông chính sách"),
        ("truye62n tho6ng chi1nh sa1ch", "truyền thông chính sách"),
        ("dang ki khai sinh", "đăng ký khai sinh"),
        ("dangky khaisinh", "đăng ký khai sinh"),
        ("ddawng ky khai sinh", "đăng ký khai sinh"),
        ("ubnd xa", "ủy ban nhân dân xã"),
        ("nguoi phat ngoon la ai", "người phát ngôn là ai"),
        ("Người phát ngôn là ai", "người phát ngôn là ai"),
        ("cho em hỏi người phát ngôn là ai ạ", "người phát ngôn là ai"),
        ("ttcs do ai lam", "truyền thông chính sách do ai làm"),
    ],
)
def test_typed_and_meant(typed, meant):
    understood = BASE.understood(typed)
    assert text.syllables(understood) == text.syllables(meant) or text.fold(understood) == text.fold(meant) != typed


def test_a_syllable_the_base_does_not_know_stays_as_it_was_typed():
    assert BASE.understood("thời tiết ngày mai") == "thời tiết ngày mai"


@pytest.mark.parametrize(
    ("keys", "read"),
    [
        ("chinhs", "chính"), ("ddawng", "đăng"), ("dduwowcj", "được"), ("nuwowcs", "nước"), ("vie65t", "việt"),
        ("nhanh", ""),
    ],
)
def test_telex_and_vni_keys(keys, read):
    found = [text.readable(s) for s in telex.decoded(keys)]
    assert read in found if read else found == []


@pytest.mark.parametrize("word", ["nghiêng", "quyết", "thuở", "giếng", "gì", "xuân", "bắc", "ở"])
def test_vietnamese_syllables(word):
    assert possible(word)


@pytest.mark.parametrize("word", ["hss", "nđ", "băc", "covid", "qz", "chínhs"])
def test_what_cannot_be_a_syllable(word):
    assert not possible(word)


@pytest.mark.parametrize("word", ["hòa", "thúy", "chính", "nước", "được", "quả", "giữa", "nghỉ", "khuyến", "gì", "a"])
def test_a_canonical_syllable_is_written_as_people_write_it(word):
    assert text.readable(text.canonical(word)) == unicodedata.normalize("NFC", word)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("cho e hỏi xíu thủ tục vay vốn", "thủ tục vay vốn"), ("ad ơi giấy hẹn ạ", "giấy hẹn"),
        ("thủ tục xây dựng nhà", "thủ tục xây dựng nhà"), ("ạ", "ạ"),
    ],
)
def test_polite_words_are_not_searched_for(said, asked):
    assert manners.without(said.split()) == asked.split()


def test_a_document_number_is_one_in_every_spelling():
    for said in ("07/CT-TTg", "CT07", "ct 07", "Chỉ thị số 07", "chỉ thị 7"):
        assert "chỉ thị 7" in text.spelt(said), said
    assert "nghị định 244 2026" in text.spelt("Nghị định số 244/2026/NĐ-CP")


@given(st.text("aăâeêioôơuưyđbcdghklmnpqrstvx\u0301\u0300\u0309\u0303\u0323 0123sfrxjw", max_size=40))
def test_restoring_takes_anything_and_always_says_the_same(said):
    first = BASE.restorer.restore(text.spelt(said))
    assert first == BASE.restorer.restore(text.spelt(said))
    assert bool(first) == bool(text.PIECE.findall(text.spelt(said)))


@given(st.text(max_size=80))
def test_searching_takes_anything(said):
    assert all(0 < hit.score < 2 for hit in BASE.search(said))
