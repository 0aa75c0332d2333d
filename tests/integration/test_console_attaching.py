"""Files at the desk: kept with the draft at once, refused with a sentence, taken off again."""

from sqlalchemy import func, select

from db.briefs import Attachment
from tests.integration.test_console import FORM, desk, stamp  # noqa: F401

PDF, PNG = b"%PDF-1.7 " + b"x" * 300, b"\x89PNG\r\n\x1a\n" + b"y" * 200


async def drop(binh, path: str, *files: tuple[str, bytes], status: int = 303):
    parts = [("files", (name, data)) for name, data in files]
    answer = await binh.client.post(f"{path}/attach", data={"csrf": binh.csrf}, files=parts)
    assert answer.status_code == status, answer.text
    return answer.text


async def kept(database) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(Attachment))


async def test_files_come_with_a_draft_and_leave_it(database, desk, monkeypatch):  # noqa: F811
    monkeypatch.setattr("network.attachments.DOCUMENT_BYTES", 1000)
    binh = await desk("Bình", "super_admin")
    made = await binh.post("briefs/new", **FORM)
    path = made.headers["location"].removeprefix("/console/").partition("?")[0]
    await drop(binh, path, ("Quyết định <1>.pdf", PDF), ("ảnh.png", PNG))
    page = await binh.get(path)
    assert "Quyết định &lt;1&gt;.pdf" in page and "ảnh.png" in page
    await drop(binh, path, ("lần nữa.pdf", PDF))  # the same bytes
    assert await kept(database) == 2 and (await binh.get(path)).count("Bỏ tệp ") == 2

    assert "chỉ nhận ảnh" in await drop(binh, path, ("x.png", PNG + b"1"), ("macro.docm", b"PK\x03\x04"), status=409)
    assert "tối đa" in await drop(binh, path, ("to.pdf", PDF * 9), status=409)
    assert "rỗng" in await drop(binh, path, ("không.pdf", b""), status=409)
    assert "Vui lòng chọn tệp" in await drop(binh, path, ("", b""), status=409)
    assert await kept(database) == 2  # all of a drop or nothing

    number = await first(database)
    await binh.post(f"{path}/detach", file=str(number))
    assert "Quyết định" not in await binh.get(path)
    assert "không còn" in (await binh.post(f"{path}/detach", 409, file=str(number))).text
    edited = {**FORM, "title": "Tựa khác", "stamp": stamp(await binh.get(f"{path}/edit"))}
    await binh.post(f"{path}/edit", **edited)
    assert "ảnh.png" in await binh.get(path)  # what the form does not show stays
    await binh.post(f"{path}/submit", stamp=stamp(await binh.get(path)))
    page = await binh.get(path)
    assert "ảnh.png" in page and "Bỏ tệp " not in page and "data-drop" not in page


async def test_sixty_megabytes_are_refused_in_a_sentence_and_a_body_without_end_is_not_read(
    database, desk, monkeypatch,  # noqa: F811
):
    binh = await desk("Bình", "super_admin")
    made = await binh.post("briefs/new", **FORM)
    path = made.headers["location"].removeprefix("/console/").partition("?")[0]
    said = await drop(binh, path, ("phim.pdf", b"%PDF-1.7 " + bytes(60_000_000)), status=409)
    assert "phim.pdf" in said and "tối đa 50 MB" in said and "Mưa" in said
    monkeypatch.setattr("console.visit.BODY", 50_000)
    assert "quá lớn" in await drop(binh, path, ("to.pdf", b"%PDF-1.7 " + bytes(60_000)), status=413)
    assert await kept(database) == 0
    await binh.post(f"{path}/edit", **{**FORM, "title": "Vẫn sửa được", "stamp": stamp(await binh.get(f"{path}/edit"))})


async def first(database) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.min(Attachment.id)))
