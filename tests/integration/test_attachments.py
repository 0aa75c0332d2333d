import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bot import fetching
from db import briefs as table
from db.briefs import Attachment, Upload
from network import attachments, briefs
from network.refusals import Refusal
from tests.briefing import CONTENT, EVERYBODY, member

PNG, PDF = b"\x89PNG\r\n\x1a\n" + b"1" * 20, b"%PDF-1.7 x"


async def test_the_same_bytes_are_kept_once(db, now):
    one = await attachments.store(db, "C:\\ảnh\\bão.jpg", PNG, now)
    assert (one.name, one.mime, one.size) == ("bão.png", "image/png", len(PNG))
    assert await attachments.store(db, "khác.png", PNG, now) is one
    assert (await attachments.store(db, "qđ", PDF, now)).name == "qđ.pdf"
    assert await db.scalar(select(func.count()).select_from(Attachment)) == 2


@pytest.mark.parametrize("size", [0, 2, 10**7])
async def test_other_files_are_refused(db, now, size):
    data = PNG + b"0" * size if size > 2 else b"MZ"[:size]
    said = {0: "rỗng", 2: "“a.png” mang đuôi PNG"}.get(size, "10 MB")
    with pytest.raises(Refusal, match=said):
        await attachments.store(db, "a.png", data, now)
    assert await db.scalar(select(func.count()).select_from(Attachment)) == 0


async def test_what_a_name_promises_is_kept(db, now):
    for name, data, said in (
        ("kế hoạch.pdf", b"<html>", "“kế hoạch.pdf” mang đuôi PDF nhưng"), ("a.pdf", PNG, "không phải PDF"),
        ("b.png", PDF, "không phải PNG"), ("c.docx", b"PK", "“c.docx”. Loa chỉ nhận ảnh"),
    ):
        with pytest.raises(Refusal, match=said):
            await attachments.store(db, name, data, now)


async def test_a_file_of_the_chat_is_fetched_later_and_submission_waits_for_it(database, now):
    async with database.transaction() as db:
        author = await member(db, "Bình", "super_admin", now)
        await member(db, "Tâm", "communicator_commune", now)
        file = await attachments.remember(db, "telegram", "f-1", "a.pdf", 10, photo=False, now=now)
        content = replace(CONTENT, attachments=(file.id,))
        draft = await briefs.create(db, content, author, now, audience=EVERYBODY)
        assert await briefs.unready(db, draft) == [
            "Tệp đính kèm: đang tải về máy chủ; vui lòng thử lại sau ít phút"
        ]

    async def download(file_id: str) -> bytes:
        return {"f-1": PDF}[file_id]

    assert await fetching.fetch(database, "telegram", download, {}) == 1
    assert await fetching.fetch(database, "telegram", download, {}) == 0
    async with database.transaction() as db:
        assert await briefs.unready(db, draft) == []
        await briefs.submit(db, draft.id, author, now)


async def test_a_file_known_already_takes_the_place_of_the_new_one(database, now):
    async with database.transaction() as db:
        author = await member(db, "Bình", "super_admin", now)
        known = await attachments.store(db, "cũ.pdf", PDF, now)
        file = await attachments.remember(db, "telegram", "f-1", "mới.pdf", 10, photo=False, now=now)
        draft = await briefs.create(db, replace(CONTENT, attachments=(file.id, known.id)), author, now)
    async with database.transaction() as db:
        await attachments.fetched(db, file.id, PDF, now)
    async with database.reading() as db:
        assert (await briefs.load(db, draft.id)).content.attachments == (known.id,)
        assert (await db.scalars(select(Upload.file_id).where(Upload.attachment_id == known.id))).all() == ["f-1"]
        assert [a.id for a in await table.attachments(db, [file.id, known.id])] == [known.id]


async def test_a_lie_about_a_file_and_a_lost_file_are_said(database, now):
    async with database.transaction() as db:
        author = await member(db, "Bình", "super_admin", now)
        await member(db, "Tâm", "communicator_commune", now)
        lie = await attachments.remember(db, "telegram", "lie", "a.pdf", 10, photo=False, now=now)
        lost = await attachments.remember(db, "telegram", "lost", "b.pdf", 10, photo=False, now=now)
        content = replace(CONTENT, attachments=(lie.id, lost.id, 999))
        draft = await briefs.create(db, content, author, now, audience=EVERYBODY)

    async def download(file_id: str) -> bytes:
        if file_id == "lost":
            raise OSError("gone")
        return b"MZ\x90"

    failures: dict[int, int] = {}
    for _ in range(fetching.TRIES):
        await fetching.fetch(database, "telegram", download, failures)
    async with database.reading() as db:
        said = "\n".join(await briefs.unready(db, draft))
        for part in ("“a.pdf” mang đuôi PDF", "không tải được tệp “b.pdf”", "không còn trong hệ thống"):
            assert part in said
        assert await table.unfetched(db, "telegram") == []


async def test_fetching_stops_when_told(database):
    stop = asyncio.Event()
    stop.set()

    async def download(file_id: str) -> bytes:
        raise AssertionError

    await fetching.run(database, "telegram", download, stop)
