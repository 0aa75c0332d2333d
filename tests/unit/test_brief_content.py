from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network import briefs, content_files, markup, topics
from network.brief_check import problems
from network.brief_content import Answer, Citation, Content, Priority, Step, read
from network.letters import day, hours, letter_text
from tests.briefing import CONTENT

short = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn"]), max_size=20).map(str.strip)
line = short.filter(bool)
day_text = st.dates().map(lambda d: d.isoformat())
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
contents = st.builds(
    Content,
    title=short.map(lambda t: " ".join(t.split())),
    summary=short,
    key_messages=st.lists(line, max_size=3).map(tuple),
    topics=st.lists(line, max_size=2).map(tuple),
    priority=st.sampled_from(list(Priority)),
    ack=st.booleans(),
    ack_hours=st.none() | st.integers(1, 720),
    citations=st.lists(st.builds(Citation, line, st.none() | line, st.none() | day_text, st.none() | line)).map(tuple),
    qa=st.lists(st.builds(Answer, line, line), max_size=2).map(tuple),
    attachments=st.lists(st.integers(1, 99), max_size=2).map(tuple),
    valid_from=st.none() | day_text,
    timeline=st.lists(st.builds(Step, line, st.none() | day_text, short), max_size=2).map(tuple),
)


@given(contents)
@few
def test_json_keeps_everything(content):
    data = content.to_json()
    assert Content.from_json(data) == content
    assert read(data)[1] == []
    assert Content.from_json(data).to_json() == data


@given(contents)
@few
def test_a_letter_always_reads_back(content):
    text = letter_text(content, 2)
    assert markup.to_html(text) is not None
    for part in markup.split(text, 4096):
        assert markup.visible_length(part) <= 4096


@given(contents, contents)
@few
def test_equal_hashes_mean_equal_content(one, other):
    same = briefs.digest(one.to_json(), {}) == briefs.digest(other.to_json(), {})
    assert same == (one == other)


def test_a_good_brief_has_no_problem():
    assert problems(CONTENT) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": ""}, "Tiêu đề: còn trống"),
        ({"title": "x" * 201}, "Tiêu đề: dài 201 ký tự, tối đa 200"),
        ({"body": "x" * 12_001}, "Nội dung: dài 12001 ký tự, tối đa 12000"),
        ({"body": "một\n**hai"}, "Nội dung: Dòng 2: dấu ** (in đậm) chưa đóng."),
        ({"key_messages": ("tốt", "[hở](https://a.vn")}, "Thông điệp chính 2: Dòng 1: liên kết chưa đóng"),
        ({"do": tuple("x" * 16)}, "Nên làm: có 16 dòng, tối đa 15"),
        ({"topics": ()}, "Chủ đề: chưa chọn chủ đề nào"),
        ({"topics": ("la",)}, "Chủ đề: không có chủ đề “la”"),
        ({"stage": None}, "Giai đoạn chính sách: chưa chọn"),
        ({"stage": "la"}, "Giai đoạn chính sách: không có giai đoạn “la”"),
        ({"ack_hours": 0}, "Hạn xác nhận (giờ): phải từ 1 đến 720 giờ"),
        ({"ack": False, "ack_hours": 4}, "Hạn xác nhận (giờ): có hạn xác nhận nhưng không yêu cầu xác nhận"),
        ({"valid_from": "2026-07-02", "valid_to": "2026-07-01"}, "Hiệu lực đến: ngày hết hiệu lực trước"),
        ({"citations": (Citation("A", url="javascript:x"),)}, "Nguồn 1: địa chỉ “javascript:x” không hợp lệ"),
        ({"qa": (Answer("q", "**a"),)}, "Hỏi đáp kèm theo 1: Dòng 1: dấu ** (in đậm) chưa đóng."),
        ({"confidence": "sure"}, "Độ tin cậy: “sure” không có"),
    ],
)
def test_each_problem_is_named(change, said):
    found = [str(problem) for problem in problems(replace(CONTENT, **change))]
    assert any(text.startswith(said) for text in found), found


def test_wrong_shapes_are_all_reported():
    content, found = read(
        {"title": 5, "topics": "x", "ack": "có", "citations": [{"article": "1"}, "x"], "valid_from": "31/2/2026",
         "attachments": ["a"], "la": 1, "qa": [{"q": "x"}], "priority": "gấp"}
    )
    said = [str(problem) for problem in found]
    for part in (
        "Tiêu đề: phải là một đoạn chữ", "Chủ đề: phải là một danh sách", "Xác nhận đã nhận: phải là true hoặc false",
        "Nguồn 1: thiếu hoặc sai trường “doc”", "Nguồn 2: phải có các trường con", "Hiệu lực từ: ngày “31/2/2026”",
        "Tệp đính kèm: phải là số nguyên", "la: trường này không có", "Hỏi đáp kèm theo 1: thiếu hoặc sai trường “a”",
        "Mức độ: “gấp” không có",
    ):
        assert any(text.startswith(part) for text in said), (part, said)
    assert content.title == "" and content.priority == Priority.NORMAL


