"""Putting right and taking back at the desk: forms on the brief's page, refusals beside them, progress in words."""

from tests.integration.test_console import FORM, desk, stamp  # noqa: F401
from tests.postman import Postman, until, working


def path_of(answer) -> str:
    return answer.headers["location"].removeprefix("/console/").partition("?")[0]


async def delivered(database, lan, path: str, postman: Postman) -> None:
    """Sent, and with whom it is meant for."""
    async with working(database, postman):
        await lan.post(f"{path}/send", stamp=stamp(await lan.get(path)))
        await until(lambda: ended(lan, path))


async def ended(lan, path: str) -> bool:
    return "Thu hồi bản tin" in await lan.get(path) and "đã gửi xong" in await lan.get(path)


async def signed(binh, lan, path: str) -> None:
    await binh.post(f"{path}/submit", stamp=stamp(await binh.get(path)))
    await lan.post(f"{path}/approve", stamp=stamp(await lan.get(path)))


async def test_a_sent_brief_is_put_right_and_then_taken_back(database, desk):  # noqa: F811
    binh, lan = await desk("Bình", "super_admin"), await desk("Lan", "super_admin")
    viewer = await desk("Xem", "auditor")
    path = path_of(await binh.post("briefs/new", **FORM))
    assert "Đính chính" not in await binh.get(path)  # nothing was sent yet
    await signed(binh, lan, path)
    postman = Postman()
    await delivered(database, lan, path, postman)

    refused = await binh.post(f"{path}/correct", 409, wrong="gió giật cấp 12", right="cấp 9")
    assert "không có “gió giật cấp 12”" in refused.text and ">cấp 9</textarea>" in refused.text
    assert "cả phần sai và phần đúng" in (await binh.post(f"{path}/correct", 409, wrong="rất to", right=" ")).text
    right = path_of(await binh.post(f"{path}/correct", wrong="rất to", right="vừa"))
    page = await binh.get(right)
    assert right != path and "Mưa <b>vừa</b> từ 19 giờ" in page and "Nội dung đính chính" in page
    assert f"Đang soạn đính chính: <a href=\"/console/{right}\"" in await lan.get(path)
    await binh.post(f"{right}/explain", wrong="rất to", right="vừa phải")
    form = await binh.get(f"{right}/edit")
    assert "đúng những người đã nhận bản sai" in form and 'name="everybody"' not in form
    changed = {**FORM, "summary": "Mưa **vừa phải** từ 19 giờ.", "stamp": stamp(form)}
    await binh.post(f"{right}/edit", **changed)
    page = await binh.get(right)
    assert "Mưa <b>vừa phải</b> từ 19 giờ" in page and "vừa phải" in page and "3 người" in page
    await signed(binh, lan, right)
    await delivered(database, lan, right, postman)
    assert "tin cũ đã sửa tại chỗ" in await lan.get(right)
    assert f"bằng <a href=\"/console/{right}\">" in await lan.get(path) and "Soạn đính chính" not in await lan.get(path)

    assert "Thu hồi bản tin" not in await viewer.get(path)
    short = await lan.post(f"{path}/recall", 409, reason="sai")
    assert "ghi rõ lý do" in short.text and ">sai</textarea>" in short.text
    async with working(database, postman):
        await lan.post(f"{path}/recall", reason="Số liệu chưa được thẩm định")
        await until(lambda: taken_back(lan, path))
    page = await viewer.get(path)
    assert "Lý do: Số liệu chưa được thẩm định" in page and "Soạn đính chính" not in page and "đã thu hồi" in page
    assert "đã được thu hồi" in (await lan.post(f"{path}/recall", 409, reason="Thêm một lần nữa")).text


async def taken_back(lan, path: str) -> bool:
    return "Đã thu hồi xong" in await lan.get(path)


async def test_whom_a_recall_did_not_reach_is_named_and_tried_again(database, desk):  # noqa: F811
    from bot.channels import Held

    binh, lan = await desk("Bình", "super_admin"), await desk("Lan", "super_admin")
    path = path_of(await binh.post("briefs/new", **FORM))
    await signed(binh, lan, path)
    postman = Postman()
    await delivered(database, lan, path, postman)
    postman.answer = lambda letter, number: Held("no_rights")
    async with working(database, postman):
        await lan.post(f"{path}/recall", reason="Số liệu chưa được thẩm định")
        await until(lambda: taken_back(lan, path))
    page = await lan.get(path)
    assert "Bình: bot không có quyền" in page and "Thử thu hồi lại" in page
    postman.answer = Postman().answer
    async with working(database, postman):
        await lan.post(f"{path}/recall-again")
        await until(lambda: nobody_left(lan, path))


async def nobody_left(lan, path: str) -> bool:
    page = await lan.get(path)
    return "Thử thu hồi lại" not in page and "Đã thu hồi xong" in page
