"""Who is asked: topic first, then agency and place, then the fewest open cases."""

import itertools

from db.knowledge import Question
from knowledge.cases import same
from knowledge.routing import Expert, Wanted, rank

HEALTH, TAX = frozenset({"y_te"}), frozenset({"thue"})


def test_who_named_the_topic_comes_before_who_named_none_before_who_named_others():
    experts = [Expert(1, TAX), Expert(2, None), Expert(3, HEALTH)]
    assert rank(experts, Wanted("y_te")) == [3, 2, 1]
    assert rank(experts, Wanted(None)) == [1, 2, 3]


def test_the_agency_decides_among_those_who_know():
    experts = [
        Expert(1, HEALTH, "/9/"), Expert(2, HEALTH, "/1/", "01"), Expert(3, HEALTH, "/1/5/"),
        Expert(4, HEALTH, "/2/"), Expert(5, HEALTH, "/7/", "01"), Expert(6, TAX, "/2/"),
    ]
    wanted = Wanted("y_te", keeper="/2/", path="/1/5/8/", province="01")
    assert rank(experts, wanted) == [4, 2, 3, 5, 1, 6]


def test_the_fewest_open_cases_decide_among_equals_and_a_pause_is_respected():
    experts = [Expert(1, HEALTH, cases=3), Expert(2, HEALTH, cases=1), Expert(3, HEALTH, paused=True)]
    assert rank(experts, Wanted("y_te")) == [2, 1, 3]
    for shuffled in itertools.permutations(experts):
        assert rank(shuffled, Wanted("y_te")) == [2, 1, 3]


def test_the_same_words_are_the_same_question_however_they_are_typed():
    alike = ["Bản đồ số ở đâu?", "ban do so o dau", "Dạ cho em hỏi bản đồ số ở đâu ạ", "BẢN ĐỒ SỐ Ở ĐÂU"]
    assert len({same(Question(text=words)) for words in alike}) == 1
    others = [Question(text=w) for w in ("mức phạt cấp xã", "mức phạt cấp tỉnh", "mức phạt")]
    others += [Question(text="mức phạt", brief_id=n) for n in (1, 2)] + [Question(text="cấp huyện", follows="mức phạt")]
    assert len({same(question) for question in others}) == len(others)
