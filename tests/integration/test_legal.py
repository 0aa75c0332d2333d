"""Statutes in the database: imported whole or not at all, quoted only while they hold; and `loa kb legal`."""

import asyncio
import json
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from bot.commands import legal as command
from db import legal as rows
from db.audit import AuditRow
from db.legal import DocumentState, LegalPassage, LinkKind, LinkState
from db.session import Database
from knowledge import legal, legal_desk
from knowledge.legal_head import Head
from knowledge.legal_import import Draft, Refused, draft, put
from knowledge.legal_superseded import read
from tests.statutes import AMENDING, CIRCULAR, as_pdf

OURS, THEIRS = "07/2031/TT-BĐL", "11/2032/TT-BĐL"
HELD = date(2031, 6, 1)
LATER = date(2032, 7, 1)
TABLE = {
    "old": {"number": OURS, "kind": "Thông tư"}, "until": date(2033, 12, 31), "since": date(2034, 1, 1),
    "new": [{"number": "2/2033/QH99", "kind": "Luật", "name": "Đèn lồng"}],
}


def circular(text: str = CIRCULAR, **given: object) -> Draft:
    return draft("mẫu.txt", text.encode(), Head(**given))


async def cited(db, on: date = HELD) -> list[str]:
    return [p.citation for p in await legal.current_passages(db, on)]


async def test_import_gives_passages_in_order_with_exact_citations(db, now):
    document = await put(db, circular(source_url="https://vb"), now)
    assert (document.number, document.edition, document.issuer) == (OURS, 1, "Bộ Đèn lồng")
    found = await legal.current_passages(db, HELD)
    assert [p.id for p in found] == [f"{OURS}#{path}" for path in ("d1", "d2", "d3", "d4", "d4a", "d5", "d6", "plI")]
    assert found[2].citation == "Điều 3 Thông tư 07/2031/TT-BĐL" and found[2].source_url == "https://vb"
    assert found[0].effective_on == date(2031, 3, 1) and not found[0].warnings


async def test_nothing_is_quoted_before_it_holds_nor_after(db, now):
    await put(db, circular(expires_on=date(2031, 12, 31)), now)
    assert await cited(db, date(2031, 2, 28)) == []
    assert len(await cited(db, date(2031, 3, 1))) == len(await cited(db, date(2031, 12, 31))) == 8
    assert await cited(db, date(2032, 1, 1)) == []


async def test_import_again_replaces_the_passages_and_counts_editions(db, now):
    await put(db, circular(), now)
    before = await legal.version(db, HELD)
    shorter = CIRCULAR[: CIRCULAR.index("PHỤ LỤC I")].replace("Sổ có hai cột", "Sổ có ba cột")
    document = await put(db, circular(shorter), now.replace(hour=3))
    found = await legal.current_passages(db, HELD)
    assert document.edition == 2 and len(found) == 7 and found[4].text == "Sổ có ba cột."
    assert await legal.version(db, HELD) != before
    assert len(await rows.documents(db)) == 1


async def test_a_document_with_problems_is_refused_whole(db, now):
    doubled = circular(CIRCULAR.replace("Điều 6. Trách", "Điều 5. Trách"))
    with pytest.raises(Refused, match="Trùng số"):
        await put(db, doubled, now, with_gaps=True)
    assert await rows.documents(db) == []


async def test_gaps_need_to_be_accepted(db, now):
    gap = circular(CIRCULAR.replace("Điều 6. Trách", "Điều 8. Trách"))
    with pytest.raises(Refused, match="Thiếu số"):
        await put(db, gap, now)
    await put(db, gap, now, with_gaps=True)
    assert "Điều 8 Thông tư 07/2031/TT-BĐL" in await cited(db)


async def test_an_interrupted_import_publishes_nothing(database, now):
    async with database.transaction() as db:
        await put(db, circular(), now)
    broken = circular(CIRCULAR.replace("Sổ có hai cột", "Sổ có chín cột"))
    last = replace(broken.pieces[-1], path=broken.pieces[0].path)  # breaks the last row
    with pytest.raises(Exception, match=r"(?i)unique"):
        async with database.transaction() as db:
            await put(db, replace(broken, pieces=(*broken.pieces[:-1], last)), now)
    async with database.reading() as db:
        texts = [p.text for p in await legal.current_passages(db, HELD)]
        assert "Sổ có hai cột." in texts and "Sổ có chín cột." not in texts
        assert await db.scalar(select(func.count()).select_from(LegalPassage)) == 8
        document = await rows.document(db, OURS)
        assert document.edition == 1