def test_the_letter_shows_what_a_reader_needs():
    html = markup.to_html(letter_text(replace(CONTENT, priority=Priority.FLASH, confidence="medium")))
    for part in (
        "🔴 <b>HỎA TỐC</b>\n<b>Trợ cấp hưu trí xã hội từ 1/7/2025</b>",
        "<i>Giai đoạn: Thực thi · An sinh, bảo hiểm xã hội</i>",
        "<b>Thông điệp chính</b>\n• 500.000 đồng/tháng",
        '• <a href="https://vanban.example.vn/176">Nghị định 176/2025/NĐ-CP</a>, Điều 3 (30/6/2025)',
        "Cần đối chiếu văn bản gốc",
        "<b>Đề nghị bấm “Đã nhận” trong 4 giờ kể từ khi nhận tin.</b>",
    ):
        assert part in html
    assert "🟠 **KHẨN**" in letter_text(replace(CONTENT, priority=Priority.URGENT))
    assert "HỎA TỐC" not in letter_text(CONTENT)
    assert "Cần đối chiếu" not in letter_text(CONTENT)


def test_html_and_signs_in_a_title_stay_themselves():
    title = "<b>5 * 3</b> & [x](https://a.vn) **hở"
    html = markup.to_html(letter_text(Content(title=title)))
    assert html == "<b>&lt;b&gt;5 * 3&lt;/b&gt; &amp; [x](https://a.vn) **hở</b>"


def test_a_long_letter_is_split_within_the_platforms_limits():
    text = letter_text(replace(CONTENT, body="Một câu dài vừa phải để đo. " * 400))
    assert len(text) > 5000
    for part in markup.split(text, 4096):
        assert markup.visible_length(part) <= 4096
    for part in markup.split(text, 2000, markup.plain_length):
        assert markup.plain_length(part) <= 2000


@pytest.mark.parametrize(
    ("iso", "said"),
    [("2026-07-01", "1/7/2026"), ("2026-12-31", "31/12/2026"), ("2026", "2026"), ("2026-05", "5/2026")],
)
def test_days_as_written_in_vietnam(iso, said):
    assert day(iso) == said
    assert (hours(24), hours(48), hours(5)) == ("1 ngày", "2 ngày", "5 giờ")


# Files

FILE = """\
- id: brief-01
  title: Tiêu đề
  policy_stage: thuc_thi
  topic: an_sinh
  audience: [nguoi_dan]
  priority: Hỏa tốc
  summary: Tóm tắt.
  sources:
  - doc: Nghị định 1
    date: 2026-07-01
"""


def test_a_file_of_the_starter_shape_is_read():
    found, wrong = content_files.read(FILE, "b.yaml")
    assert wrong == []
    brief = found[0]
    assert (brief.key, brief.audience, brief.content.topics) == ("brief-01", None, ("an_sinh",))
    assert (brief.content.priority, brief.content.targets) == (Priority.FLASH, ("nguoi_dan",))
    assert brief.content.citations == (Citation("Nghị định 1", date="2026-07-01"),)


def test_errors_of_a_file_name_file_line_and_field():
    text = FILE + "  do:\n  - tốt\n  - {x: 1}\n  la: 1\n- chữ\n" + FILE.replace("an_sinh", "khong_co")
    said = [str(problem) for problem in content_files.read(text, "b.yaml")[1]]
    assert said == [
        "b.yaml, dòng 13, Nên làm: mục 2: phải là một dòng chữ, không để trống",
        "b.yaml, dòng 14, la: trường này không có trong mẫu bản tin",
        "b.yaml, dòng 15: phải là một bản tin có title, summary…",
        "b.yaml, dòng 16, id: mã “brief-01” đã dùng ở trên",
        "b.yaml, dòng 19, Chủ đề: không có chủ đề “khong_co”",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1\nb: 2", "x.yml, dòng 2: YAML viết sai"),
        ("title: 2026-02-31", "x.yml, dòng 1: YAML viết sai"),
        ("", "x.yml, dòng 1: phải là một bản tin"),
        ("a: &x [*x]", "x.yml, dòng 1"),
        ("!!python/object:os.system x", "x.yml, dòng 1: YAML viết sai"),
    ],
)
def test_broken_files_end_in_a_sentence(text, said):
    assert str(content_files.read(text, "x.yml")[1][0]).startswith(said)


@given(st.lists(contents, max_size=2))
@few
def test_written_files_read_back(found):
    written = content_files.write([content_files.FileBrief(f"b{i}", c) for i, c in enumerate(found)])
    back = content_files.read(written, "x.yaml")[0]
    assert [b.content for b in back] == [replace(c, attachments=()) for c in found]


def test_a_text_is_title_summary_body():
    read_text = content_files.from_text("# **Tiêu đề**\n\nTóm tắt.\n\nNội dung\n\nnữa")
    assert (read_text.title, read_text.summary, read_text.body) == ("Tiêu đề", "Tóm tắt.", "Nội dung\n\nnữa")
    assert content_files.from_text("Tiêu đề\n- a\n- b").body == "- a\n- b"
    assert content_files.from_text("x" * 300).title == ""


def test_characters_no_database_keeps_are_left_out():
    content, wrong = read({"title": "a\x00b", "body": "x\r\ny\u2028z\ud800", "do": ["c\x07d"]})
    assert (content.title, content.body, content.do, wrong) == ("ab", "x\ny\nz", ("cd",), [])


def test_topics_are_suggested_from_the_text():
    assert topics.suggest("Ứng phó bão số 5: sơ tán dân, đề phòng lũ")[0] == "thien_tai"
    assert topics.suggest("Trợ cấp hưu trí xã hội và lương hưu")[0] == "an_sinh"
    assert topics.suggest("zzz") == []
