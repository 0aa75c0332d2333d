"""The starter base answers its own questions, however they are typed, and is silent about the rest."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import content, named, text
from knowledge.answer import Kind, decide, has_words
from knowledge.index import Index, Passage
from tests.starter import catalogue


@pytest.mark.parametrize(
    ("written", "step"), [(str, 1), (text.fold, 4), (str.upper, 8)],
    ids=["as written", "every fourth without diacritics", "every eighth in capitals"],
)
def test_each_entry_is_found_by_its_question_and_its_variants(written, step):
    lost = []
    for entry in content.entries():
        for phrase in (entry.question, *entry.variants)[::step]:
            decision = catalogue().decide(written(phrase))
            if decision.best is None or decision.best.id != entry.id or decision.kind == Kind.NONE:
                lost.append((entry.id, phrase, decision.kind))
    assert lost == []


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("chi thi 07 la gi", "ct07-01"), ("ct07 là gì", "ct07-01"), ("CT 07 la van ban gi", "ct07-01"),
        ("Chỉ thị 7 là văn bản gì", "ct07-01"),
    ],
)
def test_document_numbers_in_every_spelling(question, entry):
    assert catalogue().decide(question).best.id == entry


@pytest.mark.parametrize(
    "question", ["giá vàng hôm nay", "cách nấu phở bò", "thoi tiet ha noi ngay mai", "SELECT * FROM x"]
)
def test_other_fields_get_no_answer(question):
    assert catalogue().decide(question).kind == Kind.NONE


def test_who_names_a_document_is_not_answered_with_another():
    """The words are those of an entry on another decree."""
    assert catalogue().decide("Nghị định 244 có áp dụng cho cấp xã không?").kind == Kind.ANSWER
    for asked in ("Nghị định 330 có áp dụng cho cấp xã không?", "nd 330/2026 co ap dung cho cap xa khong",
                  "Nghị định 244/2015/NĐ-CP có áp dụng cho cấp xã không?"):
        assert catalogue().decide(asked).kind == Kind.CANDIDATES, asked


DECREE, DIRECTIVE = named.Named(244, "NGHI DINH"), named.Named(7, "CHI THI")


@pytest.mark.parametrize(("words", "found"), [
    ("nd 244 quy định gì", {DECREE}),
    ("Nghị định 244/2026/NĐ-CP, gọi tắt là Nghị định 244", {replace(DECREE, year=2026, issuer="CP")}),
    ("chi thi 7 va quyet dinh so 407", {DIRECTIVE, named.Named(407, "QUYET DINH")}),
    ("07/ct-ttg", {replace(DIRECTIVE, issuer="TTG")}),
    ("Chỉ thị 07/CT-TTg ngày 21/3/2023", {replace(DIRECTIVE, year=2023, issuer="TTG")}),
    ("chỉ thị 07/CT-UBND năm 2018", {replace(DIRECTIVE, year=2018, issuer="UBND")}),
    ("luật báo chí 126/2025", {named.Named(126, year=2025)}),
    ("126/2025/QH15", {named.Named(126, "LUAT", 2025, "QH15")}),
    ("từ ngày 1/7/2026 tăng 244 nghìn đồng, đến 9/2026", set()),
])
def test_documents_are_known_by_what_the_words_state(words, found):
    assert named.documents(words) == found


@pytest.mark.parametrize(("asked", "held", "same"), [
    ("nghị định 244", "Nghị định 244/2026/NĐ-CP", True),
    ("nghị định 244/2015/NĐ-CP", "Nghị định 244/2026/NĐ-CP", False),
    ("nghị định 13/2020", "Nghị định 13/2023/NĐ-CP", False),
    ("chỉ thị 07/CT-UBND", "Chỉ thị 07/CT-TTg", False),
    ("chỉ thị 07/CT-TTg năm 2018", "Chỉ thị 07/CT-TTg ngày 21/3/2023 (Chỉ thị 07)", False),
    ("luật báo chí 126/2010", "Luật Báo chí 126/2025/QH15", False),
    ("luật báo chí 126/2025", "Luật Báo chí 126/2025/QH15", True),
    ("quyết định 244", "Nghị định 244/2026/NĐ-CP", False),
])
def test_another_year_or_issuer_is_another_document(asked, held, same):
    ours, theirs = named.documents(asked), named.documents(held)
    assert any(one.fits(other) for one in ours for other in theirs) is same
    assert ours and theirs


@pytest.mark.parametrize("said", ["xin chào", "Cảm ơn bạn nhé", "loa ơi", "ok", "Bạn là ai?"])
def test_small_talk_is_answered_before_the_search(said):
    decision = catalogue().decide(said)
    assert decision.kind == Kind.SMALLTALK and decision.said


@pytest.mark.parametrize(
    ("said", "fit"), [("🙂🙂", False), ("", False), ("???", False), ("привет", False), ("a", True)]
)
def test_what_has_no_words(said, fit):
    assert has_words(said) is fit


def test_a_question_about_a_brief_means_its_own_entries():
    other, ours = Passage("other", "Hồ sơ đăng ký gồm những gì?", "A"), Passage("ours", "Hồ sơ nộp ở đâu?", "B")
    index = Index.build([other, ours])
    assert decide(index, "hồ sơ gồm gì", {}).best.id == "other"
    assert decide(index, "hồ sơ ở đâu gồm gì", {}, {"ours"}).best.id == "ours"


def test_fines_and_second_hand_sources_carry_the_warning():
    for entry in content.entries():
        assert entry.check_source == (entry.confidence == "medium" or entry.id.startswith("xp-"))


vietnamese = st.text("aăâáàảãạeêéiíoôơuưứựyđĐ AT07/-. \u0301\u0323\u0302", max_size=60)


@given(vietnamese | st.text(max_size=60))
def test_folding_is_idempotent_and_keeps_the_number_of_syllables(said):
    assert text.fold(text.fold(said)) == text.fold(said)
    assert len(text.syllables(said)) == len(text.folded_syllables(said))


@given(vietnamese)
def test_both_ways_of_writing_letters_are_the_same(said):
    import unicodedata

    apart, together = unicodedata.normalize("NFD", said), unicodedata.normalize("NFC", said)
    assert text.syllables(apart) == text.syllables(together)


@pytest.mark.parametrize(("old", "new"), [("hoà", "hòa"), ("uỷ", "ủy"), ("thuý", "thúy")])
def test_both_ways_of_placing_a_tone_are_the_same(old, new):
    assert text.syllables(old) == text.syllables(new)


def test_a_bad_file_is_refused_with_every_mistake_named(tmp_path):
    path = tmp_path / "x.yaml"
    rows = "- id: a-1\n  question: Câu hỏi?\n  answer: Có.\n  citations: []\n- id: A\n  foo: 1\n"
    path.write_text(rows, encoding="utf-8")
    with pytest.raises(content.ContentError) as refused:
        content.read_entries(path)
    assert "a-1, citations" in str(refused.value) and "A, foo" in str(refused.value)
    path.write_bytes("- câu".encode("utf-16"))
    with pytest.raises(content.ContentError, match="UTF-8"):
        content.read_entries(path)
