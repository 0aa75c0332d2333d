"""Laws of the text functions on any text whatever, and the work that any message may cost: counted, not timed."""

import unicodedata
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge import content, manners, restorer, several, telex, text, turn
from knowledge.answer import Kind, decide
from knowledge.evaluation import starter
from knowledge.index import Index
from knowledge.segment import SIZE, grams
from tests.starter import catalogue

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy ạảấầẩẫậắằẳẵặéèẻẽẹộớờỡợứừữựý0123456789/-.,?\u0301\u0300\u0323\u0302"
VIETNAMESE = st.text(LETTERS, max_size=80)
TYPED = st.lists(
    st.sampled_from(
        [
            "nguwowif", "chinhs", "d9u7o7c", "CT07", "07/CT-TTg", "nđ 244/2026/NĐ-CP", "ko", "dc", "hoà", "uỷ", "và",
            "còn", "thì sao", "gì", "?", ",", "cho em hỏi", "ạ", "phạt", "xã", "bao nhiêu", "🙂", "привет", "<b>",
            "'; --", "\u202e", "\x00", "đ", "Đ", "İ", "ß", "ﬁ", "가", "１２", "²",
        ]
    ) | VIETNAMESE | st.text(max_size=12),
    max_size=12,
).map(" ".join)
SOME = settings(max_examples=60)


@cache
def index() -> Index:
    return Index.build(starter()[:60], content.abbreviations())


@given(TYPED)
@example("İ̇")
@example("\u0345\u0301")
def test_normal_forms_are_reached_at_once_and_are_the_same_for_both_ways_of_writing(said):
    assert text.normal(text.normal(said)) == text.normal(said)
    assert text.fold(text.fold(said)) == text.fold(said)
    apart, together = unicodedata.normalize("NFD", said), unicodedata.normalize("NFC", said)
    assert text.syllables(apart) == text.syllables(together)
    assert text.spelt(apart) == text.spelt(together)


@given(TYPED)
def test_folding_never_changes_how_many_syllables_there_are(said):
    syllables = text.syllables(said)
    assert len(text.folded_syllables(said)) == len(syllables)
    for syllable in syllables:
        assert text.canonical(syllable) == syllable
        if sum(letter in text.TONES for letter in unicodedata.normalize("NFD", syllable)) < 2:
            assert text.canonical(text.readable(syllable)) == syllable


@given(TYPED)
def test_a_documents_number_is_spelt_once(said):
    once = text.spelt(said)
    assert text.spelt(once) == once


@given(TYPED)
def test_courtesy_is_taken_off_and_something_is_left(said):
    words = [text.canonical(w) for w in text.PIECE.findall(text.spelt(said))]
    kept = manners.without(words)
    assert bool(kept) == bool(words) and " ".join(kept) in " ".join(words)


@given(st.text(max_size=40) | TYPED)
def test_keys_give_syllables_of_the_same_letters(said):
    for word in text.PIECE.findall(text.normal(said)):
        for syllable in telex.decoded(word):
            assert syllable and syllable != text.canonical(word) and len(text.fold(syllable)) <= len(word)


@given(TYPED)
@SOME
def test_restoring_says_the_same_for_both_ways_of_writing(said):
    meant = index().restorer.restore(text.spelt(said))
    assert meant == index().restorer.restore(text.spelt(unicodedata.normalize("NFD", said)))
    assert bool(meant) == bool(text.PIECE.findall(text.spelt(said)))
    assert all(meant)


@given(st.text(max_size=60))
def test_letter_groups_are_codes_of_the_table(said):
    folded = text.fold(said)
    found = grams(folded)
    assert found.dtype == np.int64 and len(found) == max(0, len(folded)) + max(0, len(folded) - 1)
    assert not len(found) or (found.min() >= 0 and found.max() < SIZE)


@given(TYPED)
@SOME
def test_every_question_has_a_decision_and_always_the_same(said):
    decision = decide(index(), said, {})
    assert decision.kind in (Kind.ANSWER, Kind.CANDIDATES, Kind.NONE)
    assert (decision.kind in (Kind.ANSWER, Kind.CANDIDATES)) <= bool(decision.hits)
    assert len(decision.hits) <= 10 and decide(index(), unicodedata.normalize("NFD", said), {}) == decision
    scores = [hit.score for hit in decision.hits]
    assert scores == sorted(scores, reverse=True) and all(np.isfinite(s) and s >= 0 for s in scores)


FLOODS = {
    "one long word": "abcdefghij" * 200, "glued": "nguwowif" * 200, "syllables": "ab " * 3333,
    "emoji": "🙂" * 10_000, "other scripts": "政府" * 900 + "привет " * 100,
    "SQL": "'; DROP TABLE entry; -- " * 80, "HTML": "<b onload=x>" * 150,
    "marks on one letter": "a" + "\u0301" * 9_990, "joints": "gì, " * 2_500, "and": "gì và " * 1_600,
    "signs": "gì? " * 2_500, "documents": "07/CT-TTg " * 900, "short words": "ko dc " * 1_600, "digits": "1" * 10_000,
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_no_message_costs_more_than_a_long_one(flood, monkeypatch):
    """Decisions, readings of words, and mended words: as many at most, however long or odd the message is."""
    decisions, looked_up, mended = [], [], []
    base = catalogue()
    plain, likelihoods, one_error = base.decide, restorer.Restorer._likelihoods, restorer._one_error
    monkeypatch.setattr(base, "decide", lambda *a, **k: decisions.append(1) or plain(*a, **k))

    def counted(self, lattice):
        looked_up.append(sum(len(readings) for readings in lattice))
        return likelihoods(self, lattice)

    monkeypatch.setattr(restorer.Restorer, "_likelihoods", counted)
    monkeypatch.setattr(restorer, "_one_error", lambda word: mended.append(len(word)) or one_error(word))
    turn.read(flood, base, "Lương cơ sở hiện nay là bao nhiêu?")
    assert len(decisions) <= 2 + 4 * 3 * (several.MOST + 1)
    assert max(looked_up, default=0) <= text.MOST_WORDS * (restorer.READINGS + 1)
    assert max(mended, default=0) <= restorer.LONGEST_WORD
