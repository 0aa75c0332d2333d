"""What people, pranksters and broken clients send: each gets a sentence, and nothing half done stays behind."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from bot.commands import kb
from db.knowledge import Entry, Question
from knowledge import entry, questions
from knowledge.catalogue import Catalogue
from tests.briefing import member
from tests.talking import Phone

ODD = {
    "10,000 characters": ("phạt " * 2000, "quá 2000 ký tự"), "only emoji": ("🙂🙂", "chưa đọc được"),
    "Cyrillic": ("какая пошлина", "chưa đọc được"), "Thai": ("ภาษาไทย", "chưa đọc được"),
    "signs": ("?!…", "chưa đọc được"),
    "SQL": ("'; DROP TABLE question; --", ""), "HTML": ("<script>alert(1)</script> <b>phí</b>", ""),
    "Markdown": ("*[phí](javascript:alert(1))* **", ""), "tabs": ("lệ phí\tbao nhiêu", ""),
    "direction marks": ("\u202eíhp ệl\u202c", ""),
    "a wall of marks": ("a" + "\u0301" * 1900, ""), "spaces": ("   \n\t ", "gõ câu hỏi bằng chữ"),
}


@pytest.fixture
def template() -> str:
    return "stocked"


@pytest.fixture
async def phone(database, now):
    async with database.transaction() as db:
        asker = await member(db, "Hỏi", "journalist", now)
    return Phone(database, asker.address, now, index=await Catalogue.open(database))


async def test_every_oddity_gets_a_sentence_and_may_go_to_an_expert(phone, database):
    for name, (said, expected) in ODD.items():
        phone.now += timedelta(minutes=1)
        reply = await phone.say(said)
        assert reply.text and expected in reply.text, name
        if "Chuyển chuyên gia" in phone.labels:
            assert "Đã chuyển" in (await phone.press("Chuyển chuyên gia")).text, name
    async with database.reading() as db:
        kept = list(await db.scalars(select(Question.text)))
        assert "lệ phí bao nhiêu" in [" ".join(text.split()) for text in kept]


async def test_two_hundred_questions_in_a_minute(phone, database, now):
    async with database.transaction() as db:
        other = await member(db, "Khác", "journalist", now)
    said = [(await phone.say("VAFC là gì")).text for _ in range(200)]
    answered = [text for text in said if "VAFC" in text]
    assert len(answered) == questions.A_MINUTE and set(said[questions.A_MINUTE :]) == {
        "Anh/chị đã hỏi quá 20 câu trong một phút. Vui lòng đợi một phút rồi hỏi tiếp."
    }
    assert "VAFC" in (await Phone(database, other.address, now, index=phone.needs["index"]).say("VAFC là gì")).text
    phone.now += timedelta(seconds=61)
    assert "VAFC" in (await phone.say("VAFC là gì")).text
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Question)) == questions.A_MINUTE + 2


ROW = "- id: {id}\n  question: Câu hỏi số {id}?\n  answer: Trả lời.\n  citations: [{{doc: Nghị định 1}}]\n{more}"


def test_validity_dates_that_contradict_each_other_stop_the_whole_file(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'kho.db'}")
    path = tmp_path / "muc.yaml"
    wrong = "  valid_from: 2026-07-01\n  valid_to: 2026-06-30\n"
    path.write_text(ROW.format(id="a-01", more="") + ROW.format(id="a-02", more=wrong), encoding="utf-8")
    result = CliRunner().invoke(kb.app, ["import", str(path), "--apply"])
    assert result.exit_code == 1 and "a-02" in result.output and "valid_to đứng trước valid_from" in result.output
    assert not (tmp_path / "kho.db").exists()


async def test_an_import_interrupted_half_way_leaves_nothing(database, now, monkeypatch):
    from knowledge import content

    files = [file.model_copy(update={"id": f"moi-{n}"}) for n, file in enumerate(content.entries()[:5])]
    plain, put = entry.put, []

    async def interrupted(db, file, *more, **named):
        put.append(file.id)
        if len(put) == 4:
            raise KeyboardInterrupt
        return await plain(db, file, *more, **named)

    with pytest.raises(KeyboardInterrupt):
        async with database.transaction() as db:
            for file in files:
                await interrupted(db, file, now)
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Entry).where(Entry.key.in_(put))) == 0
