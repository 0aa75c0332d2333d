"""A changed index answers as one that was read anew."""

import pytest

from knowledge import content, saved
from knowledge.calibration import USUAL, calibrate
from knowledge.evaluation import auroc, starter
from knowledge.index import Index, Passage

PASSAGES = [Passage(e.id, e.question, e.answer, tuple(e.variants)) for e in content.entries()[:60]]


def test_a_published_passage_answers_at_once_and_a_removed_one_no_more():
    index = Index.build(PASSAGES[1:])
    question = PASSAGES[0].title
    assert all(hit.id != PASSAGES[0].id for hit in index.search(question))
    with_it = index.changed([PASSAGES[0]])
    assert with_it.search(question, 1)[0].id == PASSAGES[0].id
    assert all(hit.id != PASSAGES[0].id for hit in with_it.changed([], {PASSAGES[0].id}).search(question))
    assert all(hit.id != PASSAGES[0].id for hit in index.search(question)), "the older snapshot is as it was"


def test_a_new_version_hides_the_old_one():
    index = Index.build(PASSAGES)
    new = Passage(PASSAGES[0].id, "Câu hỏi hoàn toàn khác về thủy sản?", "Nuôi trồng.", ())
    changed = index.changed([new])
    assert changed.ids == index.ids and changed.size == len(PASSAGES)
    (best,) = changed.search("câu hỏi về thủy sản", 1)
    assert (best.id, best.phrasing) == (new.id, new.title)
    assert changed.search(PASSAGES[0].title, 1)[0].phrasing != PASSAGES[0].title


@pytest.mark.parametrize("one_by_one", [1, 7])
def test_many_small_changes_find_the_same_as_one_reading(one_by_one):
    index = Index.build(PASSAGES[:20])
    for first in range(20, len(PASSAGES), one_by_one):
        index = index.changed(PASSAGES[first : first + one_by_one])
    assert len(index.parts) <= 9 and index.size == len(PASSAGES)
    whole = Index.build(PASSAGES)
    for passage in PASSAGES:
        asked = passage.title
        assert index.search(asked, 1)[0].id == whole.search(asked, 1)[0].id == passage.id


def test_merging_leaves_the_dead_behind():
    index = Index.build(PASSAGES)
    for _ in range(12):
        index = index.changed(PASSAGES[:2])
    assert index.size == len(PASSAGES) and index.ids == {p.id for p in PASSAGES}
    assert index.search(PASSAGES[1].variants[0], 1)[0].id == PASSAGES[1].id


def test_a_saved_index_answers_like_the_one_that_was_saved():
    rows = content.abbreviations()
    index = Index.build(PASSAGES, rows, PASSAGES).changed(PASSAGES[:1], {PASSAGES[5].id})
    again = saved.load(saved.dump(index), rows)
    assert again.ids == index.ids
    for asked in ("ct07 la gi", PASSAGES[3].title, PASSAGES[5].title, "truyen thong chinh sach"):
        assert again.understood(asked) == index.understood(asked)
        ours, theirs = again.search(asked, 5), index.search(asked, 5)
        assert [hit.id for hit in ours] == [hit.id for hit in theirs]
        assert [hit.score for hit in ours] == pytest.approx([hit.score for hit in theirs])


def test_an_index_saved_by_another_version_is_read_anew(monkeypatch):
    data = saved.dump(Index.build(PASSAGES[:3]))
    monkeypatch.setattr(saved, "FORMAT", saved.FORMAT + 1)
    assert saved.load(data) is None


def test_an_empty_base_finds_nothing_and_can_be_filled():
    index = Index.build([])
    assert index.search("chỉ thị 07") == []
    assert index.changed(PASSAGES[:3]).search(PASSAGES[2].title, 1)[0].id == PASSAGES[2].id


def test_thresholds_are_learned_from_the_base_and_always_the_same():
    passages = starter()
    index = Index.build(passages, content.abbreviations(), passages)
    learned = calibrate(passages, index)
    assert learned == calibrate(passages, index) != USUAL
    assert 0.1 < learned.offer < learned.answer < 1
    assert calibrate(passages[:1], index) == USUAL, "too few phrasings to learn from"


def test_auroc():
    assert auroc([2, 3], [0, 1]) == 1.0
    assert auroc([1, 1], [1, 1]) == 0.5
    assert auroc([0], [1]) == 0.0