async def test_suggested_links_only_warn_until_they_are_confirmed(db, now):
    await put(db, circular(), now)
    await put(db, draft("sửa.txt", AMENDING.encode()), now)
    by = {p.id: p for p in await legal.current_passages(db, LATER)}
    assert "có thể đã bị sửa đổi bởi Thông tư 11/2032/TT-BĐL" in by[f"{OURS}#d2"].warnings[0]
    (amends,) = [x for x in await rows.links(db, LinkState.SUGGESTED) if x.kind == LinkKind.AMENDED_BY]
    await legal_desk.decide(db, amends.id, True, now)
    left = [p.id for p in await legal.current_passages(db, LATER) if p.id.startswith(OURS)]
    assert left == [f"{OURS}#{path}" for path in ("d1", "d3", "d4a", "d5", "d6", "plI")]  # d2, d4 were amended
    assert len([c for c in await cited(db, date(2032, 5, 31)) if OURS in c]) == 8  # the day before


async def test_a_replaced_document_is_quoted_no_more_and_names_its_successor(db, now):
    await put(db, circular(), now)
    await legal_desk.link(db, OURS, LinkKind.REPLACED_BY, "12/2033/TT-BĐL", now, since=date(2033, 1, 1))
    assert await cited(db, date(2033, 1, 1)) == [] and len(await cited(db, date(2032, 12, 31))) == 8
    heir = await legal.successor(db, "7/2031/tt-bđl", date(2033, 1, 1))
    assert heir.said == (
        "Thông tư 07/2031/TT-BĐL chỉ áp dụng đến hết ngày 31/12/2032. "
        "Văn bản thay thế: Thông tư 12/2033/TT-BĐL, có hiệu lực từ ngày 1/1/2033."
    )


async def test_the_shipped_table_keeps_an_old_document_from_being_quoted(db, now, monkeypatch):
    monkeypatch.setattr(legal, "shipped", lambda: read([TABLE]))
    await put(db, circular(), now)
    assert len(await cited(db, date(2033, 12, 31))) == 8 and await cited(db, date(2034, 1, 1)) == []
    heir = await legal.successor(db, OURS, date(2034, 1, 1))
    assert [ref.title for ref in heir.new] == ["Luật Đèn lồng 02/2033/QH99"]


async def test_asking_about_the_press_law_of_2016_names_the_one_of_2025(db):
    known = await legal.register(db)
    (found,) = known.outdated("Luật Báo chí 2016 nói gì", date(2026, 11, 24))
    assert "Luật Báo chí 126/2025/QH15" in found.said
    assert (await legal.successor(db, "103/2016/QH13", date(2026, 11, 24))).new[0].number == "126/2025/QH15"


async def test_import_again_leaves_decided_links_alone(db, now):
    await put(db, circular(), now)
    (link,) = await rows.links(db)
    await legal_desk.decide(db, link.id, False, now)
    await put(db, circular(), now)
    (again,) = await rows.links(db)
    assert again.state == LinkState.REJECTED


async def test_links_that_cannot_be_are_refused(db, now):
    await legal_desk.link(db, OURS, LinkKind.REPLACED_BY, THEIRS, now)
    for old, new, said in ((OURS, OURS, "chính nó"), (THEIRS, OURS, "lẫn nhau"), ("abc", OURS, "không phải số hiệu")):
        with pytest.raises(legal_desk.Wrong, match=said):
            await legal_desk.link(db, old, LinkKind.REPLACED_BY, new, now)
    with pytest.raises(legal_desk.Wrong, match="Không hiểu"):
        await legal_desk.link(db, OURS, LinkKind.AMENDED_BY, THEIRS, now, provisions=["chỗ nào đó"])
    with pytest.raises(legal_desk.Wrong, match="Không có liên kết"):
        await legal_desk.decide(db, 999, True, now)


async def test_a_table_of_links_names_documents_that_are_not_in_the_base(db, now):
    assert await legal_desk.take_table(db, read([TABLE]), now) == 1
    heir = await legal.successor(db, OURS, date(2034, 2, 1))
    assert heir.new[0].title == "Luật Đèn lồng 02/2033/QH99"
    assert await cited(db, LATER) == []


async def test_a_document_set_aside_is_not_quoted_until_it_is_taken_back(db, now):
    await put(db, circular(), now)
    await legal_desk.set_state(db, "7/2031/TT-BĐL", DocumentState.SUSPENDED, now)
    assert await cited(db) == []
    await legal_desk.set_state(db, OURS, DocumentState.IN_FORCE, now)
    assert len(await cited(db)) == 8


