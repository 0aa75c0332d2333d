"""Steps that several stories share, told to whatever telephone: `say`, `press` and `wait_for` are all it needs."""

from typing import Any


async def brief_written_and_signed(
    author: Any, approver: Any, text: str, *, people: int | None = None, tried: bool = False
) -> None:
    """By two administrators, to the whole network, urgent, with “Đã nhận” within two hours; then it is on its way.
    `text`: the title and below it the body. `tried`: the author sends it to themselves first."""
    await author.say("/soan", "Soạn bản tin mới")
    await author.say(text, "Mức độ")
    await author.press("KHẨN", "Chủ đề")
    await author.press("An sinh")
    await author.press("Xong", "giai đoạn")
    await author.press("Thực thi", "Đã nhận")
    await author.press("Trong 2 giờ", "Người nhận")
    await author.press("Toàn mạng lưới", "Số người" if people is None else f"Số người: {people}")
    await author.press("Xong", "bản nháp")
    if tried:
        await author.press("Gửi thử cho tôi", "KHẨN")
    await author.press("Trình duyệt", "Đã trình để duyệt")
    await approver.wait_for(f"“{text.splitlines()[0]}” (KHẨN)")
    await approver.press("Đọc và duyệt", "Mã nội dung")
    await approver.press("Duyệt", "Đã duyệt bản tin")
    await approver.press("Gửi ngay", "Đang gửi")
