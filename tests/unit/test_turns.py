"""What is asked after another question, and several questions at once, as staff type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import content, follow_up, several, text, turn
from knowledge.answer import Kind
from knowledge.follow_up import GoesOn
from tests.unit.test_answers import catalogue

FOUND = (Kind.ANSWER, Kind.CANDIDATES)


def first(before: str, said: str) -> str:
    asked = turn.read(said, catalogue(), before)
    assert len(asked) == 1
    decision = asked[0].decision
    return decision.best.id if decision.best and decision.kind in FOUND else ""


@pytest.mark.parametrize("written", [str, text.fold], ids=["with marks", "without"])
@pytest.mark.parametrize(
    ("before", "said", "entry"),
    [
        ("Danh sách người phát ngôn cấp tỉnh do ai công bố?", "thế còn cấp xã?", "pn-05"),
        ("Bộ phải họp báo bao lâu một lần?", "còn xã thì sao?", "pn-15"),
        ("Yêu cầu cung cấp thông tin thì bao lâu được trả lời?", "còn phí thì sao?", "tctt-03"),
        ("Người phát ngôn của cơ quan gồm những ai?", "thế còn Chính phủ thì sao ạ", "pn-29"),
        ("Ai được nhận trợ cấp hưu trí xã hội?", "nộp hồ sơ ở đâu", "cp-04"),
        ("Lương cơ sở hiện nay là bao nhiêu?", "vậy lương hưu thì sao?", "cp-02"),
        ("Chia sẻ tin giả trên mạng bị phạt bao nhiêu?", "thế còn tổ chức?", "xp-02"),
        ("Sau sắp xếp, cả nước có bao nhiêu tỉnh, thành phố?", "thế còn xã phường?", "bm-08"),
        ("Nghị định về phòng, chống tin giả là văn bản nào?", "văn bản này có hiệu lực từ khi nào", "tg-01"),
        ("Hộ kinh doanh doanh thu bao nhiêu thì không phải nộp thuế?", "còn hóa đơn thì sao", "cp-08"),
        ("Chỉ thị 07/CT-TTg là văn bản gì?", "ai ký?", "ct07-01"),
    ],
)
def test_a_question_goes_on_from_the_one_before(written, before, said, entry):
    assert first(written(before), written(said)) == entry


def test_the_earlier_subject_alone_is_no_answer():
    asked = turn.read("còn giá vàng thì sao?", catalogue(), "Lương cơ sở hiện nay là bao nhiêu?")[0]
    assert (asked.decision.kind, asked.follows) == (Kind.NONE, "Lương cơ sở hiện nay là bao nhiêu?")


@pytest.mark.parametrize(
    ("said", "entry"), [("VAFC là gì", "kp-01"), ("lương hưu tăng bao nhiêu từ 1/7/2026", "cp-02")]
)
def test_a_question_with_its_own_subject_begins_anew(said, entry):
    asked = turn.read(said, catalogue(), "Người dân báo tin giả ở đâu?")[0]
    assert (asked.decision.best.id, asked.follows) == (entry, "")


@pytest.mark.parametrize(
    ("said", "degree"),
    [
        ("thế còn cấp xã?", GoesOn.SURELY), ("the con cap xa", GoesOn.SURELY), ("con phi thi sao", GoesOn.SURELY),
        ("Con dấu của xã do ai giữ?", GoesOn.NO), ("Thủ tục này mất bao lâu?", GoesOn.SURELY),
        ("mất bao lâu", GoesOn.PERHAPS), ("nop o dau a", GoesOn.PERHAPS), ("Thế nào là tin giả?", GoesOn.NO),
        ("nếu đăng tin giả thì sao", GoesOn.NO), ("còn", GoesOn.NO), ("", GoesOn.NO), ("🙂", GoesOn.NO),
    ],
)
def test_what_goes_on(said, degree):
    assert follow_up.goes_on(said) == degree


def test_only_what_has_a_subject_is_gone_on_from():
    subject = turn.subject("", "Ai được nhận trợ cấp hưu trí xã hội?")
    assert turn.subject(subject, "còn phí thì sao?") == subject
    assert turn.subject("", "nộp ở đâu") == ""
    assert turn.subject(subject, "VAFC là gì") == "VAFC là gì"


@pytest.mark.parametrize("written", [str, text.fold], ids=["with marks", "without"])
@pytest.mark.parametrize(
    ("message", "entries"),
    [
        ("lương cơ sở bao nhiêu và lương hưu tăng bao nhiêu", ["cp-01", "cp-02"]),
        ("VAFC là gì? RESIST là gì?", ["kp-01", "kn-04"]),
        ("Yêu cầu cung cấp thông tin mất bao lâu? có mất tiền không? gửi bằng cách nào?",
         ["tctt-02", "tctt-03", "tctt-04"]),
        ("chính quyền địa phương mấy cấp\ncó bao nhiêu tỉnh\ncả nước có bao nhiêu xã", ["bm-02", "bm-01", "bm-08"]),
        ("Ai được nhận trợ cấp hưu trí xã hội và nộp hồ sơ ở đâu?", ["cp-03", "cp-04"]),
        ("Em làm ở xã. Người dân báo tin giả ở đâu ạ?", ["tg-09"]),
        ("CT07 ban hành ngày nào, ai ký?", ["ct07-01"]),
    ],
)
def test_questions_of_one_message_are_answered_one_by_one(written, message, entries):
    asked = turn.read(written(message), catalogue())
    assert [a.decision.best.id for a in asked] == entries
    assert all(a.decision.kind == Kind.ANSWER for a in asked)


def test_what_has_no_answer_is_told_apart():
    asked = turn.read("Lương cơ sở bao nhiêu? giá vàng hôm nay thế nào?", catalogue())
    assert [a.decision.kind for a in asked] == [Kind.ANSWER, Kind.NONE]


def test_parts_without_a_subject_go_on_from_the_question_before():
    message = "lệ phí bao nhiêu và nộp ở đâu? còn thời hạn mấy ngày"
    assert several.sentences(message) == ["lệ phí bao nhiêu và nộp ở đâu", "còn thời hạn mấy ngày"]
    asked = turn.read(message, catalogue(), "Ai được nhận trợ cấp hưu trí xã hội?")
    assert [a.text for a in asked] == ["lệ phí bao nhiêu", "nộp ở đâu", "còn thời hạn mấy ngày"]
    assert asked[1].decision.best.id == "cp-04"
    assert all(a.decision.kind != Kind.ANSWER or a.decision.best.id.startswith("cp-") for a in asked)


@pytest.mark.parametrize("written", [str, text.fold], ids=["with marks", "without"])
def test_no_phrasing_of_the_base_is_taken_apart_or_taken_to_go_on(written):
    changed = []
    for entry in content.entries():
        for phrase in (entry.question, *entry.variants[:2]):
            plain = catalogue().decide(written(phrase))
            read = turn.read(written(phrase), catalogue(), "Lương cơ sở hiện nay là bao nhiêu?")
            if [a.decision for a in read] != [plain]:
                changed.append((entry.id, phrase))
    assert changed == []


@given(st.text(max_size=80) | st.text("aàco còn thế thì sao?.,; vànảgì\n", max_size=80))
def test_any_message_is_read(message):
    parts = [c for s in several.sentences(message) for c in several.clauses(s)]
    words = text.folded_syllables(" ".join(parts))
    assert set(words) <= set(text.folded_syllables(message))
    follow_up.goes_on(message)
    joined = follow_up.joined("Hồ sơ nộp ở đâu?", message)
    assert joined and set(follow_up.own_words(message)) <= set(text.folded_syllables(text.spelt(message)))