@pytest.fixture
def loa(database_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database_url)

    def run(*words: object, code: int = 0) -> str:
        result = CliRunner().invoke(command.app, [str(word) for word in words])
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    run.url = database_url
    return run


def test_the_command_reads_first_and_imports_when_told(loa, tmp_path):
    file = tmp_path / "mẫu.txt"
    file.write_text(CIRCULAR, encoding="utf-8")
    said = loa("import", file)
    assert "7 Điều, 6 khoản, 6 điểm, 1 phụ lục → 8 đoạn trích" in said and "Thêm --apply" in said
    assert json.loads(loa("list", "--json")) == []
    assert "Đã nhập Thông tư 07/2031/TT-BĐL, lần 1: 8 đoạn trích." in loa("import", file, "--apply")
    (row,) = json.loads(loa("list", "--on", "2031-06-01", "--json"))
    assert (row["number"], row["passages"], row["standing"]) == (OURS, 8, "đang trích")
    assert "“1. Đèn lồng là đèn có vỏ giấy." in loa("show", "7/2031/TT-BĐL", "--on", "01/06/2031")
    (link,) = json.loads(loa("links", "--json"))
    assert "02/2025/TT-BĐL bị thay thế bởi 07/2031/TT-BĐL" in link["said"]
    assert "Đã xác nhận" in loa("confirm", link["id"])
    assert "07/2031/TT-BĐL" in loa("successor", "Thông tư 02/2025/TT-BĐL", "--on", "2031-06-01")
    assert "bị thay thế bởi" not in loa("links")

    async def acts() -> list[str]:
        database = Database(loa.url)
        async with database.reading() as db:
            found = list(await db.scalars(select(AuditRow.act).order_by(AuditRow.id)))
        await database.close()
        return found

    assert asyncio.run(acts()) == ["legal.imported", "legal.link_confirmed"]


def test_the_command_refuses_with_sentences(loa, tmp_path):
    scan = tmp_path / "quét.pdf"
    scan.write_bytes(as_pdf([[], []], picture=True))
    assert "ảnh quét" in loa("import", scan, "--apply", code=1)
    gap = tmp_path / "thiếu.txt"
    gap.write_text(CIRCULAR.replace("Điều 6. Trách", "Điều 8. Trách"), encoding="utf-8")
    said = loa("import", gap, "--apply", code=1)
    assert "Thiếu số: Điều 6, Điều 7." in said and "kho không thay đổi" in said and "--allow-gaps" in said
    assert "Đã nhập" in loa("import", gap, "--apply", "--allow-gaps")
    assert "Không có tệp" in loa("import", tmp_path / "không.txt", code=2)
    assert "Kho chưa có" in loa("show", "99/2031/TT-BĐL", code=1)
    assert "Chưa biết" in loa("successor", "giá vàng", code=1)
    assert "không phải số hiệu" in loa("link", "abc", OURS, code=1)
    loa("link", code=2)


def test_the_command_links_one_pair_or_a_table(loa, tmp_path):
    assert "bị thay thế bởi" in loa("link", OURS, THEIRS, "--since", "2033-01-01")
    said = loa("link", OURS, THEIRS, "--amends", "--provision", "khoản 2 Điều 3")
    assert "khoản 2 Điều 3 07/2031/TT-BĐL được sửa đổi" in said
    table = tmp_path / "bảng.yaml"
    table.write_text(
        "- old: {number: 01/2029/TT-BĐL, kind: Thông tư}\n  until: 2030-12-31\n  since: 2031-01-01\n"
        "  new: [{number: 02/2030/TT-BĐL, kind: Thông tư}]\n", encoding="utf-8",
    )
    assert "Đã ghi 1 liên kết" in loa("link", "--file", table)
    table.write_text("- old: 1", encoding="utf-8")
    assert "mục thứ 1" in loa("link", "--file", table, code=1)
    assert "Đã ngừng trích" in loa("withdraw", "01/2029/TT-BĐL") and "Trích lại" in loa("restore", "01/2029/TT-BĐL")


def test_dates_that_contradict_are_refused_by_the_command(loa, tmp_path):
    file = tmp_path / "mẫu.txt"
    file.write_text(CIRCULAR, encoding="utf-8")
    said = loa("import", file, "--apply", "--expires", "2031-01-01", code=1)
    assert "đứng trước ngày có hiệu lực" in said
    plain = json.loads(loa("import", file, "--json"))
    assert plain["head"]["effective_on"] == "2031-03-01" and plain["passages"] == 8 and plain["imported"] is None
