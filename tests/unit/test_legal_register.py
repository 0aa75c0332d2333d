"""Numbers in one spelling, who replaced whom, which document a question names, and links read in a text."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import legal_superseded
from knowledge.legal import Provision, as_passage, quote
from knowledge.legal_import import draft
from knowledge.legal_numbers import DocumentRef, canonical, key, numbers_in
from knowledge.legal_paths import paths_in, touches
from knowledge.legal_register import Change, Known, Register
from tests.statutes import AMENDING, CIRCULAR

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def shipped() -> Register:
    table = legal_superseded.shipped()
    return Register(Change(s.old.ref, tuple(n.ref for n in s.new), s.since, partial=s.partial) for s in table)


@pytest.mark.parametrize(
    ("typed", "official"),
    [
        ("7/ct-ttg", "07/CT-TTg"), ("244/2026/nd-cp", "244/2026/NĐ-CP"), ("126/2025/qh15", "126/2025/QH15"),
        ("52/2016/QĐ–TTg", "52/2016/QĐ-TTg"), (" 08 / KH-UBND ", "08/KH-UBND"), ("35-ct/tw", "35-CT/TW"),
        ("765/qd-btttt", "765/QĐ-BTTTT"), ("24/7", ""), ("3/tháng", ""), ("12/km-h", ""), ("1/NQ", ""), ("QH15", ""),
    ],
)
def test_numbers_have_one_spelling(typed: str, official: str):
    assert canonical(typed) == official
    assert key(typed) == key(official) if official else True


@given(st.integers(1, 9999), st.sampled_from(["2026/NĐ-CP", "CT-TTg", "2025/QH15", "2031/TT-BĐL", "QĐ-BTTTT"]))
def test_spelling_settles_at_once_and_is_found_in_a_sentence(number: int, rest: str):
    spelt = canonical(f"{number}/{rest}")
    assert canonical(spelt) == spelt and key(spelt.lower()) == key(spelt)
    assert [n for n, _, _ in numbers_in(f"theo văn bản số {number}/{rest.lower()}, ngày 3/4")] == [spelt]


def test_the_shipped_table_is_whole_and_meets_in_time():
    table = legal_superseded.shipped()
    assert len(table) >= 14
    assert {"103/2016/QH13", "09/2017/NĐ-CP", "104/2016/QH13", "13/2023/NĐ-CP"} <= {s.old.number for s in table}


def test_a_wrong_table_is_refused_with_every_mistake():
    row = {"old": {"number": "abc", "kind": "Luật"}, "new": [], "until": date(2026, 1, 1), "since": date(2026, 1, 3)}
    with pytest.raises(legal_superseded.SupersededError) as problem:
        legal_superseded.read([row, 5], "bảng.yaml")
    assert "mục thứ 1" in str(problem.value) and "mục thứ 2" in str(problem.value) and "abc" in str(problem.value)
    with pytest.raises(legal_superseded.SupersededError, match="danh sách"):
        legal_superseded.read({"old": 1}, "bảng.yaml")


@pytest.mark.parametrize(
    ("question", "old", "new"),
    [
        ("Luật Báo chí 2016 quy định gì?", "103/2016/QH13", "126/2025/QH15"),
        ("luat bao chi nam 2016 con hieu luc khong", "103/2016/QH13", "126/2025/QH15"),
        ("luật báo chí cũ", "103/2016/QH13", "126/2025/QH15"),
        ("Luật Báo chí số 103/2016/QH13", "103/2016/QH13", "126/2025/QH15"),
        ("nghi dinh 09 ve phat ngon", "09/2017/NĐ-CP", "244/2026/NĐ-CP"),
        ("NĐ 13/2023 về dữ liệu cá nhân", "13/2023/NĐ-CP", "91/2025/QH15"),
        ("nd13 nam 2023", "13/2023/NĐ-CP", "91/2025/QH15"),
        ("quyết định 52/2016/QĐ-TTg", "52/2016/QĐ-TTg", "49/2024/NĐ-CP"),
        ("luật an toàn thông tin mạng nói gì", "86/2015/QH13", "116/2025/QH15"),
    ],
)
def test_asking_about_a_replaced_document_names_its_successor(shipped: Register, question: str, old: str, new: str):
    (found,) = shipped.outdated(question, TODAY)
    assert found.old.number == old and found.over
    assert found.new[0].number == new and found.new[0].title in found.said


@pytest.mark.parametrize("question", ["luật báo chí nói gì", "nghị định 244 nói gì", "Luật Báo chí 2025", "giá vàng"])
def test_documents_in_force_have_no_successor(shipped: Register, question: str):
    assert shipped.outdated(question, TODAY) == []


def test_an_undated_law_is_the_current_one_of_that_day(shipped: Register):
    assert [r.number for r in shipped.mentioned("luật báo chí", TODAY)] == ["126/2025/QH15"]
    assert [r.number for r in shipped.mentioned("luật báo chí", date(2026, 1, 1))] == ["103/2016/QH13"]


def test_before_the_day_the_old_one_still_holds(shipped: Register):
    found = shipped.successor("104/2016/qh13", date(2026, 8, 31))
    assert found is not None and not found.over and "còn áp dụng đến hết ngày 31/8/2026" in found.said
    assert not shipped.replaced("104/2016/QH13", date(2026, 8, 31))
    assert shipped.replaced("104/2016/QH13", date(2026, 9, 1))


def test_what_is_partly_replaced_says_so(shipped: Register):
    assert shipped.successor("15/2020/NĐ-CP", TODAY).said.startswith("Nhiều quy định của Nghị định 15/2020/NĐ-CP")


A, B, C = (DocumentRef(f"0{n}/2030/TT-BĐL", "Thông tư") for n in (1, 2, 3))


def test_the_chain_is_followed_to_what_holds_now():
    chain = Register([Change(A, (B,), date(2031, 1, 1)), Change(B, (C,), date(2032, 1, 1))])
    assert [r.number for r in chain.successor(A.number, date(2031, 6, 1)).new] == [B.number]
    assert [r.number for r in chain.successor(A.number, date(2032, 6, 1)).new] == [C.number]


def test_a_circle_ends():
    circle = Register([Change(A, (B,)), Change(B, (A,))])
    assert circle.successor(A.number, TODAY).new in ((B,), ())


def test_suggestions_and_amendments_replace_nothing():
    part = Change(B, (C,), provisions=("Điều 2",))
    known = Register([Change(A, (B,), confirmed=False), Change(A, (C,), amends=True), part])
    assert known.successor(A.number, TODAY) is None and not known.replaced(A.number, TODAY)
    assert not known.replaced(B.number, TODAY) and len(known.changes_of(B.number, TODAY)) == 1


def test_what_has_run_out_without_an_heir_is_over():
    known = Register([], [Known(A, expires_on=date(2026, 1, 31))])
    assert known.successor(A.number, TODAY).said == "Thông tư 01/2030/TT-BĐL đã hết hiệu lực từ ngày 1/2/2026."
    assert known.successor(A.number, date(2026, 1, 31)) is None


def test_provisions_and_the_passages_they_touch():
    assert paths_in("điểm a, b khoản 2 Điều 9 và khoản 1, khoản 3 Điều 5a; Điều 7") == [
        "d9.k2.a", "d9.k2.b", "d5a.k1", "d5a.k3", "d7",
    ]
    assert touches("khoản 2 Điều 9", "d9") and touches("Điều 9", "d9.k3.~2") and touches("điểm a khoản 3 Điều 9", "d9")
    assert touches("điểm b khoản 2 Điều 9", "d9.k2.a-c") and not touches("điểm d khoản 2 Điều 9", "d9.k2.a-c")
    assert not touches("khoản 2 Điều 9", "d9.k3") and not touches("Điều 9", "d9a") and not touches("Điều 1", "q1.d1")


def test_amendments_are_suggested_with_their_provisions():
    (found,) = draft("sửa.txt", AMENDING.encode()).suggestions
    assert (found.old, found.kind, found.new) == ("07/2031/TT-BĐL", "amended_by", "11/2032/TT-BĐL")
    assert found.provisions == ("khoản 2 Điều 2", "Điều 4") and found.since == date(2032, 6, 1)


ENDING = """2. Thông tư này thay thế Thông tư số 02/2025/TT-BĐL ngày 03 tháng 02 năm 2025 (đã được sửa đổi, bổ sung \
một số điều theo Thông tư số 03/2026/TT-BĐL và Thông tư số 04/2027/TT-BĐL); bãi bỏ Điều 5, khoản 2 Điều 6 Thông tư số \
09/2028/TT-BĐL.
3. Các văn bản sau đây hết hiệu lực kể từ ngày Thông tư này có hiệu lực:
a) Quyết định số 11/2027/QĐ-BĐL;
b) Quyết định số 12/2027/QĐ-BĐL.
4. Quyết định số 13/2027/QĐ-BĐL hết hiệu lực kể từ ngày Thông tư này có hiệu lực. Việc treo đèn theo Quyết định số \
14/2027/QĐ-BĐL vẫn được tiếp tục."""


def test_replacements_and_repeals_are_suggested_and_history_is_not():
    start = CIRCULAR.index("2. Thông tư này thay thế")
    text = CIRCULAR[:start] + ENDING + CIRCULAR[CIRCULAR.index("\nĐiều 6.") :]
    found = {s.old: s for s in draft("mẫu.txt", text.encode()).suggestions}
    assert {old: s.provisions for old, s in found.items()} == {
        "02/2025/TT-BĐL": (), "09/2028/TT-BĐL": ("Điều 5", "khoản 2 Điều 6"), "11/2027/QĐ-BĐL": (),
        "12/2027/QĐ-BĐL": (), "13/2027/QĐ-BĐL": (),
    }
    assert {s.kind for s in found.values()} == {"replaced_by"}


PROVISION = Provision(
    "07/2031/TT-BĐL#d3.k2", DocumentRef("07/2031/TT-BĐL", "Thông tư"), "khoản 2 Điều 3 Thông tư 07/2031/TT-BĐL",
    "Việc phải làm", "Chương I. QUY ĐỊNH CHUNG", "Lời dẫn:", "2. Tổ trưởng ngõ kiểm tra.", date(2031, 3, 1), "https://vb",
    ("Văn bản đã được sửa đổi.",),
)


def test_a_quotation_is_marked_cited_and_warned_about():
    said = quote(PROVISION)
    assert said.startswith("Trích nguyên văn, không phải câu trả lời của biên tập viên.")
    assert "Khoản 2 Điều 3 Thông tư 07/2031/TT-BĐL: Việc phải làm" in said
    assert "“Lời dẫn:\n[…]\n2. Tổ trưởng ngõ kiểm tra.”" in said
    assert said.endswith("Hiệu lực từ ngày 01/03/2031.\nVăn bản đã được sửa đổi.\nNguồn: https://vb")
    assert len(quote(PROVISION, 20)) < len(said) and "[…]”" in quote(PROVISION, 20)


def test_the_index_finds_it_by_document_and_words():
    passage = as_passage(PROVISION)
    assert passage.id == PROVISION.id and passage.title == "Việc phải làm – Thông tư 07/2031/TT-BĐL"
    assert "khoản 2 Điều 3" in passage.text and "Lời dẫn:" in passage.text and not passage.variants
