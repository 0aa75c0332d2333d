import json

import pytest
from typer.testing import CliRunner

from bot.commands import kb
from db.session import Database

ENTRY = """- id: thu-01
  question: Ai được nghỉ?
  answer: Mọi người.
  citations: [{doc: Nghị định 1}]
"""


def loa(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(kb.app, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def test_what_is_wrong_in_a_file_is_said_in_vietnamese_with_entry_and_field(tmp_path):
    path = tmp_path / "sai.yaml"
    path.write_text(
        ENTRY.replace("  question: Ai được nghỉ?\n", "  cau_hoi: x\n  variants: [1]\n  valid_from: mai\n")
        .replace("{doc: Nghị định 1}", "{dooc: Nghị định 1}") + "- 5\n",
        encoding="utf-8",
    )
    said = loa("check", path, code=1)
    for part in (
        "thu-01, question: còn thiếu", "thu-01, cau_hoi: không có trường này; các trường: id, question",
        "thu-01, variants.1: phải là một dòng chữ", "thu-01, citations.1.doc: còn thiếu", "doc, article, date, url",
        "thu-01, valid_from: phải là ngày", "mục thứ 2, cả mục: phải là một mục có các trường id",
    ):
        assert part in said
    assert not any(word in said for word in ("Field", "Input", "Extra", "should"))


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'kho.db'}")
    return tmp_path


def test_an_entry_that_its_own_question_does_not_find_is_named(tmp_path):
    path = tmp_path / "trùng.yaml"
    path.write_text(ENTRY + ENTRY.replace("thu-01", "thu-02"), encoding="utf-8")
    said = loa("check", path, code=1)
    assert "✗ thu-0" in said and "“Ai được nghỉ?” lại tìm ra thu-0" in said


def test_without_a_file_the_live_base_is_checked(elsewhere, monkeypatch):
    import asyncio

    monkeypatch.setattr("bot.commands.kb_check._lost", lambda entries: [])  # 3,000 searches each time

    from bot.app import prepare_database

    starter = json.loads(loa("check", "--json"))
    assert "ban đầu" in starter["checked"] and not (elsewhere / "kho.db").exists()

    async def prepare() -> None:
        database = Database(f"sqlite+aiosqlite:///{elsewhere / 'kho.db'}")
        await prepare_database(database)
        await database.close()

    asyncio.run(prepare())
    path = elsewhere / "them.yaml"
    path.write_text(ENTRY.replace("Ai được nghỉ?", "Lịch phun thuốc muỗi xã Zét?"), encoding="utf-8")
    loa("import", path, "--apply")
    live = json.loads(loa("check", "--json"))
    assert (live["checked"], live["entries"]) == ("kho đang dùng", starter["entries"] + 1)
