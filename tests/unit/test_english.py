"""The console in English: every text of its templates is known, and what people wrote is left alone."""

import re
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from console import english, rendering, wording
from handlers import entry_page, work_desk
from network import agencies, briefs, failures, people, releases, roles, topics
from network.brief_content import CONFIDENCE, LABELS, STAGES, Priority

TEMPLATES = sorted((Path(english.__file__).parent / "templates").glob("*.html"))


def wanted(source: str) -> set[str]:
    lexed = Environment(trim_blocks=True, lstrip_blocks=True).lex(source)
    tokens = [(kind, value[1:-1] if kind == "string" else value) for _line, kind, value in lexed]
    return {text for text in english.texts(tokens) if english.LETTER.search(text)}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_text_of_a_template_is_known(path):
    assert wanted(path.read_text(encoding="utf-8")) - english.words()["templates"].keys() == set()


def test_no_translation_is_left_over():
    there = set().union(*(wanted(path.read_text(encoding="utf-8")) for path in TEMPLATES))
    assert english.words()["templates"].keys() - there == set()


@pytest.mark.parametrize("table", [
    releases.PUSH_NAMES, briefs.STATE_NAMES, people.STATE_NAMES, entry_page.VERSION_STATES, work_desk.STATES,
    agencies.LEVEL_NAMES, STAGES, LABELS, CONFIDENCE, rendering.DONE, wording.ACTS, failures.TODOS,
    {kind: each.said for kind, each in (failures.FAILURES | failures.STATES).items()},
    {each: each.label for each in Priority}, {name: name for _place, name, _who in rendering.MENU},
    {code: role.name for code, role in roles.roles().items()}, dict(topics.topics()),
], ids=str)
def test_every_name_is_known(table):
    names = english.words()["names"]
    assert [name for name in table.values() if name not in names] == []


def test_patterns_take_up_all_their_parts():
    for pattern, said in english.words()["patterns"].items():
        assert len(set(re.findall(r"\\\d", said))) in (0, re.compile(pattern).groups), pattern
    assert english.said("khoảng 3 giờ 20 phút") == "about 3 h 20 min"
    assert english.said("bản tin 12") == "brief 12"
    assert english.said("Bản tin 12 của tôi") == "Bản tin 12 của tôi"


def drawn(source: str, **shown) -> str:
    environment = Environment(loader=DictLoader({"page": source}), extensions=[english.English], autoescape=True)
    return environment.get_template("page").render(**shown)


@pytest.mark.parametrize(("source", "said"), [
    ("<h1>Thống kê</h1>", "<h1>Statistics</h1>"),
    ("<p>Bản tin {{ x }}</p>", "<p>Briefs Statistics</p>"),
    ('<a title="Thoát" href="/Thoát">Thoát</a>', '<a title="Leave" href="/Thoát">Leave</a>'),
    ('<input value="{{ x }}" placeholder="Tên hoặc mã">', '<input value="Thống kê" placeholder="Name or code">'),
    ("<textarea>{{ x }}</textarea>{{ x }}", "<textarea>Thống kê</textarea>Statistics"),
    ("{{ 'Sửa' if x else 'Thoát' }}", "Edit"),
    ("{% if x == 'Thống kê' %}<b>{{ 5 }}</b>{% endif %}", "<b>5</b>"),
    ("<i>Một câu không ai dịch.</i>", "<i>Một câu không ai dịch.</i>"),
    ("{{ '<b>' ~ x }}", "&lt;b&gt;Thống kê"),
])
def test_text_is_translated_and_tags_and_fields_are_not(source, said):
    assert drawn(source, x="Thống kê") == said
